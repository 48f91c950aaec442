"""Sessions: what their labels say, and which of their owners are dead."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from lab import session
from lab.session import Liveness, Owner, identify, liveness, parse


def finished() -> Owner:
    """The identity of a process of this host that has ended."""
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
    ) as process:
        return identify(process.pid)


def test_a_label_says_its_owner() -> None:
    """What a label is made of is what is read from it."""
    owner = identify(os.getpid())
    assert parse(str(owner)) == owner


@pytest.mark.parametrize("label", ["", "x", "a.b.c.d.e", "a.b.c.1", "a.b.c.1.2.3", "a..c.1.2", "a.b.c.-1.2"])
def test_what_is_no_label_is_refused(label: str) -> None:
    """A label of another shape raises, and its owner counts as one that can't be seen."""
    with pytest.raises(ValueError, match="is not a chaindrill session"):
        parse(label)
    assert liveness(label) is Liveness.ELSEWHERE


def test_this_process_is_alive() -> None:
    """The process that asks is alive."""
    assert liveness(str(identify(os.getpid()))) is Liveness.ALIVE


def test_a_process_that_ended_is_dead() -> None:
    """A process of this host and namespace that is gone is dead."""
    assert liveness(str(finished())) is Liveness.DEAD


def test_a_zombie_is_dead() -> None:
    """A process that was killed and that nobody has waited for holds its id, and is dead all the same."""
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    label = str(identify(process.pid))
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert liveness(label) is Liveness.DEAD
    process.communicate()


def test_an_id_used_again_is_not_its_old_owner() -> None:
    """Another process of the same id, started at another time, does not keep the old session alive."""
    assert liveness(str(identify(os.getpid())._replace(start="1"))) is Liveness.DEAD


def test_another_users_process_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a process exists and can neither be signalled nor looked at, it counts as alive."""

    def refuse(pid: int, number: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    monkeypatch.setattr(session, "process_start", lambda pid: None)
    label = str(Owner(*identify(0)[:3], pid=1, start="7"))
    assert liveness(label) is Liveness.ALIVE


def test_another_namespace_can_not_be_seen() -> None:
    """A session of another process namespace may live, whatever its process id is here."""
    assert liveness(str(finished()._replace(namespace="1"))) is Liveness.ELSEWHERE


def test_a_namespace_that_sees_nobody_judges_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where /proc shows another namespace, nobody is taken for dead, not even one with the same mark."""
    monkeypatch.setattr(session, "_namespace", lambda: session._UNSEEN)
    assert liveness(str(finished())) is Liveness.ELSEWHERE


@pytest.mark.parametrize(
    ("host", "local_engine", "expected"),
    [
        ("same", True, Liveness.DEAD),
        ("same", False, Liveness.ELSEWHERE),
        ("other", True, Liveness.ELSEWHERE),
        ("other", False, Liveness.ELSEWHERE),
    ],
)
def test_an_earlier_boot_counts_on_a_local_engine_only(
    host: str, local_engine: bool, expected: Liveness
) -> None:
    """After a reboot of this host its sessions are dead, but a remote engine may serve a copy of this host."""
    owner = identify(os.getpid())._replace(boot="earlier")
    label = str(owner if host == "same" else owner._replace(host=host))
    assert liveness(label, local_engine=local_engine) is expected
