"""A shell inside a running lab, through the engine's exec API: with a terminal of its own, or plain pipes."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lab import trouble
from lab.confinement import LAB_UID
from lab.errors import LabError, LabSick
from lab.host import LAB, ON_LAB_TIME, Host
from lab.wait import until

if TYPE_CHECKING:
    from lab.engine import Engine
    from lab.lab import Lab

_RC = f"{LAB}/shell.rc"
_MOTD = f"{LAB}/shell.motd"
_ANCHORS = f"{LAB}/shell.anchors"
_USER = f"{LAB_UID}:{LAB_UID}"
_FRAME = struct.Struct("!BxxxI")  # stream type (1 stdout, 2 stderr), length
_GONE_SECONDS = 5.0
_KILLED = 137
"""The exit status of what ended with its container."""


# -- what is inside --------------------------------------------------------------------------------------


def furnish(lab: Lab) -> None:
    """Write into a lab what makes its shell handy: addresses by name, delv's trust anchor, rndc's key."""
    from lab.resolver import ANCHOR_DS

    anchors = [
        f'\t. static-ds {tag} {algorithm} {digest_type} "{digest}";'
        for *_, tag, algorithm, digest_type, digest in map(
            str.split, lab.agent.read(ANCHOR_DS).decode().splitlines()
        )
    ]
    lab.agent.write(
        {
            _RC: _rc(lab.hosts),
            _MOTD: _motd(lab),
            _ANCHORS: "\n".join(["trust-anchors {", *anchors, "};", ""]),
        }
    )


def variable(host: Host) -> str:
    """The shell variable that holds a host's address."""
    return re.sub(r"\W", "_", host.name)


def _rc(hosts: Sequence[Host]) -> str:
    from lab.nameserver import RNDC_KEY

    return "\n".join(
        [
            *(f"{variable(host)}={host.address}" for host in hosts),
            f'rndc() {{ command rndc -k {RNDC_KEY} "$@"; }}',
            f'delv() {{ command delv -a {_ANCHORS} "$@"; }}',
            f"if [[ $- == *i* ]]; then PS1='lab \\D{{%F %T}} \\$ '; cat {_MOTD}; fi",
            "",
        ]
    )


def _motd(lab: Lab) -> str:
    from lab.agent import AGENT_ADDRESS

    hosts = "".join(f"  ${variable(host):<18} {host.address:<12} {host.name}\n" for host in lab.hosts)
    resolver = variable(lab.validators[0].host) if lab.validators else "control"
    name = lab.topology.victim.name
    server = variable(lab.signer(name).host)
    return (
        f"Inside the lab, on lab time.  Its servers and resolvers:\n{hosts}"
        f"Ask a resolver:  dig @${resolver} www.{name} +dnssec\n"
        f"Validate:        delv @$control www.{name}\n"
        f"A signer's view: rndc -s ${server} dnssec -status {name}\n"
        f"A whole zone:    dig -b {AGENT_ADDRESS} @${server} {name} AXFR\n"
    )


# -- going there -----------------------------------------------------------------------------------------


def enter(engine: Engine, container: str, command: Sequence[str]) -> int:
    """A shell in a lab's container, or one command; returns its exit status.

    With a terminal on both sides it gets one of its own; else plain pipes, both kept apart.  Raises LabError
    where the engine does not do it, or the lab ends meanwhile.
    """
    with_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    argv = ["bash", "-c", '"$@"', "bash", *command] if command else ["bash", "--rcfile", _RC]
    env = {
        **ON_LAB_TIME,
        "BASH_ENV": _RC,
        "HOME": "/tmp",  # noqa: S108 - in the lab, where nothing else may be written
        "TERM": os.environ.get("TERM", "dumb"),
        "LANG": "C.UTF-8",
    }
    sys.stdout.flush()
    with _told():
        ident = engine.api.exec_create(
            container, argv, stdin=True, tty=with_terminal, user=_USER, environment=env, workdir=LAB
        )["Id"]
        stream = engine.api.exec_start(ident, tty=with_terminal, socket=True)
        link = getattr(stream, "_sock", stream)
        if isinstance(link, socket.socket):
            link.settimeout(None)
        read = _reader(stream, link)
        threading.Thread(target=_feed, args=(link,), daemon=True).start()
        if with_terminal:
            with _raw_terminal(lambda rows, columns: engine.api.exec_resize(ident, rows, columns)):
                _copy(read)
        else:
            _copy_frames(read)
        return _exit_status(engine, ident)


