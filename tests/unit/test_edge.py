"""Whether a window was found where the model has it: looks on both sides of both of its ends, and near enough."""

from __future__ import annotations

import pytest

from harness.cache_model import Opinion, Security, Window
from harness.edge import Course, Edge
from harness.generation import Look, Priming

COURSE = Course([(0.0, 0.5), (1000.0, 1000.5)], ended=20_000.0)
CUT_OFF = Window(1000.0, 3600.0, Security.BOGUS, "")
"""From a change to the end of a TTL, of a member that was primed for the change at 0."""

GOOD, BOGUS = Security.SECURE, Security.BOGUS


def look(at: float, state: Security) -> Look:
    """A look that said so."""
    return Look(at, "bind", 1, Priming.DS, state, (), Opinion(state), frozenset({state}), "w1.shop.lab.")


def edges(
    *looks: tuple[float, Security], window: Window = CUT_OFF, since: float = 0.5, goes_on: bool = False
) -> tuple[Edge, Edge]:
    """Both ends."""
    return COURSE.edges(window, [look(*one) for one in looks], since, goes_on=goes_on)


def test_looks_on_both_sides_enclose_both_ends() -> None:
    """As they are taken."""
    start, end = edges((998, GOOD), (1002.5, BOGUS), (3598, BOGUS), (3602, GOOD))
    assert start.enclosed
    assert end.enclosed
    assert (start.resolution_seconds, end.resolution_seconds) == (4.5, 4)
    assert not start.not_sought
    assert not end.not_sought


@pytest.mark.parametrize(
    ("looks", "found"),
    [
        ([(900, GOOD), (1002.5, BOGUS), (3598, BOGUS), (3602, GOOD)], (False, True)),
        ([(998, GOOD), (1100, BOGUS), (3598, BOGUS), (3602, GOOD)], (False, True)),
        ([(998, GOOD), (1002.5, BOGUS), (3500, BOGUS), (3602, GOOD)], (True, False)),
        ([(998, GOOD), (1002.5, BOGUS), (3598, BOGUS), (3700, GOOD)], (True, False)),
        ([(998, GOOD), (1002.5, BOGUS), (3598, BOGUS)], (True, False)),
        ([(1002.5, BOGUS), (3598, BOGUS), (3602, GOOD)], (False, True)),
        ([(998, GOOD), (3602, GOOD)], (False, False)),
    ],
    ids=["long-before", "late", "early-end", "late-end", "never-good", "not-asked-before", "not-seen"],
)
def test_looks_too_far_away_do_not(looks: list[tuple[float, Security]], found: tuple[bool, bool]) -> None:
    """Or none at all."""
    start, end = edges(*looks)
    assert (start.enclosed, end.enclosed) == found


def test_priming_is_the_look_before_its_own_change() -> None:
    """It was just primed, and that is all that it may be asked then."""
    window = Window(0.5, 3600.0, BOGUS, "")
    start, _ = edges((3, BOGUS), (3598, BOGUS), (3602, GOOD), window=window)
    assert start.enclosed
    assert start.resolution_seconds == 2.5
    late, _ = edges((30, BOGUS), (3598, BOGUS), (3602, GOOD), window=window)
    assert not late.enclosed


@pytest.mark.parametrize(
    ("window", "since", "goes_on", "at_end", "why"),
    [
        (Window(1000.0, 1009.0, BOGUS, ""), 0.5, False, True, "it is shorter than 11 s"),
        (Window(1000.0, 20_000.0, BOGUS, ""), 0.5, False, True, "the rehearsal ends in it"),
        (Window(1000.0, 3600.0, BOGUS, ""), 0.5, True, True, "it goes on for a cold validator"),
        (Window(1000.0, 3600.0, BOGUS, ""), 960.0, False, False, "another change came less than 60 s before"),
    ],
    ids=["short", "to-the-end", "goes-on", "two-changes"],
)
def test_what_could_not_be_enclosed_is_said(
    window: Window, since: float, goes_on: bool, at_end: bool, why: str
) -> None:
    """It counts as found, and the reason is told."""
    edge = edges((1003, BOGUS), window=window, since=since, goes_on=goes_on)[at_end]
    assert edge.not_sought == why
    assert edge.enclosed


def test_a_change_that_took_long_to_be_served_is_looked_at_after_it() -> None:
    """Its window begins with it in the model, and the look comes two seconds after it was read back."""
    slow = Course([(0.0, 0.5), (1000.0, 1020.0)], ended=20_000.0)
    looks = [look(998, GOOD), look(1022, BOGUS), look(3598, BOGUS), look(3602, GOOD)]
    start, _ = slow.edges(CUT_OFF, looks, 0.5, goes_on=False)
    assert start.enclosed
    assert start.resolution_seconds == 24
