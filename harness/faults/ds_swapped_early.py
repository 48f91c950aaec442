"""The DS is swapped before every server of the zone has the new key."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.fault import Proof

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class DsSwappedEarly:
    """The parent got the new DS, and dropped the old one, while the zone's public servers still had the old keys.

    The new key was looked for at the hidden primary, where it is.  The secondaries, whose transfers it has been
    refusing, have never seen it.
    """

    zone: str

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Have the primary refuse transfers, then publish a new KSK there, then its DS at the parent."""
        from lab import draft, rekeyed
        from lab.registrar import ds_of

        signer, before = lab.signer(self.zone), lab.registrar.published(self.zone)
        old, zsks = (rekeyed.own_keys(lab, self.zone, sep=sep) for sep in (True, False))
        new = draft.make_key(sep=True)
        edited = draft.take(lab, self.zone)
        rekeyed.publish(edited, [*old, new, *zsks])
        rekeyed.renumber(edited, zsks)
        try:
            signer.configure(replace(signer.seat, refuses_transfers=True))
            signer.rndc("reconfig")
            draft.serve(lab, self.zone, edited, signer)
            lab.registrar.publish_now(self.zone, [ds_of(self.zone, new.dnskey)])
            yield
        finally:
            if signer.seat.refuses_transfers:
                signer.configure(replace(signer.seat, refuses_transfers=False))
                signer.rndc("reconfig")
                draft.serve_signers(lab, self.zone, signer)
                draft.fetch(lab, self.zone)
                lab.registrar.publish_now(self.zone, before)

    def took_hold(self, lab: Lab) -> Proof:
        """The primary serves the key of every DS at the parent; the server that the world asks, of none."""
        from lab import rekeyed

        vouched = {ds.key_tag for ds in lab.registrar.published(self.zone)}
        signer, serving = lab.signer(self.zone), lab.serving(self.zone)
        there, public = (set(rekeyed.tags(rekeyed.keys_served(one))) for one in (signer, serving))
        return Proof(
            bool(vouched) and vouched <= there and not vouched & public,
            f"the parent serves {rekeyed.words('DS', vouched)}; {signer.host.name} serves"
            f" {rekeyed.words('DNSKEY', there)}, {serving.host.name} {rekeyed.words('DNSKEY', public)}",
        )
