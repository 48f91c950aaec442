"""Conducting a rehearsal: discrete-event time on real servers, one event after the other, watched by the oracle."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from harness.edge import Course
from harness.finding import Findings, findings
from harness.history import Event, History
from harness.oracle import Oracle, state_of
from harness.timing import Terms, hand_terms
from harness.watchers import Watchers
from lab.byhand import HandSigner
from lab.errors import LabSick, Stopped
from lab.registrar import ds_of

if TYPE_CHECKING:
    from dns.rdtypes.ANY.DNSKEY import DNSKEY

    from harness.rehearsal import Check, EndState, Rehearsal
    from lab.chain import Target
    from lab.lab import Lab

_LEAD = timedelta(seconds=1)
"""How long before a change that is foreseen its generation is primed, lab time standing still: the worst phase is the last
second."""

_AFTER = timedelta(milliseconds=50)
"""How far behind an event the clock is put, so that it has come."""

_CLEAR = timedelta(milliseconds=500)
"""How near to an event no look is begun any more: it has to be answered before."""


@dataclass(frozen=True)
class Foreseen:
    """A change that will come by itself: from when on it may come, when a stop finds it done, whether validators may see it.

    In between it may or may not have come: no look is taken then.
    """

    since: datetime
    at: datetime
    label: str
    seen: bool
    attended: bool = True
    """Whether keys or the parent may be otherwise than before, so that an operator looks at them."""


def _first(instant: datetime, look: datetime | None) -> bool:
    return look is None or instant <= look


@dataclass
class Stage:
    """What a step of a rehearsal acts on, and the only way that its time passes."""

    lab: Lab
    zone: str
    hand: HandSigner
    history: History
    terms: Terms
    changes_to_come: int = 0
    created: float = 0.0
    """When the zone got its first keys (seconds of lab time)."""
    started: float = field(default_factory=time.monotonic)
    watching: bool = False
    stopped: str = ""
    """Why its steps were not gone through to the end."""
    serve_stale: bool = False
    """Whether the watchers do."""
    watchers: Watchers | None = None
    """Who is asked again and again, at every stop that is made anyway: they cost no stop of their own."""
    manager: KeyManager | None = None
    """Who attends to BIND's key manager, where that does the waiting."""

    def watch(self, targets: Sequence[Target]) -> None:
        """Begin to watch: what is published now is how things stood before."""
        vendors = [one.name for one in self.lab.validators]
        self.oracle = Oracle(self.lab, self.zone, targets, vendors)
        self.watchers = Watchers(self.oracle.observers, vendors, targets[0], serve_stale=self.serve_stale)
        self.watching = True
        self._ask_watchers()

    def _ask_watchers(self) -> None:
        """Ask those that are asked again and again, in one instant of lab time."""
        if self.watchers is None:
            return
        with contextlib.nullcontext() if self.lab.clock.stands else self.lab.clock.standing():
            self.watchers.ask()

    def close(self) -> None:
        """End all that watches."""
        if self.watchers is not None:
            self.watchers.close()
        self.oracle.close()

    def note(self, kind: str, text: str) -> None:
        """Record an event."""
        self.history.record(
            Event(kind, "rehearsal", text, self.lab.clock.now(), time.monotonic() - self.started)
        )

    # -- changes ----------------------------------------------------------------------------------------

    def change(self, label: str, act: Callable[[], None]) -> None:
        """Make a change of what is published, a generation primed before it and what is served read back after it."""
        if not self.watching:
            act()
            return
        self.changes_to_come = max(self.changes_to_come - 1, 0)
        with self.lab.clock.standing():
            self.oracle.open_generation(self.changes_to_come)
            self._ask_watchers()
        begun = self.oracle.now()
        act()
        self._changed(label, begun)

    def _changed(self, label: str, begun: float) -> None:
        seen = self.oracle.changed(label, begun)
        self._ask_watchers()
        if not seen:
            return
        change = self.oracle.changes[-1]
        before, after = change.before, change.published
        if before.algorithms != after.algorithms:  # another algorithm's keys and signatures have another size
            self.note(
                "step", f"the DNSKEY answer goes from {before.dnskey_octets} to {after.dnskey_octets} octets"
            )
        self.note("change", label)

    def registrar_now(self, keys: Iterable[DNSKEY]) -> None:
        """Have the parent publish the DS of these keys at once: how things stand before the rehearsal."""
        self.lab.registrar.publish_now(self.zone, [ds_of(self.zone, key) for key in keys])

    # -- time -------------------------------------------------------------------------------------------

    def pass_time(self, duration: timedelta) -> None:
        """Let lab time pass, event by event: looks that fall due, and changes that come by themselves."""
        self.pass_until(self.lab.clock.now() + duration)

    def pass_until(self, until: datetime) -> None:
        """As `pass_time`, to an instant."""
        clock = self.lab.clock
        opened: datetime | None = None
        while True:
            foreseen, look = self._foreseen(until), self._next_look()
            if look is not None and look > max(until, clock.now()):
                look = None
            if foreseen and foreseen.seen and opened != foreseen.at and _first(foreseen.since - _LEAD, look):
                with clock.standing(foreseen.since - _LEAD):
                    self.oracle.open_generation(self.changes_to_come)
                    self._ask_watchers()
                opened = foreseen.at
            elif foreseen and _first(foreseen.since - _CLEAR, look):
                begun = max(self.oracle.now(), foreseen.since.timestamp())
                clock.advance_to(foreseen.at)
                self._came(foreseen, begun)
            elif look is not None:
                self.look_at(look)
            else:
                clock.advance_to(until)
                return

    def look_at(self, instant: datetime) -> None:
        """Go to an instant and take the looks that are due then."""
        with self.lab.clock.standing(instant):
            self.oracle.look()
            self._ask_watchers()

    def _foreseen(self, until: datetime) -> Foreseen | None:
        """What comes by itself next: a change at the parent, a key event, a batch of signatures."""
        coming = []
        if (registrar := self.lab.clock.next_due()) is not None:
            coming.append(Foreseen(registrar, registrar + _AFTER, "the parent's DS set changes", seen=True))
        if self.manager is not None:
            coming += self.manager.foreseen()
        return min((one for one in coming if one.at <= until), key=lambda one: one.at, default=None)

    def _came(self, foreseen: Foreseen, begun: float) -> None:
        """Something foreseen has come: see what is served now, and do what an operator does about it."""
        self.lab.settle()  # on a busy machine time came here by itself, without a jump that would have settled it
        attended = self.manager if foreseen.attended else None
        news = attended.news() if attended else ""
        self._changed(news or foreseen.label, begun)
        if attended:
            attended.attend(self)

    def _next_look(self) -> datetime | None:
        due = self.oracle.next_due()
        return None if due is None else datetime.fromtimestamp(due, UTC)

    def pass_until_published(self) -> None:
        """Let lab time pass until the parent serves what was handed in to the registrar."""
        while self.lab.registrar.pending(self.zone):
            due = self.lab.clock.next_due()
            if due is None:
                raise LabSick(f"the registrar never publishes what was handed in for {self.zone}")
            self.pass_until(due + _AFTER)

    def findings(self) -> Findings:
        """What all looks come to."""
        found = findings(
            self.oracle.authority,
            self.oracle.closed,
            {one.name: one.vendor.cache for one in self.lab.validators},
            self.oracle.targets[1],
            Course([(one.opened or one.begun, one.served) for one in self.oracle.changes], self.oracle.now()),
        )
        return found if self.watchers is None else self.watchers.beside(found)

    def end_problem(self, end: EndState, checks: Iterable[Check] = ()) -> str | None:
        """How the zone is not as it is to be in the end; None where it is."""
        served, made = self.oracle.authority.published[-1], self.hand.keys
        for what, wanted, found in (("DS", end.ds, served.ds), ("DNSKEY", end.keys, served.keys)):
            if wanted is not None and found != (right := {made[name].ident for name in wanted}):
                return (
                    f"in the end the {what} RRset is {', '.join(map(str, sorted(found))) or 'empty'}, and is to be"
                    f" {', '.join(map(str, sorted(right))) or 'empty'}"
                )
        for check in checks:
            if problem := check.problem(self):
                return problem
        for validator in self.lab.validators:
            validator.flush()
            answer = validator.answer(*self.oracle.targets[1])
            if (state := state_of(answer)) is not end.state:
                return f"in the end {validator.name} says {state.value}, and is to say {end.state.value}"
        return None

    def pass_until_nothing_is_held(self) -> None:
        """Let lab time pass until no observer holds anything of before the last change."""
        while (look := self._next_look()) is not None:
            self.pass_until(look + _AFTER)


