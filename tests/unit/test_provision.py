"""Starting an engine: whose pid file is stale, and when none is to be started."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lab import apt, provision
from lab.engine import Engine
from lab.errors import EngineForbidden, EngineMissing
from lab.provision import Started, ensure_engine, stale


def pid_file(folder: Path, text: str) -> Path:
    """A pid file with this text."""
    file = folder / "docker.pid"
    file.write_text(text)
    return file


def process(folder: Path, pid: int, name: str, state: str = "S") -> None:
    """A process as /proc shows it."""
    (folder / str(pid)).mkdir()
    (folder / str(pid) / "stat").write_text(f"{pid} ({name}) {state} 1 1 1 0 -1 4194560")


@pytest.mark.parametrize("text", ["", "\n", "no number", "-1", "77"])
def test_a_pid_file_that_names_no_process_is_stale(tmp_path: Path, text: str) -> None:
    """Nothing, nonsense, and a process that is gone."""
    assert stale(pid_file(tmp_path, text), tmp_path)


@pytest.mark.parametrize(
    ("name", "state", "expected"),
    [
        ("dockerd", "S", False),
        ("dockerd", "R", False),
        ("dockerd", "Z", True),
        ("dockerd", "X", True),
        ("bash", "S", True),
        ("dockerd) S (x", "S", True),
    ],
)
def test_a_pid_file_is_stale_unless_a_dockerd_runs(
    tmp_path: Path, name: str, state: str, expected: bool
) -> None:
    """A zombie does not run, and another program with the id is no engine, whatever it calls itself."""
    process(tmp_path, 77, name, state)
    assert stale(pid_file(tmp_path, "77\n"), tmp_path) is expected


def test_a_stale_pid_file_is_removed_and_that_is_said(tmp_path: Path) -> None:
    """The file goes, with a sentence; a second look finds nothing to do."""
    said: list[str] = []
    file = pid_file(tmp_path, "no number")
    provision.clear_stale_pid(said.append, file)
    provision.clear_stale_pid(said.append, file)
    assert not file.exists()
    assert said == [f"{file} is left from an engine that was killed: removed"]


def fail_to_connect(monkeypatch: pytest.MonkeyPatch, problem: Exception) -> None:
    """Have no engine, for this reason, and nothing that could be run or installed."""

    def connect() -> Engine:
        raise problem

    monkeypatch.setattr(Engine, "connect", connect)
    monkeypatch.setattr(apt, "install", lambda *packages: pytest.fail("installed something"))
    monkeypatch.setattr(provision, "_start", lambda say: pytest.fail("started something"))


def test_an_engine_that_may_not_be_used_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without permission nothing is installed or started."""
    fail_to_connect(monkeypatch, EngineForbidden("not yours"))
    with pytest.raises(EngineForbidden, match="not yours"):
        ensure_engine(lambda line: None)


def test_someone_elses_engine_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """With DOCKER_HOST set another engine is meant: none is started here."""
    monkeypatch.setenv("DOCKER_HOST", "tcp://engine.example:2375")
    fail_to_connect(monkeypatch, EngineMissing("no answer"))
    with pytest.raises(EngineMissing, match=r"^no answer$"):
        ensure_engine(lambda line: None)


def test_an_ordinary_user_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be installed, one sentence says so and why."""
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(apt, "usable", lambda: False)
    fail_to_connect(monkeypatch, EngineMissing("no engine"))
    with pytest.raises(EngineMissing, match=r"^no engine \(only as root on Debian or Ubuntu"):
        ensure_engine(lambda line: None)


def test_a_noted_process_that_is_another_now_is_not_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of the same id that started at another time is left alone."""
    monkeypatch.setattr(os, "kill", lambda *call: pytest.fail("sent a signal"))
    assert provision.stop(Started(os.getpid(), "1", "process")) is False


def test_stopping_without_a_note_is_nothing_to_do(tmp_path: Path) -> None:
    """No note: no engine was started here."""
    assert provision.main(["stop", str(tmp_path / "none")]) == 0


def test_a_note_is_removed_once_its_engine_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopping twice is harmless."""
    monkeypatch.setattr(os, "kill", lambda *call: pytest.fail("sent a signal"))
    note = tmp_path / "note"
    note.write_text(json.dumps({"pid": os.getpid(), "start": "1", "how": "process"}))
    assert provision.main(["stop", str(note)]) == 0
    assert not note.exists()
