"""What the registrar takes, what it refuses and in which words, and what it sends to the parent."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

import dns.dnssec
import dns.message
import dns.opcode
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.rrset
import dns.update
import pytest
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS

from lab.agent import Agent, Exchanged
from lab.clock import Clock
from lab.errors import LabSick, RegistrarRefused
from lab.nameserver import NameServer
from lab.registrar import Registrar, ds_of, parse_dnskey, parse_ds, unpublished_key
from lab.topology import RegistrarTerms

ZONE = "shop.lab."
RFC4034_KEY = (
    "AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7Orz"
    "KBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw=="
)
RFC4509_DIGEST = "D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A"
SHA256_DIGEST = "AB" * 32
START = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass
class FakeClock:
    """Lab time that stands still, and what was asked to be done later."""

    later: list[tuple[datetime, Callable[[], None]]] = field(default_factory=list)

    def now(self) -> datetime:
        """The start."""
        return START

    def at(self, instant: datetime, act: Callable[[], None]) -> None:
        """Note it."""
        self.later.append((instant, act))


@dataclass
class FakeHost:
    """Where the parent's primary stands."""

    address: str = "10.53.0.2"


@dataclass
class FakeServer:
    """A primary that serves what it is told to."""

    host: FakeHost = field(default_factory=FakeHost)
    ds: tuple[DS, ...] = ()
    keys: tuple[DNSKEY, ...] = ()
    sick: bool = False

    def rrset(self, name: str, rdtype: str) -> dns.rrset.RRset | None:
        """The DS set."""
        assert (name, rdtype) == (ZONE, "DS")
        return dns.rrset.from_rdata(name, 3600, *self.ds) if self.ds else None

    def ksks(self) -> tuple[DNSKEY, ...]:
        """The child's keys."""
        if self.sick:
            raise LabSick("it does not answer")
        return self.keys


@dataclass
class FakeParent:
    """Takes updates as the agent would relay them, and gives one answer to all."""

    rcode: dns.rcode.Rcode = dns.rcode.NOERROR
    failed: str | None = None
    updates: list[dns.update.UpdateMessage] = field(default_factory=list)

    def exchange(self, wire: bytes, address: str) -> Exchanged:
        """Note the update."""
        assert address == FakeHost().address
        message = dns.message.from_wire(wire)
        assert isinstance(message, dns.update.UpdateMessage)
        self.updates.append(message)
        answer = dns.message.make_response(message)
        answer.set_rcode(self.rcode)
        return Exchanged(b"" if self.failed else answer.to_wire(), self.failed, 0.0)

    def published(self) -> list[str]:
        """The DS records of the last update, in text."""
        return [str(rdata) for rrset in self.updates[-1].update if rrset.rdclass == 1 for rdata in rrset]


@dataclass
class Desk:
    """A registrar with fakes around it."""

    registrar: Registrar
    clock: FakeClock
    parent: FakeParent
    server: FakeServer


def desk(terms: RegistrarTerms | None = None, parent: FakeParent | None = None) -> Desk:
    """A registrar, and all that it deals with."""
    clock, parent, server = FakeClock(), parent or FakeParent(), FakeServer()
    terms = terms or RegistrarTerms(publication_delay=timedelta(0))
    registrar = Registrar(
        cast("Agent", parent),
        cast("Clock", clock),
        terms,
        lambda zone: cast("NameServer", server),
        lambda zone: "lab.",
    )
    return Desk(registrar, clock, parent, server)


def ds(text: str) -> DS:
    """A DS as it is, unchecked by the registrar's own parser."""
    rdata = dns.rdata.from_text("IN", "DS", text)
    assert isinstance(rdata, DS)
    return rdata


def dnskey(flags: int, algorithm: int = 13, protocol: int = 3) -> DNSKEY:
    """A key with these flags; its material is any."""
    material = str(unpublished_key()).split(" ", 3)[3]
    rdata = dns.rdata.from_text("IN", "DNSKEY", f"{flags} {protocol} {algorithm} {material}")
    assert isinstance(rdata, DNSKEY)
    return rdata