def lines(engine: Engine, container: str, argv: Sequence[str], *, nobody: int | None = None) -> Iterator[str]:
    """Run a command in a lab on lab time, without input, and return its output line by line as it comes.

    Raises LabSick where it fails, LabError where the engine does not run it.  `nobody`: the exit status that
    means that nobody in the lab is there to answer.
    """
    with _told():
        ident = engine.api.exec_create(
            container, list(argv), user=_USER, environment=dict(ON_LAB_TIME), workdir=LAB
        )["Id"]
        stream = engine.api.exec_start(ident, socket=True)
        link = getattr(stream, "_sock", stream)
        if isinstance(link, socket.socket):
            link.settimeout(None)
        frames = _frames(_reader(stream, link))
    rest, errors = b"", b""
    while True:
        with _told():
            kind, data = next(frames, (0, b""))
        if not kind:
            break
        if kind == 2:
            errors += data
            continue
        *whole, rest = (rest + data).split(b"\n")
        yield from (line.decode(errors="replace") for line in whole)
    try:
        status = _exit_status(engine, ident)
    except Exception as problem:  # the container is gone: docker and requests share no base
        raise LabSick("the lab ended meanwhile") from problem
    if status == _KILLED:
        raise LabSick("the lab ended meanwhile")
    if status == nobody:
        raise LabSick("nobody in this lab moves its clock: it was started by another version of chaindrill")
    if status:
        said = errors.decode(errors="replace").strip().splitlines()
        raise LabSick(f"{argv[0]} failed in the lab with status {status}{': ' + said[-1] if said else ''}")


def read_times(engine: Engine, container: str) -> tuple[datetime, datetime]:
    """When a lab began to stay up (real time), and its lab time now.

    Raises as `lines`, and LabError for one that is only coming up.
    """
    told = list(lines(engine, container, ["sh", "-c", f"stat -c %Y {_RC}; date +%s"]))
    if len(told) < 2:
        raise LabError("the lab is only coming up")
    since, now = told
    return datetime.fromtimestamp(int(since), UTC), datetime.fromtimestamp(int(now), UTC)


def _exit_status(engine: Engine, ident: str) -> int:
    ended = until(
        lambda: None if (state := engine.api.exec_inspect(ident))["Running"] else state,
        "the command's exit status",
        deadline_seconds=_GONE_SECONDS,
    )
    return int(ended["ExitCode"])


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (LabError, BrokenPipeError):
        raise
    except Exception as problem:  # docker, requests and the socket share no base
        raise LabError(f"the lab could not be entered: {trouble.in_short(problem)}") from problem


def _reader(stream: Any, link: Any) -> Callable[[int], bytes]:
    """How to read what comes: HTTP's own buffer may hold the beginning of it already."""
    with contextlib.suppress(AttributeError):
        read: Callable[[int], bytes] = stream._response.raw._fp.fp.read1  # noqa: SLF001 - docker-py offers no way
        return read
    received: Callable[[int], bytes] = link.recv
    return received


def _feed(link: Any) -> None:
    """Send standard input on, and its end."""
    with contextlib.suppress(OSError):
        while data := os.read(0, 1 << 16):
            link.sendall(data)
        link.shutdown(socket.SHUT_WR)


def _copy(read: Callable[[int], bytes]) -> None:
    while data := read(1 << 16):
        _write(1, data)


def _copy_frames(read: Callable[[int], bytes]) -> None:
    for kind, data in _frames(read):
        _write(2 if kind == 2 else 1, data)


def _frames(read: Callable[[int], bytes]) -> Iterator[tuple[int, bytes]]:
    """Without a terminal the engine keeps standard output (1) and standard error (2) apart, in frames."""
    buffer = b""
    while data := read(1 << 16):
        buffer += data
        while len(buffer) >= _FRAME.size:
            kind, length = _FRAME.unpack_from(buffer)
            if len(buffer) < _FRAME.size + length:
                break
            yield kind, buffer[_FRAME.size : _FRAME.size + length]
            buffer = buffer[_FRAME.size + length :]


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


@contextlib.contextmanager
def _raw_terminal(resize: Callable[[int, int], None]) -> Iterator[None]:
    """Standard input raw, so that every key goes to the lab; the lab's terminal as large as ours."""
    import termios
    import tty

    def follow(*_: object) -> None:
        with contextlib.suppress(OSError):
            size = os.get_terminal_size(1)
            resize(size.lines, size.columns)

    before = termios.tcgetattr(0)
    handler = signal.signal(signal.SIGWINCH, follow)
    try:
        tty.setraw(0)
        follow()
        yield
    finally:
        signal.signal(signal.SIGWINCH, handler)
        termios.tcsetattr(0, termios.TCSADRAIN, before)
