"""The recovery clock's pure part: when it looks, when a watcher counts as healthy, and what counts as worse."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest

from harness.expectation import State
from harness.recovery_time import (
    LIMIT,
    Point,
    Watcher,
    Where,
    Window,
    closer,
    cold_due,
    healed,
    healthy,
    next_look,
    state_of,
    worse,
)
from lab.query import Answer

WARM, COLD = Watcher("bind", Where.WARM), Watcher("bind", Where.COLD)
DARK, AD, PLAIN = State.UNCONFIRMED, State.SECURE, State.INSECURE


def looks(*seen: tuple[float, State]) -> list[Point]:
    """Looks, a tenth of their lab time on the wall."""
    return [Point(at, at / 10, state) for at, state in seen]


def every(step: float, states: Sequence[State]) -> list[Point]:
    """Looks at even distances."""
    return looks(*((number * step, state) for number, state in enumerate(states)))


def ladder(windows: Sequence[Window] = ()) -> list[float]:
    """All instants to the limit, with one change at the beginning."""
    instants = [0.0]
    while instants[-1] < LIMIT.total_seconds():
        instants.append(next_look(instants[-1], instants[-1], windows))
    return instants


# -- when to look --------------------------------------------------------------------------------------------


def test_the_ladder_looks_every_second_for_three_minutes_and_ever_more_rarely_after_that() -> None:
    """No gap is more than a third of the time that has passed, and two days take a few hundred looks."""
    instants = ladder()
    assert instants[:181] == [float(second) for second in range(181)]
    gaps = [(after - before, before) for before, after in pairwise(instants)]
    assert [gap for gap, _ in gaps] == sorted(gap for gap, _ in gaps)
    assert all(gap <= max(1, before / 3) for gap, before in gaps)
    assert len(instants) < 350


def test_a_change_makes_it_look_closely_again() -> None:
    """What counts is the time since the last change."""
    assert next_look(7200, 0) == 7201
    assert next_look(7200, 7200) == 7800


def test_a_window_is_entered_at_its_beginning_and_looked_at_in_its_steps() -> None:
    """Before and after it the ladder is as it was."""
    window = Window(1000, 1010, 2, cold=False)
    inside = [at for at in ladder([window]) if 900 <= at <= 1200]
    assert inside == [960, 1000, 1002, 1004, 1006, 1008, 1010, 1130]


def test_looks_that_take_long_are_taken_rarely() -> None:
    """A look of three seconds leaves thirty to lab time, or 30 % of what has passed; a quick one changes nothing."""
    assert next_look(10, 10, took=3.0) == 40
    assert next_look(1000, 1000, took=3.0) == 1300
    assert next_look(10, 10, took=0.9) == 11


def test_fresh_processes_are_asked_after_each_change_and_rarely_in_between() -> None:
    """At once, at 30 % of the time since the change, and at every look in a window of theirs."""
    assert cold_due(0, -1, 0)
    assert not cold_due(100, 90, 0)
    assert cold_due(130, 90, 0)
    assert cold_due(130, 125, 128)
    assert cold_due(100, 99, 0, [Window(90, 110, 1, cold=True)])
    assert not cold_due(100, 99, 0, [Window(90, 110, 1, cold=False)])


# -- healthy -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Answer("NOERROR", ad=True), State.SECURE),
        (Answer("NXDOMAIN", ad=True), State.SECURE),
        (Answer("NOERROR"), State.INSECURE),
        (Answer("SERVFAIL"), State.UNCONFIRMED),
        (Answer("REFUSED"), State.UNREACHABLE),
        (Answer(None, failed="timeout"), State.UNREACHABLE),
    ],
)
def test_an_answer_s_state(answer: Answer, state: State) -> None:
    """AD is secure, an answer without it insecure; nothing is asked with CD=1."""
    assert state_of(answer) is state


def test_what_heals_to_insecure_leaves_nobody_ill_who_sees_the_zone_as_secure() -> None:
    """But what is to be secure is not healed by an insecure answer."""
    assert healthy(AD, AD)
    assert healthy(AD, PLAIN)
    assert healthy(PLAIN, PLAIN)
    assert not healthy(PLAIN, AD)
    assert not healthy(DARK, PLAIN)


def test_the_time_to_heal_is_that_of_the_first_healthy_look() -> None:
    """With the look before it, its wall time, and that the watcher was ill."""
    found = healed(looks((0, DARK), (1, DARK), (61, AD), (62, AD)), AD)
    assert (found.seconds, found.not_before, found.wall_seconds) == (61, 1, 6.1)
    assert found.ill
    assert found.relapsed is None
    assert found.words() == "61 s"


def test_insecure_on_the_way_to_secure_is_not_healthy_yet() -> None:
    """A remedy that pulls the DS and publishes it anew is done when the zone is secure."""
    found = healed(looks((0, DARK), (600, PLAIN), (4200, AD)), AD)
    assert (found.seconds, found.not_before) == (4200, 600)
    assert found.words() == "1 h 10 min"


def test_a_relapse_is_told() -> None:
    """As when a negative trust anchor comes to its end."""
    found = healed(looks((0, DARK), (1, PLAIN), (86401, DARK)), PLAIN)
    assert (found.seconds, found.relapsed) == (1, 86401)
    assert found.words() == "1 s, dark again after 1 d"


def test_one_that_never_heals_and_one_that_was_not_ill() -> None:
    """Each in words of its own."""
    assert healed(looks((0, DARK), (9, DARK)), AD).words() == "not within 2 d"
    assert healed(looks((0, AD), (9, AD)), AD).words() == "not ill"


# -- closer --------------------------------------------------------------------------------------------------


def test_what_healed_between_looks_far_apart_is_looked_at_closely() -> None:
    """A warm one for longer than its bracket, as its own questions can renew a failure; a cold one not."""
    wide = looks((0, DARK), (600, DARK), (720, AD))
    assert closer({WARM: wide}, AD) == (Window(600, 840, 1, cold=False),)
    assert closer({COLD: wide}, AD) == (Window(600, 721, 1, cold=True),)


def test_a_bracket_of_hours_is_narrowed_in_steps() -> None:
    """No window has more than some hundreds of looks."""
    (window,) = closer({COLD: looks((0, DARK), (7200, DARK), (10800, AD))}, AD)
    assert window.step == 24


def test_a_relapse_is_looked_at_closely_too() -> None:
    """Its instant is told as that of healing is."""
    relapse = looks((0, DARK), (1, PLAIN), (300, PLAIN), (420, DARK))
    assert closer({WARM: relapse}, PLAIN) == (Window(300, 421, 1, cold=False),)


def test_nothing_is_looked_at_again_that_is_exact_or_not_timed() -> None:
    """A second is exact; watchers that only show what gets worse are not timed; nor is what never heals."""
    wide = looks((0, DARK), (600, DARK), (720, AD))
    assert closer({WARM: looks((0, DARK), (60, DARK), (61, AD))}, AD) == ()
    assert closer({Watcher("bind", Where.PRIMED): wide}, AD) == ()
    assert closer({WARM: looks((0, DARK), (9, DARK))}, AD) == ()


# -- worse ---------------------------------------------------------------------------------------------------


def test_dark_under_a_remedy_and_not_without_it_is_worse() -> None:
    """From the first such look to the first that is none."""
    remedy = every(10, [AD, DARK, DARK, DARK, PLAIN, PLAIN, PLAIN, PLAIN])
    (found,) = worse({WARM: remedy}, {WARM: every(10, [AD] * 12)})
    assert (found.watcher, found.begin, found.end) == (WARM, 10, 40)
    assert found.describe() == "bind is dark from 10 s to 40 s, and answers where nothing is done"


def test_what_would_have_gone_dark_anyway_is_not_the_remedy_s() -> None:
    """Up to half a minute from where the other run goes dark, as no two labs agree to the second."""
    baseline = every(10, [AD] * 10 + [DARK] * 10)
    remedy = every(10, [AD] * 9 + [DARK] * 11)
    assert worse({WARM: remedy}, {WARM: baseline}) == ()


def test_one_look_alone_is_no_finding() -> None:
    """A question that was lost is not an outage."""
    remedy = every(10, [AD, AD, DARK, AD, AD, AD, AD])
    assert worse({WARM: remedy}, {WARM: every(10, [AD] * 12)}) == ()


def test_dark_all_along_in_both_runs_is_not_worse() -> None:
    """A remedy that does not help is no harm."""
    dark = every(10, [DARK] * 10)
    assert worse({WARM: dark}, {WARM: dark}) == ()


def test_who_was_not_as_well_off_at_the_beginning_tells_nothing() -> None:
    """What differs between two labs before the remedy is not the remedy's doing."""
    dark = every(10, [DARK] * 10)
    assert worse({WARM: dark}, {WARM: every(10, [AD] * 10)}) == ()


def test_past_the_last_look_of_the_other_run_nothing_is_said() -> None:
    """It is not known what would have been."""
    remedy = every(10, [AD] * 3 + [DARK] * 9)
    assert worse({WARM: remedy}, {WARM: every(10, [AD] * 4)}) == ()
