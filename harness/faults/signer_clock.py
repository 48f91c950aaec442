"""The signer's clock is wrong."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from harness.expectation import duration_text
from harness.fault import Proof

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class SignerClockWrong:
    """The signer was brought up on a machine whose clock is ahead: all that it signs begins in the future.

    Every validator with the right time refuses signatures whose inception it has not reached (RFC 4035 5.3.1).
    """

    zone: str
    ahead: timedelta

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Bring up a fresh signer on a wrong clock, with the same keys; at the end a fresh one on the right clock.

        A running signer is never moved: set back, it would keep the signatures of the future.
        """
        from lab import operations

        host = lab.signer(self.zone).host
        lab.clock.set_skew(host, self.ahead)
        try:
            operations.rebuild_signer(lab, self.zone)
            yield
        finally:
            if lab.clock.skew(host) == self.ahead:
                lab.clock.set_skew(host, timedelta(0))
                operations.rebuild_signer(lab, self.zone)

    def took_hold(self, lab: Lab) -> Proof:
        """The signature over the zone's SOA, as served, is not valid yet."""
        signatures = lab.serving(self.zone).signatures(self.zone, "SOA")
        if not signatures:
            return Proof(False, f"{self.zone} is served unsigned")
        lead = max(signature.inception for signature in signatures) - lab.clock.now()
        when = "from now" if lead > timedelta(0) else "ago"
        return Proof(lead > timedelta(0), f"the SOA's signature begins {duration_text(lead)} {when}")
