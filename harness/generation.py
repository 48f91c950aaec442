"""Generations: silent validators, each cache in one known state, started before a change and asked once.

A validator that is asked all the time fetches its chain anew at harmless moments and hides outages.  So before
every change a generation is primed, and each of its members keeps silent until the instant that matters.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from harness.cache_model import Opinion, Security, Validator
from lab.query import ExtendedError
from lab.resolver import Resolver

EDGE_SECONDS = 2.0
"""How far to both sides of an edge looks are taken."""

TOLERANCE_SECONDS = 1.0
"""Within this of an edge either side's state is taken: caches count whole seconds."""

APART_SECONDS = 60.0
"""Before a change that comes sooner than this after another, those primed for that one are not asked."""


class Priming(enum.Enum):
    """What a member's cache holds before the change."""

    DS = "the DS alone"
    FULL = "DS and DNSKEY"
    LATE = "a DNSKEY fetched in the DS's last second"
    BEHIND_DNSKEY = "nothing, behind a forwarder that holds the DNSKEY"
    BEHIND_NAMES = "nothing, behind a forwarder that holds the signed names"
    COLD = "nothing"

    @property
    def behind(self) -> bool:
        """Whether a caching forwarder stands before it."""
        return self in (Priming.BEHIND_DNSKEY, Priming.BEHIND_NAMES)


@dataclass(frozen=True)
class Look:
    """One question to one member: when, what it said, and what the model says of it.

    `tolerated`: the states that the model gives within `TOLERANCE_SECONDS` of the instant.
    """

    at: float
    vendor: str
    generation: int
    priming: enum.Enum
    state: Security
    ede: tuple[ExtendedError, ...]
    predicted: Opinion
    tolerated: frozenset[Security]
    qname: str

    @property
    def as_predicted(self) -> bool:
        """Whether the lab and the model agree."""
        return self.state in self.tolerated

    @property
    def lab_time(self) -> datetime:
        """When."""
        return datetime.fromtimestamp(self.at, UTC)


@dataclass
class Member:
    """The observers of one vendor in one generation that are primed alike.

    `primed` is the model's state after priming.
    """

    vendor: str
    generation: int
    priming: Priming
    primed: Validator
    idle: list[Resolver] = field(default_factory=list)
    """Its processes that were not asked yet (behind a forwarder they are started when they are asked)."""
    used: list[Resolver] = field(default_factory=list)
    shared: Resolver | None = None
    """A process that is asked again, with a fresh name, as long as its answers come from the chain that it holds."""
    shared_names: int = 0
    forwarders: list[Resolver] = field(default_factory=list)
    """Behind a forwarder: those that no look went through yet, shared with the other vendors' members."""
    begins: float = 0.0
    """From when on its looks count: the change, or the late priming."""
    looks: list[Look] = field(default_factory=list)
    due: set[float] = field(default_factory=set)
    vital: set[float] = field(default_factory=set)
    """Those of the looks due for which a process is kept: where several changes come fast, others are passed over."""
    late_at: float | None = None
    """When its DNSKEY is to be fetched, where that is still to come."""
    usable: bool = True
    """Whether it got what it was to be primed with: a failure is remembered by some, so one that failed is not asked on."""
    unasked: int = 0
    """Looks that were due and for which no fresh process was left."""

    @property
    def name(self) -> str:
        """How a report calls it."""
        return f"{self.vendor}, holding {self.priming.value} (generation {self.generation})"

    def strike_off(self, until: float) -> bool:
        """Take what is due by then off the plan; returns whether it is vital."""
        vital = any(at <= until for at in self.vital)
        self.due = {at for at in self.due if at > until}
        self.vital = {at for at in self.vital if at > until}
        return vital

    def spares(self, left: int, *, vital: bool) -> bool:
        """Whether a look may have one of the processes that are left."""
        return left > (0 if vital else len(self.vital))

    def take(self, *, vital: bool) -> Resolver | None:
        """A process that was not asked yet; None where none may be had."""
        if not self.spares(len(self.idle), vital=vital):
            return None
        self.used.append(self.idle.pop())
        return self.used[-1]

    def plan(self, instants: Iterable[float], now: float) -> None:
        """Add looks; one that lies within half a second of another is the same."""
        for at in instants:
            if at > now and not any(abs(at - other) < 0.5 for other in self.due):
                self.due.add(at)

    def ends(self, now: float) -> list[float]:
        """When, from now on, something that it holds leaves the cache, as far as that makes a difference.

        Once its DNSKEY has gone, one that held both is as one that held the DS alone, and that is looked at.
        """
        if not self.usable:
            return []
        ends = [end for end in self.primed.expiries() if end > now]
        keys = self.primed.held_keys
        if self.priming in (Priming.FULL, Priming.LATE) and keys:
            return [end for end in ends if end <= keys.until]
        return ends

    def plan_ends(self, now: float) -> None:
        """Plan looks around the end of everything held, and between the ends."""
        ends = self.ends(now)
        points = [now, *ends]
        middles = [(a + b) / 2 for a, b in zip(points, ends, strict=False) if b - a > 4 * EDGE_SECONDS]
        around = [at for end in ends for at in (end - EDGE_SECONDS, end + EDGE_SECONDS)]
        self.plan(around + middles, now)
        self.vital |= self.due.intersection(around)

    def plan_before_change(self, now: float) -> None:
        """Plan a look right now: a change is about to be made, and what it does shows against this."""
        if self.begins and self.late_at is None and now - self.begins > APART_SECONDS and self.ends(now):
            self.due.add(now)

    def plan_change(self, now: float) -> None:
        """Plan looks after a change that was just made: soon, and half-way to the next end of something held."""
        if self.late_at is not None:
            return  # until then it has nothing to say
        ends = self.ends(now)
        if not ends and self.priming is not Priming.COLD:
            return
        self.plan([now + EDGE_SECONDS, *((now + end) / 2 for end in ends[:1] if end - now > 60)], now)

    @property
    def next_due(self) -> float | None:
        """The next instant at which it is to be asked or primed."""
        instants = [*self.due, *([self.late_at] if self.late_at is not None else [])]
        return min(instants, default=None)

    @property
    def done(self) -> bool:
        """Whether nothing it holds can matter any more."""
        return self.next_due is None
