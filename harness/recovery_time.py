"""When to look while a remedy works, and what the looks say: how long until healthy, and whether it got worse.  Pure.

All times are seconds of lab time since the remedy's first step began, unless they are said to be wall time.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from harness.expectation import State, duration_text

if TYPE_CHECKING:
    from lab.query import Answer

LIMIT = timedelta(days=2)
"""What is not healthy by then is called so."""

CLOSELY_FOR = 180.0
_LADDER = ((CLOSELY_FOR, 1.0), (600.0, 20.0), (3600.0, 120.0), (21600.0, 600.0))
"""Until so long after the last change, a look every so often; after that one every hour."""
_LAST_GAP = 3600.0
_COLD_GAP = 0.3
"""Fresh processes cost most, and change least: they are asked once this part of the time since the change has passed."""
_LONG, _LOOK_SHARE, _LONG_GAP = 1.0, 10, 0.3
"""Where a look takes longer than this (a question times out), ten times its wall time passes until the next, and 30 % of
the time since the change at least."""
_WINDOW_LOOKS = 150
_ASKED_LONGER = 120.0
"""How long past a coarse look a watcher that is asked every second may stay dark: its own questions can renew a failure."""
_EXACT = 1.5
"""Looks that are no further apart than this need no looks between them."""
_SIDE = 30.0
"""Two runs of one lab differ by seconds: a difference nearer to an edge than this is none."""


class Where(enum.Enum):
    """Whose view a look takes, at one validator or vendor."""

    WARM = "warm"
    """The lab's validator, for two names that clients retry at every look: one that was asked in the impact, one first asked
    as the remedy began."""
    FRESH = "new names"
    """The same validator, each time for a name that it does not hold."""
    COLD = "cold"
    """A process of that vendor that was started for this one question."""
    BYSTANDER = "bystander"
    """The lab's validator, for names of the bystander zone."""
    PRIMED = "primed"
    """A process that was asked for the zone before the fault, and holds what it learnt then."""
    PRIMED_LATE = "primed late"
    """One that learnt the zone's DS before the fault, and its keys in that DS's last second."""

    @property
    def timed(self) -> bool:
        """Whether its time to heal is told; the others are there to see what gets worse."""
        return self in (Where.WARM, Where.FRESH, Where.COLD)


@dataclass(frozen=True)
class Watcher:
    """One view of one validator (of one vendor, where it is a process of its own)."""

    validator: str
    where: Where

    def describe(self) -> str:
        """In words."""
        return {
            Where.WARM: f"{self.validator}",
            Where.FRESH: f"{self.validator}, for new names",
            Where.COLD: f"{self.validator}, cold",
            Where.BYSTANDER: f"{self.validator}, for the bystander zone",
            Where.PRIMED: f"{self.validator} that still held what it learnt before the fault",
            Where.PRIMED_LATE: f"{self.validator} that still held the keys under the DS of before the fault",
        }[self.where]


@dataclass(frozen=True)
class Point:
    """One look: when (lab time; wall time), and the state seen."""

    at: float
    wall: float
    state: State

    @property
    def dark(self) -> bool:
        """Whether no usable answer came."""
        return self.state not in (State.SECURE, State.INSECURE)


@dataclass(frozen=True)
class Window:
    """A stretch to be looked at closely, fresh processes included where `cold`."""

    begin: float
    end: float
    step: float
    cold: bool


@dataclass(frozen=True)
class Healed:
    """How a watcher got healthy.

    `seconds`: the first healthy look; None: there was none.  `not_before`: the last look before it, so that what was
    not seen lies between the two.  `wall_seconds`: as `seconds`.  `ill`: whether it was not healthy as the remedy
    began.  `relapsed`: the first dark look after that, if one came.
    """

    seconds: float | None
    not_before: float
    wall_seconds: float | None
    ill: bool
    relapsed: float | None = None

    def words(self, lasted: Callable[[timedelta], str] = duration_text) -> str:
        """For a table; `lasted` says how long something took."""
        if self.seconds is None:
            return f"not within {duration_text(LIMIT)}"
        text = lasted(timedelta(seconds=self.seconds)) if self.ill else "not ill"
        if self.relapsed is not None:
            text += f", dark again after {lasted(timedelta(seconds=self.relapsed))}"
        return text


@dataclass(frozen=True)
class Worse:
    """A stretch in which a watcher was dark under a remedy, and was not where nothing was done; `end` None: to the last look."""

    watcher: Watcher
    begin: float
    end: float | None

    def describe(self, lasted: Callable[[timedelta], str] = duration_text) -> str:
        """In one sentence; `lasted` as for `Healed`."""
        begin = lasted(timedelta(seconds=self.begin))
        until = f"to {lasted(timedelta(seconds=self.end))}" if self.end is not None else "to the end"
        return f"{self.watcher.describe()} is dark from {begin} {until}, and answers where nothing is done"


