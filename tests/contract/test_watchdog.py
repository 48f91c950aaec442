"""Nothing is left behind: what a killed process had on the engine is gone a moment later, and nothing else is."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab import images, session
from lab.engine import Engine
from lab.session import identify
from lab.wait import until

_GONE_SECONDS = 5.0
"""About half a second is usual; the margin is for a machine that is busy with other tests."""
_ROOT = str(Path(session.__file__).parents[1])
_PRELUDE = f"""
import os, sys, time
sys.path.insert(0, {_ROOT!r})
import docker
from lab import session
api = docker.from_env().api
image = sys.argv[1]
mine = session.current()
labels = {{session.LABEL: mine}}

def container():
    made = api.create_container(image, command=["sleep", "600"], labels=labels)["Id"]
    api.start(made)

def everything():
    container()
    api.create_volume("chaindrill-test-" + mine, labels=labels)
    api.create_network("chaindrill-test-" + mine, internal=True, labels=labels)

def say(word):
    print(word, flush=True)

say(mine)
"""


@pytest.fixture(scope="module")
def engine() -> Engine:
    """An engine that is the one the child processes use."""
    return Engine.connect()


@pytest.fixture(scope="module")
def image(engine: Engine) -> str:
    """Some image that can sleep."""
    return images.find(engine).lab


class Child:
    """A process with a session of its own, and what the engine has of that."""

    def __init__(self, engine: Engine, image: str, body: str) -> None:
        self.engine = engine
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PRELUDE + body, image],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self.session = self.hear()

    def hear(self) -> str:
        """The next word that it says."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End it and its process group, as a terminal or a CI runner would."""
        os.killpg(self.process.pid, number)

    def left(self) -> list[str]:
        """The kinds of what the engine has of it."""
        return sorted(thing.kind for thing in self.engine.owned(self.session))

    def wait_gone(self) -> float:
        """Wait until nothing of it is left and its watchdog is gone too; returns the first's seconds."""
        start = time.monotonic()
        until(lambda: not self.left(), "all of a dead session to be removed", deadline_seconds=_GONE_SECONDS)
        took = time.monotonic() - start
        until(lambda: not watchdogs(self.session), "the watchdog to leave", deadline_seconds=_GONE_SECONDS)
        assert self.left() == []
        return took


Spawn = Callable[[str], Child]


def watchdogs(of: str) -> list[int]:
    """The processes that watch a session."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if of.encode() in words:
            found.append(int(folder.name))
    return found


@pytest.fixture
def spawn(engine: Engine, image: str) -> Iterator[Spawn]:
    """Starts child processes; whatever the test does, none of them is left, nor anything of theirs."""
    children: list[Child] = []

    def start(body: str) -> Child:
        children.append(Child(engine, image, body))
        return children[-1]

    yield start
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        with child.process:
            pass
    for child in children:
        child.wait_gone()


@pytest.fixture
def bystander(spawn: Spawn) -> Iterator[Child]:
    """A session that lives on, with something on the engine."""
    child = spawn("container()\nsay('up')\ntime.sleep(600)")
    assert child.hear() == "up"
    yield child
    assert child.left() == ["container"]


def test_a_killed_process_leaves_nothing(spawn: Spawn, bystander: Child) -> None:
    """After kill -9 its container, network and volume go, and another session's container stays."""
    child = spawn("everything()\nsay('up')\ntime.sleep(600)")
    assert child.hear() == "up"
    assert child.left() == ["container", "network", "volume"]
    child.kill()
    child.wait_gone()


