"""An NSEC or NSEC3 record lists other types than its name has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.drafting import ServedOtherwise
from harness.fault import Proof

if TYPE_CHECKING:
    from lab.draft import Draft
    from lab.lab import Lab


@dataclass(frozen=True)
class TypesListedWrong(ServedOtherwise):
    """The record that says which types a name has is wrong, and validly signed: the signer made it so.

    A type listed that isn't there makes its denial bogus.  A type left out is denied wherever the record is cached:
    a validator may answer by it without asking (RFC 8198).
    """

    owner: str
    lists: str = ""
    leaves_out: str = ""

    def edit(self, lab: Lab, draft: Draft) -> None:
        """Change the types, and sign the record anew."""
        from lab import denial
        from lab.draft import keys_over

        where = denial.match(draft, self.owner)
        types = {*denial.types(draft, where), *self.lists.split()} - {self.leaves_out}
        denial.set_types(draft, where, types)
        draft.sign(where, denial.kind(draft), *keys_over(lab, self.zone, self.zone, "SOA"))

    def took_hold(self, lab: Lab) -> Proof:
        """The types listed for the name are not those that it has."""
        import dns.name
        import dns.rdatatype

        from lab import denial, draft

        served = draft.as_served(lab, self.zone)
        listed = set(denial.types(served, denial.match(served, self.owner))) - {"RRSIG", "NSEC"}
        name = dns.name.from_text(self.owner)
        there = {dns.rdatatype.to_text(rdtype) for owner, rdtype in served.rrsets if owner == name} - {"NSEC"}
        return Proof(
            listed != there,
            f"{self.owner} has {_words(there)}; its {denial.kind(served)} record lists {_words(listed)}",
        )


def _words(types: set[str]) -> str:
    return ", ".join(sorted(types)) or "nothing"
