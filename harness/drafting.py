"""Faults of what a zone's server serves: the signed zone with some of its records changed.

Each such fault is a file below `harness/faults/`; what they share is here.
"""

from __future__ import annotations

import abc
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.fault import Proof

if TYPE_CHECKING:
    from lab.draft import Draft
    from lab.lab import Lab


@dataclass(frozen=True)
class ServedOtherwise(abc.ABC):
    """A zone is served with records other than those its signer signs; a fault says which."""

    zone: str

    @abc.abstractmethod
    def edit(self, lab: Lab, draft: Draft) -> None:
        """Change the zone's records.  Raises LabSick where there is nothing to change."""

    @abc.abstractmethod
    def took_hold(self, lab: Lab) -> Proof:
        """Look at what the zone's server serves."""

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Serve the changed records; at the end the signer's again, where nobody has seen to that."""
        from lab import draft

        changed = draft.take(lab, self.zone)
        self.edit(lab, changed)
        with draft.served(lab, self.zone, changed):
            yield
