"""What each alert makes of what was seen, and the claim that one paged in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import dns.dnssec
import dns.name
import dns.rdata
import pytest
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS
from dns.rdtypes.ANY.SOA import SOA

from harness.alerts import (
    AlarmedAhead,
    Alert,
    DsMatchesNoKey,
    NoDnssecRecords,
    ShortSignatureLife,
    SoaExpireBeyondSignatures,
    standard,
)
from harness.expectation import LabExpectation
from harness.history import Event, History
from harness.monitors import Watched
from lab.nameserver import Signature
from lab.query import Answer, Observation
from lab.registrar import ds_of, unpublished_key
from lab.sight import Served, Sight

ZONE = "shop.lab."
NOW = datetime(2030, 1, 10, tzinfo=UTC)
DAY = timedelta(days=1)
KEY, OTHER = unpublished_key(), unpublished_key()
ZSK = cast("DNSKEY", OTHER.replace(flags=256))


def soa(expire: timedelta) -> SOA:
    """The zone's SOA."""
    seconds = round(expire.total_seconds())
    rdata = dns.rdata.from_text("IN", "SOA", f"ns.{ZONE} host.{ZONE} 7 3600 600 {seconds} 900")
    assert isinstance(rdata, SOA)
    return rdata


def signature(left: timedelta, validity: timedelta = 12 * DAY, covers: str = "A") -> Signature:
    """One that has so much left of so much."""
    return Signature(covers, 1, NOW + left - validity, NOW + left)


def served(*signatures: Signature, expire: timedelta = 4 * DAY, **changes: Any) -> Served:
    """A server that serves all there should be."""
    one = Served("ns.shop", (KEY, ZSK), True, soa(expire), True, signatures or (signature(9 * DAY),))
    return replace(one, **changes)


def sight(*all_served: Served, ds: tuple[DS, ...] | None = (ds_of(ZONE, KEY),)) -> Sight:
    """A look at a zone with those servers."""
    return Sight(ZONE, NOW, ds, all_served, () if all_served else ("ns.shop",))


@pytest.mark.parametrize("alert", standard(ZONE), ids=lambda alert: alert.title)
def test_a_zone_that_is_well_alarms_nobody_and_one_that_is_silent_is_not_seen(alert: Alert) -> None:
    """No alert rings at a healthy zone, and none says anything of servers that don't answer."""
    assert alert.judge(sight(served())).alarms is False
    blind = alert.judge(sight())
    assert (blind.alarms, blind.text) == (None, "ns.shop did not answer")
    assert alert.due(sight()) is None
    assert isinstance(alert, LabExpectation)


@pytest.mark.parametrize(
    ("left", "rings"),
    [(4 * DAY + timedelta(seconds=1), False), (4 * DAY, False), (4 * DAY - timedelta(seconds=1), True)],
)
def test_less_than_a_third_of_the_shortest_lived_signature(left: timedelta, rings: bool) -> None:
    """It is what is left of each one's own validity that counts, not which expires first."""
    fresh = signature(3 * DAY, 3 * DAY)
    seen = sight(served(signature(left, covers="MX"), fresh))
    found = ShortSignatureLife(ZONE).judge(seen)
    assert found.alarms is rings
    assert "the shortest-lived of 2 signatures (over MX) has 33." in found.text
    assert found.first_expiry == NOW + 3 * DAY


def test_when_a_signature_comes_below_is_computed() -> None:
    """The instant is that of the first one to come below, and a second later it is; in the past there is none."""
    seen = sight(served(signature(5 * DAY), signature(9 * DAY)))
    alert = ShortSignatureLife(ZONE)
    due = alert.due(seen)
    assert due == NOW + DAY + timedelta(seconds=1)
    assert alert.judge(replace(seen, now=due)).alarms is True
    assert alert.judge(replace(seen, now=due - timedelta(seconds=1))).alarms is False
    assert alert.due(replace(seen, now=due)) is None


