"""The catalogue: what each fault looks like at each validator, how to confirm it, what heals it, and how long that takes.

Markdown, made of reports of drills that passed.  Pure.  What differs between two runs of one drill is left out or rounded
*here*, so that a page written once can be held against any later run, word by word: numbers in what was seen of a fault
(key tags, serials, counts) are an ellipsis, an EDE is what was measured of that vendor, and `lasted` rounds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from harness import step
from harness.alerts import Alert
from harness.expectation import (
    Bogus,
    LabExpectation,
    Match,
    State,
    StateExpectation,
    classify,
    duration_text,
    ede_text,
)
from harness.monitors import Outcome
from harness.pathlook import STALE
from harness.recovery_time import Watcher, Where
from harness.report.markdown import escaped, table
from harness.report.runbook import PLACEHOLDERS, causes, sentence, to_do
from harness.scenario import Scenario
from lab.resolver import vendor_named
from lab.zonename import under

if TYPE_CHECKING:
    from harness.history import Event
    from harness.monitors import Watched
    from harness.recovery import Recovery, Remedy
    from harness.scenario import Item
    from harness.verdict import Report, Row
    from lab.cause import EdeCodes

TIMED = "### Every remedy on offer, timed"
"""The heading of what the recovery clock measured; what stands before it comes from one run of the drill."""

_SECONDS, _MOMENTS = timedelta(seconds=30), timedelta(seconds=210)
_MINUTE, _FIVE_MINUTES, _DAY, _HALF_DAY = (timedelta(minutes=n) for n in (1, 5, 1440, 720))
_SHORT_OF = timedelta(hours=2)
_JUST_SHORT_OF = timedelta(seconds=75)
_NO_EDE: EdeCodes = frozenset({None})
_TIMED_VIEWS = (Where.WARM, Where.FRESH, Where.COLD)


# -- times -----------------------------------------------------------------------------------------------------


def lasted(duration: timedelta) -> str:
    """A lab time of one run, as coarse as runs of one drill agree.

    A validator that remembers failures is healthy after one or two of its minutes, as it happened to be asked: up to 3 min,
    and steps of 5 min after that, downwards, a minute short of one counting as it.  Signatures' ends have hours of jitter: half days, downwards, once there is a day; what is
    two hours short of one counts as it.
    """
    length = abs(duration)
    if length < _SECONDS:
        return "seconds"
    if length < _MOMENTS:
        return "up to 3 min"
    if length < _DAY - _SHORT_OF:
        return duration_text((length + _JUST_SHORT_OF) // _FIVE_MINUTES * _FIVE_MINUTES)
    return duration_text((length + _SHORT_OF) // _HALF_DAY * _HALF_DAY)


def instant(duration: timedelta) -> str:
    """A point on the recovery clock: to the minute below five, then as coarse as all times."""
    whole = round(duration / _MINUTE)
    return f"{whole} min" if whole < 5 else lasted(duration)


def masked(text: str) -> str:
    """Words about servers without what no two runs have in common: numbers, digests, names that are hashes."""
    text = re.sub(r"\b(?:[0-9A-Fa-f]{16,}|[0-9A-Va-v]{32})\b", "…", text)
    text = re.sub(r"(?<![\w./-])\d[\d.:]*(?: (?:s|min|h|d)\b)?(?![\w-])", "…", text)
    return re.sub(r"…(?:(?:, | )…)+", "…", text)


# -- one drill -------------------------------------------------------------------------------------------------


def entry(report: Report, scenario: Scenario) -> str:
    """All that one run tells, under the drill's name as heading.  The report is one of a drill that passed."""
    return "\n".join(_entry(report, scenario)).rstrip() + "\n"


