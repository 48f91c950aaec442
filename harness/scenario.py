"""A drill as a value: five phases, always the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from harness.expectation import LabExpectation, StateExpectation
from harness.fault import SwitchedOff
from harness.offer import check_name
from lab.errors import UsageError
from lab.topology import Topology

if TYPE_CHECKING:
    from harness.fault import Fault
    from harness.offer import Offer
    from harness.step import Step

    Item = StateExpectation | LabExpectation | Step

PHASES = ("steady_state", "impact", "remedy", "recovery")
"""The phases that hold steps and claims; the fault stands between the first two."""


@dataclass(frozen=True)
class Scenario:
    """A fault, what it does to validators, what an operator does about it, and that it helped.

    `steady_state` → `fault` → `impact` → `remedy` → `recovery`.  The remedy is what is under test; what the harness
    itself must undo belongs to the fault.  Immutable: pytest, the command line and the runbooks all read the
    same value.

    `offers`: other remedies than the drill's own, by a short name; `chaindrill recover` measures them all.

    `patience_seconds` is how long a client waits for one answer (wall time, as a stub resolver's time-out).
    """

    title: str
    symptom: str
    fault: Fault
    steady_state: Sequence[Item]
    impact: Sequence[Item]
    remedy: Sequence[Item]
    recovery: Sequence[Item]
    references: Sequence[str]
    topology: Topology = field(default_factory=Topology)
    patience_seconds: float = 5.0
    validators_needed: int = 1
    offers: Mapping[str, Offer] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Hold tuples, and refuse a drill that can't be judged.  Raises UsageError."""
        for name in (*PHASES, "references"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in self.offers:
            check_name(name)
        if self.topology.bystander is None:
            raise UsageError(
                f"the scenario {self.title!r} has no bystander zone: nothing would show a sick lab"
            )
        for name in ("steady_state", "impact", "recovery"):
            if not any(isinstance(item, StateExpectation | LabExpectation) for item in getattr(self, name)):
                raise UsageError(
                    f"the scenario {self.title!r} expects nothing in its {name}: it could not fail"
                )

    def but(self, **changes: Any) -> Self:
        """The same drill with some of it changed: a variant of the same story."""
        return dataclasses.replace(self, **changes)

    def fault_switched_off(self) -> Self:
        """The drill with nothing going wrong: must end inconclusive, else its proof proves nothing."""
        return self.but(fault=SwitchedOff(self.fault))

    def remedy_left_out(self) -> Self:
        """The drill with nothing done about it: must fail, else its remedy is no remedy."""
        return self.but(remedy=())

    @property
    def phases(self) -> Mapping[str, Sequence[Item]]:
        """Steps and claims by phase."""
        return {name: getattr(self, name) for name in PHASES}
