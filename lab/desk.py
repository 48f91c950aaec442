"""How a lab that stays up is told to move its clock: both ends of it.

The process that holds the lab and the command that wants something of it meet inside the lab's container, in
named pipes: the one reaches them through its agent, the other through the engine.  So it works wherever the
engine is, only who may use the engine can do it, and the lab takes everything of it along when it goes.
"""

from __future__ import annotations

import dataclasses
import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from lab.errors import LabSick, UsageError
from lab.host import LAB

if TYPE_CHECKING:
    from lab.agent import Agent
    from lab.engine import Engine

_DESK = f"{LAB}/desk"
_ANSWERS = f"{LAB}/desk."
_IDENT = re.compile(r"[0-9a-f]{16}\Z")
_NOBODY = 90
_OPEN = 'test -p "$0" || mkfifo -m 600 "$0"'
_HEAR = _OPEN + '; if read -t "$1" -r line <>"$0"; then printf %s "$line"; fi'
_SAY = 'if test -p "$0"; then cat 1<>"$0"; fi'
# Both ends open for reading and writing: neither waits for the other, and an order stays in the pipe until it
# is read, however many give one, as each holds the pipe open until it has its answer.
_ORDER = f"""
test -p "$0" || exit {_NOBODY}
mkfifo -m 600 "$1"
trap 'rm -f "$1"' EXIT
exec 3<>"$1" 4<>"$0"
printf '%s\\n' "$2" >&4
while read -r line <&3 && [[ -n $line ]]; do printf '%s\\n' "$line"; done
"""
_WORST_SECONDS = 5.0


@dataclass(frozen=True)
class Order:
    """Where lab time is to go: so much ahead, or to an instant (ISO 8601)."""

    ident: str
    by_seconds: float | None = None
    to: str | None = None

    def instant(self, now: datetime) -> datetime:
        """The instant that is meant.  Raises UsageError where there is none, or it lies behind `now`."""
        try:
            wanted = (
                datetime.fromisoformat(self.to) if self.to else now + timedelta(seconds=self.by_seconds or 0)
            )
            back = wanted < now
        except (ValueError, TypeError, OverflowError):
            raise UsageError("that order names no instant that lab time could come to") from None
        if back:
            raise UsageError(
                f"lab time can't go back: it is {now:%Y-%m-%d %H:%M:%S} in the lab already; a fresh one begins"
                " where you like (`chaindrill lab up --clock DATE`)"
            )
        return wanted


@dataclass(frozen=True)
class Said:
    """A line of the answer.  `kind`: began, stop, news, done, refused (a wrong order) or sick (it did not work)."""

    kind: str
    lab_time: str
    text: str = ""

    @property
    def at(self) -> datetime:
        """The lab time that it was said."""
        return datetime.fromisoformat(self.lab_time)


# -- the holder's end ----------------------------------------------------------------------------------------


def open_desk(agent: Agent) -> None:
    """Have orders accepted from now on; they wait until they are heard."""
    agent.run(["bash", "-c", _OPEN, _DESK], env={}).check()


def hear(agent: Agent, wait_seconds: float) -> Order | None:
    """The next order, waited for; None where none came in that time, or none that can be read.

    Raises LabSick where the lab is gone.
    """
    ran = agent.run(
        ["bash", "-c", _HEAR, _DESK, f"{wait_seconds:g}"],
        env={},
        timeout_seconds=wait_seconds + _WORST_SECONDS,
    ).check()
    try:
        order = Order(**json.loads(ran.stdout))
    except (ValueError, TypeError):
        return None
    return order if isinstance(order.ident, str) and _IDENT.match(order.ident) else None


def say(agent: Agent, order: Order, said: Said, *, last: bool = False) -> None:
    """Send a line of an order's answer; nobody hears it where who gave the order has left."""
    line = json.dumps(dataclasses.asdict(said)) + "\n" + ("\n" if last else "")
    agent.run(["bash", "-c", _SAY, f"{_ANSWERS}{order.ident}"], env={}, stdin=line)


# -- the other end -------------------------------------------------------------------------------------------


def order(
    engine: Engine, container: str, *, by: timedelta | None = None, to: datetime | None = None
) -> Iterator[Said]:
    """Give an order to the process that holds a lab, and return its answer line by line, the last one included.

    Raises LabSick where nobody hears, or the lab ends before the order is done.
    """
    from lab.shell import lines

    given = Order(
        secrets.token_hex(8),
        by.total_seconds() if by else None,
        to.astimezone(UTC).isoformat() if to else None,
    )
    words = json.dumps(dataclasses.asdict(given))
    argv = ["bash", "-c", _ORDER, _DESK, f"{_ANSWERS}{given.ident}", words]
    ended = False
    for line in lines(engine, container, argv, nobody=_NOBODY):
        said = Said(**json.loads(line))
        ended = said.kind in ("done", "refused", "sick")
        yield said
    if not ended:
        raise LabSick("the lab ended before its clock had come there")
