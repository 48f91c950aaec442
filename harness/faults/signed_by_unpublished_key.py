"""One RRset is signed by a key that the zone does not publish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.drafting import ServedOtherwise
from harness.fault import Proof

if TYPE_CHECKING:
    from lab.draft import Draft
    from lab.lab import Lab


@dataclass(frozen=True)
class SignedByUnpublishedKey(ServedOtherwise):
    """One RRset is signed by a ZSK that is not in the DNSKEY RRset: it was withdrawn while signatures of it were left.

    Nobody can check what it signed (RFC 6781 4.1.1.1: a key stays published as long as its signatures are cached).
    """

    owner: str
    rdtype: str = "A"

    def edit(self, lab: Lab, draft: Draft) -> None:
        """Sign the RRset by a key that is published nowhere."""
        from lab.draft import make_key

        draft.sign(self.owner, self.rdtype, make_key())

    def took_hold(self, lab: Lab) -> Proof:
        """The RRset is signed, and the zone serves none of the keys that its signatures name."""
        from dns.rdtypes.ANY.DNSKEY import DNSKEY

        from lab.operations import key_tags

        server = lab.serving(self.zone)
        keys = server.rrset(self.zone, "DNSKEY")
        published = set(key_tags(key for key in keys or () if isinstance(key, DNSKEY)))
        signing = {one.key_tag for one in server.signatures(self.owner, self.rdtype)}
        return Proof(
            bool(signing) and not signing & published,
            f"{self.owner} {self.rdtype} is signed by {_named(signing)}; {server.host.name} serves {_named(published)}",
        )


def _named(tags: set[int]) -> str:
    return f"DNSKEY {', '.join(map(str, sorted(tags)))}" if tags else "no DNSKEY"
