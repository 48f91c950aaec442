"""The DNSKEY RRset is signed, but not by the key that the DS names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.drafting import ServedOtherwise
from harness.fault import Proof

if TYPE_CHECKING:
    from lab.draft import Draft
    from lab.lab import Lab


@dataclass(frozen=True)
class KskSignatureMissing(ServedOtherwise):
    """The DNSKEY RRset was signed by the ZSK alone: the KSK is kept offline, and its signature was not brought along.

    The KSK is published and fits the DS, but the set has to be signed by that very key (RFC 4035 5.2).
    """

    def edit(self, lab: Lab, draft: Draft) -> None:
        """Sign the DNSKEY RRset by the keys that sign the zone's data alone."""
        from lab.draft import keys_over

        draft.sign(self.zone, "DNSKEY", *keys_over(lab, self.zone, self.zone, "SOA"))

    def took_hold(self, lab: Lab) -> Proof:
        """The DNSKEY RRset is signed, and by none of the keys that a DS names."""
        server = lab.serving(self.zone)
        named = {ds.key_tag for ds in lab.registrar.published(self.zone)}
        signing = {one.key_tag for one in server.signatures(self.zone, "DNSKEY")}
        return Proof(
            bool(signing) and bool(named) and not signing & named,
            f"the DNSKEY RRset is signed by {', '.join(map(str, sorted(signing))) or 'no key'};"
            f" the DS names {', '.join(map(str, sorted(named))) or 'none'}",
        )
