"""The zone says other NSEC3 parameters than its chain has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.drafting import ServedOtherwise
from harness.fault import Proof

if TYPE_CHECKING:
    from lab.draft import Draft
    from lab.lab import Lab


@dataclass(frozen=True)
class Nsec3ParametersWrong(ServedOtherwise):
    """The NSEC3PARAM record was changed to another salt, and the NSEC3 chain was not made anew.

    A server finds the records that deny a name by those parameters (RFC 5155 4): it looks for hashes that are not
    there, and denies without proof.
    """

    salt: str

    def edit(self, lab: Lab, draft: Draft) -> None:
        """Put another salt into NSEC3PARAM, signed as it was."""
        from lab.draft import keys_over

        ttl = draft.rrset(self.zone, "NSEC3PARAM").ttl
        draft.put(self.zone, ttl, "NSEC3PARAM", f"1 0 0 {self.salt}")
        draft.sign(self.zone, "NSEC3PARAM", *keys_over(lab, self.zone, self.zone, "NSEC3PARAM"))

    def took_hold(self, lab: Lab) -> Proof:
        """No NSEC3 record that is served has the salt that NSEC3PARAM says."""
        from dns.rdtypes.ANY.NSEC3 import NSEC3

        from lab import draft

        served = draft.as_served(lab, self.zone)
        said = served.rrset(self.zone, "NSEC3PARAM")[0].to_text().split()[3]
        chain = [served.rrset(str(owner), "NSEC3")[0] for owner in served.owners("NSEC3")]
        salts = {one.salt.hex() or "-" for one in chain if isinstance(one, NSEC3)}
        return Proof(
            bool(salts) and said not in salts,
            f"NSEC3PARAM says salt {said}; the NSEC3 records have {' and '.join(sorted(salts)) or 'none'}",
        )
