"""What views say of a rehearsal's report: its dated plan, and of a wrong way the outage that it made.  No view itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from harness.report.dates import Dates
from harness.verdict import Verdict
from lab.resolver import vendor_named

if TYPE_CHECKING:
    from harness.finding import Found
    from harness.rehearsal import Rehearsal
    from harness.rehearse import RehearsalReport

FOUND, NOT_OBSERVABLE = "found", "not observable here"


@dataclass(frozen=True)
class Played:
    """A rehearsal that was run, and the wrong ways that were (None: none was asked for)."""

    rehearsal: Rehearsal
    report: RehearsalReport
    evidence: Path | None = None
    wrong: Sequence[RehearsalReport] | None = None

    @property
    def verdicts(self) -> list[Verdict]:
        """Its verdict and those of its wrong ways."""
        return [self.report.verdict, *(one.verdict for one in self.wrong or ())]


@dataclass(frozen=True)
class Entry:
    """A line of the plan: when, what, and whether validators could see it."""

    date: datetime
    what: str
    change: bool


@dataclass(frozen=True)
class Outage:
    """The longest bogus window: at whom, holding what, counted in seconds from being served of the change before it."""

    vendors: tuple[str, ...]
    priming: str
    after: str
    start: int
    end: int
    why: str


def plan(report: RehearsalReport) -> list[Entry]:
    """What was done and what came of it, dated; a step whose change was just told is not told again."""
    dates = Dates([change.served for change in report.changes])
    entries: list[Entry] = []
    for event in report.history.events:
        if event.kind not in ("step", "change"):
            continue
        told = bool(entries) and entries[-1].change and entries[-1].what == event.text
        if not told:
            entries.append(Entry(dates.of(event.lab_time.timestamp()), event.text, event.kind == "change"))
    return entries


def outage(report: RehearsalReport) -> Outage | None:
    """The longest window of all vendors; those that share it are named together."""
    vendors = report.findings.vendors if report.findings else ()
    worst = {one.vendor: one.windows[0] for one in vendors if one.windows}
    if not worst:
        return None
    longest = max(worst.values(), key=lambda found: found.window.seconds)
    sharing = tuple(name for name, found in worst.items() if _same(found, longest))
    change = max(
        (one for one in report.changes if one.begun <= longest.window.start + 1),
        key=lambda one: one.served,
        default=report.changes[0],
    )
    return Outage(
        sharing,
        longest.priming.value,
        change.label,
        max(0, round(longest.window.start - change.served)),
        round(longest.window.end - change.served),
        longest.window.why,
    )


def _same(one: Found, other: Found) -> bool:
    return one.priming is other.priming and abs(one.window.seconds - other.window.seconds) <= 2


def seconds(report: RehearsalReport, state: str) -> int:
    """How long validators were bogus, or insecure: the vendor with most of it."""
    vendors = report.findings.vendors if report.findings else ()
    return round(max((float(getattr(one, f"{state}_seconds")) for one in vendors), default=0.0))


def word(report: RehearsalReport, rehearsal: Rehearsal) -> str:
    """What is said of a wrong way: found, not observable here, or that lab and model disagree."""
    if report.verdict is not Verdict.PASS:
        return str(report.verdict.value).upper()
    seen = report.observable or (not rehearsal.may_be_insecure and seconds(report, "insecure") > 0)
    return FOUND if seen else NOT_OBSERVABLE


def tail_seconds(vendor: str) -> int:
    """How long this vendor remembers a failure: one that was asked meanwhile fails so much longer."""
    return vendor_named(vendor).cache.bogus_ttl_seconds


def see_it_with(report: RehearsalReport, rehearsal: Rehearsal) -> str:
    """The command that shows what went wrong; empty where nothing was found out."""
    zone, found = rehearsal.topology.victim.name, report.findings
    if found is None:
        return ""
    if found.disagreements:
        look = found.disagreements[0]
        return f"dig @{look.vendor} {look.qname} A +dnssec"
    if (dark := outage(report)) is not None:
        return f"dig @{dark.vendors[0]} w1.{zone} A +dnssec   # SERVFAIL in the window; with +cd the answer is there"
    if any(one.insecure_seconds for one in found.vendors) and not rehearsal.may_be_insecure:
        return f"dig @{found.vendors[0].vendor} w1.{zone} A +dnssec   # no ad among the flags"
    return f"dig DS {zone} @PARENT +norecurse; dig DNSKEY {zone} @SERVER +norecurse"
