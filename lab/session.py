"""Whose things they are: a label on all that this process creates, and a watchdog that removes them if it dies.

A session is one process.  Its label says which host, boot, process namespace, process and start time it
was, so that another process can tell a dead owner from a live one, and from one it can't see.

The watchdog is a process of its own that reads a pipe whose other end only we hold.  However we end, kill -9
included, the kernel closes that end; the watchdog then removes everything with our label.  The write end
does not survive an exec (pipes of Python don't) and a forked child closes it at once, so that no child of
ours keeps the watchdog waiting; a child that needs a lab gets a session and a watchdog of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import enum
import hashlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lab.errors import LabError

if TYPE_CHECKING:
    from lab.engine import Engine

LABEL = "chaindrill.session"
DONE = b"done"
_UNSEEN = "unseen"
"""In place of a process namespace where /proc does not show our own: no other process can look us up."""


class Liveness(enum.Enum):
    """What is known of a session's process."""

    ALIVE = "alive"
    DEAD = "dead"
    ELSEWHERE = "elsewhere"
    """On another machine or in another process namespace: it can't be seen from here, so it is left alone."""


class Owner(NamedTuple):
    """The process a session is; all fields are opaque text but the process id."""

    host: str
    boot: str
    namespace: str
    pid: int
    start: str

    def __str__(self) -> str:
        return ".".join(map(str, self))


def parse(label: str) -> Owner:
    """The owner that a label's value names; raises ValueError where it is none of ours."""
    fields = label.split(".")
    if len(fields) != len(Owner._fields) or not fields[3].isdecimal() or not all(fields):
        raise ValueError(f"{label!r} is not a chaindrill session")
    return Owner(fields[0], fields[1], fields[2], int(fields[3]), fields[4])


def liveness(label: str, *, local_engine: bool = True) -> Liveness:
    """Whether the process of a session still runs.

    A session of an earlier boot of this host is dead, but that is believed on an engine of this host only:
    machines that share a remote engine may be copies of one disk image and call themselves the same.
    """
    try:
        owner = parse(label)
    except ValueError:
        return Liveness.ELSEWHERE
    here = identify(os.getpid())
    if owner.boot != here.boot:
        rebooted = local_engine and owner.host == here.host
        return Liveness.DEAD if rebooted else Liveness.ELSEWHERE
    if owner.namespace != here.namespace or owner.namespace == _UNSEEN:
        return Liveness.ELSEWHERE
    return Liveness.ALIVE if _runs(owner.pid, owner.start) else Liveness.DEAD


def identify(pid: int) -> Owner:
    """The identity of a process of this host and process namespace (its start is "0" where unknown)."""
    return Owner(_host(), _boot(), _namespace(), pid, process_start(pid) or "0")


def _runs(pid: int, start: str) -> bool:
    """Whether that very process runs; where its start can't be seen, any process of that id counts."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass  # it exists and is another user's, or can't be asked about
    now = process_start(pid)
    return now is None or now == start


def process_start(pid: int) -> str | None:
    """When a process started, as text to compare: clock ticks since boot.

    None where it can't be read; "ended" for a zombie, which holds its id but does nothing any more.
    """
    if sys.platform != "linux":
        shown = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, check=False
        ).stdout
        return hashlib.sha256(shown.strip()).hexdigest()[:16] if shown.strip() else None
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    state, *fields = stat.rpartition(")")[2].split()
    return "ended" if state in "ZX" else fields[18]


@cache
def _host() -> str:
    parts = [socket.gethostname()]
    with contextlib.suppress(OSError):
        parts.append(Path("/etc/machine-id").read_text().strip())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


@cache
def _boot() -> str:
    if sys.platform == "linux":
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip().replace("-", "")
    ran = subprocess.run(
        ["sysctl", "-n", "kern.bootsessionuuid"], capture_output=True, check=False, text=True
    )
    return ran.stdout.strip().replace("-", "").lower() or "unknown"


def _namespace() -> str:
    if sys.platform != "linux":
        return "0"
    try:
        if os.readlink("/proc/self") != str(os.getpid()):
            return _UNSEEN
        return str(os.stat("/proc/self/ns/pid").st_ino)
    except OSError:
        return _UNSEEN


class Watchdog:
    """A process that removes everything of a session once this process has died.

    It has a session of its own (no Ctrl-C reaches it), holds none of our open files, ignores polite signals,
    and imports the engine's client only when there is something to remove: starting it costs us a few ms.
    Raises LabError where it can't be started: without it nothing may be created.
    """

    def __init__(self, session: str) -> None:
        read, self._write = os.pipe()
        package = Path(__file__).resolve().parent
        path = [os.path.abspath(entry) for entry in sys.path]
        argv = [sys.executable, "-I", "-S", str(package / "watchdog.py"), session, *path, str(package.parent)]
        try:
            self._process = subprocess.Popen(
                argv,
                stdin=read,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as problem:
            os.close(self._write)
            raise LabError(
                f"the clean-up watchdog {argv[0]} could not be started ({problem.strerror}): nothing was created"
            ) from problem
        finally:
            os.close(read)

    @property
    def pid(self) -> int:
        """The watchdog's process id."""
        return self._process.pid

    def dismiss(self) -> None:
        """Tell it that all is removed, and see it off."""
        with contextlib.suppress(OSError):
            os.write(self._write, DONE)
        self._close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2.0)

    def release(self) -> None:
        """Let it remove what is left, without waiting for it."""
        self._close()
        self._process.returncode = 0  # it outlives us on purpose: no warning about that

    def _close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._write)

    def forget(self) -> None:
        """In a forked child: leave the pipe to the parent, whose watchdog this is."""
        self.release()


class _Session:
    """This process's session: one label, one watchdog."""

    def __init__(self) -> None:
        self.label = str(identify(os.getpid()))
        self.watchdog = Watchdog(self.label)
        from lab.engine import Engine  # not in the thread: an import must not run into the process's end

        threading.Thread(target=_sweep, args=(Engine.connect,), name="sweep", daemon=True).start()

    def end(self) -> None:
        """At exit: dismiss the watchdog if the engine has nothing of ours, else leave the rest to it."""
        if _nothing_left(self.label):
            self.watchdog.dismiss()
        else:
            self.watchdog.release()


def _nothing_left(label: str) -> bool:
    try:
        from lab.engine import Engine

        return not Engine.connect().owned(label)
    except Exception:  # noqa: BLE001 - whatever it was: the watchdog tries again, in peace
        return False


def _sweep(connect: Callable[[], Engine]) -> None:
    """Remove what dead sessions left, beside whatever this process is doing."""
    # `chaindrill doctor` tells of leftovers; a drill goes on without.  At exit no thread can be started any more.
    with contextlib.suppress(LabError, RuntimeError):
        connect().sweep()


_lock = threading.Lock()
_session: _Session | None = None


def current() -> str:
    """This process's session, for the label `LABEL` of everything that it creates.

    The first call starts the watchdog and, in the background, the removal of what dead sessions left.
    Raises LabError where the watchdog can't be started.
    """
    global _session
    with _lock:
        if _session is None:
            _session = _Session()
        return _session.label


def _at_exit() -> None:
    if _session is not None:
        _session.end()


def _after_fork() -> None:
    """The child is another process: not the session's owner, and not to hold its pipe."""
    global _session, _lock
    _lock = threading.Lock()
    if _session is not None:
        _session.watchdog.forget()
        _session = None


atexit.register(_at_exit)
os.register_at_fork(after_in_child=_after_fork)
