"""RFC 5011's state table, fed with looks at the root's keys."""

from __future__ import annotations

import pytest

from harness.anchor_model import AnchorState, RootKeys, Tracker, TrackerTerms
from harness.anchorwork import Hold, add_wait
from harness.cache_model import Security
from harness.timing import hand_terms
from lab.topology import Topology

DAY = 86400.0
OLD, NEW = "old", "new"
PLAIN = TrackerTerms()
INSECURE = TrackerTerms(looks_when_cold=True, without_anchor=Security.INSECURE)


def served(*keys: str, revoked: str = "", signers: tuple[str, ...] | None = None) -> RootKeys:
    """The root, all keys signing unless said."""
    return RootKeys(
        frozenset(keys), frozenset({revoked} - {""}), frozenset(keys if signers is None else signers)
    )


ALONE, BOTH = served(OLD), served(OLD, NEW)
REVOKED, AFTER = served(OLD, NEW, revoked=OLD), served(NEW)


def tracker(terms: TrackerTerms = PLAIN, *, tracks: bool = True) -> Tracker:
    """One that begins with the old key."""
    return Tracker(terms, {OLD: AnchorState.VALID}, tracks=tracks)


def daily(one: Tracker, keys: RootKeys, first: int, last: int) -> None:
    """Let it look once a day."""
    for day in range(first, last + 1):
        one.look(day * DAY, keys)


def test_a_new_key_is_trusted_once_it_was_seen_for_thirty_days() -> None:
    """Not a second before (RFC 5011 2.4.1)."""
    one = tracker()
    daily(one, BOTH, 0, 29)
    assert one.trusted == {OLD}
    one.look(30 * DAY - 1, BOTH)
    assert one.trusted == {OLD}
    one.look(30 * DAY, BOTH)
    assert one.trusted == {OLD, NEW}


def test_a_key_that_was_away_begins_anew() -> None:
    """AddPend, KeyRem: back to Start."""
    one = tracker()
    daily(one, BOTH, 0, 20)
    one.look(21 * DAY, ALONE)
    assert one.states[NEW] is AnchorState.START
    daily(one, BOTH, 22, 51)
    assert one.trusted == {OLD}
    one.look(52 * DAY, BOTH)
    assert one.trusted == {OLD, NEW}


def test_nothing_is_learnt_from_what_no_trusted_key_signs() -> None:
    """A set that does not validate is none."""
    one = tracker()
    daily(one, served(OLD, NEW, signers=(NEW,)), 0, 40)
    assert one.states == {OLD: AnchorState.VALID}


def test_a_missing_key_stays_trusted_and_comes_back() -> None:
    """Valid, KeyRem: Missing; KeyPres: Valid."""
    one = tracker()
    daily(one, BOTH, 0, 30)
    one.look(31 * DAY, AFTER)
    assert one.states[OLD] is AnchorState.MISSING
    assert OLD in one.trusted
    one.look(32 * DAY, BOTH)
    assert one.states[OLD] is AnchorState.VALID


def test_a_revoked_key_is_dropped_at_once_and_for_good() -> None:
    """Revoked, and after the remove hold-down Removed."""
    one = tracker()
    daily(one, BOTH, 0, 30)
    one.look(31 * DAY, REVOKED)
    assert one.states[OLD] is AnchorState.REVOKED
    assert one.trusted == {NEW}
    daily(one, BOTH, 32, 60)
    assert one.trusted == {NEW}
    one.look(61 * DAY, AFTER)
    assert one.states[OLD] is AnchorState.REMOVED


def test_a_revocation_must_be_signed_by_the_key_itself() -> None:
    """RFC 5011 2.1."""
    one = tracker()
    daily(one, BOTH, 0, 30)
    one.look(31 * DAY, served(OLD, NEW, revoked=OLD, signers=(NEW,)))
    assert OLD in one.trusted


def test_a_key_that_is_first_seen_revoked_is_never_trusted() -> None:
    """It is not even pending."""
    one = tracker()
    daily(one, served(OLD, NEW, revoked=NEW), 0, 40)
    assert one.states == {OLD: AnchorState.VALID}


def test_in_the_right_order_it_is_secure_all_along() -> None:
    """Publish, wait, revoke, wait, remove."""
    one = tracker()
    for first, last, keys in ((0, 31, BOTH), (32, 62, REVOKED), (63, 65, AFTER)):
        assert one.judge(first * DAY, keys).state is Security.SECURE
        daily(one, keys, first, last)
        assert one.judge(last * DAY, keys).state is Security.SECURE


@pytest.mark.parametrize("terms", [PLAIN, INSECURE], ids=["bogus", "insecure"])
def test_revoked_before_the_hold_down_it_loses_the_root_for_ever(terms: TrackerTerms) -> None:
    """All it trusted is revoked: bogus, or as if there had been no anchor."""
    one = tracker(terms)
    daily(one, BOTH, 0, 10)
    for day in (11, 12, 50):
        assert one.judge(day * DAY, REVOKED).state is terms.without_anchor
        one.look(day * DAY, REVOKED)
    assert one.judge(60 * DAY, AFTER).state is terms.without_anchor


def test_one_that_slept_is_bogus_once_the_old_key_has_gone() -> None:
    """It has seen neither the new key nor the revocation."""
    opinion = tracker(INSECURE).judge(0.0, AFTER)
    assert opinion.state is Security.BOGUS
    assert opinion.why.startswith("it trusts old, and")


def test_what_is_configured_for_ever_never_learns() -> None:
    """A static anchor fails with the revocation."""
    one = tracker(INSECURE, tracks=False)
    daily(one, BOTH, 0, 40)
    assert one.judge(40 * DAY, BOTH).state is Security.SECURE
    assert one.judge(41 * DAY, REVOKED).state is Security.BOGUS


def test_some_look_whenever_they_validate_from_nothing() -> None:
    """A vendor's term."""
    eager, idle = tracker(INSECURE), tracker()
    eager.judge(0.0, BOTH)
    idle.judge(0.0, BOTH)
    assert (eager.states.get(NEW), idle.states.get(NEW)) == (AnchorState.ADD_PENDING, None)


def test_a_fork_goes_its_own_way() -> None:
    """The other one has learnt nothing."""
    one = tracker()
    one.fork().look(0.0, BOTH)
    assert NEW not in one.states


def test_the_wait_covers_a_look_before_and_one_after_the_hold_down() -> None:
    """Less a TTL it lacks some of that."""
    terms = hand_terms(Topology())  # DNSKEY TTL 1 h: a look an hour
    assert add_wait(terms).total_seconds() == 30 * DAY + 2 * 3600 + 600
    assert Hold("add", less_a_ttl=True).duration(terms).total_seconds() == 30 * DAY + 3600 + 600
    assert Hold("remove").duration(terms).total_seconds() == 30 * DAY
    assert Hold("add", share=0.5).duration(terms) == add_wait(terms) / 2
