"""Steps of rehearsals in which BIND's key manager does the waiting, and the operator what is left to do at the parent.

The key manager knows from its `dnssec-policy` how long to wait; it can't see the parent, and is told
(`rndc dnssec -checkds`).  Both can be wrong: a policy that understates reality, a word said too early.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from harness.expectation import duration_text
from lab.topology import Policy

if TYPE_CHECKING:
    from harness.conductor import Stage


@dataclass(frozen=True)
class Habits:
    """How the operator deals with the parent.

    `says_early`: how long before the parent publishes a DS the key manager is told that it has (a mistake).
    `hands_in`: whether the DS is handed in at all.
    """

    says_early: timedelta | None = None
    hands_in: bool = True


@dataclass(frozen=True)
class UnderPolicy:
    """Have the key manager begin: its first keys are in use, and it knows that their DS is at the parent."""

    habits: Habits = Habits()

    changes: ClassVar[int] = 0

    def describe(self) -> str:
        """What is so."""
        return "the key manager is told that the DS of its key is at the parent"

    def command(self) -> str:
        """Once for the first key."""
        return "rndc dnssec -checkds published ZONE"

    def perform(self, stage: Stage) -> str:
        """Tell it, and attend to it from now on."""
        from harness.attendant import Attendant

        attendant = Attendant(stage.lab, stage.zone, self.habits)
        stage.manager = attendant
        attendant.attend(stage)
        return self.describe()


@dataclass(frozen=True)
class Ripen:
    """Let lab time pass before anybody watches: first keys are not in every cache yet, and can't be rolled."""

    duration: timedelta

    changes: ClassVar[int] = 0

    def describe(self) -> str:
        """How long."""
        return f"let the first keys ripen for {duration_text(self.duration)}"

    def command(self) -> str:
        """Nothing to type; what to look at meanwhile."""
        return "rndc dnssec -status ZONE"

    def perform(self, stage: Stage) -> str:
        """Event by event, the operator doing his part."""
        from lab.travel import travel

        attendant = stage.manager

        def attend() -> None:
            if attendant is not None:
                attendant.news()
                attendant.attend(stage)

        travel(stage.lab, stage.lab.clock.now() + self.duration, lambda text: None, attend)
        return self.describe()


@dataclass(frozen=True)
class Live:
    """Let lab time pass, every key event lived through."""

    duration: timedelta

    changes: ClassVar[int] = 2

    def describe(self) -> str:
        """How long."""
        return f"let {duration_text(self.duration)} pass"

    def command(self) -> str:
        """Nothing to type; what to look at meanwhile."""
        return "rndc dnssec -status ZONE"

    def perform(self, stage: Stage) -> str:
        """Event by event."""
        stage.pass_time(self.duration)
        return f"+ {duration_text(self.duration)}"


@dataclass(frozen=True)
class Adopt:
    """Put the zone under another dnssec-policy."""

    policy: Policy

    changes: ClassVar[int] = 1

    def describe(self) -> str:
        """Which."""
        return f"put the zone under the dnssec-policy {self.policy.name!r}"

    def command(self) -> str:
        """After the change of named.conf."""
        return "rndc reconfig; rndc dnssec -status ZONE"

    def perform(self, stage: Stage) -> str:
        """Rewrite the configuration."""
        from lab import operations

        stage.change(self.describe(), lambda: operations.adopt_policy(stage.lab, stage.zone, self.policy))
        if stage.manager is not None:
            stage.manager.news()
            stage.manager.attend(stage)
        return self.describe()


@dataclass(frozen=True)
class RollNow:
    """Have the key manager roll the key in this role now, ahead of its time."""

    role: str

    changes: ClassVar[int] = 2

    def describe(self) -> str:
        """What is done."""
        return f"have the {self.role} rolled now"

    def command(self) -> str:
        """For the key in use."""
        return "rndc dnssec -rollover -key TAG ZONE"

    def perform(self, stage: Stage) -> str:
        """Say so; the new key is published at once."""
        stage.change(self.describe(), lambda: _rolled(stage, self.role))
        if stage.manager is not None:
            stage.manager.news()
            stage.manager.attend(stage)
        return self.describe()


def _rolled(stage: Stage, role: str) -> None:
    from lab import operations

    operations.roll(stage.lab, stage.zone, role)
    stage.lab.settle()
