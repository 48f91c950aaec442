"""What happened, as it happened: recorded before it is judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from harness.expectation import State, classify

if TYPE_CHECKING:
    from harness.alerts import Alert
    from harness.expectation import Judgement, LabExpectation, StateExpectation
    from harness.monitors import Watched
    from lab.query import Observation


@dataclass(frozen=True)
class Event:
    """One thing that happened: `kind` is step, saw, look, fault, alarm, quiet, note or error.

    `alarm` and `quiet` are a monitor's; wall seconds count from the start.
    """

    kind: str
    phase: str
    text: str
    lab_time: datetime
    wall_seconds: float
    observation: Observation | None = None
    claim: LabExpectation | StateExpectation | None = None
    judgement: Judgement | None = None
    value: int | None = None
    """A number that a look read (a packet counter), for later looks to compare with."""


@dataclass
class History:
    """The events of one run, in order; `tell` hears of each as it is recorded."""

    tell: Callable[[Event], None] = lambda event: None
    events: list[Event] = field(default_factory=list)
    monitors: list[Watched] = field(default_factory=list)
    """What was watched, and when it alarmed."""

    def record(self, event: Event) -> None:
        """Add an event."""
        self.events.append(event)
        self.tell(event)

    def looks(self, claim: LabExpectation) -> list[Event]:
        """The looks at a claim so far, those that did not meet it too."""
        return [event for event in self.events if event.claim == claim and event.kind == "look"]

    def monitor(self, alert: Alert) -> Watched | None:
        """What became of an alert so far; None where it is not watched."""
        return next((one for one in self.monitors if one.check == alert), None)

    @property
    def first_bogus(self) -> datetime | None:
        """When a validator's answer was first seen to be bogus: what users notice."""
        return min(
            (
                event.lab_time
                for event in self.events
                if event.observation is not None
                and event.observation.validates
                and classify(event.observation) is State.BOGUS
            ),
            default=None,
        )
