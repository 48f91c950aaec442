"""Ways to get a rehearsal wrong: which there are, under which names, and none twice."""

from __future__ import annotations

from harness.handwork import ConfirmDs, HandInDs, Pause, Serve
from harness.mutants import mutants
from harness.rehearsal import EndState, Rehearsal

PUBLISH, WITHDRAW = Serve(publish=("new",)), Serve(withdraw=("old",))
WAIT, LATER = Pause("ksk-publication"), Pause("ksk-retirement")


def rehearsal(*steps: Serve | Pause | HandInDs | ConfirmDs) -> Rehearsal:
    """One with these steps."""
    return Rehearsal("title", "purpose", steps, EndState(), ["RFC 6781"])


def test_a_wait_is_left_out_halved_and_cut_by_its_ttl() -> None:
    """In its place, all else staying."""
    got = mutants(rehearsal(PUBLISH, WAIT))
    assert got["wait ksk-publication left out"].steps == (PUBLISH,)
    assert got["wait ksk-publication halved"].steps == (PUBLISH, Pause("ksk-publication", share=0.5))
    assert got["wait ksk-publication less a TTL"].steps == (
        PUBLISH,
        Pause("ksk-publication", less_a_ttl=True),
    )


def test_waiting_for_the_parent_is_only_left_out() -> None:
    """It has no length to cut."""
    got = mutants(rehearsal(HandInDs(("new",)), ConfirmDs()))
    assert list(got) == ["wait for the parent left out", "without: hand in the DS of new"]


def test_each_thing_done_is_left_out() -> None:
    """Waits around it stay."""
    got = mutants(rehearsal(PUBLISH, WAIT, WITHDRAW))
    assert got["without: publish new"].steps == (WAIT, WITHDRAW)
    assert got["without: withdraw old"].steps == (PUBLISH, WAIT)


def test_neighbours_change_places_over_the_waits_between_them() -> None:
    """The waits stay where they are."""
    got = mutants(rehearsal(PUBLISH, WAIT, WITHDRAW))
    assert got["first withdraw old, then publish new"].steps == (WITHDRAW, WAIT, PUBLISH)


def test_all_of_them_and_no_others() -> None:
    """Two waits give six, two things done two and a swap."""
    got = mutants(rehearsal(PUBLISH, WAIT, WITHDRAW, LATER))
    assert list(got) == [
        "wait ksk-publication left out",
        "wait ksk-publication halved",
        "wait ksk-publication less a TTL",
        "wait ksk-retirement left out",
        "wait ksk-retirement halved",
        "wait ksk-retirement less a TTL",
        "without: publish new",
        "without: withdraw old",
        "first withdraw old, then publish new",
    ]


def test_the_same_wait_twice_is_told_apart() -> None:
    """By its place among its like."""
    got = mutants(rehearsal(WAIT, PUBLISH, WAIT, HandInDs(()), ConfirmDs(), WITHDRAW, ConfirmDs()))
    assert got["wait ksk-publication (1) left out"].steps[0] == PUBLISH
    assert got["wait ksk-publication (2) left out"].steps[2] == HandInDs(())
    assert len(got["wait for the parent (2) left out"].steps) == 6
    assert "wait ksk-publication left out" not in got


def test_none_is_the_rehearsal_itself_or_comes_twice() -> None:
    """Swapping two that are alike changes nothing."""
    got = mutants(rehearsal(PUBLISH, WAIT, PUBLISH))
    assert not [name for name in got if name.startswith("first")]
    steps = [one.steps for one in got.values()]
    assert len(set(steps)) == len(steps)


def test_one_with_nothing_left_to_do_is_none() -> None:
    """A rehearsal of one step has no "without"."""
    assert mutants(rehearsal(PUBLISH)) == {}


def test_those_it_brings_itself_come_last_and_have_none_of_their_own() -> None:
    """A policy that lies is no matter of steps."""
    lie = rehearsal(WITHDRAW)
    got = mutants(rehearsal(PUBLISH, WAIT).but(mutants={"a lie": lie}))
    assert list(got)[-1] == "a lie"
    assert got["a lie"] is lie
    assert all(not one.mutants for one in got.values())
