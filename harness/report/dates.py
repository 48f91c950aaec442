"""Dates of a rehearsal that come out the same in every run.

In a lab every change takes a second or two of real work, so what is read back has another sub-second each time, and
the work adds up.  Plans reckon without it: they say how long after one change the next may come.  So each stretch
between two changes is taken to a whole half minute, with `EARLY_SECONDS` before it and what is left of 30 s after it
counting as work, and dates are the sum of the stretches.  TTLs and delays of whole half minutes come out exact.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

GRID_SECONDS = 30
EARLY_SECONDS = 10
"""How much earlier than planned a change may come: what it was counted from had itself come late."""


def _taken(seconds: float) -> int:
    return math.floor((seconds + EARLY_SECONDS) / GRID_SECONDS) * GRID_SECONDS


@dataclass
class Dates:
    """Turns instants as read back (seconds of lab time) into dates, given when the changes came, in order."""

    changes: Sequence[float]
    _dates: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Add the stretches up."""
        before: float | None = None
        for at in self.changes:
            self._dates.append(_taken(at) if before is None else self._dates[-1] + _taken(at - before))
            before = at

    def of(self, at: float) -> datetime:
        """The date of an instant: counted from the change before it, if there is one."""
        place = bisect.bisect_right(self.changes, at) - 1
        seconds = _taken(at) if place < 0 else self._dates[place] + _taken(at - self.changes[place])
        return datetime.fromtimestamp(seconds, UTC)
