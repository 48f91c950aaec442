"""The catalogue: entries, alerts, index and timed remedies, of reports built by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from harness.alerts import DsMatchesNoKey, ShortSignatureLife
from harness.expectation import Bogus, Insecure, Judgement, Match, Secure, StateExpectation, Unreachable
from harness.history import Event, History
from harness.monitor_command import parse
from harness.monitors import Watched
from harness.offer import Offer
from harness.recovery import Played, Recovery, Remedy
from harness.recovery_time import Healed, Watcher, Where, Worse
from harness.report import catalogue
from harness.scenario import Scenario
from harness.step import Wait
from harness.verdict import Report, Row, Verdict
from lab.cause import Cause
from lab.query import Answer, ExtendedError, Observation
from tests.unit.reports import at
from tests.unit.stage import WWW, Do, FakeVendor, Stage, drill, heal

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
AD, DATA = Answer("NOERROR", ad=True, records=(f"{WWW} A 192.0.2.2",)), Answer("NOERROR", records=("x",))
BOGUS, SECURE = Bogus(WWW, cause=Cause.NO_KEY_FOR_DS), Secure(WWW)


def servfail(*codes: int, text: str = "") -> Answer:
    """A SERVFAIL with these EDEs."""
    return Answer("SERVFAIL", ede=tuple(ExtendedError(code, text) for code in codes))


def told(kind: str, phase: str, seconds: float = 0, text: str = "") -> Event:
    """An event that is no answer."""
    return Event(kind, phase, text, at(seconds), 0.1)


def saw(
    phase: str,
    resolver: str,
    answer: Answer,
    claim: StateExpectation,
    seconds: float = 0,
    *,
    met: bool = True,
    answered_unchecked: bool = True,
) -> Event:
    """A resolver's answer to a claim's question."""
    unchecked = None
    if answer.rcode == "SERVFAIL":
        unchecked = DATA if answered_unchecked else Answer("SERVFAIL")
    seen = Observation(
        resolver, resolver != "control", claim.qname, claim.qtype, answer, unchecked, at(seconds), 0.1
    )
    judged = Judgement(Match.MET if met else Match.NOT_MET)
    return Event("saw", phase, "", at(seconds), 0.1, seen, claim, judged)


def outage(late: float = 0, **changes: object) -> Report:
    """Unbound fails for an hour and a minute, BIND for an hour, the control answers on; `late`: seconds by which all was."""
    end = 3600 + late
    events = [
        told("phase", "steady_state"),
        saw("steady_state", "unbound", AD, SECURE),
        told("phase", "impact"),
        *(
            saw("impact", name, servfail(6, text=f"late by {late}"), BOGUS, 10)
            for name in ("unbound", "bind")
        ),
        saw("impact", "control", DATA, BOGUS, 10),
        told("phase", "remedy", 1200 + late),
        told("step", "remedy", end, f"DS {20326 + late} is gone"),
        told("phase", "recovery", end),
        saw("recovery", "unbound", servfail(6), SECURE, end, met=False),
        saw("recovery", "bind", AD, SECURE, end),
        saw("recovery", "control", DATA, SECURE, end),
        saw("recovery", "unbound", AD, SECURE, end + 61),
    ]
    rows = [
        Row("unbound", "unbound 1.26.2", True, dark_from=at(10), dark_to=at(end + 61)),
        Row("bind", f"bind 9.20.{late}", True, dark_from=at(10), dark_to=at(end)),
        Row("control", "control (not validating)", False),
    ]
    proof = f"the parent serves DS {20326 + late}; ns.shop serves DNSKEY {5 + late}, 2"
    report = Report(
        "a-story:one", "t", Verdict.PASS, "", rows, History(events=events), proof, 1.5 + late, end
    )
    return replace(report, **changes) if changes else report  # type: ignore[arg-type]


def lines(report: Report, scenario: Scenario | None = None) -> list[str]:
    """The entry's lines."""
    return catalogue.entry(report, scenario or drill(Stage())).splitlines()


