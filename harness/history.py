"""What happened, as it happened: recorded before it is judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.expectation import Judgement, LabExpectation, StateExpectation
    from lab.query import Observation


@dataclass(frozen=True)
class Event:
    """One thing that happened: `kind` is step, saw, look, fault, note or error; wall seconds count from the start."""

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

    def record(self, event: Event) -> None:
        """Add an event."""
        self.events.append(event)
        self.tell(event)

    def looks(self, claim: LabExpectation) -> list[Event]:
        """The looks at a claim so far, those that did not meet it too."""
        return [event for event in self.events if event.claim == claim and event.kind == "look"]
