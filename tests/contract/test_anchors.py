"""Validators that track the root's keys (RFC 5011), on real servers: what the model of their stores is built on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from lab.anchors import RootSigner, Standing, Trackers
from lab.byhand import HandKey, HandZone
from lab.lab import Lab
from lab.resolver import Resolver
from lab.topology import REGISTRY, Topology, Zone

OLD, NEW, ZSK = HandKey("old", ksk=True), HandKey("new", ksk=True), HandKey("zsk", zsk=True)
BEFORE = HandZone(frozenset({"old", "zsk"}), frozenset({"old", "zsk"}), dnskey_ttl=timedelta(days=2))
A_LOOK = timedelta(days=1, seconds=2)


class Root:
    """A root signed by hand, and a tracker of each vendor that begins with its key."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.hand = RootSigner(lab)
        self.hand.take_over()
        self.hand.make_keys((OLD, NEW, ZSK))
        self.hand.serve(BEFORE)
        self.old = self.hand.keys["old"].record
        lab.trust([self.old])
        self.trackers = Trackers(lab)
        self.watched = {vendor: self.trackers.start(vendor, [self.old]) for vendor in ("unbound", "bind")}
        self.stand()

    def stand(self) -> dict[str, Standing]:
        """How they stand, once all have looked as they were due to."""
        return {vendor: self.trackers.wait_looked(one) for vendor, one in self.watched.items()}

    def trusted(self) -> dict[str, set[str]]:
        """The keys that they trust, by name."""
        names = {made.ident.tag: name for name, made in self.hand.keys.items()}
        return {vendor: {names[tag] for tag in one.trusted} for vendor, one in self.stand().items()}

    def look(self, times: int) -> None:
        """Let them look so often."""
        for _ in range(times):
            self.lab.clock.advance(A_LOOK)
            self.stand()

    def serve(self, out: str, into: str) -> None:
        """Have a key replaced, published and signing."""
        now = self.hand.serves
        self.hand.serve(
            replace(now, published=now.published - {out} | {into}, signing=now.signing - {out} | {into})
        )

    def revoke(self) -> None:
        """Revoke the old key."""
        self.hand.revoked("old", "old (revoked)")
        self.serve("old", "old (revoked)")


def cold(resolver: Resolver) -> tuple[str | None, bool]:
    """What it says with an empty cache."""
    resolver.flush()
    answer = resolver.answer("www.shop.lab.")
    return answer.rcode, answer.ad


@pytest.fixture
def root() -> Iterator[Root]:
    """A lab of its own: anchors that are lost don't come back."""
    with Lab(Topology(victim=Zone("shop.lab.", REGISTRY), bystander=None), control=False) as lab:
        yield Root(lab)


def test_a_key_is_trusted_after_thirty_days_and_a_revoked_one_no_more(root: Root) -> None:
    """Both vendors follow; the lab's own, with the old key configured for ever, do not."""
    root.serve("new", "new")
    root.look(1)
    assert root.trusted() == {"unbound": {"old"}, "bind": {"old"}}
    root.look(29)
    assert root.trusted() == {"unbound": {"old"}, "bind": {"old"}}
    root.look(2)
    assert root.trusted() == {"unbound": {"old", "new"}, "bind": {"old", "new"}}
    root.revoke()
    assert {cold(one) for one in root.lab.validators} == {("SERVFAIL", False)}
    root.look(1)
    assert root.trusted() == {"unbound": {"new"}, "bind": {"new"}}
    assert {cold(one) for one in root.watched.values()} == {("NOERROR", True)}


def test_revoked_too_early_unbound_goes_insecure_and_bind_bogus(root: Root) -> None:
    """RFC 5011 5 wants the former: no anchor is left, so it is as if there had never been one."""
    root.serve("new", "new")
    root.look(10)
    root.revoke()
    assert cold(root.watched["unbound"]) == ("NOERROR", False)
    assert cold(root.watched["bind"]) == ("SERVFAIL", False)


def test_unbound_looks_at_the_keys_whenever_it_fetches_them_and_bind_does_not(root: Root) -> None:
    """A term of the model."""
    before = root.stand()
    for one in root.watched.values():
        cold(one)
    after = root.stand()
    assert after["unbound"].looks_next != before["unbound"].looks_next
    assert after["bind"].looks_next == before["bind"].looks_next


@pytest.mark.parametrize(("days", "stalls"), [(1, False), (31, True)])
def test_bind_stops_looking_where_a_revoked_key_goes_after_its_time(
    root: Root, days: int, stalls: bool
) -> None:
    """An error of its own (9.20.30), after the remove hold-down: its store stays as it is; Unbound goes on."""
    root.serve("new", "new")
    root.look(32)
    root.revoke()
    root.look(days)
    root.serve("old (revoked)", "new")
    root.look(1)
    assert (root.stand()["bind"].looks_next is None) == stalls
    assert root.stand()["unbound"].looks_next is not None
    assert cold(root.watched["bind"]) == ("NOERROR", True)
