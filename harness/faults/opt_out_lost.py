"""An unsigned delegation has neither an NSEC3 record nor a gap with opt-out around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.drafting import ServedOtherwise
from harness.fault import Proof

if TYPE_CHECKING:
    from lab.draft import Draft
    from lab.lab import Lab


@dataclass(frozen=True)
class OptOutLost(ServedOtherwise):
    """Opt-out was switched off in the flags of the NSEC3 records, and unsigned delegations got no records of their own.

    Without opt-out a gap says that nothing is in it (RFC 5155 6): the delegation is denied, and what is below fails.
    """

    child: str

    def edit(self, lab: Lab, draft: Draft) -> None:
        """Clear the opt-out flag of the record that covers the delegation, and sign it anew."""
        from lab import denial
        from lab.draft import keys_over

        owner = denial.cover(draft, self.child)
        denial.set_opt_out(draft, owner, opt_out=False)
        draft.sign(owner, "NSEC3", *keys_over(lab, self.zone, self.zone, "SOA"))

    def took_hold(self, lab: Lab) -> Proof:
        """The gap that the delegation falls into is not one with opt-out."""
        from lab import denial, draft

        served = draft.as_served(lab, self.zone)
        flag = denial.opts_out(served, denial.cover(served, self.child))
        return Proof(
            not flag,
            f"the NSEC3 record whose gap {self.child} falls into has {'opt-out' if flag else 'no opt-out'}",
        )
