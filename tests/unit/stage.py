"""A lab of cardboard: what the runner asks of a lab, without one, for tests of the runner alone."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar, cast

import harness.runner
from harness.expectation import Bogus, Secure, Seen
from harness.fault import Proof
from harness.history import Event, History
from harness.scenario import Scenario
from harness.verdict import Report
from lab.cause import Cause, EdeCodes
from lab.errors import LabSick
from lab.query import Answer, ExtendedError, Observation

if TYPE_CHECKING:
    from lab.lab import Lab

T = TypeVar("T")
R = TypeVar("R")

START = datetime(2030, 1, 1, tzinfo=UTC)
WWW, OTHER = "www.shop.lab.", "www.bystander.lab."
DATA = Answer("NOERROR", records=(f"{WWW} A 192.0.2.2",))
AD = Answer("NOERROR", ad=True, records=DATA.records)
SERVFAIL_6 = Answer("SERVFAIL", ede=(ExtendedError(6),))
NOTHING = Answer(None, failed="timeout")


@dataclass
class FakeVendor:
    """One whose EDE for one cause was measured."""

    ede: dict[Cause, EdeCodes] = field(default_factory=lambda: {Cause.NO_KEY_FOR_DS: frozenset({6})})


@dataclass
class FakeClock:
    """Lab time that moves only when advanced, and how it was."""

    time: datetime = START
    steps: list[timedelta] = field(default_factory=list)

    def now(self) -> datetime:
        """Lab time."""
        return self.time

    def at(self, instant: datetime, act: Callable[[], None]) -> None:
        """Nothing is done in passing here."""

    def advance(self, duration: timedelta) -> None:
        """Move it."""
        self.steps.append(duration)
        self.time += duration


@dataclass
class FakeResolver:
    """Answers as the stage directs."""

    stage: Stage
    name: str
    validates: bool = True
    vendor: FakeVendor = field(default_factory=FakeVendor)
    asked: list[tuple[str, bool, float]] = field(default_factory=list)

    @property
    def title(self) -> str:
        """Its name."""
        return self.name

    def ask(
        self, qname: str, qtype: str = "A", *, confirm: bool = True, timeout_seconds: float
    ) -> Observation:
        """AD while all is well; SERVFAIL in the victim zone while it is broken; the control always has data."""
        self.asked.append((qname, confirm, timeout_seconds))
        if self.stage.sick_at(self.name):
            raise LabSick(f"{self.name} is sick")
        dark = self.stage.dark(self.name) and qname.endswith("shop.lab.")
        answer = DATA if not self.validates else self.stage.servfail if dark else AD
        unchecked = self.stage.unchecked if confirm and answer.rcode in (None, "SERVFAIL") else None
        return Observation(
            self.name, self.validates, qname, qtype, answer, unchecked, self.stage.clock.now(), 0.0
        )


@dataclass
class Stage:
    """The lab, the fault and a script of what goes wrong with either."""

    clock: FakeClock = field(default_factory=FakeClock)
    log: list[str] = field(default_factory=list)
    broken: bool = False
    dark_at: Callable[[str], bool] = lambda name: True
    servfail: Answer = SERVFAIL_6
    unchecked: Answer = DATA
    holds_at_look: int = 1
    looks: int = 0
    sick_at: Callable[[str], bool] = lambda name: False
    sick_in: dict[str, Exception] = field(default_factory=dict)
    heals_at: datetime | None = None
    control_broken: bool = False

    def __post_init__(self) -> None:
        """Two validators and a control."""
        names = {"unbound": True, "bind": True, "control": False}
        self.resolvers = {name: FakeResolver(self, name, validates) for name, validates in names.items()}
        self.validators = tuple(r for r in self.resolvers.values() if r.validates)

    # -- what a lab does --

    def may_fail(self, at: str) -> None:
        """Note it, and raise where the script says so."""
        self.log.append(at)
        if at in self.sick_in:
            raise self.sick_in[at]

    def dark(self, name: str) -> bool:
        """Whether this validator can't see the victim now."""
        healed = self.heals_at is not None and self.clock.now() >= self.heals_at
        return self.broken and not healed and self.dark_at(name)

    def __enter__(self) -> Lab:
        """Up."""
        self.may_fail("up")
        return cast("Lab", self)

    def __exit__(self, *_: object) -> None:
        """Gone."""
        self.may_fail("gone")

    def each(self, do: Callable[[T], R], things: Iterable[T]) -> list[R]:
        """One after the other."""
        return [do(thing) for thing in things]

    def parent(self, zone: str) -> None:
        """There are no servers to look at."""
        raise LabSick(f"nobody serves the parent of {zone} here")

    def check_alive(self) -> None:
        """Whether servers live."""
        self.may_fail("alive")

    def collect(self) -> bytes:
        """The evidence."""
        self.may_fail("collect")
        return b"evidence"

    # -- what a fault does --

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Break it, and undo it."""
        self.may_fail("inject")
        self.broken = True
        try:
            yield
        finally:
            self.broken = False
            self.may_fail("undo")

    def took_hold(self, lab: Lab) -> Proof:
        """It does at one of the looks."""
        self.may_fail("took_hold")
        self.looks += 1
        return Proof(self.looks >= self.holds_at_look, f"look {self.looks}")


@dataclass(frozen=True)
class Do:
    """A step that does something to the stage."""

    what: Callable[[Stage], None]
    says: str = "done"

    def describe(self) -> str:
        """What it is."""
        return self.says

    def command(self) -> str:
        """Nothing."""
        return ""

    def perform(self, lab: Lab) -> str:
        """Do it."""
        self.what(cast("Stage", lab))
        return self.says


@dataclass(frozen=True)
class ClaimAt:
    """A claim about the lab that comes true at an instant."""

    instant: datetime = START
    within: timedelta = timedelta(0)

    def describe(self) -> str:
        """The claim."""
        return "it is time"

    def command(self) -> str:
        """Nothing."""
        return ""

    def look(self, lab: Lab, history: History) -> Seen:
        """Look at the clock."""
        return Seen(lab.clock.now() >= self.instant, f"it is {lab.clock.now():%H:%M:%S}", 7)


def heal(stage: Stage) -> None:
    """The operator repairs it."""
    stage.broken = False


def drill(stage: Stage, **changes: Any) -> Scenario:
    """A drill over the stage that passes as it is."""
    parts: dict[str, Any] = {
        "title": "a story",
        "symptom": "something fails",
        "fault": stage,
        "steady_state": [Secure(WWW), Secure(OTHER)],
        "impact": [Bogus(WWW, cause=Cause.NO_KEY_FOR_DS), Secure(OTHER)],
        "remedy": [Do(heal, "repaired")],
        "recovery": [Secure(WWW), Secure(OTHER)],
        "references": [],
    }
    return Scenario(**(parts | changes))


def play(stage: Stage, tell: Callable[[Event], None] = lambda event: None, **changes: Any) -> Report:
    """Run it."""
    return harness.runner.run("a-story", drill(stage, **changes), lambda: stage, tell)


def saw(report: Report) -> list[tuple[str, str, str]]:
    """What was observed: phase, resolver, words."""
    events = report.history.events
    return [(e.phase, e.observation.resolver, e.text) for e in events if e.observation is not None]
