"""Monitors: alerts, and checks of the user's own, looked at all through a drill; when each first alarmed.

They look after every step, after the fault, after claims that let time pass, and at stops inside long waits: at the
computed instant at which an alert will ring if nothing changes, and now and then besides.  A look asks the zone's servers
and its parent, never a resolver, and ends no drill: who does not answer could not be looked at.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from harness.alerts import AlarmedAhead, Alert, Found, standard
from lab.errors import LabError

if TYPE_CHECKING:
    from harness.monitor_command import Command
    from harness.scenario import Scenario
    from lab.lab import Lab
    from lab.sight import Lookout, Sight

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)

Gaps = tuple[tuple[timedelta, timedelta], ...]

ALERT_GAPS: Gaps = (
    (_HOUR, timedelta(hours=2)),
    (_DAY, timedelta(hours=6)),
    (timedelta.max, _DAY),
)
"""How far apart the stops inside a wait are: up to how long after the last step or claim, how far.

Each costs some milliseconds; alerts about signatures don't need them, as their instants are computed.
"""

_STALE = timedelta(seconds=5)
"""A claim that took less time than this changed nothing at the servers since the last look."""

COMMAND_GAPS: Gaps = (
    (_HOUR, timedelta(minutes=10)),
    (_DAY, timedelta(hours=2)),
    (timedelta.max, timedelta(hours=6)),
)
"""The same where a check of the user's own runs, whose alarm can't be computed ahead."""


class Outcome(enum.Enum):
    """What a monitor was good for."""

    AHEAD = "ahead"
    LATE = "late"
    NO_OUTAGE = "no outage"
    """It alarmed, and no validator gave a bogus answer."""
    NEVER = "never"
    BEFORE_FAULT = "before the fault"
    """It alarmed while all was well, and still did when the fault came: it warns of nothing."""
    BLIND = "could not look"


@dataclass
class Watched:
    """A monitor and what it said so far.  All instants are lab time.

    `rang_at`: when it first alarmed after the fault began (or before it, and went on: `before_fault`).  `fine_until`: the
    last look before that at which it did not.  `said`: its words then; while it has not alarmed, its last ones.
    """

    check: Alert | Command
    looks: int = 0
    blind: int = 0
    alarming: bool = False
    before_fault: bool = False
    rang_at: datetime | None = None
    fine_until: datetime | None = None
    first_expiry: datetime | None = None
    said: str = ""

    @property
    def own(self) -> bool:
        """Whether it is a check of the user's own."""
        return not isinstance(self.check, Alert)

    def enter(self, found: Found, now: datetime, *, fault: bool) -> str:
        """Take a look into account; returns `alarm` or `quiet` where that is news, else nothing.

        `fault`: whether the fault has begun.
        """
        self.looks += 1
        if self.rang_at is None:
            self.said = found.text
        if found.alarms is None:
            self.blind += 1
            return ""
        news = "" if found.alarms is self.alarming else "alarm" if found.alarms else "quiet"
        if found.alarms and self.rang_at is None:
            self.rang_at, self.said, self.first_expiry = now, found.text, found.first_expiry
            self.before_fault = not fault
        if not found.alarms:
            if not fault:  # what rang and ceased before the fault has the whole drill before it
                self.rang_at, self.before_fault, self.first_expiry, self.said = None, False, None, found.text
            if self.rang_at is None:
                self.fine_until = now
        self.alarming = found.alarms
        return news

    def outcome(self, first_bogus: datetime | None) -> Outcome:
        """What it was good for, given when the first bogus answer was seen."""
        if self.rang_at is None:
            return Outcome.BLIND if self.blind == self.looks else Outcome.NEVER
        if self.before_fault:
            return Outcome.BEFORE_FAULT
        if first_bogus is None:
            return Outcome.NO_OUTAGE
        return Outcome.AHEAD if first_bogus - self.rang_at >= timedelta(seconds=1) else Outcome.LATE


class Note(Protocol):
    """How an event is recorded (`Run.note`)."""

    def __call__(self, kind: str, text: str, **more: object) -> None:
        """Record it."""


