"""The signer is set up anew, and its keys are not there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.fault import Proof

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class KeysLost:
    """The signer was set up anew from its configuration, and its key files were not part of that.

    With nothing but an unsigned zone and a policy, BIND does what it does for a new zone: it makes keys and signs.  No
    DS is of these keys.
    """

    zone: str

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Start the signer without keys; at the end with the former ones, where the parent does not have the new."""
        from lab import keyfiles, operations, rekeyed

        keyfiles.back_up(lab, self.zone)
        before, serving = rekeyed.keys_served(lab.serving(self.zone)), lab.serving(self.zone)
        try:
            operations.rebuild_signer(lab, self.zone, keys=True)
            yield
        finally:
            vouched = {ds.key_tag for ds in lab.registrar.published(self.zone)}
            if not vouched & set(rekeyed.tags(rekeyed.keys_served(serving))) and vouched <= set(
                rekeyed.tags(before)
            ):
                keyfiles.restore(lab, self.zone)

    def took_hold(self, lab: Lab) -> Proof:
        """The zone is signed with keys of which the signer has the files, and the parent has a DS of none of them."""
        from lab import rekeyed

        serving = lab.serving(self.zone)
        vouched = {ds.key_tag for ds in lab.registrar.published(self.zone)}
        served = set(rekeyed.tags(rekeyed.keys_served(serving)))
        own = {key.tag for key in rekeyed.own_keys(lab, self.zone, sep=True)}
        return Proof(
            bool(vouched) and bool(own) and own <= served and not vouched & served,
            f"the parent serves {rekeyed.words('DS', vouched)}; {serving.host.name} serves"
            f" {rekeyed.words('DNSKEY', served)}",
        )