def _entry(report: Report, scenario: Scenario) -> Iterator[str]:
    yield from (f"## {report.name}", "", f"**{escaped(scenario.title)}**", "")
    yield from (f"Symptom: {escaped(scenario.symptom)}", "")
    yield from (f"Likely cause: {escaped(causes(scenario)[0])} `{scenario.fault!r}`", "")
    yield from table(
        ("resolver", "in the outage", "dark for", "after the remedy", "healthy after"),
        [_row(report, scenario, row) for row in report.rows],
    )
    yield from ("", f"At the servers: {escaped(masked(report.proof)).removesuffix('.')}.")
    yield from ("", "### Confirm", "", *_list(scenario.impact))
    yield from (
        "",
        "### What heals",
        "",
        *(_list(_heals(scenario)) if _heals(scenario) else ["Nothing is done."]),
    )
    alarms = [one for one in report.history.monitors if isinstance(one.check, Alert)]
    if alarms:
        yield from ("", "### Who would have been paged", "")
        yield from table(
            ("alert", "it rang"),
            [(escaped(one.check.title), _rang(one, report.history.first_bogus)) for one in alarms],
        )
    yield from ("", f"References: {', '.join(map(escaped, scenario.references)) or 'none'}.")


def _row(report: Report, scenario: Scenario, row: Row) -> Sequence[str]:
    impact, recovery = (heard(report, scenario, row, phase) for phase in ("impact", "recovery"))
    healthy = ""
    if row.validates and impact and recovery:
        healed = _healed(report, scenario, row) if _states(impact) - _states(recovery) else None
        healthy = lasted(healed) if healed is not None else "the same state"
    return (row.resolver, _said(impact), lasted(row.dark) if row.dark_from else "", _said(recovery), healthy)


Heard = Mapping[str, Sequence[str]]
"""Answers that stand together, each with the names that it was given for."""


def heard(report: Report, scenario: Scenario, row: Row, phase: str) -> Sequence[Heard]:
    """What a resolver said of the victim in a phase, as claimed; what came after another step stands apart.

    In the claims' order, not in that in which they came true.
    """
    order = [
        (item.qname, item.qtype) for item in getattr(scenario, phase) if isinstance(item, StateExpectation)
    ]
    told: list[list[tuple[tuple[str, str], str]]] = [[]]
    for event in report.history.events:
        if event.phase != phase:
            continue
        if event.kind == "step":
            told.append([])
        if _about(event, row, scenario) and event.observation is not None:
            told[-1].append(((event.observation.qname, event.observation.qtype), _answer(event, row)))
    groups: list[dict[str, list[str]]] = []
    for group in filter(None, told):
        groups.append({})
        for name, answer in sorted(
            group, key=lambda one: order.index(one[0]) if one[0] in order else len(order)
        ):
            groups[-1].setdefault(answer, []).append(" ".join(name))
    return groups


def _said(groups: Sequence[Heard]) -> str:
    words: list[str] = []
    for group in groups:
        text = " and ".join(
            answer if len(group) == 1 else f"{answer} for {', '.join(dict.fromkeys(names))}"
            for answer, names in group.items()
        )
        if words[-1:] != [text]:
            words.append(text)
    return ", later ".join(words)


def _states(groups: Sequence[Heard]) -> set[str]:
    return {answer.split(" ")[0] for group in groups for answer in group}


def _about(event: Event, row: Row, scenario: Scenario) -> bool:
    """Whether an event is an answer of that resolver about the victim, and as claimed."""
    seen, judged = event.observation, event.judgement
    return (
        seen is not None
        and judged is not None
        and judged.match is Match.MET
        and seen.resolver == row.resolver
        and under(seen.qname, scenario.topology.victim.name)
    )


def _answer(event: Event, row: Row) -> str:
    """State, RCODE and EDE.  Of an outage that is none of DNSSEC only that: the rest depends on who gave up first."""
    seen = event.observation
    assert seen is not None
    state, rcode = classify(seen), str(seen.answer.rcode)
    if rcode == "NOERROR" and not seen.answer.has_data:
        rcode = "NODATA"
    if not seen.validates:
        return {"NOERROR": "answers", "NXDOMAIN": "denies", "NODATA": "denies"}.get(rcode, "does not answer")
    if state is State.UNREACHABLE:
        return str(state.value)
    claim = event.claim
    codes: EdeCodes | set[int | None] = {error.code for error in seen.answer.ede}
    if state is State.SECURE:
        codes &= STALE  # others tell of a server that was asked in vain: which name meets it is chance
    if state is State.BOGUS:
        cause = claim.cause if isinstance(claim, Bogus) else None
        codes = (vendor_named(row.resolver).ede.get(cause) if cause else None) or codes or _NO_EDE
    return f"{state.value} ({', '.join([rcode, *([ede_text(codes)] if codes else [])])})"


