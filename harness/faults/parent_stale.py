"""The parent's public server answers from an old copy, and the zone changes its keys meanwhile."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.fault import Proof

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class ParentStale:
    """A server of the parent zone stopped getting the zone, and answers from the copy that it has, DS sets included.

    The zone changed its KSK by the book meanwhile: the parent's primary has the new DS, and the old key is gone.
    Whoever asks the stale server is told of the old one.
    """

    zone: str

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Have the parent's primary refuse transfers, then change the DS there and the KSK in the zone."""
        from lab import draft, rekeyed
        from lab.registrar import ds_of

        parent, signer = lab.topology.parent_of(self.zone), lab.parent(self.zone)
        before = lab.registrar.published(self.zone)
        new = draft.make_key(sep=True)
        edited = draft.take(lab, self.zone)
        rekeyed.drop_parent_requests(edited)
        rekeyed.publish(edited, [new, *rekeyed.own_keys(lab, self.zone, sep=False)])
        try:
            signer.configure(replace(signer.seat, refuses_transfers=True))
            signer.rndc("reconfig")
            lab.registrar.publish_now(self.zone, [ds_of(self.zone, new.dnskey)])
            draft.serve(lab, self.zone, edited)
            yield
        finally:
            if signer.seat.refuses_transfers:
                draft.serve_signers(lab, self.zone)
                if lab.registrar.published(self.zone) != before:
                    lab.registrar.publish_now(self.zone, before)
                draft.allow_transfers(lab, parent)

    def took_hold(self, lab: Lab) -> Proof:
        """The parent's primary serves the DS of a key in the zone, its public server one of none."""
        from lab import rekeyed
        from lab.operations import key_tags

        parent, public = lab.parent(self.zone), lab.serving(lab.topology.parent_of(self.zone))
        served = set(key_tags(lab.serving(self.zone).ksks()))
        fresh, stale = ({ds.key_tag for ds in one.rrset(self.zone, "DS") or ()} for one in (parent, public))
        return Proof(
            bool(fresh & served) and bool(stale) and not stale & served,
            f"{parent.host.name} serves {rekeyed.words('DS', fresh)}, {public.host.name}"
            f" {rekeyed.words('DS', stale)}; the zone has {rekeyed.words('KSK', served)}",
        )
