"""Reports of rehearsals built by hand, for tests of the views."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.text import Text

from harness.cache_model import Opinion, Security, Window, union_seconds
from harness.edge import Edge
from harness.finding import Findings, Found, VendorFinding
from harness.generation import Look, Priming
from harness.history import Event, History
from harness.oracle import Change
from harness.rehearsal import EndState, Rehearsal
from harness.rehearse import RehearsalReport
from harness.report.terminal import show
from harness.verdict import Verdict
from lab.chain import KeyId, Published
from scenarios.rehearsals import ksk_double_signature

START = datetime(2030, 1, 1, tzinfo=UTC).timestamp()
REHEARSAL = ksk_double_signature.REHEARSAL
PUBLISHED = Published(frozenset({KeyId(20326, 8)}), 7200, 3600, frozenset({KeyId(20326, 8)}), None, {})
WHY = "it held DS 20326 until 2030-01-01 03:10:01, and the DNSKEY RRset that it got is 51407"
LABELS = ("publish ksk-new", "the parent's DS set changes", "withdraw ksk-old")
INSTANTS = (1.6, 4203.7, 11406.7)
"""When the changes were served: the work of a lab is in them."""


def changes(instants: Sequence[float] = INSTANTS) -> tuple[Change, ...]:
    """The three changes of the rehearsal."""
    return tuple(
        Change(label, START + at - 0.2, START + at, PUBLISHED, PUBLISHED)
        for label, at in zip(LABELS, instants, strict=True)
    )


def history(instants: Sequence[float] = INSTANTS) -> History:
    """What was recorded on the way."""
    first, second, third = instants
    told = History()
    for kind, text, at in (
        ("step", "shop.lab. is signed", first - 1),
        ("change", LABELS[0], first),
        ("step", LABELS[0], first + 0.01),
        ("step", "+ 1 h", first + 3602),
        ("step", "hand in the DS", first + 3602.1),
        ("note", "nobody is told of this", first + 3602.2),
        ("change", LABELS[1], second),
        ("step", "+ 2 h", second + 7202),
        ("change", LABELS[2], third),
        ("step", LABELS[2], third + 0.01),
    ):
        told.record(
            Event(kind, "rehearsal", text, datetime.fromtimestamp(START, UTC) + timedelta(seconds=at), 1.0)
        )
    return told


def window(
    vendor: str, start: float, end: float, priming: Priming = Priming.DS, *, not_sought: str = ""
) -> Found:
    """A bogus window, found to the second."""
    begin, stop = START + start, START + end
    return Found(
        vendor,
        2,
        priming,
        Window(begin, stop, Security.BOGUS, WHY),
        Edge(begin, START, begin - 2, begin + 2, begin - 4, begin + 4),
        Edge(stop, START, stop - 2, stop + 2, stop - 4, stop + 4, not_sought),
    )


def vendor(name: str, *windows: Found, insecure: float = 0.0) -> VendorFinding:
    """One vendor's part, its windows the longest first."""
    return VendorFinding(
        name,
        18,
        83,
        union_seconds([(one.window.start, one.window.end) for one in windows]),
        insecure,
        tuple(windows),
    )


def right(name: str = "ksk-double-signature", *vendors: VendorFinding) -> RehearsalReport:
    """A rehearsal that went well (or in which these vendors saw what they saw)."""
    return RehearsalReport(
        name,
        "KSK rollover, double signature",
        Verdict.PASS,
        "",
        history(),
        changes(),
        Findings(vendors or (vendor("unbound"), vendor("bind")), (), 0),
        validators=("unbound 1.26.2", "bind 9.20.30"),
        lab_seconds=22206.5,
        wall_seconds=6.53,
    )


def failed() -> RehearsalReport:
    """A rehearsal after which nobody may say that it is safe."""
    dark = window("bind", 11406.7, 11500)
    report = right("ksk-double-signature", vendor("unbound"), vendor("bind", dark))
    report.verdict, report.reason = Verdict.FAIL, f"bind: bogus from 03:10:06 to 03:11:40: {WHY}"
    return report


def wrong(name: str = "wait ksk-retirement halved") -> RehearsalReport:
    """A wrong way that both vendors saw, as predicted."""
    worst = [
        vendor(one, window(one, 7806.7, 11401), window(one, 7806.7, 7900)) for one in ("unbound", "bind")
    ]
    report = right(name, *worst)
    report.observable = True
    report.changes = changes((1.6, 4203.7, 7806.7))
    return report


def unseen(name: str = "wait ksk-publication halved") -> RehearsalReport:
    """A wrong way that no validator can see."""
    return right(name)


def disagreeing() -> RehearsalReport:
    """A wrong way at which lab and model differ."""
    report = right("wait ksk-publication left out")
    look = Look(
        START + 5000,
        "bind",
        2,
        Priming.FULL,
        Security.SECURE,
        (),
        Opinion(Security.BOGUS, WHY),
        frozenset({Security.BOGUS}),
        "w3.shop.lab.",
    )
    assert report.findings is not None
    report.findings = replace(report.findings, disagreements=(look,))
    report.verdict, report.reason = Verdict.FAIL, "the lab and the model differ: bind, holding DS and DNSKEY"
    return report


def sick() -> RehearsalReport:
    """A rehearsal whose lab never came up."""
    return RehearsalReport("sick", "A sick lab", Verdict.INCONCLUSIVE, "named did not start", History())


def may_be_insecure() -> Rehearsal:
    """The same rehearsal, were it one on whose way the zone is insecure."""
    return REHEARSAL.but(may_be_insecure=True, end=EndState(Security.INSECURE))


def printed(lines: Sequence[Text]) -> str:
    """Lines as a log shows them."""
    out = io.StringIO()
    show(Console(file=out, width=60), lines)
    return out.getvalue()
