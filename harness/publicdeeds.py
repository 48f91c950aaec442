"""What was done in outages that were reported: by a zone's operator, and by those who run resolvers.

As in `harness.action`: no action undoes itself, and `lab` is imported where something is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class StopSigning:
    """Serve the zone without anything of DNSSEC from now on, whatever the parent or caches say."""

    zone: str

    def describe(self) -> str:
        """What is done."""
        return f"switch off signing of {self.zone}"

    def command(self) -> str:
        """At the provider's console; at Amazon Route 53 by its command line."""
        return "aws route53 disable-hosted-zone-dnssec --hosted-zone-id ZONE"

    def perform(self, lab: Lab) -> str:
        """Serve it so."""
        from lab import draft, rekeyed

        server = lab.serving(self.zone)
        edited = draft.taken_from(lab, server)
        rekeyed.strip(edited)
        draft.serve(lab, self.zone, edited)
        return f"{server.host.name} serves {self.zone} unsigned"


@dataclass(frozen=True)
class UpdateTrustAnchor:
    """Have every validator trust the KSK that signs the root's DNSKEY set now, in place of the one it was pinned to."""

    def describe(self) -> str:
        """What is done."""
        return "replace the trust anchor of every validator by the root's present KSK"

    def command(self) -> str:
        """After a check of the new key against what IANA publishes."""
        return "unbound-anchor -a ANCHOR-FILE; systemctl restart unbound   # named: trust-anchors, then rndc reconfig"

    def perform(self, lab: Lab) -> str:
        """Trust it."""
        from lab import rekeyed

        root = lab.serving(".")
        signs = {one.key_tag for one in root.signatures(".", "DNSKEY")}
        keys = [key for key in root.ksks() if rekeyed.tags([key])[0] in signs]
        lab.trust(keys)
        return f"every validator trusts {rekeyed.words('KSK', rekeyed.tags(keys))} of the root"
