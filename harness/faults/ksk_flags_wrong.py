"""The KSK is published with flags by which it may not vouch for the zone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.drafting import ServedOtherwise
from harness.fault import Proof

if TYPE_CHECKING:
    from lab.draft import Draft
    from lab.lab import Lab


@dataclass(frozen=True)
class KskFlagsWrong(ServedOtherwise):
    """The KSK was published with the REVOKE flag, or without the zone key flag, by a script that set bits by hand.

    Other flags make another key tag and another digest, so that the DS fits no longer; and where the DS is made anew
    from that record, the key still may not be gone by (RFC 4034 2.1.1, RFC 5011 2.1).
    """

    flags: int
    ds_follows: bool = False
    """Whether the DS was made anew from the record with these flags."""

    def edit(self, lab: Lab, draft: Draft) -> None:
        """Have the KSK with these flags in the DNSKEY RRset, signed by it."""
        from lab.draft import keys_over

        odd = [key.flagged(self.flags) for key in keys_over(lab, self.zone, self.zone, "DNSKEY") if key.sep]
        others = [str(key) for key in draft.rrset(self.zone, "DNSKEY") if not key.flags & 1]
        ttl = draft.rrset(self.zone, "DNSKEY").ttl
        draft.put(self.zone, ttl, "DNSKEY", *(str(key.dnskey) for key in odd), *others)
        draft.sign(self.zone, "DNSKEY", *odd)

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Serve that, under a DS that fits it where it is to; bring the right DS back where nobody has."""
        with super().inject(lab):
            if not self.ds_follows:
                yield
                return
            from lab.registrar import ds_of

            before = lab.registrar.published(self.zone)
            follows = tuple(
                ds_of(self.zone, key)
                for key in lab.serving(self.zone).rrset(self.zone, "DNSKEY") or ()
                if key.flags == self.flags
            )
            try:
                lab.registrar.publish_now(self.zone, follows)
                yield
            finally:
                if lab.registrar.published(self.zone) == follows:
                    lab.registrar.publish_now(self.zone, before)

    def took_hold(self, lab: Lab) -> Proof:
        """The DNSKEY RRset that is served has a key with these flags, and the parent a DS for it where it is to."""
        from lab.operations import key_tags

        served = list(lab.serving(self.zone).rrset(self.zone, "DNSKEY") or ())
        odd = set(key_tags(key for key in served if key.flags == self.flags))
        named = {ds.key_tag for ds in lab.registrar.published(self.zone)}
        flags = ", ".join(str(key.flags) for key in served)
        return Proof(
            bool(odd) and bool(named) and (odd == named) is self.ds_follows,
            f"the DNSKEY records served have the flags {flags or '(none served)'};"
            f" the DS names {', '.join(map(str, sorted(named))) or 'none'}",
        )