def _healed(report: Report, scenario: Scenario, row: Row) -> timedelta | None:
    """Lab time from the remedy's begin until all that the recovery claims of the victim had come true at a resolver."""
    events = report.history.events
    began = next((one.lab_time for one in events if (one.kind, one.phase) == ("phase", "remedy")), None)
    looks = [
        one.observation.lab_time
        for one in events
        if one.phase == "recovery" and one.observation is not None and _about(one, row, scenario)
    ]
    return looks[-1] - began if looks and began is not None else None


def _list(items: Iterable[Item]) -> Iterator[str]:
    for number, (what, command) in enumerate(to_do(items), 1):
        yield f"{number}. {escaped(what)}"
        if command:
            yield f"   {_code(command)}"


def _code(command: str) -> str:
    return f"`` {command} ``" if "`" in command else f"`{command}`"


def _heals(scenario: Scenario) -> list[Item]:
    """The remedy whole, and what the recovery does before it looks."""
    looks = StateExpectation | LabExpectation
    return [*scenario.remedy, *(item for item in scenario.recovery if not isinstance(item, looks))]


def _rang(watched: Watched, first_bogus: datetime | None) -> str:
    outcome, rang = watched.outcome(first_bogus), watched.rang_at
    if outcome in (Outcome.NEVER, Outcome.BLIND):
        return "never" if outcome is Outcome.NEVER else "never: it could not look"
    if outcome is Outcome.BEFORE_FAULT:
        return "before the fault already"
    if first_bogus is None or rang is None:
        return "and no validator gave a bogus answer"
    lead = first_bogus - rang
    if abs(lead) < _SECONDS:
        return "with the first bogus answer"
    words = f"{lasted(lead)} {'before' if lead > timedelta(0) else 'after'} the first bogus answer"
    if watched.first_expiry is not None and watched.first_expiry > rang:
        words += f", {lasted(watched.first_expiry - rang)} before the first signature expired"
    return words


# -- the recovery clock ----------------------------------------------------------------------------------------


def timed(recovery: Recovery) -> str:
    """The table of remedies, under `TIMED`."""
    return "\n".join([TIMED, "", *_timed(recovery)]) + "\n"


def waits_long(scenario: Scenario) -> bool:
    """Whether its answers take a validator's real time-outs: then timing what is on offer takes hours of wall time."""
    return scenario.patience_seconds > Scenario.patience_seconds


def not_timed(name: str) -> str:
    """In place of the times, where they take too long to be measured for a page."""
    return f"{TIMED}\n\nNot on this page: each look waits for real time-outs. `chaindrill recover {name}` times them.\n"


def timed_elsewhere(name: str) -> str:
    """The same where another variant of the story has the same remedies on offer."""
    return f"{TIMED}\n\nAs in [{name}](#{anchor(name)}), whose remedies on offer are the same.\n"


def _timed(recovery: Recovery) -> Iterator[str]:
    yield from table(
        ("remedy", "what is done", "validator", *(view.value for view in _TIMED_VIEWS)),
        [cells for remedy in recovery.remedies for cells in _remedy(remedy, recovery.validators)],
    )
    for remedy in recovery.remedies:
        if remedy.played.sick:
            yield f"\n`{remedy.name}`: nothing could be concluded."
        if remedy.offer.warning:
            yield f"\n`{remedy.name}`: {escaped(remedy.offer.warning)}"
        for one in remedy.worse:
            yield f"\n`{remedy.name}` makes it worse: {escaped(one.describe(instant))}."


def _remedy(remedy: Remedy, validators: Sequence[str]) -> Iterator[Sequence[str]]:
    first = (f"`{remedy.name}`", escaped(remedy.offer.title))
    for name in validators:
        healed = (remedy.healed.get(Watcher(name, view)) for view in _TIMED_VIEWS)
        yield (*first, name, *("?" if one is None else one.words(lasted) for one in healed))
        first = ("", "")


# -- pages -----------------------------------------------------------------------------------------------------


