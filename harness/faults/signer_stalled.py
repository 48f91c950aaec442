"""The signer stops; the servers that answer the world go on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.fault import Proof

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class SignerStalled:
    """The hidden primary that signs the zone has stopped; its secondary goes on serving ever older signatures.

    Nothing looks wrong until the first signature expires, and by then all of them are about to.
    """

    zone: str

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Stop the signer's process; start it afterwards where nobody has."""
        signer = lab.signer(self.zone)
        signer.stop()
        try:
            yield
        finally:
            if not signer.running:
                signer.start()

    def took_hold(self, lab: Lab) -> Proof:
        """The signer's process is gone, and another server still answers for the zone."""
        signer, serving = lab.signer(self.zone), lab.serving(self.zone)
        answers = serving is not signer and serving.ask(self.zone, "SOA").aa
        return Proof(
            answers and not signer.running,
            f"{signer.host.name} {'runs' if signer.running else 'is down'},"
            f" {serving.host.name} {'answers' if answers else 'does not answer for it'}",
        )
