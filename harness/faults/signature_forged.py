"""One RRset is served with a signature that does not verify."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.drafting import ServedOtherwise
from harness.fault import Proof

if TYPE_CHECKING:
    from lab.draft import Draft
    from lab.lab import Lab


@dataclass(frozen=True)
class SignatureForged(ServedOtherwise):
    """One signature does not verify: a bit of it was damaged on a disk or in a copy, or the answer is forged.

    Its key, its dates and its key tag are in order, so that only checking the signature itself shows it.
    """

    owner: str
    rdtype: str = "A"

    def edit(self, lab: Lab, draft: Draft) -> None:
        """Change a bit of the signatures over the RRset."""
        draft.forge(self.owner, self.rdtype)

    def took_hold(self, lab: Lab) -> Proof:
        """A signature is served, and none verifies by the keys that are served."""
        from lab import draft

        served = draft.as_served(lab, self.zone)
        verifies = served.holds(self.owner, self.rdtype)
        server = lab.serving(self.zone)
        return Proof(
            not verifies and bool(server.signatures(self.owner, self.rdtype)),
            f"the signature over {self.owner} {self.rdtype} at {server.host.name}"
            f" {'verifies' if verifies else 'does not verify'}",
        )
