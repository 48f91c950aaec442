"""The zone is signed by a key pair that has the published key's tag, and is another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

from harness.drafting import ServedOtherwise
from harness.fault import Proof

if TYPE_CHECKING:
    from lab.draft import Draft
    from lab.lab import Lab


@dataclass(frozen=True)
class KeysShareTag(ServedOtherwise):
    """The signing system made several key pairs under one key tag, and published the public key of one of them.

    It tells its keys apart by the tag alone, which RFC 4034 appendix B warns of.  Signatures of the others name a key
    that is there, are in date, and do not verify.
    """

    unpublished: int = 1
    """How many pairs sign whose public key is not in the zone."""
    published_signs: bool = False
    """Whether the published one signs too, its share of the RRsets."""

    def edit(self, lab: Lab, draft: Draft) -> None:
        """Sign each RRset by one of the pairs, which one its name and type tell."""
        import dns.rdatatype

        from lab import rekeyed
        from lab.draft import SigningKey, keys_over, make_key

        (published,) = keys_over(lab, self.zone, self.zone, "SOA")
        others = [SigningKey(published.dnskey, make_key().private) for _ in range(self.unpublished)]
        pairs = [published, *others] if self.published_signs else others
        for name, rdtype in list(draft.signatures):
            if rdtype not in rekeyed.KEY_MANAGEMENT:
                kind = dns.rdatatype.to_text(rdtype)
                draft.sign(str(name), kind, pairs[crc32(f"{name} {kind}".encode()) % len(pairs)])

    def took_hold(self, lab: Lab) -> Proof:
        """Signatures name a key that is published, and do not verify by it: all of them, or some."""
        import dns.dnssec
        import dns.rdatatype
        from dns.rdtypes.ANY.RRSIG import RRSIG

        from lab import draft, rekeyed

        served = draft.as_served(lab, self.zone)
        tags = set(rekeyed.tags(rekeyed.keys_served(lab.serving(self.zone))))
        named, bad = 0, 0
        for (name, rdtype), found in served.signatures.items():
            by = {one.key_tag for one in found if isinstance(one, RRSIG)}
            if rdtype in rekeyed.KEY_MANAGEMENT or not by <= tags:
                continue
            named += 1
            bad += not served.holds(str(name), dns.rdatatype.to_text(rdtype))
        return Proof(
            bad > 0 and (bad < named) is self.published_signs,
            f"of {named} signatures whose key tag is published, {bad or 'none'} do not verify",
        )