class KeyManager(Protocol):
    """What the stage asks of whoever attends to a zone's key manager (`harness.keymanager`)."""

    def foreseen(self) -> list[Foreseen]:
        """What signers will do by themselves next."""

    def news(self) -> str:
        """What became of the zone's keys since it was asked last, in words (empty: nothing)."""

    def attend(self, stage: Stage) -> None:
        """Do what is an operator's to do after a key event or a change at the parent."""


def conduct(rehearsal: Rehearsal, lab: Lab, history: History) -> Stage:
    """Play a rehearsal in a lab that is up; returns the stage with all that was seen.

    Raises LabSick where a server does not do its part, RegistrarRefused where the registrar does not.
    """
    stage = (rehearsal.stage or _stage)(rehearsal, lab, history)
    stage.serve_stale = rehearsal.serve_stale
    stage.created = lab.clock.now().timestamp()
    for step in rehearsal.setting:
        stage.note("step", step.perform(stage))
    lab.settle()
    made_up = targets_of(lab.topology.victim.name, denied=rehearsal.about_denial)
    stage.watch(rehearsal.targets or made_up)
    with contextlib.closing(stage):
        try:
            for step in rehearsal.steps:
                stage.note("step", step.perform(stage))
        except Stopped as no:
            stage.stopped = str(no)
            stage.note("step", f"stopped: {no}")
        stage.pass_until_nothing_is_held()
        lab.check_alive()
    return stage


def _stage(rehearsal: Rehearsal, lab: Lab, history: History) -> Stage:
    zone = lab.topology.victim.name
    changing = sum(step.changes for step in rehearsal.steps)
    return Stage(lab, zone, HandSigner(lab, zone), history, hand_terms(rehearsal.topology), changing)


def targets_of(zone: str, *, denied: bool) -> list[Target]:
    """What observers are asked: RRsets of the made-up zone, of its own TTL, or names that it denies."""
    if denied:
        return [(f"absent{number}.{zone}", "A") for number in range(8)]
    return [(f"www.{zone}", "A"), *((f"w{number}.{zone}", "A") for number in range(1, 8))]
