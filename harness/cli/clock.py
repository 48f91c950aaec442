"""`chaindrill clock`: read and move the clock of a lab that stays up."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from harness.cli import moments
from lab.errors import LabSick, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from lab.desk import Said

_QUIET_SECONDS = 2.0
"""A move that takes no longer shows nothing before it is done."""

_LOG_SECONDS = 10.0
"""How often a line says where a move is, where there is no terminal."""


@click.command(
    "clock",
    short_help="Read or move the clock of a lab that stays up.",
    context_settings={"ignore_unknown_options": True},  # -3d is no option, and deserves a better answer
)
@click.argument("duration", metavar="[+DURATION]", required=False)
@click.option("--to", "to", metavar="DATE", help="Let time pass until then: 2031-06-01 or 2031-06-01T12:00Z.")
@click.option("--lab", "name", metavar="NAME", help="Which lab, where several are up.")
def clock(duration: str | None, to: str | None, name: str | None) -> int:
    """Let time pass in a lab that stays up; without a DURATION or DATE, print its time.

    DURATION is +3d, +1d12h (units s, m, h, d, w) or P3DT12H.  The signers live through every key event and
    re-signing on the way, and the registrar does what is due.
    """
    from harness.cli.keep import kept_labs, pick
    from lab.desk import order
    from lab.engine import Engine
    from lab.shell import read_times

    if duration and to:
        raise UsageError("say how long (+DURATION) or until when (--to DATE), not both")
    by = moments.duration(duration) if duration else None
    until = moments.instant(to) if to else None
    engine = Engine.connect()
    lab = pick(kept_labs(engine), name, "--lab NAME")
    _, now = read_times(engine, lab.container.id)
    if by is None and until is None:
        click.echo(f"{now:%Y-%m-%d %H:%M:%S}")
        return 0
    if by is not None:
        moments.check_range(_ahead(now, by))
    try:
        _report(order(engine, lab.container.id, by=by, to=until))
    except KeyboardInterrupt:
        raise KeyboardInterrupt("interrupted; lab time goes on to where it was sent") from None
    return 0


def _ahead(now: datetime, by: timedelta) -> datetime:
    try:
        return now + by
    except OverflowError:
        return datetime.max.replace(tzinfo=now.tzinfo)


def _report(answer: Iterable[Said]) -> None:
    """Print what happens to the keys as it does, and at the end where lab time is now."""
    from rich.console import Console

    from harness.expectation import duration_text
    from harness.report import plain

    console = Console()
    started = time.monotonic()
    before: datetime | None = None
    stops = -1  # the last one is the end
    with _Where(console) as where:
        for said in answer:
            before = before or said.at
            if said.kind == "stop":
                stops += 1
                where.show(said.at)
            elif said.kind == "news":
                where.print(f"  {said.at:%Y-%m-%d %H:%M:%S}  {plain(said.text)}")
            elif said.kind == "refused":
                raise UsageError(said.text)
            elif said.kind == "sick":
                raise LabSick(f"{said.text}; lab time stands at {said.at:%Y-%m-%d %H:%M:%S}")
            elif said.kind == "done":
                passed, took = duration_text(said.at - before), time.monotonic() - started
                where.print(
                    f"{before:%Y-%m-%d %H:%M:%S} → {said.at:%Y-%m-%d %H:%M:%S}"
                    f"  ({passed} with {stops} stops, {took:.1f} s of yours)"
                )


class _Where:
    """Shows how far a move is once it takes more than a moment: live on a terminal, now and then in a log."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = console.status("") if console.is_terminal else None
        self._next = time.monotonic() + _QUIET_SECONDS

    def __enter__(self) -> _Where:
        return self

    def __exit__(self, *error: object) -> None:
        if self._status:
            self._status.stop()

    def show(self, now: datetime) -> None:
        """Lab time has come to `now`."""
        if time.monotonic() < self._next:
            return
        text = f"lab time {now:%Y-%m-%d %H:%M:%S}"
        if self._status:
            self._status.update(text)
            self._status.start()
        else:
            self.print(f"… {text}")
            self._next = time.monotonic() + _LOG_SECONDS

    def print(self, line: str) -> None:
        """Print a finished line."""
        self._console.print(line, soft_wrap=True, highlight=False, markup=False)