def test_the_ds_of_a_published_key_is_the_published_ds() -> None:
    """RFC 4509 2.3: the SHA-256 DS of the key of RFC 4034 5.4."""
    key = parse_dnskey("dskey.example.com.", f"256 3 5 {RFC4034_KEY}")
    assert str(ds_of("dskey.example.com.", key)).upper() == f"60485 5 2 {RFC4509_DIGEST}"


@pytest.mark.parametrize(
    "text",
    [
        f"4711 13 2 {SHA256_DIGEST}",
        f"4711 ECDSAP256SHA256 2 {SHA256_DIGEST[:20]} {SHA256_DIGEST[20:]}",
        f"shop.lab. 3600 IN DS 4711 13 2 {SHA256_DIGEST}",
        f"SHOP.LAB. IN DS 4711 13 2 {SHA256_DIGEST}",
        f"shop.lab IN DS 4711 13 2 {SHA256_DIGEST.lower()}",
    ],
    ids=["bare", "mnemonic", "record", "capitals", "relative"],
)
def test_a_ds_is_read_bare_or_as_a_whole_record(text: str) -> None:
    """What operators paste, from a form's fields or from dig, is read as the same DS."""
    assert parse_ds(ZONE, text) == ds(f"4711 13 2 {SHA256_DIGEST}")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            f"other.lab. IN DS 4711 13 2 {SHA256_DIGEST}",
            "this DS is for other.lab., not for shop.lab.: submit it there",
        ),
        (f"lab. IN DS 4711 13 2 {SHA256_DIGEST}", "this DS is for lab., not for shop.lab."),
        ("4711 13 2 ABCD", "digest length inconsistent with digest type"),
        (f"4711 13 1 {SHA256_DIGEST}", "digest length inconsistent with digest type"),
        ("4711 13 2 WXYZ", "not a DS record for shop.lab."),
        ("4711 13", "not a DS record for shop.lab."),
        ("", "not a DS record for shop.lab."),
        (f"70000 13 2 {SHA256_DIGEST}", "not a DS record for shop.lab."),
        (f"a..b. IN DS 4711 13 2 {SHA256_DIGEST}", "not a DS record for shop.lab."),
    ],
    ids=["other", "parent", "short", "long", "nohex", "cut", "empty", "tag", "owner"],
)
def test_a_ds_that_is_none_is_refused_with_what_is_wrong(text: str, complaint: str) -> None:
    """A DS for another zone, of a wrong length or unreadable is refused in one clear sentence."""
    with pytest.raises(RegistrarRefused, match=re.escape(complaint)):
        parse_ds(ZONE, text)


@pytest.mark.parametrize(
    "text",
    [
        f"256 3 5 {RFC4034_KEY}",
        f"shop.lab. 3600 IN DNSKEY 256 3 RSASHA1 {RFC4034_KEY[:50]} {RFC4034_KEY[50:]}",
        f"shop.lab. IN DNSKEY 256 3 5 (\n  {RFC4034_KEY[:50]}\n  {RFC4034_KEY[50:]}\n) ; ZSK; key id = 60485",
        f"shop.lab. IN DNSKEY 256 3 5 ( {RFC4034_KEY} )",
    ],
    ids=["bare", "record", "multiline", "parentheses"],
)
def test_a_dnskey_is_read_bare_or_as_a_whole_record(text: str) -> None:
    """What dig and BIND print of a key, over several lines too, is read as the same DNSKEY."""
    assert dns.dnssec.key_id(parse_dnskey(ZONE, text)) == 60485


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (f"other.lab. IN DNSKEY 257 3 13 {RFC4034_KEY}", "this DNSKEY is for other.lab., not for shop.lab."),
        ("257 3 13 ????", "not a DNSKEY record for shop.lab."),
        ("257 3", "not a DNSKEY record for shop.lab."),
    ],
    ids=["other", "nobase64", "cut"],
)
def test_a_dnskey_that_is_none_is_refused_with_what_is_wrong(text: str, complaint: str) -> None:
    """A DNSKEY for another zone, or unreadable, is refused in one clear sentence."""
    with pytest.raises(RegistrarRefused, match=re.escape(complaint)):
        parse_dnskey(ZONE, text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (f"4711 200 2 {SHA256_DIGEST}", "algorithm 200 is not one that shop.lab. can be signed with"),
        (f"4711 3 2 {SHA256_DIGEST}", "algorithm 3 is not one that shop.lab. can be signed with"),
        ("4711 13 9 ABCD", "DS 4711 of shop.lab. has digest type 9; taken are 1, 2 and 4"),
        (f"4711 13 3 {SHA256_DIGEST}", "DS 4711 of shop.lab. has digest type 3; taken are 1, 2 and 4"),
    ],
    ids=["algorithm", "dsa", "digest-type", "gost"],
)
def test_a_ds_of_unknown_kind_is_refused_and_nothing_is_sent(text: str, complaint: str) -> None:
    """Algorithms and digest types that no validator follows are refused before the parent hears of them."""
    at = desk()
    with pytest.raises(RegistrarRefused, match=re.escape(complaint)):
        at.registrar.submit_ds(ZONE, ds(text))
    assert not at.parent.updates


