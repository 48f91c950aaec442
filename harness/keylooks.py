"""Claims about what a zone's servers serve: signatures that are gone, servers that differ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from harness.expectation import Seen

if TYPE_CHECKING:
    from harness.history import History
    from lab.lab import Lab


@dataclass(frozen=True)
class LostSignature:
    """One of the apex RRsets is served without any signature, in a zone whose keys are published."""

    zone: str
    rdtype: str
    within: timedelta = timedelta(minutes=1)

    def describe(self) -> str:
        """The claim in one sentence."""
        return f"the {self.rdtype} RRset of {self.zone} is served without a signature"

    def command(self) -> str:
        """At the server itself."""
        return f"dig @SERVER {self.zone} {self.rdtype} +dnssec +noall +answer   # no RRSIG"

    def look(self, lab: Lab, history: History) -> Seen:
        """Look at the server that answers."""
        server = lab.serving(self.zone)
        signatures = len(server.signatures(self.zone, self.rdtype))
        keys = len(server.rrset(self.zone, "DNSKEY") or ())
        return Seen(
            keys > 0 and signatures == 0,
            f"{server.host.name} serves {keys} DNSKEYs, and {signatures or 'no'} signatures over {self.rdtype}",
            signatures,
        )