def test_an_expired_signature_is_told_as_that() -> None:
    """Nothing has less than nothing left."""
    seen = sight(served(signature(-2 * DAY, covers="SOA")))
    assert ShortSignatureLife(ZONE).judge(seen).text.endswith("(over SOA) expired 2 d ago")
    assert SoaExpireBeyondSignatures(ZONE).judge(seen).text.endswith("(over SOA) expired 2 d ago")


def test_signatures_of_every_server_count() -> None:
    """A stale secondary rings though its sister is fine."""
    fresh, stale = served(), served(signature(DAY), server="ns2.shop")
    assert ShortSignatureLife(ZONE).judge(sight(fresh, stale)).alarms is True


@pytest.mark.parametrize("alert", [ShortSignatureLife(ZONE), SoaExpireBeyondSignatures(ZONE)])
def test_an_unsigned_zone_has_no_signatures_to_run_out_and_no_transfer_tells_nothing(alert: Alert) -> None:
    """No signature is no short life; not being told of them is another matter."""
    unsigned = served(signatures=())
    assert alert.judge(sight(unsigned)).alarms is False
    assert alert.due(sight(unsigned)) is None
    refused = alert.judge(sight(served(signatures=None)))
    assert (refused.alarms, refused.text) == (None, "ns.shop does not transfer the zone")


@pytest.mark.parametrize(("left", "rings"), [(4 * DAY, False), (4 * DAY - timedelta(seconds=1), True)])
def test_soa_expire_against_the_first_signature_to_expire(left: timedelta, rings: bool) -> None:
    """What counts is what is left of the first to expire, whatever its validity."""
    seen = sight(served(signature(9 * DAY), signature(left, 4 * DAY, "MX"), expire=4 * DAY))
    found = SoaExpireBeyondSignatures(ZONE).judge(seen)
    assert found.alarms is rings
    assert found.text.startswith("SOA expire is 4 d; the first signature to expire (over MX) has")
    later = sight(served(signature(9 * DAY), expire=4 * DAY))
    assert SoaExpireBeyondSignatures(ZONE).due(later) == NOW + 5 * DAY + timedelta(seconds=1)


DIGEST = ds_of(ZONE, KEY).digest


@pytest.mark.parametrize(
    ("ds", "rings"),
    [
        ((ds_of(ZONE, KEY),), False),
        ((ds_of(ZONE, OTHER), ds_of(ZONE, KEY)), False),
        ((ds_of(ZONE, ZSK),), False),
        ((ds_of(ZONE, OTHER),), True),
        ((ds_of(ZONE, KEY).replace(key_tag=1),), True),
        ((ds_of(ZONE, KEY).replace(algorithm=8),), True),
        ((ds_of(ZONE, KEY).replace(digest=DIGEST[::-1]),), True),
        ((ds_of(ZONE, KEY).replace(digest_type=200),), True),
        ((), False),
    ],
    ids=["fits", "one fits", "no SEP", "other key", "tag", "algorithm", "digest", "digest type", "no DS"],
)
def test_a_ds_matches_by_tag_algorithm_and_digest(ds: tuple[DS, ...], rings: bool) -> None:
    """All three must fit, of one DS at least, and where there is none nothing has to."""
    assert DsMatchesNoKey(ZONE).judge(sight(served(), ds=ds)).alarms is rings


def test_a_key_that_is_no_zone_key_or_is_revoked_matches_nothing() -> None:
    """Validators don't use such keys for a chain (RFC 4034 2.1.1, RFC 5011 2.1)."""
    for flags in (1, 257 | 0x80):
        key = KEY.replace(flags=flags)
        ds = dns.dnssec.make_ds(dns.name.from_text(ZONE), key, "SHA256", validating=True)
        assert DsMatchesNoKey(ZONE).judge(sight(served(keys=(key,)), ds=(ds,))).alarms is True


