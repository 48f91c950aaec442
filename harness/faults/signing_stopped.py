"""The zone is served unsigned, and its DS is still there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.fault import Proof

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class SigningStopped:
    """The zone was moved to servers that do not sign it, and its DS was left at the parent.

    A DS says that the zone is signed: unsigned answers are then taken for forged ones (RFC 4035 5.2).
    """

    zone: str

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Bring the server up without signing; sign again where the DS is still there and nobody has done either."""
        from lab import operations

        signer = lab.signer(self.zone)
        policy = signer.zone.policy
        try:
            operations.stop_signing(lab, self.zone)
            yield
        finally:
            if signer.zone.policy is None and lab.registrar.published(self.zone):
                signer.set_policy(policy)
                operations.restart_signer(lab, self.zone)
            if not signer.running:
                signer.start()

    def took_hold(self, lab: Lab) -> Proof:
        """The server answers for the zone without any DNSKEY, and the parent serves a DS."""
        server, named = lab.serving(self.zone), lab.registrar.published(self.zone)
        answers, keys = server.ask(self.zone, "SOA").aa, server.rrset(self.zone, "DNSKEY")
        how = "unsigned" if not keys else "signed"
        return Proof(
            answers and not keys and bool(named),
            f"{server.host.name} {f'serves {self.zone} {how}' if answers else 'does not answer'};"
            f" the parent serves {', '.join(f'DS {ds.key_tag}' for ds in named) or 'no DS'}",
        )
