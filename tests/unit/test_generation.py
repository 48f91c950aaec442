"""When a member of a generation is looked at, and which looks its processes are kept for."""

from __future__ import annotations

import pytest

from harness.cache_model import Authority, Held, Validator
from harness.generation import Member, Priming
from lab.chain import KeyId
from lab.terms import CacheTerms

KEYS = frozenset({KeyId(1, 13)})


def member(priming: Priming, *, ds_until: float | None = None, keys_until: float | None = None) -> Member:
    """One that holds a DS and a DNSKEY RRset until then."""
    model = Validator(CacheTerms(), Authority())
    model.held_ds = Held(KEYS, ds_until, 0) if ds_until else None
    model.held_keys = Held(KEYS, keys_until, 0) if keys_until else None
    return Member("bind", 1, priming, primed=model)


def test_looks_lie_on_both_sides_of_an_end_and_between() -> None:
    """A DS that ends at 1000 is looked at 2 s before, 2 s after, and half-way."""
    one = member(Priming.DS, ds_until=1000)
    one.plan_ends(0)
    assert one.due == {500, 998, 1002}
    assert one.vital == {998, 1002}


def test_what_held_both_is_looked_at_until_its_keys_end() -> None:
    """Once its DNSKEY is gone it is as one that held the DS alone, so it is asked no more."""
    one = member(Priming.FULL, ds_until=1000, keys_until=400)
    one.plan_ends(0)
    assert one.due == {200, 398, 402}


def test_a_member_whose_priming_failed_is_not_asked() -> None:
    """Some remember a failure: such a member has no ends to be looked at."""
    one = member(Priming.FULL, ds_until=1000, keys_until=400)
    one.usable = False
    one.plan_ends(0)
    assert one.due == set()


def test_a_change_is_followed_by_a_look_soon_and_one_half_way_to_the_next_end() -> None:
    """2 s after a change at 100, and half-way to the end at 1000."""
    one = member(Priming.DS, ds_until=1000)
    one.plan_change(100)
    assert one.due == {102, 550}


def test_looks_closer_than_half_a_second_are_one() -> None:
    """Two plans for nearly the same instant cost one process."""
    one = member(Priming.DS)
    one.plan([10.0, 10.3, 10.6], 0)
    assert one.due == {10.0, 10.6}


def test_what_is_due_is_struck_off_and_known_to_be_vital() -> None:
    """Of three looks the two at an end are vital; each is taken off the plan as it comes."""
    one = member(Priming.DS, ds_until=1000)
    one.plan_ends(0)
    assert [one.strike_off(at) for at in (500, 998, 1002)] == [False, True, True]
    assert one.done


@pytest.mark.parametrize(
    ("left", "vital", "spared"), [(3, False, True), (2, False, False), (2, True, True), (0, True, False)]
)
def test_processes_are_kept_for_vital_looks(left: int, vital: bool, spared: bool) -> None:
    """With two looks at an end still to come, a look at a change may have a third process and not a second."""
    one = member(Priming.DS, ds_until=1000)
    one.plan_ends(0)
    assert one.spares(left, vital=vital) is spared
