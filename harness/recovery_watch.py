"""Watching a lab while a remedy works: who is asked what, and when, inside the waits of its steps too."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from harness.expectation import Bogus, State, StateExpectation
from harness.recovery_time import (
    CLOSELY_FOR,
    LIMIT,
    Point,
    Watcher,
    Where,
    Window,
    cold_due,
    healthy,
    next_look,
    state_of,
)
from harness.scenario import PHASES, Scenario
from lab.observers import Heard, Observers, Question
from lab.zonename import under

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.lab import Lab
    from lab.resolver import Resolver

_BEFORE_DUE = 0.5
"""A look is taken so long before what the registrar has planned, and one right after it."""
_AFTER_DUE = 0.05
_AHEAD = timedelta(seconds=5)
_TYPES = ("AAAA", "TXT", "MX", "SRV", "CAA", "HINFO", "LOC", "NAPTR", "SSHFP", "TLSA")
_WORST = (State.UNREACHABLE, State.UNCONFIRMED, State.INSECURE, State.SECURE)

Name = tuple[str, str]
"""A question: name and type."""


@dataclass
class Names:
    """Questions that no cache can have an answer to: addresses of names first, as clients ask for them.

    `taken`: names that others ask for.  A name comes again once no cache holds anything of it any more.
    """

    zone: str
    taken: frozenset[str]
    kept: timedelta
    used: dict[Name, datetime] = field(default_factory=dict)
    spent: int = 0

    def fresh(self, now: datetime) -> Name:
        """One that was not asked for within the time that caches keep answers."""
        for question in self._all():
            last = self.used.get(question)
            if last is None or now - last > self.kept:
                self.used[question] = now
                return question
        self.spent += 1  # a type from the private range (RFC 6895 3.1): no data, which is an answer as well
        name, number = divmod(self.spent, 250)
        return (f"w{1 + name % 32}.{self.zone}", f"TYPE{65280 + number}")

    def _all(self) -> list[Name]:
        names = [f"w{number}.{self.zone}" for number in range(32, 0, -1)]
        return [(name, qtype) for qtype in ("A", *_TYPES) for name in names if name not in self.taken]


def retried(scenario: Scenario) -> Name:
    """The question of the impact that clients go on asking: the last that was claimed bogus there, or else the last."""
    victim = scenario.topology.victim.name
    claims = [
        one
        for one in scenario.impact
        if isinstance(one, StateExpectation) and (one.qname == victim or under(one.qname, victim))
    ]
    bogus = [one for one in claims if isinstance(one, Bogus)]
    for one in (*reversed(bogus), *reversed(claims)):
        return (one.qname, one.qtype)
    return (f"www.{victim}", "A")


def _asked(scenario: Scenario) -> frozenset[str]:
    items = [item for phase in PHASES for item in getattr(scenario, phase)]
    return frozenset(item.qname for item in items if isinstance(item, StateExpectation))


class Watch:
    """Looks at one lab from before its fault to the end of a remedy.  `tell` hears of each look in words."""

    def __init__(
        self,
        lab: Lab,
        scenario: Scenario,
        wanted: State,
        windows: Sequence[Window],
        tell: Callable[[str], None],
    ) -> None:
        self._lab = lab
        self._wanted = wanted
        self._patience = scenario.patience_seconds
        self._windows = windows
        self._tell = tell
        self._observers = Observers(lab)
        victim, bystander = scenario.topology.victim, scenario.topology.bystander
        assert bystander is not None  # a scenario without one is refused
        self._zone = victim.name
        taken, kept = _asked(scenario), victim.record_ttl + victim.soa_ttl
        self._names = Names(victim.name, taken, kept)
        self._beside = Names(bystander.name, taken, kept)
        self._retried = [retried(scenario)]
        self._primed: dict[Watcher, Resolver] = {}
        self._cold_at, self._changed_at, self._took = -1.0, 0.0, 0.0
        self._published: object = None
        self._registrar_acts = 0.0
        self._plan = 0
        self.points: dict[Watcher, list[Point]] = {}

    @property
    def now(self) -> float:
        """Lab time since the remedy began."""
        return (self._lab.clock.now() - self._begun).total_seconds()

    # -- before the remedy ------------------------------------------------------------------------------

    def prime(self) -> None:
        """Start validators that learn the zone now, before the fault, and are in service from then on."""
        vendors = [one.vendor.name for one in self._lab.validators]
        for where in (Where.PRIMED, Where.PRIMED_LATE):
            for vendor in vendors:
                self._primed[Watcher(vendor, where)] = self._observers.start(vendor, 1)[0]
        early = self._names.fresh(self._lab.clock.now())
        with self._lab.clock.standing():
            primed = self._lab.clock.now()
            self._ask(
                [
                    Question(one, *(early if watcher.where is Where.PRIMED else (self._zone, "DS")))
                    for watcher, one in self._primed.items()
                ]
            )
        last = primed + self._lab.registrar.terms.ds_ttl - timedelta(seconds=1)
        self._lab.clock.at(last - _AHEAD, lambda: self._prime_late(last))

    def _prime_late(self, last: datetime) -> None:
        """The servers settle ahead of that second: while they do, time runs, and it would be over."""
        late = [one for watcher, one in self._primed.items() if watcher.where is Where.PRIMED_LATE]
        with self._lab.clock.standing(last):
            name = self._names.fresh(self._lab.clock.now())
            self._ask([Question(one, *name) for one in late])

    # -- while it works ---------------------------------------------------------------------------------

    def begin(self) -> None:
        """The remedy begins now: look at what there is before it, and go on looking."""
        self._begun, self._wall = self._lab.clock.now(), time.monotonic()
        self._retried.append(self._names.fresh(self._begun))
        self._published = self._fingerprint()
        self.look()

    def step_done(self, *, waited: bool) -> None:
        """A step was done, by waiting or otherwise: look, and look closely from here on where anything may have changed."""
        if self._registrar_acts <= self.now and self._lab.registrar.pending(self._zone):
            delay = self._lab.registrar.terms.publication_delay
            self._registrar_acts = self.now + delay.total_seconds()
        published = self._fingerprint()
        if not waited or published != self._published:
            self._changed_at = self.now
        self._published = published
        self.look()

    def go_on(self) -> None:
        """All steps are done: look until the time is up."""
        end = max(LIMIT.total_seconds(), self._changed_at + CLOSELY_FOR)
        while self.now < end:
            following = min(self._following(), end)
            self._plan += 1  # what was planned inside the steps' waits is off
            if following == end:
                self._cold_at = -1.0  # the last look is everybody's
            self._lab.clock.advance_to(self._begun + timedelta(seconds=following))
            self.look()

    def look(self) -> None:
        """Ask everybody, all in one second of lab time, and plan the next look."""
        started = time.monotonic()
        with self._lab.clock.standing():
            at, now = self.now, self._lab.clock.now()
            new, beside = self._names.fresh(now), self._beside.fresh(now)
            states: dict[Watcher, State] = {}
            for asked in self._lab.each(lambda one: self._warm(one, new, beside), self._lab.validators):
                states |= asked
            states |= self._processes(at, new)
        for watcher, state in states.items():
            self.points.setdefault(watcher, []).append(
                Point(round(at, 1), round(time.monotonic() - self._wall, 2), state)
            )
        self._took = time.monotonic() - started
        self._tell(_words(states))
        self._plan_next()

    def _plan_next(self) -> None:
        """Have the next look taken even where a step lets time pass over it."""
        self._plan += 1
        plan = self._plan

        def come() -> None:
            if plan == self._plan:
                self.look()

        self._lab.clock.at(self._begun + timedelta(seconds=self._following()), come)

    def _following(self) -> float:
        now = self.now
        since = now - self._changed_at
        if self._well():
            since = max(since, CLOSELY_FOR)
        following = next_look(now, since, self._windows, self._took)
        due = self._registrar_acts
        if not now < due < following:
            return following
        return due - _BEFORE_DUE if now < due - 2 * _BEFORE_DUE else due + _AFTER_DUE

    def _well(self) -> bool:
        """Whether nobody who is timed is ill at the last look."""
        last = [points[-1].state for watcher, points in self.points.items() if watcher.where.timed]
        return bool(last) and all(healthy(state, self._wanted) for state in last)

    def _warm(self, resolver: Resolver, new: Name, beside: Name) -> Mapping[Watcher, State]:
        def ask(name: Name) -> State:
            return state_of(resolver.answer(*name, timeout_seconds=self._patience))

        return {
            Watcher(resolver.name, Where.WARM): min(map(ask, self._retried), key=_WORST.index),
            Watcher(resolver.name, Where.FRESH): ask(new),
            Watcher(resolver.name, Where.BYSTANDER): ask(beside),
        }

    def _processes(self, at: float, new: Name) -> Mapping[Watcher, State]:
        asked = dict(self._primed)
        cold: dict[Watcher, Resolver] = {}
        if cold_due(at, self._cold_at, self._changed_at, self._windows):
            self._cold_at = at
            for one in self._lab.validators:
                cold[Watcher(one.name, Where.COLD)] = self._observers.start(one.vendor.name, 1)[0]
        asked |= cold
        heard = self._ask([Question(one, *new) for one in asked.values()])
        states = {watcher: self._state(answer) for watcher, answer in zip(asked, heard, strict=True)}
        if cold:
            self._observers.end(list(cold.values()))
        return states

    def _ask(self, questions: Sequence[Question]) -> list[Heard]:
        return self._observers.ask(questions, timeout_seconds=self._patience)

    def _state(self, heard: Heard) -> State:
        question = heard.question
        if heard.answer.tc:  # cut, it says nothing: over TCP then
            return state_of(
                question.observer.answer(question.qname, question.qtype, timeout_seconds=self._patience)
            )
        return state_of(heard.answer)

    def _fingerprint(self) -> object:
        """What the zone's chain of trust is made of as it is served now."""
        serving = self._lab.serving(self._zone)
        keys = serving.rrset(self._zone, "DNSKEY")
        return (
            frozenset(map(str, self._lab.registrar.published(self._zone))),
            frozenset(map(str, keys or ())),
            serving.serial(),
        )


def _words(states: Mapping[Watcher, State]) -> str:
    told = [f"{w.validator} {states[w].value}" for w in states if w.where is Where.WARM]
    return ", ".join(told)
