"""The signer runs and answers, and can't sign any more."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.fault import Proof

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class SignerHindered:
    """The signer runs and answers, but something keeps it from signing: signatures grow old though nothing is down.

    Its disk is full, so that it can't write its journal.  Or it may no longer read its private keys, after a change
    of owners or a backup restored by root.  Or its disk was remounted read-only after an error.
    """

    zone: str
    by: Literal["full-disk", "unreadable-keys", "read-only-disk"]

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Fill the disk, or take rights away; at the end give back what nobody has given back."""
        from lab import hindrance

        try:
            hindrance.hinder(lab, self.zone, self.by)
            yield
        finally:
            if lab.signer(self.zone).hindered:
                hindrance.free(lab, self.zone)

    def took_hold(self, lab: Lab) -> Proof:
        """The signer runs, and what it needs for signing is not to be had."""
        from lab import hindrance

        signer, found = lab.signer(self.zone), hindrance.found(lab, self.zone)
        running = f"{signer.host.name} {'runs' if signer.running else 'is down'}"
        return Proof(
            signer.running and self.by in found,
            f"{running}; {found.get(self.by) or 'nothing keeps it from signing'}",
        )
