"""One RRset is served without its signature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.drafting import ServedOtherwise
from harness.fault import Proof

if TYPE_CHECKING:
    from lab.draft import Draft
    from lab.lab import Lab


@dataclass(frozen=True)
class SignatureMissing(ServedOtherwise):
    """One RRset of the zone is served without its RRSIG: the signer was stopped half-way, or a copy left it out.

    The zone is signed otherwise, so that an unsigned answer of it is taken for a forged one (RFC 4035 2.2).
    """

    owner: str
    rdtype: str = "A"

    def edit(self, lab: Lab, draft: Draft) -> None:
        """Take the RRset's signatures out."""
        draft.unsign(self.owner, self.rdtype)

    def took_hold(self, lab: Lab) -> Proof:
        """The server has the RRset, and no signature over it."""
        server = lab.serving(self.zone)
        there = server.rrset(self.owner, self.rdtype) is not None
        signed = len(server.signatures(self.owner, self.rdtype))
        return Proof(
            there and not signed,
            f"{server.host.name} serves {self.owner} {self.rdtype} with {signed or 'no'} signatures",
        )
