"""Steps that let lab time pass: for a duration, for a TTL, until something is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from harness.expectation import duration_text

if TYPE_CHECKING:
    from lab.lab import Lab

TTL_MARGIN = timedelta(seconds=2)
"""Some validators use a key until one second after its TTL ran out; waiting out a TTL covers that."""


class Step(Protocol):
    """Something done: by time (here) or by an operator (`harness.action`)."""

    def describe(self) -> str:
        """What it is, in one sentence."""

    def command(self) -> str:
        """What an operator would type for it (empty: nothing)."""

    def perform(self, lab: Lab) -> str:
        """Do it, and say what happened."""


@dataclass(frozen=True)
class Wait:
    """Let a duration of lab time pass."""

    duration: timedelta
    why: str = ""

    def describe(self) -> str:
        """How long, and what for."""
        return f"wait {duration_text(self.duration)}" + (f" ({self.why})" if self.why else "")

    def command(self) -> str:
        """Nothing to type."""
        return ""

    def perform(self, lab: Lab) -> str:
        """Advance the lab's clock."""
        lab.clock.advance(self.duration)
        return f"+ {duration_text(self.duration)}" + (f" ({self.why})" if self.why else "")

    @staticmethod
    def ttl(zone: str, rdtype: str) -> Step:
        """Wait until no cache can hold the zone's DS or DNSKEY RRset of now any more."""
        return _WaitTtl(zone, rdtype)

    @staticmethod
    def negative_ds(zone: str) -> Step:
        """Wait until no cache can hold the parent's proof that the zone has no DS (RFC 9077)."""
        return _WaitNegativeDs(zone)

    @staticmethod
    def registrar(zone: str) -> Step:
        """Wait until the parent publishes what was submitted to the registrar."""
        return _WaitRegistrar(zone)

    @staticmethod
    def signature_life(zone: str, below: float) -> Step:
        """Wait until the zone's shortest-lived signature has less than this fraction of its validity left."""
        return _WaitSignatureLife(zone, below)

    @staticmethod
    def signatures_expired(zone: str) -> Step:
        """Wait until every signature of the zone as served now has expired."""
        return _WaitSignatureLife(zone, None)


@dataclass(frozen=True)
class _WaitTtl:
    zone: str
    rdtype: str

    def describe(self) -> str:
        return f"wait until the {self.rdtype} RRset of {self.zone} has left every cache (its TTL)"

    def command(self) -> str:
        where = "PARENT" if self.rdtype == "DS" else "SERVER"
        return f"dig @{where} {self.zone} {self.rdtype} +noall +answer   # its TTL is the second column"

    def perform(self, lab: Lab) -> str:
        if self.rdtype == "DS":
            ttl = lab.registrar.terms.ds_ttl
        else:
            ttl = timedelta(seconds=lab.serving(self.zone).ttl_seconds(self.rdtype))
        lab.clock.advance(ttl + TTL_MARGIN)
        return f"+ {duration_text(ttl)} ({self.rdtype} TTL)"


@dataclass(frozen=True)
class _WaitNegativeDs:
    zone: str

    def describe(self) -> str:
        return f"wait until the parent's proof that {self.zone} has no DS has left every cache"

    def command(self) -> str:
        return f"dig @PARENT {self.zone} DS +dnssec   # the SOA's TTL and last number, whichever is less"

    def perform(self, lab: Lab) -> str:
        ttl = timedelta(seconds=lab.parent(self.zone).negative_ttl_seconds())
        lab.clock.advance(ttl + TTL_MARGIN)
        return f"+ {duration_text(ttl)} (negative TTL of the parent)"


@dataclass(frozen=True)
class _WaitRegistrar:
    zone: str

    def describe(self) -> str:
        return f"wait until the parent serves the DS set of {self.zone} that was submitted"

    def command(self) -> str:
        return f"dig @PARENT {self.zone} DS +short"

    def perform(self, lab: Lab) -> str:
        from lab import operations

        before = lab.clock.now()
        if lab.registrar.pending(self.zone):
            lab.clock.advance(lab.registrar.terms.publication_delay)
        operations.wait_published(lab, self.zone)
        tags = ", ".join(f"DS {ds.key_tag}" for ds in lab.registrar.published(self.zone)) or "no DS"
        return f"the parent serves {tags} for {self.zone} after {duration_text(lab.clock.now() - before)}"


@dataclass(frozen=True)
class _WaitSignatureLife:
    zone: str
    below: float | None

    def describe(self) -> str:
        if self.below is None:
            return f"wait until every signature of {self.zone} has expired"
        return f"wait until a signature of {self.zone} has less than {self.below:.0%} of its life left"

    def command(self) -> str:
        return f"dig @SERVER {self.zone} SOA +dnssec   # RRSIG: expiration, then inception"

    def perform(self, lab: Lab) -> str:
        signatures = lab.serving(self.zone).zone_signatures()
        if self.below is None:
            target = max(signature.expiration for signature in signatures)
        else:
            target = min(s.expiration - self.below * (s.expiration - s.inception) for s in signatures)
        step = max(target - lab.clock.now(), timedelta(0))
        lab.clock.advance(step + TTL_MARGIN)
        what = "all signatures expired" if self.below is None else f"one is below {self.below:.0%}"
        return f"+ {duration_text(step)} ({what})"