def story_of(name: str) -> str:
    """The page that a drill stands on: its scenario file's name."""
    return name.split(":")[0]


def anchor(name: str) -> str:
    """A heading's anchor."""
    return re.sub(r"[^\w-]", "", name.lower())


def page(story: str, entries: Iterable[str]) -> str:
    """A story's page: the entries of its drills, each with its timed remedies if there are any."""
    head = f"# {story}\n\nWritten by `make catalogue`. [All drills, and how to read this](../catalogue.md).\n"
    return "\n".join([head, *entries])


def entries(text: str) -> Mapping[str, tuple[str, str]]:
    """What stands on a story's page, by drill: its entry, and what was timed (empty: nothing)."""
    found = {}
    for part in re.split(r"(?m)^(?=## )", text)[1:]:
        told, heading, measured = part.partition(TIMED)
        found[told.partition("\n")[0][3:]] = (
            told.rstrip() + "\n",
            (heading + measured).rstrip() + "\n" if heading else "",
        )
    return found


def index_row(report: Report, scenario: Scenario) -> str:
    """A drill's line in the index."""
    by_resolver = {
        row.resolver: _worst(heard(report, scenario, row, "impact")) for row in report.rows if row.validates
    }
    if len(set(by_resolver.values())) == 1:
        says = next(iter(by_resolver.values()))
    else:
        says = "; ".join(f"{name}: {words}" for name, words in by_resolver.items())
    dark = lasted(report.dark) if any(row.dark_from for row in report.rows) else "never"
    link = f"[{report.name}](catalogue/{story_of(report.name)}.md#{anchor(report.name)})"
    return next(iter(table((link, says, escaped(_in_short(scenario)), dark), ())))


def _worst(groups: Sequence[Heard]) -> str:
    """The answers of the state that is worst, without names."""
    for states in ({"bogus", "unreachable"}, {"insecure"}, {"secure"}):
        if found := [answer for group in groups for answer in group if answer.split(" ")[0] in states]:
            return ", ".join(dict.fromkeys(found))
    return ""


def index_rows(text: str) -> Mapping[str, str]:
    """The lines of the index, by drill."""
    return {found[1]: found[0] for found in re.finditer(r"(?m)^\| \[([^\]]+)\]\(catalogue/.*$", text)}


def _in_short(scenario: Scenario) -> str:
    """What an operator does, without the waits; where nothing but waiting is done, that."""
    done = [item for item in _heals(scenario) if not isinstance(item, StateExpectation | LabExpectation)]
    deeds = [item for item in done if type(item).__module__ != step.__name__]
    words = [item.describe() for item in deeds or done] or ["nothing"]
    return ", then ".join([sentence(words[0]), *words[1:]])


def index(rows: Iterable[str]) -> str:
    """The first page."""
    head = table(("drill", "what validators say", "what heals", "dark for"), ())
    meanings = [f"`{word}` ({meaning})" for word, meaning in PLACEHOLDERS.items()]
    return "\n".join([*_INTRODUCTION, "", f"In commands: {', '.join(meanings)}.", "", *head, *rows]) + "\n"


_INTRODUCTION = """\
# What breaks, what it looks like, what heals it

Written by `make catalogue` from drills on real servers. Every run of the tests holds each entry against the run just made.

- In the outage: state, RCODE (NODATA: there is no record of that type) and EDE (RFC 8914) of each validator; and the control, which
  does not validate. *Later* is after a step of the drill: caches hold what they learnt before. Where an EDE was measured of
  this vendor for this cause it is that, else the one just seen; with a secure answer only
  that it is stale. Its words are left out.
- Dark for: lab time from the first bogus answer seen to the first healthy one. Healthy after: from the remedy's first step,
  its waits included, until all that the drill claims has come true.
- Times of one run are as coarse as runs agree: seconds (under 30), up to 3 min (a validator that remembers a failure for a minute
  or two), to 5 min, and from a day on to half days, downwards. Numbers that differ from run to run (key tags, counts) are an ellipsis.
- Remedies on offer are timed in a lab of its own each: [how to read that table](recovery.md). Alerts are explained
  [here](monitors.md).
""".splitlines()
