"""`chaindrill rehearse ksk --zone-file …`: a zone and a policy of one's own, and the dated plan that comes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from harness.cli import moments
from lab.errors import UsageError

if TYPE_CHECKING:
    from harness.ownzone import OwnZone
    from harness.rehearsal import Rehearsal
    from harness.rehearse import RehearsalReport
    from harness.report.progress import Progress

F = TypeVar("F", bound=Callable[..., Any])


def own_options(command: F) -> F:
    """The options that make it a rehearsal of one's own zone."""
    for option in reversed(
        (
            click.option(
                "--zone-file",
                type=click.Path(path_type=Path),
                metavar="FILE",
                help="Your own zone, unsigned, as named would load it.",
            ),
            click.option(
                "--policy",
                metavar="FILE[:NAME]",
                help="The named.conf with your dnssec-policy, and which (or just `default`).",
            ),
            click.option("--zone", metavar="NAME", help="Its name, where the file does not say."),
            click.option(
                "--ds-ttl", metavar="DURATION", help="The TTL of your DS at the parent.  [default: 1 d]"
            ),
            click.option(
                "--registrar-delay",
                metavar="DURATION",
                help="From handing a DS in to its being served.  [default: 1 h]",
            ),
            click.option(
                "--from",
                "begins",
                metavar="DATE",
                help="When it is to begin, in UTC.  [default: tomorrow, 09:00]",
            ),
            click.option(
                "--ical",
                type=click.Path(path_type=Path),
                metavar="FILE",
                help="Also write the plan as iCalendar.",
            ),
        )
    ):
        command = option(command)
    return command


@dataclass(frozen=True)
class OwnPlan:
    """A rollover of one's own zone, to be rehearsed, and where its plan goes."""

    kind: str
    own: OwnZone
    rehearsal: Rehearsal
    ical: Path | None

    def show(self, progress: Progress, report: RehearsalReport) -> None:
        """Print the plan, and write the calendar where one was asked for."""
        from rich.text import Text

        from harness.ownzone import plan
        from harness.report import ical, version
        from harness.report.plan import block

        steps = plan(self.kind, self.own, report.changes)
        notes = [Text(f"  note: {note}", "dim") for note in self.own.zone.notes]
        progress.print([Text(), Text(f"plan for {self.own.zone.name}", "bold"), *block(steps), *notes])
        if self.ical is not None:
            try:
                self.ical.write_bytes(ical.render(self.rehearsal.title, steps, version()))
            except OSError as problem:
                raise UsageError(f"{self.ical} could not be written: {problem.strerror}") from problem

    def dated(self, report: RehearsalReport) -> list[dict[str, Any]]:
        """The plan as data."""
        from harness.ownzone import plan
        from harness.report.plan import as_data

        return as_data(plan(self.kind, self.own, report.changes))

    def markdown(self, report: RehearsalReport) -> str:
        """The plan as Markdown, ahead of the rehearsal's own."""
        from harness.ownzone import plan
        from harness.report.plan import markdown

        steps = plan(self.kind, self.own, report.changes)
        verdict = report.verdict.value.upper()
        return markdown(self.rehearsal.title, steps, self.own.zone.notes, verdict) + "\n"


def own_plan(
    names: Sequence[str],
    files: Sequence[Path],
    *,
    zone_file: Path | None,
    policy: str | None,
    zone: str | None,
    ds_ttl: str | None,
    registrar_delay: str | None,
    begins: str | None,
    ical: Path | None,
) -> OwnPlan | None:
    """What the options ask for; None where they ask for no zone of one's own.  Raises UsageError."""
    others = {
        "--policy": policy,
        "--zone": zone,
        "--ds-ttl": ds_ttl,
        "--registrar-delay": registrar_delay,
        "--from": begins,
        "--ical": ical,
    }
    if zone_file is None:
        if given := [name for name, value in others.items() if value is not None]:
            raise UsageError(f"{given[0]} is of a zone of your own: give it with --zone-file")
        return None
    from harness.ownzone import ROLES, OwnZone, rehearsal

    if files or len(names) != 1 or names[0] not in ROLES:
        raise UsageError(
            f"of a zone of your own one rollover at a time is rehearsed: {', '.join(ROLES)}, as in"
            f" `chaindrill rehearse ksk --zone-file {zone_file}`"
        )
    if policy is None:
        raise UsageError(
            "which dnssec-policy? Give --policy named.conf, named.conf:NAME, or --policy default"
        )
    ttl = _seconds_or_duration("--ds-ttl", ds_ttl, timedelta(days=1))
    delay = _seconds_or_duration("--registrar-delay", registrar_delay, timedelta(hours=1))
    begin = moments.instant(begins) if begins else _tomorrow()
    user_zone, user_policy = _read(zone_file, zone, policy)
    own = OwnZone(user_zone, user_policy, ttl, delay, begin)
    return OwnPlan(names[0], own, rehearsal(names[0], own), ical)


def _read(zone_file: Path, zone: str | None, policy: str) -> Any:
    """Both files, looked at by BIND's own tools in the lab's image."""
    from lab import images
    from lab.engine import Engine
    from lab.userpolicy import parse_argument, read_policy
    from lab.userzone import read_zone
    from lab.workbench import workbench

    path, name = parse_argument(policy)
    engine = Engine.connect()
    images.find(engine)
    with workbench(engine) as tools:
        return read_zone(zone_file, tools, zone), read_policy(path, name, tools).policy


def _seconds_or_duration(option: str, text: str | None, usual: timedelta) -> timedelta:
    """As zone files give TTLs, `86400`, or as people do, `1d`."""
    if text is None:
        return usual
    try:
        value = timedelta(seconds=int(text)) if text.isdecimal() else moments.duration(text)
    except OverflowError:
        value = timedelta.max
    except UsageError as problem:
        raise UsageError(f"{option}: {problem}") from None
    if not timedelta(0) < value <= timedelta(days=30):
        raise UsageError(f"{option} {text} is out of reach: give between a second and 30 days")
    return value


def _tomorrow() -> datetime:
    return (datetime.now(UTC) + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