class Monitors:
    """All that watch one drill."""

    def __init__(
        self,
        lab: Lab,
        scenario: Scenario,
        commands: Sequence[Command],
        watched: list[Watched],
        note: Note,
    ) -> None:
        """Raises UsageError for a command that is not in the lab."""
        self._lab = lab
        self._note = note
        self._fault = False
        self._over = False
        self._since = lab.clock.now()
        self._looked: datetime | None = None
        self._armed: datetime | None = None
        self._lookouts: dict[str, Lookout] = {}
        zone = scenario.topology.victim.name
        self._alerts = [(alert, Watched(alert)) for alert in alerts_of(scenario)]
        self._commands = [(command.at(lab, zone), Watched(command)) for command in commands]
        watched += [one for _, one in (*self._alerts, *self._commands)]
        self._gaps = COMMAND_GAPS if commands else ALERT_GAPS

    def look(self, *, fault: bool, changed: bool = True) -> None:
        """Look at everything, and arrange for looks inside the next wait.

        `fault`: whether the fault has begun.  `changed`: whether something was done since the last look; if not,
        a look a moment ago is as good.
        """
        self._fault = fault
        self._since = now = self._lab.clock.now()
        if changed or self._looked is None or now - self._looked > _STALE:
            self._look_and_arm()

    def end(self) -> None:
        """No more looks."""
        self._over = True

    def _look_and_arm(self) -> None:
        self._looked = self._lab.clock.now()
        sights = {zone: self._sight(zone) for zone in {alert.zone: None for alert, _ in self._alerts}}
        dues: list[datetime] = []
        for alert, watched in self._alerts:
            sight = sights[alert.zone]
            found = Found(None, "the lab did not answer") if sight is None else alert.judge(sight)
            self._enter(watched, found)
            due = None if sight is None or found.alarms else alert.due(sight)
            dues += [due] if due else []
        if self._commands:
            self._run_commands()
        self._arm(dues)

    def _run_commands(self) -> None:
        """Run the user's own all at once.  Lab time stands: however long they take, the drill loses none."""
        with self._lab.clock.standing():
            said = self._lab.each(lambda one: one[0].look(), self._commands)
            for (_, watched), found in zip(self._commands, said, strict=True):
                self._enter(watched, found)

    def _sight(self, zone: str) -> Sight | None:
        from lab.sight import Lookout

        try:
            lookout = self._lookouts.setdefault(zone, Lookout(self._lab, zone))
            return lookout.look()
        except LabError:  # whether the lab is gone is for the drill to find out
            return None

    def _enter(self, watched: Watched, found: Found) -> None:
        news = watched.enter(found, self._lab.clock.now(), fault=self._fault)
        if news:
            claim = watched.check if isinstance(watched.check, Alert) else None
            self._note(news, f"{watched.check.title}: {found.text}", claim=claim)

    def _arm(self, dues: Iterable[datetime]) -> None:
        """Have lab time stop for a look where one is due next, unless it stops before that anyway."""
        now = self._lab.clock.now()
        instant = min([*dues, now + gap(self._gaps, now - self._since)])
        if self._armed is None or instant < self._armed:
            self._armed = instant
            self._lab.clock.at(instant, lambda: self._stopped(instant))

    def _stopped(self, instant: datetime) -> None:
        if self._over or self._armed != instant:
            return
        self._armed = None
        self._look_and_arm()


def gap(gaps: Gaps, waited: timedelta) -> timedelta:
    """How long until the next look inside a wait that has gone on for so long."""
    return next(apart for until, apart in gaps if waited < until)


def alerts_of(scenario: Scenario) -> list[Alert]:
    """The alerts that a drill is watched with: those about its victim, and those that it names itself."""
    named = [item for items in scenario.phases.values() for item in items]
    own = [item.alarm if isinstance(item, AlarmedAhead) else item for item in named]
    wanted = [*standard(scenario.topology.victim.name), *(one for one in own if isinstance(one, Alert))]
    return list(dict.fromkeys(wanted))
