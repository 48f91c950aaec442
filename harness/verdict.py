"""Verdicts and reports: what is said of a run in the end."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.history import History


class Verdict(enum.Enum):
    """Three values; inconclusive (the lab was sick, or the fault did not bite) is never green."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"

    @property
    def exit_code(self) -> int:
        """What a command ends with."""
        return {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.INCONCLUSIVE: 3}[self]


def worst(verdicts: list[Verdict]) -> Verdict:
    """The verdict over several runs: a failure outweighs an inconclusive one, and that a pass."""
    for verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE):
        if verdict in verdicts:
            return verdict
    return Verdict.PASS


@dataclass
class Cell:
    """What one resolver made of one phase: the last look's words, and whether all claims were met.

    `other_ede`: the state was as claimed and the EDE was not.  `after`: how long it took to come true.
    """

    said: str
    met: bool = True
    other_ede: bool = False
    after: timedelta = timedelta(0)


@dataclass
class Row:
    """One resolver's line: its cells by phase, and since when to when it was seen bogus."""

    resolver: str
    title: str
    validates: bool
    cells: dict[str, Cell] = field(default_factory=dict)
    dark_from: datetime | None = None
    dark_to: datetime | None = None
    last_look: datetime | None = None

    @property
    def dark(self) -> timedelta:
        """Lab time from the first bogus look to the first healthy one after it (or to the last look of all)."""
        end = self.dark_to or self.last_look
        return end - self.dark_from if self.dark_from and end else timedelta(0)

    @property
    def still_dark(self) -> bool:
        """Whether it never was seen healthy again."""
        return self.dark_from is not None and self.dark_to is None


@dataclass
class Report:
    """A run's result.  `reason` is empty for a pass; clean-up errors are kept apart and never hide a verdict."""

    name: str
    title: str
    verdict: Verdict
    reason: str
    rows: list[Row]
    history: History
    proof: str = ""
    wall_seconds: float = 0.0
    lab_seconds: float = 0.0
    clean_up_errors: list[str] = field(default_factory=list)
    evidence: bytes = b""
    """A gzipped tar of the lab's logs, configurations and key states (empty for a pass)."""

    @property
    def dark(self) -> timedelta:
        """The longest that a validator was dark."""
        return max((row.dark for row in self.rows), default=timedelta(0))