def state_of(answer: Answer) -> State:
    """A validator's answer as a state; a SERVFAIL is not asked again with CD=1, which would change what is looked at."""
    if answer.rcode in ("NOERROR", "NXDOMAIN"):
        return State.SECURE if answer.ad else State.INSECURE
    return State.UNCONFIRMED if answer.rcode == "SERVFAIL" else State.UNREACHABLE


def healthy(state: State, wanted: State) -> bool:
    """Whether a state is what a remedy heals to; one that heals to insecure leaves nobody ill who sees the zone as secure."""
    return state is State.SECURE or (state is State.INSECURE and wanted is State.INSECURE)


def next_look(now: float, since_change: float, windows: Sequence[Window] = (), took: float = 0.0) -> float:
    """When to look next: soon after a change, ever more rarely later, and closely in windows.

    `took`: how long the last look took (wall time).
    """
    gap = next((gap for until, gap in _LADDER if since_change < until), _LAST_GAP)
    if took > _LONG:
        gap = max(gap, float(round(max(took * _LOOK_SHARE, since_change * _LONG_GAP))))
    following = now + gap
    for window in windows:
        if now < window.begin < following:
            following = window.begin
        elif window.begin <= now < window.end:
            following = min(following, now + window.step)
    return following


def cold_due(now: float, last: float, changed: float, windows: Sequence[Window] = ()) -> bool:
    """Whether fresh processes are to be asked at this look; `last`: when they were, `changed`: when anything changed."""
    closely = any(window.cold and window.begin <= now <= window.end for window in windows)
    return closely or last < changed or now - last >= _COLD_GAP * (now - changed)


def healed(points: Sequence[Point], wanted: State) -> Healed:
    """When a watcher got healthy by the looks taken; the first is that of before the remedy."""
    ill = not healthy(points[0].state, wanted)
    before = points[0].at
    for number, point in enumerate(points):
        if healthy(point.state, wanted):
            later = (one.at for one in points[number + 1 :] if one.dark)
            return Healed(point.at, before, point.wall, ill, next(later, None))
        before = point.at
    return Healed(None, before, None, ill)


def closer(points: Mapping[Watcher, Sequence[Point]], wanted: State) -> tuple[Window, ...]:
    """The stretches in which watchers healed, or relapsed, and that were looked at too coarsely: for another run."""
    windows = set()
    for watcher, looks in points.items():
        if not watcher.where.timed:
            continue
        result, cold = healed(looks, wanted), watcher.where is Where.COLD
        edges = [] if result.seconds is None else [(result.not_before, result.seconds, _ASKED_LONGER)]
        if result.relapsed is not None:
            edges.append((max(one.at for one in looks if one.at < result.relapsed), result.relapsed, 1.0))
        for begin, end, longer in edges:
            if end - begin > _EXACT:
                step = max(1.0, float(round((end - begin) / _WINDOW_LOOKS)))
                windows.add(Window(begin, end + (1.0 if cold else longer), step, cold))
    return tuple(sorted(windows, key=lambda one: (one.begin, one.end)))


def worse(
    points: Mapping[Watcher, Sequence[Point]], baseline: Mapping[Watcher, Sequence[Point]]
) -> tuple[Worse, ...]:
    """Who was dark under a remedy while it answered, at the same time, in a run in which nothing was done.

    One look alone is no finding, nor is one that lies next to an edge of the other run.  A watcher that was not as well off
    in both as the remedy began tells nothing of it.
    """
    found = []
    for watcher, looks in points.items():
        other = baseline.get(watcher, ())
        if not other or looks[0].dark is not other[0].dark:
            continue
        run: list[Point] = []
        for point in (*looks, None):
            if point is not None and point.dark and _answered(other, point.at):
                run.append(point)
                continue
            if len(run) > 1:
                found.append(Worse(watcher, run[0].at, None if point is None else point.at))
                break
            run = []
    return tuple(found)


def _answered(points: Sequence[Point], at: float) -> bool:
    """Whether it answered in that run at that time, and at the looks on either side."""
    before = [one for one in points if one.at <= at - _SIDE][-1:] or list(points[:1])
    after = [one for one in points if one.at >= at + _SIDE][:1]
    near = [one for one in points if abs(one.at - at) < _SIDE]
    return bool(after) and not any(one.dark for one in (*before, *near, *after))