def row(report: Report, resolver: str, scenario: Scenario | None = None) -> list[str]:
    """A resolver's cells."""
    (line,) = [line for line in lines(report, scenario) if line.startswith(f"| {resolver} |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


# -- an entry --------------------------------------------------------------------------------------------------


def test_a_resolver_s_row_has_state_rcode_and_ede_and_how_long() -> None:
    """Counted from the remedy's first step until the last claim of the recovery came true, in lab time."""
    report, scenario = outage(), drill(Stage())
    assert row(report, "unbound", scenario) == [
        "unbound",
        "bogus (SERVFAIL, EDE 6)",
        "1 h",
        "secure (NOERROR)",
        "40 min",
    ]
    assert row(report, "bind")[1:] == ["bogus (SERVFAIL, no EDE)", "1 h", "secure (NOERROR)", "40 min"]
    assert row(report, "control")[1:] == ["answers", "", "answers", ""]
    report.history.events.append(saw("recovery", "bind", AD, SECURE, 1200 + 7200))
    assert row(report, "bind")[4] == "2 h"


def test_two_runs_of_one_drill_give_the_same_entry_and_the_same_line() -> None:
    """Whatever differs by key tag, by seconds, by a resolver's version or in an EDE's words."""
    scenario = drill(Stage())
    one, other = outage(), outage(7)
    assert one.history.events != other.history.events
    assert catalogue.entry(one, scenario) == catalogue.entry(other, scenario)
    assert catalogue.index_row(one, scenario) == catalogue.index_row(other, scenario)


def test_another_state_or_a_longer_outage_gives_another_entry() -> None:
    """What is told is not masked away."""
    scenario = drill(Stage())
    longer = outage(600)
    insecure = outage()
    insecure.history.events[3] = saw("impact", "unbound", DATA, Insecure(WWW), 10)
    for other in (longer, insecure):
        assert catalogue.entry(other, scenario) != catalogue.entry(outage(), scenario)
        assert catalogue.index_row(other, scenario) != catalogue.index_row(outage(), scenario)


def test_an_ede_that_was_measured_is_told_as_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of several a run happened to see is not; one that was never measured is told as seen."""
    vendor = FakeVendor({Cause.NO_KEY_FOR_DS: frozenset({6, 9, None})})
    monkeypatch.setattr(catalogue, "vendor_named", lambda name: vendor)
    assert row(outage(), "unbound")[1] == "bogus (SERVFAIL, EDE 6 or 9 or no EDE)"
    vendor.ede = {}
    assert row(outage(), "unbound")[1] == "bogus (SERVFAIL, EDE 6)"


def test_with_a_secure_answer_only_that_it_is_stale_is_told() -> None:
    """Any other EDE tells of a server that was asked in vain, which happens at some names only."""
    for code, words in ((3, "secure (NOERROR, EDE 3)"), (7, "secure (NOERROR)")):
        report = outage()
        answer = replace(AD, ede=(ExtendedError(code, ""),))
        report.history.events[:] = [
            saw("impact", "bind", answer, SECURE, 10)
            if one.phase == "impact" and one.observation and one.observation.resolver == "bind"
            else one
            for one in report.history.events
        ]
        assert row(report, "bind")[1] == words


def test_of_a_plain_outage_only_that_is_told() -> None:
    """Whether SERVFAIL or silence came depends on who gave up first."""
    claim = Unreachable(WWW)
    for answer in (servfail(22), Answer(None, failed="timeout")):
        report = outage()
        report.history.events[3] = saw("impact", "unbound", answer, claim, answered_unchecked=False)
        report.history.events[5] = saw("impact", "control", Answer(None, failed="timeout"), claim)
        assert row(report, "unbound")[1] == "unreachable"
        assert row(report, "control")[1] == "does not answer"


@pytest.mark.parametrize(
    ("answer", "validator", "control"),
    [
        (AD, "secure (NOERROR)", "answers"),
        (Answer("NOERROR", ad=True), "secure (NODATA)", "denies"),
        (Answer("NXDOMAIN", ad=True), "secure (NXDOMAIN)", "denies"),
        (
            replace(DATA, ede=(ExtendedError(27), ExtendedError(3))),
            "insecure (NOERROR, EDE 3 or 27)",
            "answers",
        ),
    ],
)
def test_an_answer_and_a_denial_are_told_apart(answer: Answer, validator: str, control: str) -> None:
    """And an EDE is told that comes with an answer."""
    report = outage()
    report.history.events[3] = saw("impact", "unbound", answer, SECURE)
    report.history.events[5] = saw("impact", "control", answer, SECURE)
    assert (row(report, "unbound")[1], row(report, "control")[1]) == (validator, control)


def test_what_came_after_a_step_is_told_as_later_and_two_answers_by_name() -> None:
    """Caches hold what they learnt; and one name may fail while another does not.  The index has the worst."""
    other = Secure("w1.shop.lab.")
    scenario = drill(Stage(), impact=[BOGUS, other])
    report = outage()
    report.history.events[4:4] = [told("step", "impact"), saw("impact", "unbound", AD, other)]
    assert row(report, "unbound", scenario)[1] == "bogus (SERVFAIL, EDE 6), later secure (NOERROR)"
    report.history.events[4:4] = [told("step", "impact"), saw("impact", "unbound", servfail(6), BOGUS)]
    assert row(report, "unbound", scenario)[1] == "bogus (SERVFAIL, EDE 6), later secure (NOERROR)"
    report.history.events[3:7] = [
        saw("impact", "unbound", AD, other),
        saw("impact", "unbound", servfail(6), BOGUS),
    ]
    by_name = "bogus (SERVFAIL, EDE 6) for www.shop.lab. A and secure (NOERROR) for w1.shop.lab. A"
    assert row(report, "unbound", scenario)[1] == by_name
    report.history.events[3:5] = [report.history.events[4], report.history.events[3]]
    assert row(report, "unbound", scenario)[1] == by_name
    assert "| unbound: bogus (SERVFAIL, EDE 6); bind: " in catalogue.index_row(report, scenario)


def test_who_was_fine_all_along_did_not_heal_and_others_zones_do_not_count() -> None:
    """Another RCODE is no other state; the bystander's answers stand in no row."""
    report = outage()
    fine = [
        saw("impact", "unbound", replace(AD, rcode="NXDOMAIN"), SECURE),
        saw("impact", "unbound", servfail(6), replace(BOGUS, qname="www.bystander.lab.")),
    ]
    report.history.events[3:4] = fine
    assert row(report, "unbound")[1:] == ["secure (NXDOMAIN)", "1 h", "secure (NOERROR)", "the same state"]


def test_an_answer_that_was_not_as_claimed_yet_is_not_told() -> None:
    """Only what the claim came to."""
    report = outage()
    report.history.events.insert(3, saw("impact", "unbound", AD, BOGUS, met=False))
    assert row(report, "unbound")[1] == "bogus (SERVFAIL, EDE 6)"


def test_symptom_cause_and_commands_are_the_runbook_s() -> None:
    """The docstring's first paragraph; each claim and step with what is typed; the recovery's steps heal too."""
    scenario = drill(
        Stage(), remedy=[Wait(HOUR), Do(heal, "repaired")], recovery=[Do(heal, "restarted"), SECURE]
    )
    text = lines(outage(), scenario)
    assert "Symptom: something fails" in text
    assert any(
        line.startswith("Likely cause: The lab, the fault and a script of what goes wrong with either. `")
        for line in text
    )
    confirm = text.index("### Confirm")
    assert text[confirm + 2].startswith("1. www.shop.lab. A is bogus at every validator")
    assert text[confirm + 3] == "   `dig @RESOLVER www.shop.lab. A; dig @RESOLVER www.shop.lab. A +cd`"
    heals = text.index("### What heals")
    assert [line for line in text[heals + 2 : heals + 5] if line] == [
        "1. Wait 1 h",
        "2. Repaired",
        "3. Restarted",
    ]
    assert "At the servers: the parent serves DS …; ns.shop serves DNSKEY …." in text
    assert "At the servers: nobody serves shop.lab." in lines(outage(proof="nobody serves shop.lab."))


def test_where_nothing_is_done_it_says_so() -> None:
    """Some outages pass by themselves."""
    assert "Nothing is done." in lines(outage(), drill(Stage(), remedy=[]))


# -- alerts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rang", "more", "bogus", "words"),
    [
        (None, {"looks": 9}, True, "never"),
        (None, {"looks": 9, "blind": 3}, True, "never"),
        (None, {"looks": 9, "blind": 9}, True, "never: it could not look"),
        (-7200, {"before_fault": True}, True, "before the fault already"),
        (-3600, {}, True, "1 h before the first bogus answer"),
        (11, {}, True, "with the first bogus answer"),
        (4210, {}, True, "1 h 10 min after the first bogus answer"),
        (5, {}, False, "and no validator gave a bogus answer"),
        (
            -5 * 86400,
            {"first_expiry": at(-43200)},
            True,
            "5 d before the first bogus answer, 4 d 12 h before the first signature expired",
        ),
    ],
)
def test_an_alert_s_line_says_when_it_rang(
    rang: float | None, more: dict[str, object], bogus: bool, words: str
) -> None:
    """Against the first bogus answer, as coarse as all times."""
    watched = Watched(ShortSignatureLife("shop.lab."), rang_at=None if rang is None else at(rang), **more)  # type: ignore[arg-type]
    report = outage()
    if not bogus:
        report.history.events[3:6] = []
        report.history.events[6:7] = []
    report.history.monitors.append(watched)
    assert f"| short signature life | {words} |" in lines(report)


def test_checks_of_the_user_s_own_are_not_told() -> None:
    """The catalogue is of what comes with chaindrill."""
    report = outage()
    report.history.monitors += [Watched(DsMatchesNoKey("shop.lab.")), Watched(parse("dig {zone}"))]
    told = "\n".join(lines(report))
    assert "DS matches no DNSKEY" in told
    assert "dig {zone}" not in told


# -- the index -------------------------------------------------------------------------------------------------


def test_the_index_says_once_what_all_validators_say() -> None:
    """Else by validator; deeds without the waits between them, and the longest darkness."""
    scenario = drill(Stage(), remedy=[Do(heal, "repaired"), Wait(HOUR), Do(heal, "told all")])
    assert catalogue.index_row(outage(), scenario) == (
        "| [a-story:one](catalogue/a-story.md#a-storyone) | unbound: bogus (SERVFAIL, EDE 6); bind: bogus (SERVFAIL, no EDE)"
        " | Repaired, then told all | 1 h |"
    )
    alike = outage()
    alike.history.events[4] = saw("impact", "bind", servfail(), replace(BOGUS, cause=None), 10)
    alike.history.events[3] = saw("impact", "unbound", servfail(), replace(BOGUS, cause=None), 10)
    assert "| bogus (SERVFAIL, no EDE) |" in catalogue.index_row(alike, scenario)
    never = outage()
    for one in never.rows:
        one.dark_from = None
    assert catalogue.index_row(never, drill(Stage(), remedy=[Wait(HOUR)])).endswith("| Wait 1 h | never |")


# -- the recovery clock ----------------------------------------------------------------------------------------

REMEDY = Remedy(
    "old-ds-back",
    Offer("the old DS again", [Do(heal, "publish it")], warning="Not while a rollover goes on."),
    Played(),
    {
        Watcher("unbound", Where.WARM): Healed(4201.5, 4199.0, 12.34, ill=True),
        Watcher("unbound", Where.FRESH): Healed(None, 172800.0, None, ill=True),
        Watcher("unbound", Where.COLD): Healed(1.0, 0.0, 0.2, ill=True, relapsed=86401.0),
    },
    (Worse(Watcher("unbound", Where.PRIMED), 0.5, 3502.0),),
    2,
    40.25,
)


def test_remedies_are_timed_by_validator_as_coarse_as_all_times() -> None:
    """And their warnings, and what they made worse, below the table; nothing of wall time."""
    text = catalogue.timed(Recovery("a-story:one", "t", ("unbound",), (REMEDY,)))
    assert text.startswith(catalogue.TIMED)
    assert (
        "| `old-ds-back` | the old DS again | unbound | 1 h 10 min | not within 2 d | seconds, dark again after 1 d |"
        in text
    )
    assert "`old-ds-back`: Not while a rollover goes on." in text
    assert (
        "makes it worse: unbound that still held what it learnt before the fault is dark from 0 min to 55 min,"
        in text
    )
    assert "12" not in text
    sick = replace(REMEDY, played=Played(sick="it died"), healed={}, worse=())
    assert "| unbound | ? | ? | ? |" in catalogue.timed(Recovery("a-story:one", "t", ("unbound",), (sick,)))
