"""The ends of a window, held against the looks next to them: whether it was found where the model has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.cache_model import Security, Window
from harness.generation import APART_SECONDS, EDGE_SECONDS, Look

LATE_SECONDS = 3.0
"""How much later than planned a look may come, or a change be read back, on a busy machine."""

PRIMED_SECONDS = 3.0
"""How long before a change the last looks before it are taken, and what it finds is primed."""

SHORT_SECONDS = 4 * EDGE_SECONDS + LATE_SECONDS
"""A window shorter than this may lie between two looks."""


@dataclass(frozen=True)
class Edge:
    """One end of a window, [before, after]: the looks on either side of it (seconds of lab time).

    `before` is `since` where the change is the one that its member was primed for, None where it was not asked since
    then.  `after` None: there is none.  `not_sought` says why no look could have been nearer, where that is so.
    """

    at: float
    since: float
    before: float | None
    after: float | None
    earliest: float
    """How early the look before it may have been."""
    latest: float
    not_sought: str = ""

    @property
    def enclosed(self) -> bool:
        """Whether looks on both sides of it are near enough, or could not be."""
        if self.not_sought:
            return True
        return self.before is not None and self.after is not None and self._near

    @property
    def _near(self) -> bool:
        return self.earliest <= (self.before or 0.0) <= self.at + 1 and (self.after or 0.0) <= self.latest

    @property
    def resolution_seconds(self) -> float | None:
        """How far the looks that enclose it lie apart; None where there are not two."""
        if self.after is None:
            return None
        return self.after - (self.since if self.before is None else self.before)


@dataclass(frozen=True)
class Course:
    """What windows are laid against: when changes were made (the looks before them, served), and when the rehearsal ended."""

    changes: Sequence[tuple[float, float]]
    ended: float

    def edges(
        self, window: Window, looks: Iterable[Look], since: float, *, goes_on: bool = False
    ) -> tuple[Edge, Edge]:
        """Both ends of a bogus window of a member that was asked from `since` on.

        `goes_on`: it ends where all that the member was primed with has gone, and a cold one is bogus then, too.
        """
        taken = [(look.at, look.state is Security.BOGUS) for look in looks]
        good = [at for at, bogus in taken if not bogus]
        inside = [at for at, bogus in taken if bogus and window.start - 1 <= at <= window.end + 1]
        first, last = min(inside, default=None), max(inside, default=None)
        before = max((at for at in good if first is not None and at < first), default=None)
        after = min((at for at in good if last is not None and at > last), default=None)
        return (
            self._edge(window, window.start, since, before, first),
            self._edge(window, window.end, since, last, after, goes_on=goes_on),
        )

    def _edge(
        self,
        window: Window,
        at: float,
        since: float,
        before: float | None,
        after: float | None,
        *,
        goes_on: bool = False,
    ) -> Edge:
        earliest, latest = at - EDGE_SECONDS, at + EDGE_SECONDS
        for begun, served in self.changes:
            if begun - 1 <= at <= served + 1:
                earliest, latest = begun - PRIMED_SECONDS, served + EDGE_SECONDS
        if at - since <= 1:  # the change that it was primed for: the priming is the look before
            before = since
        why = ""
        if window.seconds < SHORT_SECONDS:
            why = f"it is shorter than {SHORT_SECONDS:.0f} s"
        elif at > self.ended - 1:
            why = "the rehearsal ends in it"
        elif goes_on:
            why = "it goes on for a cold validator"
        elif at == window.start and 1 < at - since <= APART_SECONDS:
            why = f"another change came less than {APART_SECONDS:.0f} s before"
        return Edge(at, since, before, after, earliest - LATE_SECONDS, latest + LATE_SECONDS, why)