def test_one_bad_ds_spoils_the_whole_set() -> None:
    """A DS set is taken whole or not at all."""
    at = desk()
    with pytest.raises(RegistrarRefused, match="algorithm 200"):
        at.registrar.submit_ds(ZONE, ds(f"4711 13 2 {SHA256_DIGEST}"), ds(f"4712 200 2 {SHA256_DIGEST}"))
    assert not at.parent.updates


def test_a_ds_with_another_key_tag_than_its_key_is_refused() -> None:
    """A DS said to be of a key is compared with that key, and both tags are named."""
    at, key = desk(), unpublished_key()
    tag = dns.dnssec.key_id(key)
    wrong = ds(f"{(tag + 1) % 65536} 13 2 {SHA256_DIGEST}")
    with pytest.raises(RegistrarRefused, match=f"has key tag {wrong.key_tag}; the key given has {tag}"):
        at.registrar.submit_ds(ZONE, wrong, key=key)
    at.registrar.submit_ds(ZONE, ds_of(ZONE, key), key=key)
    assert at.parent.published() == [str(ds_of(ZONE, key))]


def test_a_ds_with_another_digest_than_its_key_is_refused() -> None:
    """The right key tag is not enough: the digest must be that key's, under this zone's name."""
    at, key = desk(), unpublished_key()
    with pytest.raises(RegistrarRefused, match="digest"):
        at.registrar.submit_ds(ZONE, ds_of("other.lab.", key), key=key)
    assert not at.parent.updates


@pytest.mark.parametrize(
    ("key", "complaint"),
    [
        (dnskey(1), "is not a zone key: flags 1, protocol 3"),
        (dnskey(257, protocol=4), "is not a zone key: flags 257, protocol 4"),
        (dnskey(257 | 128), "is revoked"),
        (dnskey(257, algorithm=200), "algorithm 200 is not one that shop.lab. can be signed with"),
    ],
    ids=["host-key", "protocol", "revoked", "algorithm"],
)
def test_a_dnskey_that_no_ds_may_point_to_is_refused(key: DNSKEY, complaint: str) -> None:
    """Keys that are no zone keys (RFC 4034 5.2), revoked (RFC 5011 2.1) or of no use are refused."""
    at = desk()
    with pytest.raises(RegistrarRefused, match=re.escape(complaint)):
        at.registrar.submit_dnskey(ZONE, key)
    assert not at.parent.updates


def test_the_ds_of_submitted_keys_is_computed_here() -> None:
    """A registry that takes DNSKEYs publishes their SHA-256 DS records, all of them."""
    at, keys = desk(), [unpublished_key(), unpublished_key()]
    at.registrar.submit_dnskey(ZONE, *keys)
    assert sorted(at.parent.published()) == sorted(str(ds_of(ZONE, key)) for key in keys)


