"""What an operator may reach for beside the drills' own remedies: at resolvers, and the wrong thing at a signer.

Like `harness.action`, none undoes itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from harness.expectation import duration_text

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class FlushValidators:
    """Empty the caches of every validator."""

    def describe(self) -> str:
        """What is done."""
        return "empty the caches of every validator"

    def command(self) -> str:
        """Each vendor's own."""
        return "unbound-control flush_zone .   # or: rndc flush"

    def perform(self, lab: Lab) -> str:
        """Flush them."""
        lab.each(lambda resolver: resolver.flush(), lab.validators)
        return f"flushed {', '.join(resolver.name for resolver in lab.validators)}"


@dataclass(frozen=True)
class NegativeTrustAnchor:
    """Have every validator take a zone as insecure for a while (RFC 7646), each with its vendor's one command."""

    zone: str
    lifetime: timedelta = timedelta(days=1)
    """Where the vendor knows an end."""

    def describe(self) -> str:
        """What is done."""
        return f"have every validator take {self.zone} as insecure for {duration_text(self.lifetime)}"

    def command(self) -> str:
        """Each vendor's own."""
        seconds = round(self.lifetime.total_seconds())
        return f"rndc nta -lifetime {seconds} {self.zone}   # or: unbound-control insecure_add {self.zone}"

    def perform(self, lab: Lab) -> str:
        """Add it everywhere."""
        lab.each(lambda resolver: resolver.vendor.add_nta(resolver, self.zone, self.lifetime), lab.validators)
        return f"{', '.join(resolver.name for resolver in lab.validators)} take {self.zone} as insecure"


@dataclass(frozen=True)
class RemoveNegativeTrustAnchor:
    """Have every validator validate a zone again."""

    zone: str

    def describe(self) -> str:
        """What is done."""
        return f"have every validator validate {self.zone} again"

    def command(self) -> str:
        """Each vendor's own."""
        return f"rndc nta -remove {self.zone}   # or: unbound-control insecure_remove {self.zone}"

    def perform(self, lab: Lab) -> str:
        """Remove it everywhere."""
        lab.each(lambda resolver: resolver.vendor.remove_nta(resolver, self.zone), lab.validators)
        return f"{', '.join(resolver.name for resolver in lab.validators)} validate {self.zone} again"


@dataclass(frozen=True)
class Unsign:
    """Serve a zone unsigned at once, and throw its keys away.  Only safe once no cache holds a DS for it."""

    zone: str

    def describe(self) -> str:
        """What is done."""
        return f"take the DNSKEYs and all signatures out of {self.zone}"

    def command(self) -> str:
        """After the change of named.conf."""
        return f"rndc stop; rm K{self.zone}* {self.zone}*.signed* {self.zone}*.jnl; named   # dnssec-policy none;"

    def perform(self, lab: Lab) -> str:
        """Stop its servers, remove keys and signatures, start them."""
        from lab import operations

        operations.stop_signing(lab, self.zone, keys=True)
        return f"{self.zone} is served unsigned"