def test_one_server_without_the_key_is_enough() -> None:
    """Each of the servers is compared, and the one that lacks the key is named."""
    found = DsMatchesNoKey(ZONE).judge(sight(served(), served(server="ns2.shop", keys=(OTHER,))))
    assert found.alarms is True
    assert "ns2.shop serves" in found.text


@pytest.mark.parametrize(
    ("changes", "lacks"),
    [
        ({"keys": (), "keys_signed": False}, "no DNSKEYs"),
        ({"keys_signed": False}, "no signatures over its DNSKEYs"),
        ({"soa_signed": False}, "no signature over its SOA"),
    ],
)
def test_a_server_that_leaves_out_dnssec_records(changes: dict[str, Any], lacks: str) -> None:
    """Under a DS each of them is missed, at any of the servers; without one nothing is."""
    bad = served(server="ns2.shop", **changes)
    found = NoDnssecRecords(ZONE).judge(sight(served(), bad))
    assert found.alarms is True
    assert found.text.startswith(f"ns2.shop serves {lacks}")
    assert NoDnssecRecords(ZONE).judge(sight(bad, ds=())).alarms is False


@pytest.mark.parametrize("alert", [DsMatchesNoKey(ZONE), NoDnssecRecords(ZONE)])
def test_a_silent_parent_tells_nothing(alert: Alert) -> None:
    """Not knowing the DS is not knowing that there is none."""
    found = alert.judge(sight(served(), ds=None))
    assert (found.alarms, found.text) == (None, "the parent did not answer")


# -- the claim -----------------------------------------------------------------------------------------------

ALARM = ShortSignatureLife(ZONE)


def history(watched: Watched | None, bogus_after: timedelta | None) -> History:
    """A run in which an alert was watched, and a validator was seen bogus."""
    one = History(monitors=[watched] if watched else [])
    if bogus_after is not None:
        data = Answer("NOERROR", records=("www.shop.lab. A 192.0.2.2",))
        for seen_at in (NOW + bogus_after + DAY, NOW + bogus_after):
            seen = Observation("unbound", True, "www.shop.lab.", "A", Answer("SERVFAIL"), data, seen_at, 0.0)
            one.record(Event("saw", "impact", "bogus", seen_at, 0.0, observation=seen))
    return one


def rung(*, before_fault: bool = False, expiry: timedelta | None = 4 * DAY) -> Watched:
    """An alert that rang now."""
    return Watched(
        ALARM,
        rang_at=NOW,
        before_fault=before_fault,
        first_expiry=None if expiry is None else NOW + expiry,
    )


@pytest.mark.parametrize(
    ("watched", "bogus_after", "holds"),
    [
        (rung(), 5 * DAY, True),
        (rung(), 3 * DAY, False),
        (rung(), None, False),
        (rung(expiry=2 * DAY), 5 * DAY, False),
        (rung(expiry=None), 5 * DAY, True),
        (rung(expiry=None), 2 * DAY, False),
        (rung(before_fault=True), 5 * DAY, False),
        (Watched(ALARM), 5 * DAY, False),
        (None, 5 * DAY, False),
    ],
)
def test_whether_an_alarm_came_ahead(
    watched: Watched | None, bogus_after: timedelta | None, holds: bool
) -> None:
    """It counts to the first expiry where there is one, before which no outage may come.

    No alarm that rang before the fault, or not at all, is ahead of anything.
    """
    claim = AlarmedAhead(ALARM, at_least=3 * DAY)
    assert claim.look(cast("Any", None), history(watched, bogus_after)).holds is holds


def test_the_lead_is_told_in_words() -> None:
    """Both leads, and at which side of the event."""
    seen = AlarmedAhead(ALARM, at_least=DAY).look(cast("Any", None), history(rung(), 5 * DAY))
    assert seen.text == (
        "the alarm rang 4 d before the first signature expired, and 5 d before a bogus answer was seen"
    )
