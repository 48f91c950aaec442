"""Nothing is left behind, whatever ends a run and whenever: real kill -9, real Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from lab import session
from lab.engine import Engine, Owned
from lab.wait import until

QUICK = "clock-skew:ahead"
WITH_PROXY = "fragments-dropped:tcp-slow"
"""Has every kind of thing: a second container and packet rules too."""

GONE_WITHIN_SECONDS = 1.0
_MAIN = "import sys; from harness.cli import main; sys.exit(main())"

BUILDING = "building its lab"
PHASES = (
    (QUICK, BUILDING),
    (QUICK, "steady state"),
    (QUICK, "fault"),
    (WITH_PROXY, "fault"),
    (WITH_PROXY, "impact"),
    (QUICK, "remedy"),
    (QUICK, "recovery"),
)
MOMENTS = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6)
"""Seconds after the lab began to be built: creation, start, attachment of its container; servers; resolvers."""


def _start(drill: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-u", "-c", _MAIN, "run", drill],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _reach(process: subprocess.Popen[str], phase: str) -> None:
    assert process.stdout is not None
    heard = []
    for line in process.stdout:
        heard.append(line)
        if phase in line:
            return
    pytest.fail(f"the run ended before its phase {phase!r}: {''.join(heard)}")


def _left(engine: Engine, pid: int) -> list[Owned]:
    return [thing for thing in engine.owned() if session.parse(thing.session).pid == pid]


def _end(process: subprocess.Popen[str], number: int) -> float:
    """Send a signal to that one process, wait for its end, and return how long (s) its things outlived that."""
    engine = Engine.connect()
    os.kill(process.pid, number)
    process.wait(30)
    ended = time.monotonic()
    until(lambda: not _left(engine, process.pid), "everything to be gone", deadline_seconds=5.0)
    return time.monotonic() - ended


@pytest.mark.parametrize(("drill", "phase"), PHASES)
def test_kill_in_each_phase_leaves_nothing(drill: str, phase: str) -> None:
    """A second after kill -9 in any phase of a drill no container, network or volume of it is left."""
    with _start(drill) as process:
        _reach(process, phase)
        assert _end(process, signal.SIGKILL) < GONE_WITHIN_SECONDS


@pytest.mark.parametrize("moment", MOMENTS)
def test_kill_while_the_lab_starts_leaves_nothing(moment: float) -> None:
    """A second after kill -9 at any moment of a lab's start no container, network or volume of it is left."""
    with _start(QUICK) as process:
        _reach(process, BUILDING)
        due = time.monotonic() + moment
        until(lambda: time.monotonic() >= due, "the moment", deadline_seconds=5.0, interval_seconds=0.001)
        assert _end(process, signal.SIGKILL) < GONE_WITHIN_SECONDS
        # A creation that was in flight may still have made something after the look above: look once more.
        until(lambda: time.monotonic() >= due + 1.0, "a second to pass", deadline_seconds=5.0)
        assert not _left(Engine.connect(), process.pid)


@pytest.mark.parametrize(("drill", "phase"), PHASES)
def test_ctrl_c_in_each_phase_leaves_nothing(drill: str, phase: str) -> None:
    """Ctrl-C in any phase ends with one sentence and status 130, and nothing is left."""
    with _start(drill) as process:
        _reach(process, phase)
        assert _end(process, signal.SIGINT) < GONE_WITHIN_SECONDS
        assert process.stdout is not None
        said = process.stdout.read()
    assert process.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
