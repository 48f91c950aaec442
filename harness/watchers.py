"""Watchers: one validator of each vendor that is asked again and again, beside the silent generations.

It is what most monitoring has.  It fetches its chain anew in moments of its own, and comes through outages that others
have: it is told of beside them, and counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from harness.cache_model import Security
from harness.oracle import state_of
from lab.observers import Question

if TYPE_CHECKING:
    from harness.finding import Findings, VendorFinding
    from lab.chain import Target
    from lab.observers import Heard, Observers
    from lab.query import Answer
    from lab.resolver import Resolver

_STALE = {3, 19}
"""The EDE of an answer that came from expired data: Stale Answer, Stale NXDOMAIN Answer (RFC 8914 4.4, 4.20)."""


@dataclass(frozen=True)
class Sight:
    """What a watcher said, when (seconds of lab time since the epoch), and whether it served stale.

    `state`: None where it did not answer.
    """

    at: float
    state: Security | None
    stale: bool = False


@dataclass(frozen=True)
class Watched:
    """All that one vendor's watcher said, and when the generations of its vendor were bogus."""

    sights: tuple[Sight, ...]
    outages: tuple[tuple[float, float], ...] = ()
    serve_stale: bool = False

    @property
    def bogus(self) -> tuple[Sight, ...]:
        """The looks at which it was bogus."""
        return tuple(one for one in self.sights if one.state is Security.BOGUS)

    @property
    def first_bogus(self) -> datetime | None:
        """When it was for the first time."""
        return datetime.fromtimestamp(self.bogus[0].at, UTC) if self.bogus else None

    @property
    def stale(self) -> tuple[Sight, ...]:
        """The looks that it answered from stale data."""
        return tuple(one for one in self.sights if one.stale)

    @property
    def unanswered(self) -> int:
        """How many looks had no answer at all."""
        return sum(one.state is None for one in self.sights)

    def in_outage(self, sights: Iterable[Sight]) -> int:
        """How many of these fell into an outage of the generations."""
        return sum(any(start <= one.at < end for start, end in self.outages) for one in sights)


class Watchers:
    """One watcher of each vendor, started at once and ended by `close`; all are asked for one and the same name."""

    def __init__(
        self, observers: Observers, vendors: Sequence[str], target: Target, *, serve_stale: bool = False
    ) -> None:
        self._observers = observers
        self._target = target
        self._serve_stale = serve_stale
        self._sights: dict[str, list[Sight]] = {vendor: [] for vendor in vendors}
        self._running: dict[str, Resolver] = {
            vendor: observers.start(vendor, 1, serve_stale=serve_stale)[0] for vendor in vendors
        }

    def ask(self) -> None:
        """Ask them all.  An answer that does not come is noted, and nothing more."""
        heard = self._observers.ask([Question(one, *self._target) for one in self._running.values()])
        for vendor, one in zip(self._running, heard, strict=True):
            self._sights[vendor].append(_sight(one))

    def beside(self, found: Findings) -> Findings:
        """The findings of the generations, with what each vendor's watcher said put beside them."""
        return replace(found, vendors=tuple(self._beside(one) for one in found.vendors))

    def _beside(self, one: VendorFinding) -> VendorFinding:
        outages = tuple((each.window.start, each.window.end) for each in one.windows)
        return replace(
            one, watched=Watched(tuple(self._sights[one.vendor]), outages, serve_stale=self._serve_stale)
        )

    def close(self) -> None:
        """End them."""
        running, self._running = list(self._running.values()), {}
        if running:
            self._observers.end(running)


def _sight(heard: Heard) -> Sight:
    answer = heard.answer
    return Sight(heard.at, None if answer.rcode is None else state_of(answer), came_stale(answer))


def came_stale(answer: Answer) -> bool:
    """Whether an answer says that it came from expired data."""
    return any(error.code in _STALE for error in answer.ede)
