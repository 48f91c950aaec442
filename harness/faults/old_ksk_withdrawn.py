"""The old KSK leaves the zone while validators still hold the DS that points at it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.fault import Proof

if TYPE_CHECKING:
    from lab.lab import Lab

NEW_KSK = "new-ksk"


@dataclass(frozen=True)
class OldKskWithdrawn:
    """In a KSK rollover the old key was withdrawn as soon as the parent had the new DS.

    Validators go by the old DS until its TTL has run out, and find no key for it in the zone.  Whoever looks at the
    parent and at the zone sees nothing wrong: the new DS and the new key fit.
    """

    zone: str

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Publish the new DS, and serve the zone with the new KSK alone."""
        from lab import draft, rekeyed
        from lab.registrar import ds_of

        server, before = lab.serving(self.zone), lab.registrar.published(self.zone)
        new = draft.make_key(sep=True)
        rekeyed.keep(lab, self.zone, NEW_KSK, new)
        edited = draft.take(lab, self.zone)
        rekeyed.drop_parent_requests(edited)
        rekeyed.publish(edited, [new, *rekeyed.own_keys(lab, self.zone, sep=False)])
        now = (ds_of(self.zone, new.dnskey),)
        try:
            lab.registrar.publish_now(self.zone, now)
            draft.serve(lab, self.zone, edited)
            yield
        finally:
            if not server.seat.drafted or draft.is_ours(lab, server, edited):
                draft.serve_signers(lab, self.zone)
                if lab.registrar.published(self.zone) == now:
                    lab.registrar.publish_now(self.zone, before)

    def took_hold(self, lab: Lab) -> Proof:
        """The parent's DS has its key in the zone, and the KSK that the signer keeps is there no more."""
        from lab import rekeyed

        server = lab.serving(self.zone)
        served = set(rekeyed.tags(rekeyed.keys_served(server)))
        vouched = {ds.key_tag for ds in lab.registrar.published(self.zone)}
        old = {key.tag for key in rekeyed.own_keys(lab, self.zone, sep=True)}
        return Proof(
            bool(vouched & served) and not old & served,
            f"the parent serves {rekeyed.words('DS', vouched)}; {server.host.name} serves"
            f" {rekeyed.words('DNSKEY', served)}, the old KSK is {', '.join(map(str, sorted(old)))}",
        )
