"""Verdicts over several runs, exit codes, dark times, and the record of what happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from harness.alerts import ShortSignatureLife
from harness.expectation import LabExpectation, Secure, StateExpectation
from harness.history import Event, History
from harness.look import FragmentsLost
from harness.verdict import Report, Row, Verdict, worst

START = datetime(2030, 1, 1, tzinfo=UTC)
PASS, FAIL, INCONCLUSIVE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE


def after(minutes: int) -> datetime:
    """So many minutes of lab time after the start."""
    return START + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("verdicts", "verdict"),
    [
        ([], PASS),
        ([PASS], PASS),
        ([PASS, PASS], PASS),
        ([PASS, INCONCLUSIVE, PASS], INCONCLUSIVE),
        ([PASS, FAIL], FAIL),
        ([INCONCLUSIVE, FAIL, PASS], FAIL),
        ([FAIL, INCONCLUSIVE], FAIL),
    ],
)
def test_the_worst_verdict_counts(verdicts: list[Verdict], verdict: Verdict) -> None:
    """A failure outweighs an inconclusive run, and that a pass, in any order."""
    assert worst(verdicts) is verdict


def test_every_verdict_has_an_exit_code_of_its_own() -> None:
    """Pass is 0, fail 1 and inconclusive 3; 2 is left to usage errors."""
    assert {verdict: verdict.exit_code for verdict in Verdict} == {PASS: 0, FAIL: 1, INCONCLUSIVE: 3}


@pytest.mark.parametrize(
    ("dark_from", "dark_to", "last_look", "dark", "still"),
    [
        (None, None, None, 0, False),
        (None, None, 9, 0, False),
        (1, 4, 9, 3, False),
        (1, None, 9, 8, True),
        (1, None, 1, 0, True),
        (1, None, None, 0, True),
    ],
)
def test_dark_time(
    dark_from: int | None, dark_to: int | None, last_look: int | None, dark: int, still: bool
) -> None:
    """Dark is from the first bogus look to the first healthy one, or to the last look of all where none came."""
    row = Row("unbound", "unbound 1", validates=True)
    row.dark_from = None if dark_from is None else after(dark_from)
    row.dark_to = None if dark_to is None else after(dark_to)
    row.last_look = None if last_look is None else after(last_look)
    assert row.dark == timedelta(minutes=dark)
    assert row.still_dark is still


def test_a_run_is_as_dark_as_its_darkest_validator() -> None:
    """The report's dark time is the longest of its rows, and none where there is no row."""
    rows = [Row(name, name, validates=True) for name in ("a", "b", "c")]
    rows[1].dark_from, rows[1].dark_to = after(2), after(7)
    rows[2].dark_from, rows[2].dark_to = after(2), after(3)
    assert Report("n", "t", FAIL, "r", rows, History()).dark == timedelta(minutes=5)
    assert Report("n", "t", FAIL, "r", [], History()).dark == timedelta(0)


def test_every_event_is_kept_in_order_and_told_as_it_comes() -> None:
    """Whoever listens hears of each event once, when it is already in the record."""
    told: list[tuple[Event, int]] = []
    history = History(lambda event: told.append((event, len(history.events))))
    events = [Event("step", "remedy", text, after(0), 0.0) for text in ("one", "two")]
    for event in events:
        history.record(event)
    assert history.events == events
    assert told == [(events[0], 1), (events[1], 2)]


def test_looks_at_a_claim_are_those_at_that_very_claim() -> None:
    """Only looks count, not answers of resolvers, and only those at an equal claim."""
    history, claim = History(), FragmentsLost("shop.lab.")
    events: list[tuple[str, LabExpectation | StateExpectation]] = [
        ("look", claim),
        ("saw", Secure("www.shop.lab.")),
        ("look", FragmentsLost("shop.lab.", any_more=False)),
        ("look", FragmentsLost("bystander.lab.")),
        ("look", ShortSignatureLife("shop.lab.")),
        ("step", claim),
        ("look", FragmentsLost("shop.lab.")),
    ]
    for kind, about in events:
        history.record(Event(kind, "impact", "", after(len(history.events)), 0.0, claim=about))
    assert [event.lab_time for event in history.looks(claim)] == [after(0), after(6)]
