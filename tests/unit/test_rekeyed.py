"""Drafts under other keys: what is published, what signs what, and what an unsigned zone has left."""

from __future__ import annotations

from datetime import UTC, datetime

import dns.dnssec
import dns.exception
import dns.name
import dns.node
import dns.rdataset
import dns.rdatatype
import dns.rrset
import pytest

from lab.draft import Draft, SigningKey, make_key
from lab.rekeyed import drop_parent_requests, publish, renumber, resign, strip, tags, words

NOW = datetime(2030, 1, 1, tzinfo=UTC)
ZONE, WWW = "shop.lab.", "www.shop.lab."
OLD_KSK, OLD_ZSK, NEW_KSK, NEW_ZSK = (make_key(sep=True), make_key(), make_key(sep=True), make_key())


@pytest.fixture
def draft() -> Draft:
    """A small zone, signed with the old keys."""
    soa = "ns.shop.lab. hostmaster.shop.lab. 4294967295 3600 600 86400 900"
    records = (
        dns.rrset.from_text(ZONE, 3600, "IN", "SOA", soa),
        dns.rrset.from_text(ZONE, 3600, "IN", "DNSKEY", str(OLD_KSK.dnskey), str(OLD_ZSK.dnskey)),
        dns.rrset.from_text(ZONE, 3600, "IN", "CDS", "0 0 0 00"),
        dns.rrset.from_text(ZONE, 0, "IN", "NSEC3PARAM", "1 0 0 -"),
        dns.rrset.from_text(WWW, 1800, "IN", "A", "192.0.2.2"),
    )
    made = Draft(ZONE, records, NOW)
    for name, rdtype in list(made.rrsets):
        kind = dns.rdatatype.to_text(rdtype)
        made.sign(str(name), kind, OLD_KSK if kind in ("DNSKEY", "CDS") else OLD_ZSK)
    return made


def valid(draft: Draft, name: str, rdtype: str, *keys: SigningKey) -> bool:
    """Whether a signature over that RRset holds with one of these keys (dnspython's own verdict)."""
    owner, kind = dns.name.from_text(name), dns.rdatatype.from_text(rdtype)
    rrset = dns.rrset.from_rdata_list(owner, draft.rrset(name, rdtype).ttl, list(draft.rrsets[owner, kind]))
    dnskeys = dns.rrset.from_rdata_list(draft.origin, 3600, [key.dnskey for key in keys])
    held: dict[dns.name.Name, dns.rdataset.Rdataset | dns.node.Node] = {draft.origin: dnskeys}
    try:
        dns.dnssec.validate(rrset, (owner, draft.signatures[owner, kind]), held, None, NOW.timestamp())
    except dns.exception.ValidationFailure:
        return False
    return True


def test_the_keys_published_are_those_given_signed_by_those_with_sep(draft: Draft) -> None:
    """A DNSKEY whose private half is elsewhere is listed and signs nothing; the TTL stays."""
    publish(draft, [NEW_KSK, NEW_ZSK], more=[OLD_KSK.dnskey])
    listed = draft.rrset(ZONE, "DNSKEY")
    assert set(listed) == {NEW_KSK.dnskey, NEW_ZSK.dnskey, OLD_KSK.dnskey}
    assert listed.ttl == 3600
    assert [one.key_tag for one in draft.signature(ZONE, "DNSKEY")] == [NEW_KSK.tag]
    assert valid(draft, ZONE, "DNSKEY", NEW_KSK)
    assert not valid(draft, ZONE, "DNSKEY", OLD_KSK, NEW_ZSK)


def test_signing_anew_leaves_what_ksks_sign(draft: Draft) -> None:
    """Data are the new ZSK's; the DNSKEY and CDS RRsets keep their signatures."""
    resign(draft, NEW_ZSK)
    assert valid(draft, WWW, "A", NEW_ZSK)
    assert valid(draft, ZONE, "SOA", NEW_ZSK)
    assert not valid(draft, WWW, "A", OLD_ZSK)
    assert valid(draft, ZONE, "DNSKEY", OLD_KSK)
    assert valid(draft, ZONE, "CDS", OLD_KSK)


def test_the_serial_wraps_and_its_signature_holds(draft: Draft) -> None:
    """Serial numbers are circular (RFC 1982): after the last comes 0."""
    renumber(draft, [OLD_ZSK])
    assert draft.rrset(ZONE, "SOA")[0].serial == 0
    assert valid(draft, ZONE, "SOA", OLD_ZSK)


def test_requests_to_the_parent_go_with_their_signatures(draft: Draft) -> None:
    """CDS is gone, and nothing else; doing it again changes nothing."""
    before = set(draft.rrsets)
    for _ in range(2):
        drop_parent_requests(draft)
        assert before - set(draft.rrsets) == {(draft.origin, dns.rdatatype.CDS)}
        assert set(draft.signatures) == set(draft.rrsets)


def test_a_stripped_zone_is_an_unsigned_one(draft: Draft) -> None:
    """No signature, no key, no parameter of denial."""
    strip(draft)
    assert not draft.signatures
    assert {rdtype for _, rdtype in draft.rrsets} == {dns.rdatatype.SOA, dns.rdatatype.A}


def test_tags_in_words() -> None:
    """In order, whatever the order given; none is said so."""
    assert tags([OLD_KSK.dnskey, NEW_KSK.dnskey]) == tuple(sorted((OLD_KSK.tag, NEW_KSK.tag)))
    assert words("DS", [7, 3]) == "DS 3, 7"
    assert words("DS", ()) == "no DS"
