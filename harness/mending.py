"""What an operator does to a zone whose server serves something else than its signer signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class ServeSigned:
    """Have the zone's server take the zone from its signer again."""

    zone: str

    def describe(self) -> str:
        """What is done."""
        return f"have the server of {self.zone} take the zone from its signer again"

    def command(self) -> str:
        """On that server, with its configuration as it was."""
        return f"rndc reconfig; rndc retransfer {self.zone}; rndc zonestatus {self.zone}"

    def perform(self, lab: Lab) -> str:
        """Give up the edited copy."""
        from lab import draft

        draft.serve_signers(lab, self.zone)
        return f"{lab.serving(self.zone).host.name} serves what {lab.signer(self.zone).host.name} signs"
