"""The apex address follows a target elsewhere, and its signature does not follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.drafting import ServedOtherwise
from harness.fault import Proof

if TYPE_CHECKING:
    from lab.draft import Draft
    from lab.lab import Lab


@dataclass(frozen=True)
class ApexFlattened(ServedOtherwise):
    """The provider fills in the apex address from a target elsewhere (ALIAS, "CNAME flattening") after signing.

    The target moved, the servers now answer with its new address, and the signature is still over the old one.
    """

    address: str

    def edit(self, lab: Lab, draft: Draft) -> None:
        """Put another address at the apex, the signature left as it is."""
        draft.put(self.zone, draft.rrset(self.zone, "A").ttl, "A", self.address)

    def took_hold(self, lab: Lab) -> Proof:
        """The apex has the target's address, under a signature that is not over it."""
        from lab import draft

        served = draft.as_served(lab, self.zone)
        addresses = [str(one) for one in served.rrset(self.zone, "A")]
        verifies = served.holds(self.zone, "A")
        return Proof(
            addresses == [self.address] and not verifies,
            f"{lab.serving(self.zone).host.name} serves {self.zone} A {', '.join(addresses)},"
            f" whose signature {'verifies' if verifies else 'does not verify'}",
        )