def test_a_submitted_set_replaces_the_one_before_with_the_registrars_ttl() -> None:
    """The update removes the DS RRset and adds the new one, with the TTL of the registrar's terms."""
    at = desk(RegistrarTerms(ds_ttl=timedelta(hours=7), publication_delay=timedelta(0)))
    at.registrar.submit_ds(ZONE, ds(f"4711 13 2 {SHA256_DIGEST}"))
    update = at.parent.updates[0]
    assert update.opcode() == dns.opcode.UPDATE
    assert [str(rrset.name) for rrset in update.zone] == ["lab."]
    (removed, added) = update.update
    assert (removed.deleting, removed.rdtype, str(removed.name)) == (
        dns.rdataclass.ANY,
        dns.rdatatype.DS,
        ZONE,
    )
    assert (added.ttl, str(added.name), len(added)) == (7 * 3600, ZONE, 1)


def test_a_withdrawal_leaves_no_ds() -> None:
    """Withdrawing removes the DS RRset and adds nothing."""
    at = desk()
    at.registrar.withdraw(ZONE)
    assert at.parent.published() == []
    assert [rrset.rdtype for rrset in at.parent.updates[0].update] == [dns.rdatatype.DS]


def test_nothing_is_sent_before_the_publication_delay() -> None:
    """What is submitted is due after the delay in lab time, and only then goes to the parent."""
    at = desk(RegistrarTerms(publication_delay=timedelta(hours=6)))
    at.registrar.submit_ds(ZONE, ds(f"4711 13 2 {SHA256_DIGEST}"))
    assert not at.parent.updates
    assert at.registrar.pending(ZONE)
    ((due, act),) = at.clock.later
    assert due == START + timedelta(hours=6)
    act()
    assert at.parent.published() == [f"4711 13 2 {SHA256_DIGEST.lower()}"]


def test_a_submission_is_pending_until_the_parent_serves_it() -> None:
    """Pending is what was submitted and is not served; order does not matter, and never submitted is not pending."""
    at = desk()
    first, second = ds(f"1 13 2 {SHA256_DIGEST}"), ds(f"2 13 2 {SHA256_DIGEST}")
    assert not at.registrar.pending(ZONE)
    at.registrar.submit_ds(ZONE, first, second)
    assert at.registrar.pending(ZONE)
    at.server.ds = (second, first)
    assert not at.registrar.pending(ZONE)


@pytest.mark.parametrize("sick", [False, True], ids=["no-such-key", "no-answer"])
def test_a_careful_registrar_refuses_a_ds_that_the_child_does_not_match(sick: bool) -> None:
    """With `checks_child`, a DS for a key that the child doesn't show, or can't, is refused."""
    at = desk(RegistrarTerms(checks_child=True, publication_delay=timedelta(0)))
    live, key = unpublished_key(), unpublished_key()
    at.server.keys, at.server.sick = (live,), sick
    shown = "none" if sick else str(dns.dnssec.key_id(live))
    with pytest.raises(RegistrarRefused, match=re.escape(f"(it serves {shown}): publish the DNSKEY first")):
        at.registrar.submit_dnskey(ZONE, key)
    assert not at.parent.updates


def test_a_careful_registrar_takes_a_ds_that_the_child_matches() -> None:
    """With `checks_child`, the DS of a live key passes."""
    at, key = desk(RegistrarTerms(checks_child=True, publication_delay=timedelta(0))), unpublished_key()
    at.server.keys = (key,)
    at.registrar.submit_dnskey(ZONE, key)
    assert len(at.parent.updates) == 1


@pytest.mark.parametrize(
    ("parent", "complaint"),
    [
        (FakeParent(rcode=dns.rcode.REFUSED), "the parent lab. refused the registrar's update: REFUSED"),
        (FakeParent(failed="timeout"), "the parent lab. did not answer the registrar: timeout"),
    ],
    ids=["refused", "timeout"],
)
def test_a_parent_that_does_not_take_the_update_makes_the_lab_sick(
    parent: FakeParent, complaint: str
) -> None:
    """An update without effect is never taken for done."""
    at = desk(parent=parent)
    with pytest.raises(LabSick, match=re.escape(complaint)):
        at.registrar.withdraw(ZONE)
