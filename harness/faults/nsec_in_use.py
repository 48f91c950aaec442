"""A zone that was to keep its names to itself denies with NSEC."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.fault import Proof

if TYPE_CHECKING:
    from lab.lab import Lab

_SUFFIX = "-nsec"


@dataclass(frozen=True)
class NsecInUse:
    """The zone's dnssec-policy has lost its `nsec3param`, in an upgrade or a migration, and the signer denies with NSEC.

    Every validator is content.  Each NSEC names the next name there is, so that whoever asks gets the whole zone, name by
    name, without a transfer.
    """

    zone: str

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Start the signer under a policy without NSEC3; put back its own afterwards where nobody has."""
        from lab import operations

        signer = lab.signer(self.zone)
        before = signer.zone.policy
        assert before is not None
        without = replace(before, name=before.name + _SUFFIX, nsec3=False)
        signer.stop()
        try:
            signer.set_policy(without)
            signer.start()
            yield
        finally:
            if signer.zone.policy == without:
                if signer.running:
                    signer.stop()
                signer.set_policy(before)
            if not signer.running:
                operations.start_again(signer)

    def took_hold(self, lab: Lab) -> Proof:
        """The server's denials are NSEC: its apex has one, and there is no NSEC3PARAM."""
        server = lab.serving(self.zone)
        plain = server.rrset(self.zone, "NSEC")
        hashed = server.rrset(self.zone, "NSEC3PARAM")
        following = f"an NSEC that names {plain[0].next}" if plain else "no NSEC"
        return Proof(
            plain is not None and hashed is None,
            f"{server.host.name} has {following} at the apex, and {'an' if hashed else 'no'} NSEC3PARAM",
        )
