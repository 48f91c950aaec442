"""The primary no longer gives its secondaries the zone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.fault import Proof

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class TransfersRefused:
    """The primary refuses its secondaries the zone: an access list was changed, a TSIG key was rolled on one side.

    They go on serving the copy that they have, with ever older signatures, for as long as the SOA's expire lets them.
    Each of their requests is in the primary's log.
    """

    zone: str

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Take the secondaries off the list; at the end put them on it again, and have them fetch the zone."""
        from lab import draft

        signer = lab.signer(self.zone)
        try:
            signer.configure(replace(signer.seat, refuses_transfers=True))
            signer.rndc("reconfig")
            yield
        finally:
            if signer.seat.refuses_transfers:
                draft.allow_transfers(lab, self.zone)

    def took_hold(self, lab: Lab) -> Proof:
        """The primary answers each secondary's request for the zone with REFUSED, and the operator's with the zone."""
        signer = lab.signer(self.zone)
        told = {host.name: signer.transfer_rcode(host.address) for host in signer.seat.secondaries}
        words = ", ".join(f"{rcode} to {name}" for name, rcode in told.items())
        return Proof(
            bool(told) and set(told.values()) == {"REFUSED"} and bool(signer.transfer()),
            f"{signer.host.name} says {words or 'nothing: it has no secondary'}",
        )
