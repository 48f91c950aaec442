"""What commands that play something leave behind: evidence, and the files that were asked for."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import Protocol

from harness.cli.options import STDOUT
from lab.errors import LabError


class Evident(Protocol):
    """A report as far as its evidence goes."""

    clean_up_errors: list[str]
    evidence: bytes


def save_evidence(report: Evident, folder: Path, name: str) -> Path | None:
    """Write a report's evidence, if it has any; where that fails its verdict counts all the same."""
    if not report.evidence:
        return None
    path = folder / f"{name.replace(':', '.')}.tar.gz"  # a colon is not allowed everywhere
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(report.evidence)
    except OSError as problem:
        report.clean_up_errors.append(f"the evidence could not be written to {path}: {problem.strerror}")
        return None
    return path


def write(path: Path | None, text: str) -> None:
    """Write a file that was asked for, or to standard output.  Raises LabError where that fails."""
    if path is None:
        return
    try:
        if path == STDOUT:
            sys.stdout.write(text)
            sys.stdout.flush()
        else:
            path.write_text(text, encoding="utf-8")
    except BrokenPipeError:
        raise
    except OSError as problem:
        raise LabError(f"{path} could not be written: {problem.strerror}") from problem


def versions() -> dict[str, str]:
    """What ran it; the resolvers' versions are in the reports."""
    from harness.report import version

    return {"chaindrill": version(), "python": platform.python_version()}
