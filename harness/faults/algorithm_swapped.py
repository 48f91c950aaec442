"""The zone changes its algorithm in one step."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.fault import Proof

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class AlgorithmSwapped:
    """The algorithm was changed in one step instead of RFC 6781's order: signatures, DNSKEY, DS, and back out again.

    Either the zone's `keys` were all replaced, while the parent still vouches for one of the old algorithm.  Or the
    `ds` was: the zone lists keys of both, but is signed with the old algorithm alone, that no DS vouches for any more.
    """

    zone: str
    swapped: Literal["keys", "ds"] = "keys"

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Serve the zone with new keys, or the parent's DS of one that signs nothing."""
        from lab import draft, rekeyed
        from lab.registrar import ds_of

        server, before = lab.serving(self.zone), lab.registrar.published(self.zone)
        ksk, zsk = draft.make_key(sep=True), draft.make_key()
        edited = draft.take(lab, self.zone)
        rekeyed.drop_parent_requests(edited)
        if self.swapped == "keys":
            rekeyed.publish(edited, [ksk, zsk])
            rekeyed.resign(edited, zsk)
            now = before
        else:
            old = [key for sep in (True, False) for key in rekeyed.own_keys(lab, self.zone, sep=sep)]
            rekeyed.publish(edited, old, more=[ksk.dnskey, zsk.dnskey])
            now = (ds_of(self.zone, ksk.dnskey),)
        try:
            draft.serve(lab, self.zone, edited)
            if now != before:
                lab.registrar.publish_now(self.zone, now)
            yield
        finally:
            served, vouched = draft.is_ours(lab, server, edited), lab.registrar.published(self.zone) == now
            if served and vouched:
                draft.serve_signers(lab, self.zone)
                if now != before:
                    lab.registrar.publish_now(self.zone, before)

    def took_hold(self, lab: Lab) -> Proof:
        """No algorithm that the parent vouches for signs the zone's DNSKEY RRset."""
        server = lab.serving(self.zone)
        vouched = {int(ds.algorithm) for ds in lab.registrar.published(self.zone)}
        signs = {one.algorithm for one in server.signatures(self.zone, "DNSKEY")}
        return Proof(
            bool(vouched and signs) and not vouched & signs,
            f"the parent vouches for algorithm {_words(vouched)}; the DNSKEY RRset of {server.host.name} is signed with"
            f" {_words(signs)}",
        )


def _words(algorithms: set[int]) -> str:
    return ", ".join(map(str, sorted(algorithms))) or "none"
