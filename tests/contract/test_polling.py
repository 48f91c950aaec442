"""A parent that polls: what dnssec-signzone signs and named serves as CDS and CDNSKEY is what it takes over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from lab.byhand import HandKey, HandSigner, HandZone
from lab.lab import Lab
from lab.topology import RegistrarTerms, Topology, Zone

ZONE = "shop.lab."
DAY = timedelta(days=1)
OLD, NEW, ZSK = HandKey("old", ksk=True), HandKey("new", ksk=True), HandKey("zsk", zsk=True)
IN_USE, BOTH = frozenset({"old", "zsk"}), frozenset({"old", "new", "zsk"})


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A lab whose victim is signed by hand and polled daily; nothing is watched in it."""
    terms = RegistrarTerms(publication_delay=timedelta(0), polls_every=DAY)
    topology = Topology(victim=Zone(ZONE, policy=None), bystander=None, registrar=terms)
    with Lab(topology, validators=(), control=False) as lab:
        yield lab


@pytest.fixture
def hand(lab: Lab) -> HandSigner:
    """The zone with its old key, which the DS set names."""
    hand = HandSigner(lab, ZONE)
    hand._serial = lab.signer(ZONE).serial() or 1
    hand.make_keys((OLD, NEW, ZSK))
    hand.serve(HandZone(IN_USE, IN_USE))
    lab.registrar.submit_dnskey(ZONE, hand.keys["old"].record)
    return hand


def after_a_poll(lab: Lab, hand: HandSigner) -> tuple[set[str], str]:
    """The keys that the DS set names a day later, and what was said to it."""
    assert lab.poller is not None
    polls = len(lab.poller.decisions)
    lab.clock.advance(DAY)
    assert len(lab.poller.decisions) == polls + 1
    tags = {one.key_tag for one in lab.registrar.published(ZONE)}
    named = {name for name, key in hand.keys.items() if key.ident.tag in tags}
    return named, lab.poller.decisions[-1][1].why


def test_a_rollover_and_a_deletion_are_taken_over(lab: Lab, hand: HandSigner) -> None:
    """The KSKs sign both records, so the key that the parent knows has."""
    assert after_a_poll(lab, hand) == ({"old"}, "the child publishes neither CDS nor CDNSKEY")
    hand.serve(HandZone(BOTH, BOTH, cds=frozenset({"new"})))
    for kind in ("CDS", "CDNSKEY"):
        signers = {one.key_tag for one in lab.signer(ZONE).signatures(ZONE, kind)}
        assert signers == {hand.keys["old"].ident.tag, hand.keys["new"].ident.tag}
    assert after_a_poll(lab, hand)[0] == {"new"}
    hand.serve(HandZone(BOTH, BOTH, cds_delete=True))
    assert after_a_poll(lab, hand)[0] == set()


@pytest.mark.parametrize(
    ("zone", "why"),
    [
        (HandZone(IN_USE, IN_USE, cds=frozenset({"new"})), "would not validate"),
        (HandZone(BOTH, BOTH - {"old"}, cds=frozenset({"new"})), "by the present DS set"),
        (HandZone(cds_delete=True), "by the present DS set"),
    ],
    ids=["a key that is not published", "signed by a key that no DS names", "not signed"],
)
def test_what_breaks_a_rule_is_left(lab: Lab, hand: HandSigner, zone: HandZone, why: str) -> None:
    """Although named loads and serves all of it."""
    hand.serve(zone)
    named, said = after_a_poll(lab, hand)
    assert named == {"old"}
    assert why in said