@pytest.mark.parametrize("after_ms", [0, 10, 30, 60, 120, 240])
def test_a_process_killed_while_it_creates_leaves_nothing(spawn: Spawn, after_ms: int) -> None:
    """A container that the engine was still making when its creator died goes too."""
    threads = "\nimport threading\nfor _ in range(3): threading.Thread(target=everything).start()\n"
    child = spawn(threads)
    end = time.monotonic() + after_ms / 1000
    until(lambda: time.monotonic() >= end, "the moment to kill", deadline_seconds=2.0, interval_seconds=0.001)
    child.kill()
    child.wait_gone()
    until_quiet = time.monotonic() + 1.0
    until(lambda: time.monotonic() >= until_quiet, "a second", deadline_seconds=2.0, interval_seconds=0.1)
    assert child.left() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_process_leaves_nothing(spawn: Spawn, number: int) -> None:
    """A signal to the whole process group, or to each process there is, does not end the watchdog."""
    child = spawn("container()\nsay('up')\ntime.sleep(600)")
    assert child.hear() == "up"
    for pid in watchdogs(child.session):
        os.kill(pid, number)
    child.kill(number)
    child.wait_gone()
    assert child.process.wait(5) != 0


def test_a_process_that_forgot_something_leaves_nothing(spawn: Spawn) -> None:
    """Leaving in an orderly way with something still on the engine is noticed, and that is removed."""
    child = spawn("everything()\n")
    assert child.process.wait(10) == 0
    child.wait_gone()


def test_a_clean_exit_takes_the_watchdog_along(spawn: Spawn) -> None:
    """With nothing left to do the watchdog is gone when the process is."""
    child = spawn("say(session._session.watchdog.pid)\n")
    watchdog = int(child.hear())
    child.process.wait(10)
    assert not Path(f"/proc/{watchdog}").exists()


def test_a_forked_child_does_not_hold_the_watchdog_off(spawn: Spawn) -> None:
    """A child that outlives its killed parent keeps nothing of the parent's, and has a session of its own."""
    body = (
        "container()\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    say(session._session is None)\n"
        "    time.sleep(8)\n"
        "    os._exit(0)\n"
        "time.sleep(600)\n"
    )
    child = spawn(body)
    assert child.hear() == "True"
    child.kill()
    child.wait_gone()


def test_the_watchdog_holds_no_output_of_its_process(spawn: Spawn) -> None:
    """Who reads a process's output to its end reads on only until that process ends, not its watchdog."""
    child = spawn("everything()\nsay('up')\ntime.sleep(600)")
    assert child.hear() == "up"
    child.kill()
    child.process.communicate(timeout=2)
    assert watchdogs(child.session)
    child.wait_gone()


def test_a_sweep_removes_what_dead_sessions_left_and_nothing_else(engine: Engine, bystander: Child) -> None:
    """What a process left that was killed together with its watchdog goes; a living and an unseen one's stay."""
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
    ) as process:
        dead = identify(process.pid)
    unseen = dead._replace(boot="another")._replace(host="another")
    for owner in (dead, unseen):
        engine.api.create_volume(f"chaindrill-test-{owner}", labels={session.LABEL: str(owner)})
    try:
        assert [thing.session for thing in engine.sweep() if thing.session == str(dead)] == [str(dead)]
        assert engine.owned(str(dead)) == []
        assert len(engine.owned(str(unseen))) == 1
    finally:
        engine.remove([*engine.owned(str(dead)), *engine.owned(str(unseen))])


def test_what_appears_late_is_removed_too(engine: Engine) -> None:
    """What the engine finishes making a moment after the removal began goes as well."""
    owner = str(identify(os.getpid())._replace(boot="another", host="another"))
    make = functools.partial(
        engine.api.create_volume, f"chaindrill-test-{owner}", labels={session.LABEL: owner}
    )
    late = threading.Timer(0.3, make)
    late.start()
    engine.remove_session(owner)
    late.join()
    try:
        assert engine.owned(owner) == []
    finally:
        engine.remove(engine.owned(owner))


def test_removing_twice_is_harmless(engine: Engine) -> None:
    """What is gone already is no error."""
    owner = str(identify(os.getpid())._replace(boot="another", host="another"))
    engine.api.create_network(f"chaindrill-test-{owner}", internal=True, labels={session.LABEL: owner})
    things = engine.owned(owner)
    engine.remove(things)
    engine.remove(things)
    assert engine.owned(owner) == []
