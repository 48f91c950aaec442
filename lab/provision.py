"""An engine where there is none: installed and started on a Debian or Ubuntu that we are root on.

A running engine is never stopped, restarted or reconfigured.  What was started here is noted, so that whoever
asked for it (`.ci/run`) can stop that one again:  python -m lab.provision stop FILE
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from lab import apt, session
from lab.engine import DEFAULT_SOCKET, Engine
from lab.errors import EngineMissing, LabError, LabSick
from lab.wait import until

PID_FILE = Path("/var/run/docker.pid")
LOG_FILE = Path("/var/log/chaindrill-dockerd.log")
NOTE_VARIABLE = "CHAINDRILL_ENGINE_NOTE"
"""Names the file in which a started engine is noted."""
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0


@dataclass(frozen=True)
class Started:
    """An engine that was started here; `start` tells its process from a later one of the same id."""

    pid: int
    start: str
    how: Literal["systemd", "service", "process"]


def ensure_engine(say: Callable[[str], None]) -> Started | None:
    """Have an engine that answers; returns what was started for that, or None where one ran already.

    Raises EngineMissing, EngineForbidden, EngineTooOld, or BuildFailed where apt can't install one.
    """
    try:
        Engine.connect()
    except EngineMissing as missing:
        _may_provide(missing)
    else:
        return None
    if not shutil.which("dockerd"):
        say("no Docker Engine here: installing docker.io from the distribution")
        wants_apparmor = _reads("/sys/module/apparmor/parameters/enabled") == "Y"
        apt.install(say, "docker.io", "iptables", *(["apparmor"] if wants_apparmor else []))
    else:
        say("the Docker Engine is installed and does not run")
    clear_stale_pid(say)
    how = _start(say)
    try:
        until(_answers, "the Docker Engine to answer", deadline_seconds=_START_SECONDS, interval_seconds=0.1)
    except LabSick as late:
        raise EngineMissing(
            f"the Docker Engine was started and does not answer ({late}): {_why(how)}"
        ) from late
    pid = int(_reads(PID_FILE) or 0)
    started = Started(pid, session.process_start(pid) or "0", how)
    say(f"started the Docker Engine (process {pid})")
    if note := os.environ.get(NOTE_VARIABLE):
        Path(note).write_text(json.dumps(asdict(started)) + "\n")
    return started


def stop(started: Started) -> bool:
    """Stop an engine that `ensure_engine` started; False where that very process does not run any more.

    Raises LabError where it does not end.
    """
    if session.process_start(started.pid) != started.start:
        return False
    if started.how == "systemd":
        subprocess.run(["systemctl", "stop", "docker.socket", "docker.service"], check=False)
    else:
        os.kill(started.pid, signal.SIGTERM)

    def ended() -> bool:
        return session.process_start(started.pid) != started.start

    try:
        until(ended, "the Docker Engine to end", deadline_seconds=_STOP_SECONDS, interval_seconds=0.1)
    except LabSick as late:
        raise LabError(f"{late}: process {started.pid} was asked to and is still there") from late
    return True


def stale(pid_file: Path, proc: Path = Path("/proc")) -> bool:
    """Whether a pid file names no running dockerd: nothing, a dead process, a zombie, or another program.

    dockerd itself refuses to start as long as the process that the file names exists at all.
    """
    text = _reads(pid_file) or ""
    if not text.isdecimal():
        return True
    stat = _reads(proc / text / "stat") or ""
    name, state = stat.partition("(")[2].rpartition(")")[::2]
    return name != "dockerd" or state.split()[:1] in (["Z"], ["X"])


def clear_stale_pid(say: Callable[[str], None], pid_file: Path = PID_FILE) -> None:
    """Remove the pid file of an engine that was killed; leave one of an engine that runs."""
    if pid_file.exists() and stale(pid_file):
        say(f"{pid_file} is left from an engine that was killed: removed")
        with contextlib.suppress(FileNotFoundError):
            pid_file.unlink()


def _may_provide(missing: EngineMissing) -> None:
    """Raise where an engine is not to be installed or started here."""
    if os.environ.get("DOCKER_HOST", DEFAULT_SOCKET) != DEFAULT_SOCKET:
        raise missing  # someone else's engine is meant
    if not apt.usable():
        raise EngineMissing(
            f"{missing} (only as root on Debian or Ubuntu is one installed for you)"
        ) from missing


def _start(say: Callable[[str], None]) -> Literal["systemd", "service", "process"]:
    if Path("/run/systemd/system").is_dir():
        say("starting it: systemctl start docker")
        _service(["systemctl", "start", "docker"])
        return "systemd"
    if _reads("/proc/1/comm") == "init" and Path("/etc/init.d/docker").exists():
        say("starting it: service docker start")
        _service(["service", "docker", "start"])
        return "service"
    if PID_FILE.exists():
        say("one is just starting")
        return "process"
    say(f"starting it: dockerd (its log: {LOG_FILE})")
    with LOG_FILE.open("ab") as log:
        subprocess.Popen(
            ["dockerd"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/"
        ).returncode = 0  # it is to outlive us: no warning about that
    return "process"


def _service(argv: list[str]) -> None:
    ran = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if ran.returncode:
        last = (ran.stderr.strip() or ran.stdout.strip()).splitlines()[-1:] or ["it does not say why"]
        raise EngineMissing(f"`{' '.join(argv)}` failed: {last[0]}")


def _answers() -> bool:
    try:
        Engine.connect()
    except EngineMissing:
        return False
    return True


def _why(how: str) -> str:
    if how == "systemd":
        return "see `journalctl -u docker`"
    lines = (_reads(LOG_FILE) or "").splitlines()
    return f"{LOG_FILE} ends with: {lines[-1]}" if lines else f"see {LOG_FILE}"


def _reads(file: Path | str) -> str | None:
    try:
        return Path(file).read_text(errors="replace").strip()
    except OSError:
        return None


def main(argv: list[str]) -> int:
    """`stop FILE`: stop the engine that FILE notes, if one is noted, and remove the note."""
    if len(argv) != 2 or argv[0] != "stop":
        print("usage: python -m lab.provision stop FILE", file=sys.stderr)
        return 2
    note = Path(argv[1])
    try:
        noted = json.loads(note.read_text())
    except FileNotFoundError:
        return 0
    try:
        stop(Started(int(noted["pid"]), str(noted["start"]), noted["how"]))
    except LabError as problem:
        print(f"chaindrill: {problem}", file=sys.stderr)
        return 1
    note.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
