"""A rehearsal for people: its dated plan, a row for each vendor, a table of the wrong ways.  All numbers are the report's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.text import Text

from harness.generation import EDGE_SECONDS
from harness.report import plain
from harness.report.outage import (
    FOUND,
    NOT_OBSERVABLE,
    Played,
    outage,
    plan,
    seconds,
    see_it_with,
    tail_seconds,
    word,
)
from harness.report.terminal import COUNTED, STYLES, labelled, lasted
from harness.verdict import Verdict

if TYPE_CHECKING:
    from harness.finding import VendorFinding
    from harness.rehearsal import Rehearsal
    from harness.rehearse import RehearsalReport
    from harness.watchers import Watched

_WORD_STYLES = {FOUND: "green", NOT_OBSERVABLE: "dim", "FAIL": "bold red", "INCONCLUSIVE": "bold yellow"}
_WORD_WIDTH = max(map(len, _WORD_STYLES))
RESOLUTION = (
    f"looks lie {EDGE_SECONDS:.0f} s to either side of every edge: what is shorter may lie between them"
)


def block(played: Played) -> list[Text]:
    """All that is to be said of one rehearsal, its wrong ways apart."""
    report, rehearsal = played.report, played.rehearsal
    zones = " · ".join("root" if zone.name == "." else zone.name for zone in rehearsal.topology.zones)
    return [
        Text.assemble((plain(report.name), "bold"), " · ", plain(report.title)),
        labelled("lab", zones),
        *_plan(report),
        *_vendors(report),
        *_end(played),
    ]


def _plan(report: RehearsalReport) -> Iterator[Text]:
    """The day is told where it changes."""
    before = ""
    for entry in plan(report):
        day = f"{entry.date:%Y-%m-%d}"
        yield Text.assemble(
            f"  {'' if day == before else day:<10}  {entry.date:%H:%M}  ",
            (plain(entry.what), "bold" if entry.change else ""),
        )
        before = day


def _vendors(report: RehearsalReport) -> Iterator[Text]:
    if report.findings is None:
        return
    width = max(map(len, report.validators), default=0)
    count = len(report.changes)
    generations = f"{count} generation{'s' if count != 1 else ''}"
    titles = {title.split(" ")[0]: title for title in report.validators}
    for one in report.findings.vendors:
        bogus = f"{one.bogus_seconds:.0f} s bogus"
        yield Text.assemble(
            f"  {titles.get(one.vendor, one.vendor):<{width}}   ",
            (f"{bogus:<14}", "bold red" if one.bogus_seconds else "green"),
            f"  {one.looks} looks at {one.members} cache states, {generations}",
            (f"   insecure for {lasted_exactly(one.insecure_seconds)}" if one.insecure_seconds else ""),
        )
        if one.watched:
            yield Text(f"  {'':<{width}}   one {asked_again(one.watched)}", "dim")
    yield Text(f"  {'':<{width}}   {RESOLUTION}", "dim")
    if report.findings.unasked:
        yield Text(
            f"  {'':<{width}}   {report.findings.unasked} looks more were due, and no validator left", "dim"
        )
    told = [*tails(report.findings.vendors), *counter_examples(report)]
    yield from (Text(f"  {'':<{width}}   {words}", "dim") for words in told)


def counter_examples(report: RehearsalReport) -> Iterator[str]:
    """What was shown beside the rehearsal to go wrong, and servers that stalled: it does not count."""
    yield from (
        f"{event.kind}: {event.text}"
        for event in report.history.events
        if event.kind in ("counter-example", "tracker")
    )


def asked_again(one: Watched) -> str:
    """What the validator said that is asked again and again beside the silent ones: it does not count."""
    within, bogus = one.in_outage(one.sights), len(one.bogus)
    said = f"bogus at {bogus}" if bogus else "not bogus at any"
    parts = [
        f"{said} of {len(one.sights)} looks{f' ({within} of them in an outage)' if within else ''}",
        f"first {one.first_bogus:%Y-%m-%d %H:%M:%S}" if one.first_bogus else "",
        f"{len(one.stale) or 'none'} answered with stale data" if one.serve_stale else "",
        f"{one.unanswered} without an answer" if one.unanswered else "",
    ]
    return f"asked again and again{' and serving stale' if one.serve_stale else ''}: {', '.join(filter(None, parts))}"


def tails(vendors: Sequence[VendorFinding]) -> Iterator[str]:
    """What windows do not show: validators here are asked once, and some remember a failure."""
    for one in vendors:
        if one.windows and (longer := tail_seconds(one.vendor)):
            yield f"{one.vendor}: up to {longer} s longer where it was asked meanwhile"


def lasted_exactly(length: float) -> str:
    """Seconds as a duration, to the second."""
    whole = round(length)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    parts = [(hours, "h"), (minutes, "min"), (left, "s")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"


def _end(played: Played) -> Iterator[Text]:
    report = played.report
    yield Text.assemble(
        (report.verdict.value.upper(), STYLES[report.verdict]),
        "  ",
        plain(report.reason) if report.reason else _passed(report, played.rehearsal),
    )
    if report.verdict is Verdict.FAIL and (command := see_it_with(report, played.rehearsal)):
        yield labelled("see it with", command)
    for error in report.clean_up_errors:
        yield labelled("clean-up", f"{error} (the verdict stands)", "yellow")
    if played.evidence is not None:
        yield labelled("evidence", str(played.evidence))


def _passed(report: RehearsalReport, rehearsal: Rehearsal) -> str:
    vendors = report.findings.vendors if report.findings else ()
    count = sum(one.members for one in vendors)
    of = f"{len(vendors)} vendors" if len(vendors) > 1 else "1 vendor"
    never = "" if rehearsal.may_be_insecure else ", never insecure"
    return (
        f"0 s bogus{never} in {count} cache states at {of}, worst phases included;"
        f" {lasted(timedelta(seconds=report.lab_seconds))} of lab time in {report.wall_seconds:.1f} s of yours"
    )


# -- wrong ways ----------------------------------------------------------------------------------------------


def wrong_head(count: int) -> list[Text]:
    """What stands above the table."""
    head = f"  {'verdict':<{_WORD_WIDTH}}  {'bogus for':>15}  {'from, to (s)':<16}  way"
    title = f"  {count} {'way' if count == 1 else 'ways'} to get it wrong, each in a lab of its own"
    return [Text(title, "bold"), Text(head, "dim")]


def wrong_row(report: RehearsalReport, rehearsal: Rehearsal) -> list[Text]:
    """One of them: a line, and under it who saw it and why."""
    said, dark, insecure = word(report, rehearsal), outage(report), seconds(report, "insecure")
    lines = [
        Text.assemble(
            "  ",
            (f"{said:<{_WORD_WIDTH}}", _WORD_STYLES[said]),
            f"  {lasted_exactly(seconds(report, 'bogus')) if dark else '':>15}",
            f"  {f'[{dark.start}, {dark.end})' if dark else '':<16}  ",
            plain(report.name),
        )
    ]
    if report.reason:
        lines.append(_under(report.reason, ""))
    elif dark is not None:
        lines.append(_under(f"after: {dark.after}", "dim"))
        lines.append(_under(f"{' and '.join(dark.vendors)}, holding {dark.priming}: {dark.why}", "dim"))
        for one in report.findings.vendors if report.findings else ():
            if one.watched:
                lines.append(_under(f"{one.vendor} {asked_again(one.watched)}", "dim"))
    elif insecure and said == FOUND:
        lines.append(_under(f"insecure for {lasted_exactly(insecure)}", "dim"))
    lines += [_under(f"clean-up: {error} (the verdict stands)", "yellow") for error in report.clean_up_errors]
    return lines


def _under(text: str, style: str) -> Text:
    return Text.assemble(" " * (_WORD_WIDTH + 4), (plain(text), style))


def wrong_end(played: Played) -> list[Text]:
    """How closely edges were found, and how many of the ways were."""
    ways = played.wrong or ()
    counts = Counter(word(report, played.rehearsal) for report in ways)
    said = ", ".join(f"{counts[each]} {each}" for each in _WORD_STYLES if each in counts)
    return [
        *(Text(f"  {words}", "dim") for words in edges(ways)),
        Text.assemble("  ", (f"{len(ways)} wrong ways: {said}", "bold")),
    ]


def edges(ways: Sequence[RehearsalReport]) -> Iterator[str]:
    """How closely the windows of wrong ways were found, and what outlives them."""
    found = [one.findings for one in ways if one.findings]
    if any(one.bogus for one in found):
        apart = max(one.resolution_seconds for one in found)
        yield f"every edge that was sought lies between looks at most {apart:.1f} s apart"
    left: Counter[str] = Counter()
    for one in found:
        left.update(one.not_sought)
    yield from (f"edges not sought more closely: {count} ({why})" for why, count in sorted(left.items()))
    yield from sorted({words for one in found for words in tails(one.vendors)})


# -- over several --------------------------------------------------------------------------------------------


def summary(all_played: Sequence[Played]) -> list[Text]:
    """One line per rehearsal, and the count of verdicts."""
    width = max(len(one.report.name) for one in all_played)
    some_wrong = any(one.wrong is not None for one in all_played)
    head = f"{'rehearsal':<{width}}  {'verdict':<13} {'bogus':>8}  {'lab time':>12}  {'wall time':>9}"
    lines = [Text(head + ("  wrong ways: found, not observable, else" if some_wrong else ""), "dim")]
    for one in all_played:
        report = one.report
        said = [word(wrong, one.rehearsal) for wrong in one.wrong or ()]
        found, hidden = said.count(FOUND), said.count(NOT_OBSERVABLE)
        bogus = f"{seconds(report, 'bogus')} s" if report.findings else "unknown"
        lines.append(
            Text.assemble(
                f"{report.name:<{width}}  ",
                (f"{report.verdict.value.upper():<13}", STYLES[report.verdict]),
                f" {bogus:>8}  {lasted(timedelta(seconds=report.lab_seconds)):>12}  {report.wall_seconds:>7.1f} s",
                f"  {found}, {hidden}, {len(said) - found - hidden}" if one.wrong is not None else "",
            )
        )
    counts = {verdict: sum(one.report.verdict is verdict for one in all_played) for verdict in Verdict}
    told = ", ".join(f"{count} {COUNTED[verdict]}" for verdict, count in counts.items() if count)
    return [*lines, Text(f"{len(all_played)} rehearsals: {told}", "bold")]
