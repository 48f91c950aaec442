"""What an operator does about a zone that is served other than it was signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class ServeSigned:
    """Have the zone's server take the zone from its signer again, whole, in place of the copy that it serves."""

    zone: str

    def describe(self) -> str:
        """What is done."""
        return f"have the servers of {self.zone} serve again what its signer signs"

    def command(self) -> str:
        """At a secondary; where the zone's file was edited, restore the signer's own and reload it."""
        return f"rndc retransfer {self.zone}   # at the primary: rndc reload {self.zone}"

    def perform(self, lab: Lab) -> str:
        """Take it, and wait until it is served."""
        from lab import draft

        draft.serve_signers(lab, self.zone)
        server = lab.serving(self.zone)
        return f"{server.host.name} serves {self.zone} as it is signed, serial {server.serial()}"


@dataclass(frozen=True)
class HashOnce(ServeSigned):
    """Have the zone's names hashed once, unsalted, in a new NSEC3 chain (RFC 9276 3.1)."""

    def describe(self) -> str:
        """What is done."""
        return f"have {self.zone} denied by NSEC3 without additional iterations and without salt"

    def command(self) -> str:
        """Under a dnssec-policy: nsec3param iterations 0 optout no salt-length 0;."""
        return f"rndc signing -nsec3param 1 0 0 - {self.zone}"
