"""Claims about the path, and about resolvers that neither answer nor refuse."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.expectation import Match
from harness.history import Event, History
from harness.pathlook import Dark, LostOnPath, Masked
from lab.cause import Cause, EdeCodes
from lab.query import Answer, ExtendedError, Observation

NOW = datetime(2030, 1, 1)
DATA = Answer("NOERROR", records=("a",))
SERVFAIL = Answer("SERVFAIL")
TIMEOUT = Answer(None, failed="timeout")
STALE = Answer("NOERROR", ad=True, records=("a",), ede=(ExtendedError(3),))


def seen(answer: Answer, unchecked: Answer | None = None, *, validates: bool = True) -> Observation:
    """An observation."""
    return Observation("one", validates, "w1.shop.lab.", "A", answer, unchecked, NOW, 0.0)


@pytest.mark.parametrize(
    ("one", "match"),
    [
        (seen(SERVFAIL, DATA), Match.MET),
        (seen(TIMEOUT, DATA), Match.MET),
        (seen(TIMEOUT, TIMEOUT), Match.NOT_MET),
        (seen(SERVFAIL, SERVFAIL), Match.NOT_MET),
        (seen(TIMEOUT), Match.NOT_MET),
        (seen(DATA), Match.NOT_MET),
        (seen(Answer(None, failed="Connection refused"), DATA), Match.NOT_MET),
        (seen(DATA, validates=False), Match.MET),
        (seen(TIMEOUT, validates=False), Match.NOT_MET),
    ],
)
def test_dark_is_an_outage_that_only_validation_makes(one: Observation, match: Match) -> None:
    """SERVFAIL or nothing in time, and with CD=1 an answer; a plain outage is another thing, and so is a crash."""
    claim = Dark("w1.shop.lab.")
    assert claim.needs_confirmation
    judged = claim.judge(one, {})
    assert judged.match is match
    assert bool(judged.difference) is (match is Match.NOT_MET)


@pytest.mark.parametrize(
    ("one", "habit", "match"),
    [
        (seen(STALE), {3}, Match.MET),
        (seen(DATA), {3}, Match.NOT_MET),
        (seen(SERVFAIL), {3}, Match.NOT_MET),
        (seen(SERVFAIL), {None}, Match.MET),
        (seen(STALE), {None}, Match.NOT_MET),
        (seen(SERVFAIL), None, Match.MET),
        (seen(DATA, validates=False), {3}, Match.MET),
        (seen(SERVFAIL, validates=False), {3}, Match.NOT_MET),
    ],
)
def test_masking_is_judged_by_each_vendor_s_habit(
    one: Observation, habit: set[int | None] | None, match: Match
) -> None:
    """A fresh answer where a stale one should stand in is no mask; a vendor not measured is not judged."""
    ede: dict[Cause, EdeCodes] = {} if habit is None else {Cause.MASKED: frozenset(habit)}
    judged = Masked("www.shop.lab.").judge(one, ede)
    assert judged.match is match
    assert bool(judged.difference) is (match is Match.NOT_MET)


def test_what_is_lost_is_counted_from_look_to_look() -> None:
    """More than at the look before, or no more; rules that are gone lose nothing."""
    counts = iter((0, 3, 3, 5, 0))
    lab = cast("Any", SimpleNamespace(network=SimpleNamespace(count=lambda what, counter: next(counts))))
    history = History()
    lost, no_more = LostOnPath("shop.lab.", "large"), LostOnPath("shop.lab.", "large", any_more=False)
    for claim, holds in ((lost, False), (lost, True), (no_more, True), (no_more, False), (no_more, True)):
        looked = claim.look(lab, history)
        assert looked.holds is holds, looked
        history.record(Event("look", "impact", looked.text, NOW, 0.0, claim=claim, value=looked.value))
