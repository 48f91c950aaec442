"""Steps of the root's own key rollover under RFC 5011, and the stage that they are played on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, cast

from harness.expectation import duration_text
from harness.handwork import Pause
from harness.timing import rfc5011_active_refresh, rfc5011_add_hold_down, rfc5011_remove_hold_down
from lab.byhand import HandKey, HandZone

if TYPE_CHECKING:
    from harness.conductor import Stage
    from harness.history import History
    from harness.rehearsal import Rehearsal
    from harness.timing import Terms
    from lab.anchors import RootSigner
    from lab.lab import Lab

REVOKED = " (revoked)"
"""What the revoked form of a key is called after its name."""

_LONG = timedelta(days=3650)
_SURE = timedelta(minutes=10)


def add_wait(terms: Terms) -> timedelta:
    """From publishing a key until every tracker trusts it: one refresh to see it, the hold-down, one to see it again."""
    return rfc5011_add_hold_down(terms.dnskey_ttl) + 2 * _refresh(terms) + _SURE


def _refresh(terms: Terms) -> timedelta:
    return rfc5011_active_refresh(terms.dnskey_ttl, _LONG)


@dataclass(frozen=True)
class Hold(Pause):
    """Wait one of RFC 5011's hold-downs: `add` until trackers trust a new key, `remove` until a revoked one may go."""

    def duration(self, terms: Terms) -> timedelta:
        """How long; less a TTL, trackers lack the looks that may come so late."""
        whole = add_wait(terms) if self.interval == "add" else rfc5011_remove_hold_down()
        return (whole - (terms.dnskey_ttl if self.less_a_ttl else timedelta(0))) * self.share

    @property
    def says(self) -> str:
        """What it waits for."""
        if self.interval == "add":
            return "until every validator that tracks trusts the new key (add hold-down, and an active refresh on either side)"
        return "until every validator that tracks has dropped the revoked key (remove hold-down)"

    def describe(self) -> str:
        """What it waits for."""
        return f"wait {self.says}"

    def perform(self, stage: Stage) -> str:
        """Let it pass, every tracker looking as often as it does."""
        duration = self.duration(stage.terms)
        stage.pass_time(duration)
        return f"+ {duration_text(duration)} ({self.says})"


@dataclass(frozen=True)
class TakeRoot:
    """Sign the root by hand, with these keys, the lab's validators trusting those that it begins with for ever."""

    changes: ClassVar[int] = 0

    keys: tuple[HandKey, ...]
    begin_with: HandZone

    def describe(self) -> str:
        """What is made."""
        return f"generate {', '.join(key.name for key in self.keys)}"

    def command(self) -> str:
        """By BIND's tool."""
        return "dnssec-keygen -a ECDSAP256SHA256 [-f KSK] ."

    def perform(self, stage: Stage) -> str:
        """Make them, and serve."""
        hand = cast("RootSigner", stage.hand)
        hand.take_over()
        hand.make_keys(self.keys)
        hand.serve(self.begin_with)
        ksks = [
            made.record
            for name, made in hand.keys.items()
            if name in self.begin_with.signing and made.key.ksk
        ]
        stage.lab.trust(ksks)
        return f"the root is signed with {', '.join(sorted(self.begin_with.signing))}"


@dataclass(frozen=True)
class Revoke:
    """Publish a key with its REVOKE bit set, signed by itself (RFC 5011 2.1)."""

    changes: ClassVar[int] = 1

    key: str

    def describe(self) -> str:
        """What is revoked."""
        return f"revoke {self.key}"

    def command(self) -> str:
        """By BIND's tools."""
        return "dnssec-revoke KEY; dnssec-signzone -o . root KEYS…; rndc reload ."

    def perform(self, stage: Stage) -> str:
        """Revoke, sign and serve."""
        hand = cast("RootSigner", stage.hand)
        gone, instead = {self.key}, {self.key + REVOKED}
        hand.revoked(self.key, self.key + REVOKED)
        before = hand.serves
        after = replace(
            before, published=before.published - gone | instead, signing=before.signing - gone | instead
        )
        stage.change(self.describe(), lambda: hand.serve(after))
        return self.describe()


@dataclass(frozen=True)
class Remove:
    """Withdraw a key, revoked or not."""

    changes: ClassVar[int] = 1

    key: str

    def describe(self) -> str:
        """What goes."""
        return f"withdraw {self.key}"

    def command(self) -> str:
        """By BIND's tools."""
        return "dnssec-signzone -o . root KEYS…; rndc reload ."

    def perform(self, stage: Stage) -> str:
        """Sign and serve."""
        before, gone = stage.hand.serves, {self.key, self.key + REVOKED}
        after = replace(before, published=before.published - gone, signing=before.signing - gone)
        stage.change(self.describe(), lambda: stage.hand.serve(after))
        return self.describe()


@dataclass(frozen=True)
class SwitchOnSpare:
    """Switch on validators that were off all along, with the trust anchor file of before."""

    changes: ClassVar[int] = 0

    def describe(self) -> str:
        """What is switched on."""
        return "switch on a spare validator that was off, with its old trust anchor file"

    def command(self) -> str:
        """Whatever starts it."""
        return "systemctl start named   # or unbound"

    def perform(self, stage: Stage) -> str:
        """Start one of each vendor."""
        from harness.anchor_oracle import AnchorOracle, Holding

        assert isinstance(stage.oracle, AnchorOracle)
        stage.oracle.start_trackers(Holding.SPARE)
        return self.describe()


def on_the_root(rehearsal: Rehearsal, lab: Lab, history: History) -> Stage:
    """The stage of such a rehearsal (`Rehearsal.stage`)."""
    from harness.anchor_stage import anchor_stage

    return anchor_stage(rehearsal, lab, history)
