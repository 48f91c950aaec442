"""The zone's names are hashed too many times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.drafting import ServedOtherwise
from harness.fault import Proof

if TYPE_CHECKING:
    from lab.draft import Draft
    from lab.lab import Lab


@dataclass(frozen=True)
class Nsec3Iterated(ServedOtherwise):
    """The zone's NSEC3 chain has additional iterations, as was once advised; validators stopped following them.

    Each iteration costs a validator work that an attacker can ask for (RFC 9276 3.2): from some number on it takes
    denials, and answers from wildcards, for insecure, or refuses them.
    """

    iterations: int

    def edit(self, lab: Lab, draft: Draft) -> None:
        """Have an NSEC3 chain with so many iterations in place of the zone's."""
        from lab import denial
        from lab.draft import keys_over

        (key,) = keys_over(lab, self.zone, self.zone, "NSEC3PARAM")
        denial.hash_anew(draft, key, iterations=self.iterations)

    def took_hold(self, lab: Lab) -> Proof:
        """Every NSEC3 record that is served has so many iterations."""
        from dns.rdtypes.ANY.NSEC3 import NSEC3

        from lab import draft

        served = draft.as_served(lab, self.zone)
        chain = [served.rrset(str(owner), "NSEC3")[0] for owner in served.owners("NSEC3")]
        counts = {one.iterations for one in chain if isinstance(one, NSEC3)}
        return Proof(
            counts == {self.iterations},
            f"{len(chain)} NSEC3 records with {' or '.join(map(str, sorted(counts))) or 'no'} iterations are served",
        )
