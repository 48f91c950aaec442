"""The NSEC or NSEC3 record that would prove a denial is not in the zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.drafting import ServedOtherwise
from harness.fault import Proof

if TYPE_CHECKING:
    from lab.draft import Draft
    from lab.lab import Lab


@dataclass(frozen=True)
class ProofMissing(ServedOtherwise):
    """The chain of denial has a hole: a name came or went, and the signer left the chain as it was.

    What exists is answered well.  What falls into the hole is denied with records that do not prove it: it does not
    fail for who looks up names that are there, and monitors do that.
    """

    qname: str

    def edit(self, lab: Lab, draft: Draft) -> None:
        """Take out the record of this name, or the one whose gap it falls into."""
        from lab import denial

        draft.remove(denial.teller(draft, self.qname), denial.kind(draft))

    def took_hold(self, lab: Lab) -> Proof:
        """No record of the chain that is served tells of this name."""
        from lab import denial, draft

        served = draft.as_served(lab, self.zone)
        kind = denial.kind(served)
        told = denial.told(served, self.qname)
        count = len(served.owners(kind))
        return Proof(not told, f"{'one' if told else 'none'} of {count} {kind} records tells of {self.qname}")
