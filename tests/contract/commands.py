"""The command line as its users run it, and what of it is on the engine: shared by contract tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from harness.cli.keep import PREFIX
from lab import session
from lab.engine import Engine

ROOT = Path(__file__).parents[2]
CHAINDRILL = [sys.executable, "-c", "import sys; from harness.cli import main; sys.exit(main())"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
LIMIT_SECONDS = 90


def chaindrill(*argv: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [*CHAINDRILL, *argv],
        cwd=cwd,
        env=ENVIRONMENT,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )


def sessions() -> set[str]:
    """The sessions that own anything on the engine."""
    return {thing.session for thing in Engine.connect().owned()}


def sessions_of(drill: str) -> set[str]:
    """The sessions that hold a lab of a drill that is to stay up."""
    return {thing.session for thing in Engine.connect().owned() if thing.name.startswith(PREFIX + drill)}


def of_process(pid: int) -> set[str]:
    """What sessions of that process own something still."""
    return {label for label in sessions() if session.parse(label).pid == pid}


def holder(name: str) -> int:
    """The process that holds a lab."""
    (label,) = {thing.session for thing in Engine.connect().owned() if thing.name == PREFIX + name}
    return session.parse(label).pid
