"""When a signer has something to do next, out of what BIND says, and what became of its keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lab import duties
from lab.keynews import news
from lab.nameserver import KeyState
from lab.topology import SAAS

STATUS = """name: shop.lab
next key event: Tue, 01 Jan 2030 02:05:00 GMT
next resign node: www.shop.lab/A
next resign time: Wed, 09 Jan 2030 13:01:22 GMT
"""
KEY_EVENT = datetime(2030, 1, 1, 2, 5, tzinfo=UTC)
RESIGN = datetime(2030, 1, 9, 13, 1, 22, tzinfo=UTC)
STATE = """; This is the state of key 34134, for shop.lab.
DSPublish: 20300101000000 (Tue Jan  1 00:00:00 2030)
DNSKEYState: omnipresent
KRRSIGState: omnipresent
DSState: omnipresent
GoalState: omnipresent
"""
KEYS = """key: 34134 (ECDSAP256SHA256), KSK
  Next rollover scheduled on Tue Dec 31 21:55:00 2030
key: 1017 (ECDSAP256SHA256), ZSK
  Next rollover scheduled on Sun Mar 31 21:55:00 2030
key: 5 (ECDSAP256SHA256), ZSK
  Key is retired, will be removed on Fri Feb  1 00:00:00 2030
"""


def test_both_dates_are_read() -> None:
    """The next key event and the next re-signing, whichever comes first."""
    told = duties.read(STATUS)
    assert told == duties.Duties(KEY_EVENT, RESIGN)
    assert told.first == KEY_EVENT


@pytest.mark.parametrize("missing", ["next key event", "next resign time"])
def test_a_zone_that_lacks_a_date_says_nothing(missing: str) -> None:
    """While BIND has not signed yet it tells only one of them."""
    assert duties.read("\n".join(line for line in STATUS.splitlines() if missing not in line)) is None


def test_a_batch_of_signatures_is_one_stop_long_before_they_end() -> None:
    """Their jitter is waited for, but never more than a tenth of the time that they are renewed ahead."""
    told = duties.Duties(KEY_EVENT, RESIGN)
    second = timedelta(seconds=1)
    assert told.resigned_by(SAAS) == RESIGN + timedelta(hours=12) + second
    tight = replace(SAAS, signatures_refresh=timedelta(hours=10))
    assert told.resigned_by(tight) == RESIGN + timedelta(hours=1) + second


@pytest.mark.parametrize(
    ("old", "new", "rests"),
    [
        ("", "", True),
        ("DNSKEYState: omnipresent", "DNSKEYState: rumoured", False),
        ("KRRSIGState: omnipresent", "KRRSIGState: unretentive", False),
        ("GoalState", "ZRRSIGState: rumoured\nGoalState", False),
        ("DSState: omnipresent", "DSState: rumoured", False),
        ("DSState: omnipresent", "DSState: unretentive", True),
        ("DSState: omnipresent", "DSRemoved: 20300101000000\nDSState: unretentive", False),
        ("DSState: omnipresent", "DSState: hidden", True),
    ],
)
def test_a_key_rests_where_time_alone_changes_nothing(old: str, new: str, rests: bool) -> None:
    """A record in motion moves on by time, a DS only once BIND has been told of it."""
    assert duties.at_rest(STATE.replace(old, new, 1) if old else STATE) is rests
    waiting = STATE.replace("DSPublish", "X").replace("DSState: omnipresent", "DSState: rumoured")
    assert duties.at_rest(waiting)


def test_the_next_announced_change_of_keys_is_found() -> None:
    """The first rollover or removal after now; None where all are past."""
    assert duties.planned(KEYS, KEY_EVENT) == datetime(2030, 2, 1, tzinfo=UTC)
    assert duties.planned(KEYS, datetime(2030, 2, 1, tzinfo=UTC)) == datetime(2030, 3, 31, 21, 55, tzinfo=UTC)
    assert duties.planned(KEYS, datetime(2031, 1, 1, tzinfo=UTC)) is None


def key(tag: int, role: str = "ZSK", **states: str) -> KeyState:
    """A key in those states."""
    return KeyState(tag, "ECDSAP256SHA256", role, tuple((k.replace("_", " "), v) for k, v in states.items()))


def test_news_of_keys_is_in_plain_words() -> None:
    """New, changed and forgotten keys have a line each, unchanged ones none."""
    before = [
        key(1, goal="omnipresent", dnskey="omnipresent"),
        key(2, dnskey="hidden"),
        key(3, dnskey="hidden"),
    ]
    after = [
        key(1, goal="hidden", dnskey="omnipresent"),
        key(2, dnskey="hidden"),
        key(4, goal="omnipresent", dnskey="rumoured", zone_rrsig="hidden"),
    ]
    assert news(before, after) == ["ZSK 1 is to be retired", "ZSK 4 is published", "ZSK 3 is forgotten"]


def test_the_root_has_no_news_of_a_ds() -> None:
    """BIND keeps a DS state for the root's key too; nobody could act on it."""
    after = [key(1, "KSK", ds="rumoured")]
    assert news([], after, parent=False) == []
    assert news([], after) == ["KSK 1 is ready for its DS at the parent"]
