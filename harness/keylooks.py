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


@dataclass(frozen=True)
class ServersDiffer:
    """The two servers of a zone serve signatures that don't agree: of other dates or of other keys."""

    zone: str
    within: timedelta = timedelta(0)

    def describe(self) -> str:
        """The claim in one sentence."""
        return f"the two servers of {self.zone} serve different signatures over its SOA"

    def command(self) -> str:
        """Ask each."""
        return f"dig {self.zone} SOA +dnssec +nssearch; dig @EACH {self.zone} SOA +dnssec"

    def look(self, lab: Lab, history: History) -> Seen:
        """Compare serial, signer and expiration."""
        servers = (lab.serving(self.zone), lab.second(self.zone))
        signed = [server.signatures(self.zone, "SOA") for server in servers]
        told = [
            f"{server.host.name} has serial {server.serial()} signed by"
            f" {', '.join(f'{one.key_tag} until {one.expiration:%m-%d %H:%M}' for one in by) or 'nobody'}"
            for server, by in zip(servers, signed, strict=True)
        ]
        return Seen(all(signed) and set(signed[0]) != set(signed[1]), "; ".join(told))


@dataclass(frozen=True)
class GaveUpZone:
    """The zone's server answers for it no more: its copy has expired (RFC 1035 3.3.13)."""

    zone: str
    within: timedelta = timedelta(minutes=1)

    def describe(self) -> str:
        """The claim in one sentence."""
        return f"the server of {self.zone} has given it up, its SOA's expire having passed"

    def command(self) -> str:
        """At the server itself."""
        return f"dig @SERVER {self.zone} SOA +norecurse   # SERVFAIL"

    def look(self, lab: Lab, history: History) -> Seen:
        """Ask it."""
        server = lab.serving(self.zone)
        answer = server.ask(self.zone, "SOA")
        return Seen(answer.rcode == "SERVFAIL", f"{server.host.name} says {answer.rcode or answer.failed}")
