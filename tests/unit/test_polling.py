"""What a polling parent takes over from CDS and CDNSKEY, and what it leaves (RFC 7344 4.1, 6; RFC 8078 4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import cast

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from dns.dnssectypes import Algorithm
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS

from lab.clock import Clock
from lab.errors import LabSick, RegistrarRefused
from lab.polling import Child, Decision, Fetched, Poller, decide
from lab.registrar import Registrar, ds_of

ZONE = "shop.lab."
APEX = dns.name.from_text(ZONE)
NOW = datetime(2030, 1, 2, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Pair:
    """A key with its private half."""

    private: ec.EllipticCurvePrivateKey
    public: DNSKEY

    @property
    def ds(self) -> DS:
        """Its DS."""
        return ds_of(ZONE, self.public)


def pair(flags: int = 257) -> Pair:
    """A new key."""
    private = ec.generate_private_key(ec.SECP256R1())
    return Pair(private, dns.dnssec.make_dnskey(private.public_key(), Algorithm.ECDSAP256SHA256, flags))


OLD, NEW, OTHER, ZSK = pair(), pair(), pair(), pair(256)


def signed(
    kind: str, texts: Sequence[str], signers: Sequence[Pair], inception: datetime = NOW - DAY
) -> Fetched:
    """An RRset of the zone, signed."""
    rrset = dns.rrset.from_text(ZONE, 3600, "IN", kind, *texts)
    covered = dns.rdatatype.from_text(kind)
    signatures = dns.rrset.RRset(APEX, dns.rdataclass.IN, dns.rdatatype.RRSIG, covered)
    for one in signers:
        rrsig = dns.dnssec.sign(
            rrset,
            one.private,
            APEX,
            one.public,
            inception=inception,
            expiration=inception + 30 * DAY,
            verify=False,
        )
        signatures.add(rrsig, 3600)
    return Fetched(rrset, signatures)


def cds(*keys: Pair, signers: Sequence[Pair] = (OLD, NEW)) -> Fetched:
    """Their CDS RRset."""
    return signed("CDS", [str(one.ds) for one in keys], signers)


def cdnskey(*keys: Pair, signers: Sequence[Pair] = (OLD, NEW)) -> Fetched:
    """Their CDNSKEY RRset."""
    return signed("CDNSKEY", [str(one.public) for one in keys], signers)


BOTH_KEYS = signed("DNSKEY", [str(OLD.public), str(NEW.public), str(ZSK.public)], [OLD, NEW])
ASKS = Child(BOTH_KEYS, cds(NEW), cdnskey(NEW))


def decided(child: Child, current: Sequence[Pair] = (OLD,), newest: int = 0, now: datetime = NOW) -> Decision:
    """What is decided about it."""
    return decide(ZONE, [one.ds for one in current], child, now.timestamp(), newest)


@pytest.mark.parametrize(
    "child",
    [ASKS, replace(ASKS, cds=None), replace(ASKS, cdnskey=None)],
    ids=["both", "CDNSKEY alone", "CDS alone"],
)
def test_a_new_key_that_signs_is_taken_over(child: Child) -> None:
    """Either record will do, and both."""
    assert decided(child).ds == (NEW.ds,)


def test_several_keys_are_taken_over_together() -> None:
    """As one set."""
    wanted = decided(Child(BOTH_KEYS, cds(OLD, NEW), cdnskey(OLD, NEW))).ds
    assert wanted is not None
    assert set(wanted) == {OLD.ds, NEW.ds}


@pytest.mark.parametrize(
    ("child", "why"),
    [
        (Child(BOTH_KEYS), "neither"),
        (replace(ASKS, dnskey=None), "does not validate by the present"),
        (
            replace(ASKS, dnskey=signed("DNSKEY", [str(OLD.public), str(NEW.public)], [NEW])),
            "does not validate by",
        ),
        (replace(ASKS, cds=cds(NEW, signers=[NEW])), "the CDS RRset is not signed by a key that the present"),
        (replace(ASKS, cdnskey=cdnskey(NEW, signers=[NEW])), "the CDNSKEY RRset is not signed by a key"),
        (replace(ASKS, cds=cds(NEW, signers=[])), "the CDS RRset is not signed"),
        (replace(ASKS, cdnskey=cdnskey(OLD)), "different keys"),
        (replace(ASKS, cds=cds(NEW, OLD)), "different keys"),
        (replace(ASKS, cdnskey=cdnskey(NEW, OLD)), "different keys"),
        (Child(BOTH_KEYS, cds(OTHER)), "would not validate"),
        (Child(BOTH_KEYS, cds(ZSK)), "would not validate"),
        (Child(BOTH_KEYS, cds(OLD), cdnskey(OLD)), "publishes that already"),
    ],
)
def test_what_breaks_a_rule_is_left(child: Child, why: str) -> None:
    """With the rule that it breaks."""
    decision = decided(child)
    assert decision.ds is None
    assert why in decision.why


def test_a_key_that_is_published_and_does_not_sign_is_left() -> None:
    """Continuity: its DS alone would validate nothing."""
    idle = signed("DNSKEY", [str(OLD.public), str(NEW.public)], [OLD])
    assert decided(Child(idle, cds(NEW, signers=[OLD]))).ds is None


def test_a_revoked_key_vouches_for_nothing() -> None:
    """Even where a DS names it."""
    revoked = Pair(OLD.private, dns.dnssec.make_dnskey(OLD.private.public_key(), 13, 257 | 0x80))
    keys = signed("DNSKEY", [str(revoked.public), str(NEW.public)], [revoked, NEW])
    assert decided(Child(keys, cds(NEW, signers=[revoked])), [revoked]).ds is None


def test_a_key_that_is_no_zone_key_vouches_for_nothing() -> None:
    """RFC 4034 2.1.1: without that flag it must not be used."""
    other = pair(flags=1)
    keys = signed("DNSKEY", [str(other.public), str(NEW.public)], [other, NEW])
    assert decided(Child(keys, cds(NEW, signers=[other])), [other]).ds is None


def test_a_zone_without_a_ds_is_not_enrolled() -> None:
    """There is nothing to validate by."""
    assert "enrolment" in decided(ASKS, []).why


def test_expired_signatures_count_for_nothing() -> None:
    """Validity is in lab time."""
    assert decided(ASKS, now=NOW + 40 * DAY).ds is None


def test_a_replay_is_left() -> None:
    """RFC 7344 6.2: nothing older than what was taken over."""
    assert decided(ASKS, newest=ASKS.inception).ds == (NEW.ds,)
    assert "older" in decided(ASKS, newest=ASKS.inception + 1).why


DELETE_CDS, DELETE_CDNSKEY = signed("CDS", ["0 0 0 00"], [OLD]), signed("CDNSKEY", ["0 3 0 AA=="], [OLD])


@pytest.mark.parametrize(
    "child", [Child(BOTH_KEYS, DELETE_CDS, DELETE_CDNSKEY), Child(BOTH_KEYS, DELETE_CDS)]
)
def test_a_deletion_is_obeyed(child: Child) -> None:
    """RFC 8078 4."""
    assert decided(child).ds == ()


@pytest.mark.parametrize(
    "child",
    [
        Child(BOTH_KEYS, DELETE_CDS, cdnskey(NEW)),
        Child(BOTH_KEYS, cds(NEW), DELETE_CDNSKEY),
        Child(BOTH_KEYS, signed("CDS", ["0 0 0 00", str(NEW.ds)], [OLD])),
    ],
)
def test_a_deletion_stands_alone(child: Child) -> None:
    """Beside anything else it is an error."""
    decision = decided(child)
    assert decision.ds is None
    assert "beside other" in decision.why


def test_a_deletion_must_be_signed_too() -> None:
    """By a key that the DS set names."""
    assert decided(Child(BOTH_KEYS, signed("CDS", ["0 0 0 00"], [NEW]))).ds is None


# -- polling -----------------------------------------------------------------------------------------------


@dataclass
class Parent:
    """A clock that is moved by hand, and a registrar that takes what it is given."""

    time: datetime = NOW
    later: list[tuple[datetime, Callable[[], None]]] = field(default_factory=list)
    ds: tuple[DS, ...] = (OLD.ds,)
    refuses: bool = False

    def now(self) -> datetime:
        """Lab time."""
        return self.time

    def at(self, instant: datetime, act: Callable[[], None]) -> None:
        """Note it."""
        self.later.append((instant, act))

    def come_due(self) -> None:
        """Do what is due next."""
        self.time, act = self.later.pop(0)
        act()

    def published(self, zone: str) -> tuple[DS, ...]:
        """What it has."""
        return self.ds

    def submit_ds(self, zone: str, *ds: DS) -> None:
        """Take it."""
        if self.refuses:
            raise RegistrarRefused("not today")
        self.ds = ds


def poller(parent: Parent, child: Callable[[], Child]) -> Poller:
    """One that polls daily."""
    return Poller(cast("Registrar", parent), cast("Clock", parent), ZONE, DAY, child)


def test_it_polls_at_its_interval_and_takes_over_once() -> None:
    """The second poll finds nothing new."""
    parent = Parent()
    polls = poller(parent, lambda: ASKS)
    polls.begin()
    for _ in range(2):
        parent.come_due()
    assert parent.ds == (NEW.ds,)
    assert [(at - NOW, decision.ds) for at, decision in polls.decisions] == [
        (DAY, (NEW.ds,)),
        (2 * DAY, None),
    ]


def test_what_was_taken_over_is_not_undone_by_a_replay() -> None:
    """The poller remembers."""
    parent = Parent()
    older = Child(BOTH_KEYS, signed("CDS", [str(OLD.ds)], [NEW], inception=NOW - 2 * DAY))
    told = iter([ASKS, older])
    polls = poller(parent, lambda: next(told))
    polls.begin()
    parent.come_due()
    parent.come_due()
    assert parent.ds == (NEW.ds,)
    assert "older" in polls.decisions[-1][1].why


def test_a_child_that_does_not_answer_and_a_registrar_that_refuses_change_nothing() -> None:
    """And why is kept."""

    def silent() -> Child:
        raise LabSick("nobody answers")

    parent = Parent(refuses=True)
    for child, why in ((silent, "nobody answers"), (lambda: ASKS, "not today")):
        polls = poller(parent, child)
        polls.begin()
        parent.come_due()
        parent.later.clear()
        assert polls.decisions == [(parent.time, Decision(None, why))]
    assert parent.ds == (OLD.ds,)
