"""The zone moves to another provider, and something that had to be done before was not."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.fault import Proof

if TYPE_CHECKING:
    from lab.draft import Draft
    from lab.lab import Lab


@dataclass(frozen=True)
class MovedUnprepared:
    """The delegation was changed to a new provider's servers without regard to DNSSEC.

    Lacking was the new provider's `ds` at the parent; or the `withdrawal` of the old DS, where the new provider does not
    sign; or the exchange of the `zsk`: the parent has both providers' DS, but neither published the other's key.
    """

    zone: str
    lacking: Literal["ds", "withdrawal", "zsk"]

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Change the delegation; at the end change it back where nobody has made the new one work."""
        from lab import draft
        from lab.delegation import delegate
        from lab.registrar import ds_of

        old, new, before = lab.serving(self.zone), lab.second(self.zone), lab.registrar.published(self.zone)
        try:
            if self.lacking == "withdrawal":
                draft.serve(lab, self.zone, _stripped(lab, self.zone), new)
            if self.lacking == "zsk":
                lab.registrar.publish_now(
                    self.zone, [*before, *(ds_of(self.zone, key) for key in new.ksks())]
                )
            delegate(lab, self.zone, [new.host])
            yield
        finally:
            if not self._works(lab):
                delegate(lab, self.zone, [old.host])
                draft.serve_alone(lab, self.zone, new)
                if set(lab.registrar.published(self.zone)) != set(before):
                    lab.registrar.publish_now(self.zone, before)

    def _works(self, lab: Lab) -> bool:
        """Whether somebody has made the new delegation work."""
        from lab import rekeyed

        new, vouched = lab.second(self.zone), {ds.key_tag for ds in lab.registrar.published(self.zone)}
        if self.lacking == "zsk":
            return new.seat.drafted
        if self.lacking == "withdrawal":
            return not vouched
        return bool(vouched & set(rekeyed.tags(rekeyed.keys_served(new))))

    def took_hold(self, lab: Lab) -> Proof:
        """The parent delegates to the new provider alone, and what is lacking is seen there."""
        from lab import rekeyed
        from lab.delegation import delegated_to

        old, new = lab.serving(self.zone), lab.second(self.zone)
        moved = delegated_to(lab, self.zone) == {new.host.nsname}
        vouched = {ds.key_tag for ds in lab.registrar.published(self.zone)}
        there, here = (set(rekeyed.tags(rekeyed.keys_served(one))) for one in (new, old))
        lacking = {
            "ds": bool(there) and bool(vouched) and not vouched & there,
            "withdrawal": not there and bool(vouched),
            "zsk": bool(vouched & there) and bool(vouched & here) and not here & there,
        }[self.lacking]
        return Proof(
            moved and lacking,
            f"the parent delegates to {', '.join(sorted(delegated_to(lab, self.zone)))} with"
            f" {rekeyed.words('DS', vouched)}; there is {rekeyed.words('DNSKEY', there)}, at the old provider's"
            f" {rekeyed.words('DNSKEY', here)}",
        )


def _stripped(lab: Lab, zone: str) -> Draft:
    """The new provider's zone without anything of DNSSEC."""
    from lab import draft, rekeyed

    edited = draft.taken_from(lab, lab.second(zone))
    rekeyed.strip(edited)
    return edited
