"""Reports built by hand, for tests of the views."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from harness.expectation import Bogus, Judgement, Match, Secure
from harness.history import Event, History
from harness.report.terminal import block, show
from harness.verdict import Cell, Report, Row, Verdict
from lab.cause import Cause
from lab.query import Answer, ExtendedError, Observation

START = datetime(2030, 1, 1, tzinfo=UTC)
ZONES = (".", "lab.", "shop.lab.", "bystander.lab.")
VERSIONS = {"chaindrill": "1.2.3", "python": "3.11.0"}
CLAIM = Bogus("www.shop.lab.", cause=Cause.NO_KEY_FOR_DS)


def at(seconds: float) -> datetime:
    """An instant of lab time."""
    return START + timedelta(seconds=seconds)


def observation(resolver: str = "unbound", *codes: int, text: str = "") -> Observation:
    """A SERVFAIL whose data are there."""
    servfail = Answer("SERVFAIL", ede=tuple(ExtendedError(code, text) for code in codes))
    data = Answer("NOERROR", records=("www.shop.lab. A 192.0.2.2",), min_ttl_seconds=60)
    return Observation(resolver, True, "www.shop.lab.", "A", servfail, data, at(3600), 1.0)


def event(kind: str, phase: str, text: str, **more: object) -> Event:
    """An event an hour into the drill."""
    return Event(kind, phase, text, at(3600), 0.5, **more)  # type: ignore[arg-type]


def passed(name: str = "stale-ds") -> Report:
    """A drill that passed: two validators dark for an hour and more, a control that answered on."""
    dark = {"dark_from": at(10), "last_look": at(7300)}
    rows = [
        Row(
            "unbound",
            "unbound 1.26.2",
            True,
            {
                "steady_state": Cell("secure"),
                "impact": Cell("bogus  EDE 6"),
                "recovery": Cell("secure", after=timedelta(seconds=61)),
            },
            dark_to=at(3910),
            **dark,
        ),
        Row(
            "bind",
            "bind 9.20.30",
            True,
            {
                "steady_state": Cell("secure"),
                "impact": Cell("bogus  no EDE"),
                "recovery": Cell("secure"),
            },
            dark_to=at(7210),
            **dark,
        ),
        Row(
            "control",
            "control (not validating)",
            False,
            {phase: Cell("answers") for phase in ("steady_state", "impact", "recovery")},
        ),
    ]
    history = History()
    for one in (
        event("fault", "fault", "the parent's DS 20326 matches no key"),
        event("step", "impact", "+ 1 h (DNSKEY TTL)"),
        event(
            "saw",
            "impact",
            "bogus  EDE 6",
            observation=observation("unbound", 6),
            claim=CLAIM,
            judgement=Judgement(Match.MET),
        ),
        event("step", "remedy", "DS 51407 published"),
        event("step", "remedy", "+ 2 h (DS TTL)"),
    ):
        history.record(one)
    return Report(
        name, "KSK replaced early", Verdict.PASS, "", rows, history, "DS 20326 matches no key", 4.2, 10800.0
    )


def failed() -> Report:
    """A drill that failed: a validator never came back."""
    report = passed("never-back")
    report.verdict, report.reason = (
        Verdict.FAIL,
        "recovery: bind: www.shop.lab. is bogus (SERVFAIL) instead of secure",
    )
    report.rows[1].cells["recovery"] = Cell("bogus  no EDE", met=False)
    report.rows[1].dark_to = None
    difference = Judgement(Match.NOT_MET, "bogus (SERVFAIL) instead of secure")
    report.history.record(
        event(
            "saw",
            "recovery",
            "bogus",
            observation=observation("bind"),
            claim=Secure("www.shop.lab."),
            judgement=difference,
        )
    )
    return report


def other_ede() -> Report:
    """A drill in which every state was right and one EDE was not."""
    report = passed("other-ede")
    report.verdict, report.reason = (
        Verdict.FAIL,
        "impact: unbound: www.shop.lab. is EDE 9 where EDE 6 was measured",
    )
    report.rows[0].cells["impact"] = Cell("bogus  EDE 9", met=False, other_ede=True)
    seen = observation("unbound", 9, text="\x1b[31mno\x00key")
    difference = Judgement(Match.OTHER_EDE, "EDE 9 where EDE 6 was measured")
    report.history.record(
        event("saw", "impact", "bogus  EDE 9", observation=seen, claim=CLAIM, judgement=difference)
    )
    return report


def inconclusive() -> Report:
    """A drill that concluded nothing, in a lab that had no time to show anything."""
    return Report("sick", "A sick lab", Verdict.INCONCLUSIVE, "the fault did not take hold", [], History())


def printed(report: Report, evidence: Path | None = None) -> str:
    """The block of a report as a log shows it."""
    out = io.StringIO()
    show(Console(file=out, width=60), block(report, ZONES, evidence))
    return out.getvalue()
