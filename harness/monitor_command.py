"""A check of the user's own, run in the lab as their monitoring runs it: an exit status, and a first line of output.

0 is fine and 3 "could not say", as Nagios plugins have it; so is what could not be started (126, 127) or was ended by a
signal.  Anything else is an alarm.
"""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harness.alerts import Found
from lab.errors import LabError, UsageError
from lab.host import LAB, ON_LAB_TIME

if TYPE_CHECKING:
    from lab.lab import Lab

LIMIT_SECONDS = 10.0
"""How long (wall time) one run may take."""

_GRACE_SECONDS = 1
"""How long after SIGTERM a command that does not end is killed."""

_FOLDER = f"{LAB}/monitors"

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{(\w*)\}")
_KNOWN = ("zone", "server", "resolver")
_FINE, _UNKNOWN = 0, 3
_NOT_STARTED = (126, 127)
_TIMED_OUT = (124, 128 + 9, -9)
"""What `timeout` ends with: where it has to kill, it may go with its process group."""


@dataclass(frozen=True)
class Command:
    """A command with placeholders, checked as far as it can be without a lab.

    `script`: the local script that its first word names, to be copied into the lab; None where it is a tool of the
    lab's.
    """

    text: str
    words: tuple[str, ...]
    script: Script | None = None

    @property
    def title(self) -> str:
        """Its name in a report: as it was given."""
        return self.text

    def describe(self) -> str:
        """What it is."""
        return "a check of the user's own"

    def command(self) -> str:
        """What is typed."""
        return self.text

    def at(self, lab: Lab, zone: str) -> Running:
        """The command in a lab that is up.  Raises UsageError where the lab has no such tool."""
        if self.script is None:
            start: tuple[str, ...] = (self.words[0],)
            tools, instead = start, f", or a script of yours by its path, as ./{Path(start[0]).name}"
        else:
            copy = f"{_FOLDER}/{self.script.path.name}"
            lab.agent.write({copy: self.script.contents})
            start = (*self.script.interpreter, copy)
            tools, instead = self.script.tools, ""
        for tool in tools:
            if lab.agent.run(["sh", "-c", 'command -v "$1"', "sh", tool], env={}).exit != 0:
                raise UsageError(
                    f"the lab has no {tool!r}, which --monitor {self.text!r} needs: give a tool of the lab's"
                    f" (`chaindrill shell` shows it){instead}"
                )
        return Running(lab, start, self.words[1:], zone)


@dataclass(frozen=True)
class Script:
    """A script of the user's own.  It is started by its interpreter: a lab's own files can't be executed."""

    path: Path
    contents: bytes = field(repr=False)
    interpreter: tuple[str, ...]

    @property
    def tools(self) -> tuple[str, ...]:
        """What of the lab's it takes to start it: the interpreter, and what `env` is to look for."""
        first, *rest = self.interpreter
        found = [word for word in rest if not word.startswith("-") and "=" not in word][:1]
        return (first, *found) if first.endswith("/env") else (first,)


class Running:
    """A command at work in a lab.  One that hung once is not run again: each time would cost its whole time limit."""

    def __init__(self, lab: Lab, start: tuple[str, ...], words: tuple[str, ...], zone: str) -> None:
        self._lab = lab
        self._start = start
        self._words = words
        self._zone = zone
        self._hung = ""

    def look(self) -> Found:
        """Run it once."""
        if self._hung:
            return Found(None, self._hung)
        # `timeout` itself is on real time, and ends the whole process group of what it runs
        on_lab_time = [f"{name}={value}" for name, value in ON_LAB_TIME.items()]
        limit = ["timeout", "-k", str(_GRACE_SECONDS), f"{LIMIT_SECONDS:g}", "env", *on_lab_time]
        started = time.monotonic()
        try:
            ran = self._lab.agent.run(
                [*limit, *self._filled_in()],
                env={"HOME": "/tmp", "LANG": "C.UTF-8"},  # noqa: S108 - in the lab
                timeout_seconds=LIMIT_SECONDS + 3 * _GRACE_SECONDS,
            )
        except LabError as problem:  # whether the lab is gone is for the drill to find out
            return Found(None, str(problem))
        if ran.exit is None or (ran.exit in _TIMED_OUT and time.monotonic() - started >= LIMIT_SECONDS):
            self._hung = f"it did not end within {LIMIT_SECONDS:g} s: it was killed, and not run again"
            return Found(None, self._hung)
        return read(ran.exit, ran.stdout, ran.stderr)

    def _filled_in(self) -> list[str]:
        resolvers = self._lab.validators or tuple(self._lab.resolvers.values())
        values = {
            "zone": self._zone,
            "server": self._lab.serving(self._zone).host.address,
            "resolver": resolvers[0].host.address,
        }
        return [*self._start, *(fill_in(word, values) for word in self._words)]


def read(status: int, stdout: str, stderr: str) -> Found:
    """What a run says: its exit status decides, its first line of output tells."""
    lines = [line.strip() for line in (stdout + "\n" + stderr).splitlines() if line.strip()]
    said = lines[0] if lines else "no output"
    if status == _FINE:
        return Found(False, said)
    if status == _UNKNOWN or status in _NOT_STARTED or not 0 <= status < 128:
        return Found(None, f"exit status {status}: {said}")
    return Found(True, f"exit status {status}: {said}")


def parse(text: str) -> Command:
    """A command as given with `--monitor`.  Raises UsageError for what can't be one."""
    try:
        words = tuple(shlex.split(text))
    except ValueError as problem:
        raise UsageError(f"--monitor {text!r} can't be read as a command: {problem}") from None
    if not words:
        raise UsageError("--monitor needs a command: 'CMD {zone} {server}'")
    for word in words:
        for found in _PLACEHOLDER.finditer(word):
            if found[1] is not None and (found[1] not in _KNOWN or word is words[0]):
                raise UsageError(
                    f"--monitor {text!r} has the placeholder {found[0]}"
                    + (
                        " for its command"
                        if word is words[0]
                        else f": there are {', '.join(f'{{{name}}}' for name in _KNOWN)}"
                        " (braces that are meant are doubled)"
                    )
                )
    return Command(text, words, _script(text, words[0]))


def fill_in(word: str, values: Mapping[str, str]) -> str:
    """The word with its placeholders filled in, and doubled braces single."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]] if found[1] else found[0][0], word)


def _script(text: str, first: str) -> Script | None:
    """The local script that a first word with a slash in it names; without one it is a tool of the lab's."""
    path = Path(first).expanduser()
    if "/" not in first or (path.is_absolute() and not path.exists()):
        return None
    try:
        contents = path.read_bytes()
    except OSError as problem:
        raise UsageError(f"--monitor {text!r}: {first} can't be read: {problem.strerror}") from None
    head = contents.split(b"\n", 1)[0].decode(errors="replace")
    interpreter = tuple(head.removeprefix("#!").split(None, 1)) if head.startswith("#!") else ()
    if not interpreter:
        raise UsageError(
            f"--monitor {text!r}: {first} is no script, as its first line is no '#!/bin/sh' or the like: a lab runs"
            " its own tools, and scripts of yours"
        )
    return Script(path, contents, tuple(word.strip() for word in interpreter))
