"""The zone is served signed with a whole other set of keys than its DS knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.drafting import ServedOtherwise
from harness.fault import Proof

if TYPE_CHECKING:
    from lab.draft import Draft
    from lab.lab import Lab


@dataclass(frozen=True)
class KeySetOther(ServedOtherwise):
    """The zone was signed with another KSK and another ZSK than before: a stand-by signer with keys of its own took over.

    What it serves is valid by itself.  Validators refuse its signatures while they hold the old DNSKEY set, and its
    DNSKEY set after that, for want of a DS.
    """

    def edit(self, lab: Lab, draft: Draft) -> None:
        """Have two new keys in place of all others, and sign everything with them."""
        from lab import rekeyed
        from lab.draft import make_key

        ksk, zsk = make_key(sep=True), make_key()
        rekeyed.drop_parent_requests(draft)
        rekeyed.publish(draft, [ksk, zsk])
        rekeyed.resign(draft, zsk)

    def took_hold(self, lab: Lab) -> Proof:
        """The zone is served signed, the parent has a DS, and none of the keys is of it."""
        from lab import rekeyed

        server = lab.serving(self.zone)
        served = set(rekeyed.tags(rekeyed.keys_served(server)))
        vouched = {ds.key_tag for ds in lab.registrar.published(self.zone)}
        signs = {one.key_tag for one in server.signatures(self.zone, "SOA")}
        return Proof(
            bool(vouched) and bool(signs) and signs <= served and not vouched & served,
            f"the parent serves {rekeyed.words('DS', vouched)}; {server.host.name} serves"
            f" {rekeyed.words('DNSKEY', served)} and signs with {', '.join(map(str, sorted(signs))) or 'none'}",
        )
