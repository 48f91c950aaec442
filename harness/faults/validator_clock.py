"""A validator's clock is wrong."""

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
class ValidatorClockWrong:
    """One resolver's clock is off by more than the signatures' validity allows: NTP died, or a VM was restored.

    Signatures carry absolute times (RFC 4034 3.1.5): ahead, they have expired for it; behind, they are not valid
    yet.  All zones fail there, and only there.
    """

    ahead: timedelta
    place: int = 0
    """Which validator, in the order chosen."""

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Start the validator anew on a wrong clock: what it learnt before, it judged by the right one."""
        resolver = lab.validators[self.place]
        lab.clock.set_skew(resolver.host, self.ahead)
        try:
            lab.restart(resolver)
            yield
        finally:
            if lab.clock.skew(resolver.host) == self.ahead:
                lab.clock.set_skew(resolver.host, timedelta(0))
            if not resolver.daemon.running:
                resolver.daemon.start()

    def took_hold(self, lab: Lab) -> Proof:
        """A process on that host's clock reads a time that is off by so much, and the server runs."""
        from lab.operations import clock_error

        resolver = lab.validators[self.place]
        error = clock_error(lab, resolver.host)
        side = "ahead" if error > timedelta(0) else "behind"
        return Proof(
            abs(error - self.ahead) < timedelta(minutes=1) and resolver.daemon.running,
            f"the clock of {resolver.name}'s host is {duration_text(error)} {side}",
        )
