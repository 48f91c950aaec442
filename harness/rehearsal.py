"""A rehearsal as a value: a planned change, step by step, that no validator may notice.

Its result is seconds of lab time bogus, per validator, over all cache phases.  Immutable like a scenario.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from harness.cache_model import Security
from lab.errors import UsageError
from lab.topology import Topology

if TYPE_CHECKING:
    from datetime import datetime

    from harness.conductor import Stage
    from harness.history import History
    from lab.chain import Target
    from lab.lab import Lab


class RehearsalStep(Protocol):
    """Something done in a rehearsal: by an operator, by the registrar, or by waiting.

    `changes`: how many changes of what is published come of it, as far as can be foreseen.
    """

    changes: ClassVar[int]

    def describe(self) -> str:
        """What it is, in one sentence."""

    def command(self) -> str:
        """What an operator would type for it (empty: nothing)."""

    def perform(self, stage: Stage) -> str:
        """Do it, and say what happened."""


class Check(Protocol):
    """Something that must have come true by the end."""

    def problem(self, stage: Stage) -> str | None:
        """What has not, in one sentence; None where it has."""


@dataclass(frozen=True)
class EndState:
    """How it has to be in the end: what a cold validator says, and the keys that are left, by name."""

    state: Security = Security.SECURE
    ds: frozenset[str] | None = None
    keys: frozenset[str] | None = None


@dataclass(frozen=True)
class Rehearsal:
    """A planned change of one zone's keys: steps in order, and how it has to be in the end.

    `setting` prepares the zone before anybody watches.  `mutants` are ways to get it wrong that its own steps
    don't give (a policy that lies, a command said early); those that its steps give are derived (`harness.mutants`).
    `targets`: what validators are asked for, at least two RRsets (none: names of the made-up zone, with `about_denial`
    names that it denies).  `may_be_insecure`: whether validators may call the zone insecure on the way (enabling,
    disabling).  `serve_stale`: whether the validators that are asked again and again serve stale answers (RFC 8767);
    those count for nothing.  `begins`: lab time at the beginning (None: as every lab).
    """

    title: str
    purpose: str
    steps: Sequence[RehearsalStep]
    end: EndState
    references: Sequence[str]
    setting: Sequence[RehearsalStep] = ()
    topology: Topology = field(default_factory=Topology)
    checks: Sequence[Check] = ()
    may_be_insecure: bool = False
    about_denial: bool = False
    serve_stale: bool = False
    targets: Sequence[Target] = ()
    begins: datetime | None = None
    stage: Callable[[Rehearsal, Lab, History], Stage] | None = None
    """What it is played on, where that is not the victim's zone watched by the continuity oracle."""
    mutants: Mapping[str, Rehearsal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Hold tuples, and refuse what can't be judged.  Raises UsageError."""
        for name in ("steps", "setting", "references", "checks", "targets"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if not self.steps:
            raise UsageError(f"the rehearsal {self.title!r} has no steps: nothing would change")

    def but(self, **changes: Any) -> Self:
        """The same rehearsal with some of it changed."""
        return dataclasses.replace(self, **changes)
