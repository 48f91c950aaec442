"""Lab time.  Every server reads real time plus one shared offset (plus its host's skew); only this moves it."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from lab.agent import Agent
from lab.errors import LabSick, UsageError
from lab.host import CLOCK, Host

START = datetime(2030, 1, 1, tzinfo=UTC)
"""Every lab begins here, so that the same drill prints the same dates, and a server that is not on lab time
is found out at once: its clock reads years less."""

STOPPED = bytes(24)
"""A clock's file before there is a clock: offset, standstill and lag (`compose/clockshim/clockshim.c`)."""

_OFFSET, _STANDSTILL, _LAG = range(3)


class Clock:
    """The lab's time.  Between jumps it runs at rate 1, unless it is made to stand; it never goes back."""

    def __init__(self, agent: Agent, settle: Callable[[], None], start: datetime = START) -> None:
        before = time.time_ns()
        engine_now = agent.now_ns()
        after = time.time_ns()
        self._agent = agent
        self._settle = settle
        self._engine_ahead_ns = engine_now - (before + after) // 2
        self._offset_ns = round(start.timestamp() * 1e9) - engine_now
        self._stands_ns: int | None = None
        self._lag_ns = 0
        self._skews: dict[str, timedelta] = {}
        self._due: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._lock = threading.RLock()
        self.jumps = 0
        self._agent.poke(CLOCK, (_OFFSET, self._offset_ns))

    def _running_ns(self) -> int:
        """Real time plus the offset: lab time, as if it had never stood still."""
        return time.time_ns() + self._engine_ahead_ns + self._offset_ns

    def now(self) -> datetime:
        """Lab time."""
        ns = self._running_ns() - self._lag_ns if self._stands_ns is None else self._stands_ns
        return datetime.fromtimestamp(ns / 1e9, UTC)

    @property
    def stands(self) -> bool:
        """Whether it stands still."""
        return self._stands_ns is not None

    def at(self, instant: datetime, act: Callable[[], None]) -> None:
        """Have something done when lab time comes to `instant`, between two jumps, never while one is made."""
        heapq.heappush(self._due, (instant, next(self._order), act))

    def next_due(self) -> datetime | None:
        """When the next thing comes due of those that were asked for with `at`."""
        return self._due[0][0] if self._due else None

    def run_due(self) -> None:
        """Do what has come due meanwhile by time running on."""
        with self._lock:
            while self._due and self._due[0][0] <= self.now():
                heapq.heappop(self._due)[2]()

    def advance(self, duration: timedelta) -> None:
        """Let `duration` of lab time pass: as `advance_to`.  Raises UsageError for a negative duration."""
        if duration < timedelta(0):
            raise UsageError(f"lab time can't go back (asked for {duration}): build a fresh lab instead")
        self.advance_to(self.now() + duration)

    def advance_to(self, instant: datetime) -> None:
        """Jump to `instant`, stopping at everything that comes due before it, and let the servers settle.

        Nothing may be asked meanwhile: a question in flight across a jump times out at once.  An instant
        already past is no jump.  Raises LabSick where a signer does not settle.
        """
        with self._lock:
            self._do_what_is_due(instant)
            self._jump(instant)

    @contextlib.contextmanager
    def standing(self, instant: datetime | None = None) -> Iterator[None]:
        """Go to `instant` (None, or one already past: stay here), and have lab time stand there.

        Caches count whole seconds of the wall clock: what is asked meanwhile is asked in one and the same of
        them, however long it takes.  Servers' timers run on, but what waits for a later second waits: signers are
        settled only when time runs again.  So nothing that they do at that instant may matter meanwhile.
        """
        with self._lock:
            if instant is not None:
                self._do_what_is_due(instant)
            now = self.now()
            at = max(instant or now, now)
            self._stands_ns = round(at.timestamp() * 1e9)
            self._agent.poke(CLOCK, (_STANDSTILL, self._stands_ns))
            try:
                if at > now:
                    self._move(at - now)
                yield
            finally:
                self._lag_ns = self._running_ns() - self._stands_ns
                self._stands_ns = None
                self._agent.poke(CLOCK, (_LAG, self._lag_ns), (_STANDSTILL, 0))
            if at > now:
                self._settle()

    def _do_what_is_due(self, instant: datetime) -> None:
        while self._due and self._due[0][0] <= instant:
            self._jump(self._due[0][0])
            self.run_due()

    def _jump(self, instant: datetime) -> None:
        step = instant - self.now()
        if step > timedelta(0):
            self._move(step)
            self._settle()

    def _move(self, step: timedelta) -> None:
        self._offset_ns += round(step.total_seconds() * 1e9)
        self._agent.poke(CLOCK, (_OFFSET, self._offset_ns))
        self.jumps += 1

    def skew(self, host: Host) -> timedelta:
        """How far this host's clock is ahead of lab time (negative: behind)."""
        return self._skews.get(host.name, timedelta(0))

    def set_skew(self, host: Host, ahead: timedelta) -> None:
        """Set a host's clock ahead of lab time (or behind)."""
        self._agent.poke(host.skew_file, (0, round(ahead.total_seconds() * 1e9)))
        self._skews[host.name] = ahead

    def check(self, host: Host, reading: datetime, *, tolerance: timedelta = timedelta(seconds=3)) -> None:
        """Raise LabSick where a server's own clock reading shows that it is not on its host's lab time."""
        right = self.now() + self.skew(host)
        if abs(reading - right) > tolerance:
            raise LabSick(
                f"{host.name} is not on lab time: its server reads {reading:%Y-%m-%d %H:%M:%S} where it is"
                f" {right:%Y-%m-%d %H:%M:%S}; nothing timed can be concluded from it"
            )
