"""Ways to get a rehearsal wrong, derived from its own steps.

Each wait is left out, halved, and cut short by the TTL that it is there for; each thing done is left out; each two
that stand next to each other (waits between them staying) change places.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace

from harness.handwork import ConfirmDs, Pause
from harness.rehearsal import Rehearsal, RehearsalStep


def mutants(rehearsal: Rehearsal) -> Mapping[str, Rehearsal]:
    """All of them by name: those derived, and those that the rehearsal brings itself."""
    steps = tuple(rehearsal.steps)
    found: dict[str, Rehearsal] = {}
    seen = [steps]
    for name, changed in (*_waits(steps), *_dropped(steps), *_swapped(steps)):
        if changed and changed not in seen:
            seen.append(changed)
            found[name] = rehearsal.but(steps=changed, mutants={})
    return {**found, **rehearsal.mutants}


def _waits(steps: tuple[RehearsalStep, ...]) -> Iterator[tuple[str, tuple[RehearsalStep, ...]]]:
    for place, step in enumerate(steps):
        if isinstance(step, Pause | ConfirmDs):
            yield f"{_ordinal(steps, place)} left out", _without(steps, place)
        if isinstance(step, Pause):
            yield f"{_ordinal(steps, place)} halved", _with(steps, place, replace(step, share=0.5))
            yield f"{_ordinal(steps, place)} less a TTL", _with(steps, place, replace(step, less_a_ttl=True))


def _dropped(steps: tuple[RehearsalStep, ...]) -> Iterator[tuple[str, tuple[RehearsalStep, ...]]]:
    for place, step in enumerate(steps):
        if not isinstance(step, Pause | ConfirmDs):
            yield f"without: {step.describe()}", _without(steps, place)


def _swapped(steps: tuple[RehearsalStep, ...]) -> Iterator[tuple[str, tuple[RehearsalStep, ...]]]:
    doing = [place for place, step in enumerate(steps) if not isinstance(step, Pause | ConfirmDs)]
    for first, second in itertools.pairwise(doing):
        changed = list(steps)
        changed[first], changed[second] = changed[second], changed[first]
        yield f"first {steps[second].describe()}, then {steps[first].describe()}", tuple(changed)


def _without(steps: tuple[RehearsalStep, ...], place: int) -> tuple[RehearsalStep, ...]:
    return (*steps[:place], *steps[place + 1 :])


def _with(steps: tuple[RehearsalStep, ...], place: int, step: RehearsalStep) -> tuple[RehearsalStep, ...]:
    return (*steps[:place], step, *steps[place + 1 :])


def _ordinal(steps: tuple[RehearsalStep, ...], place: int) -> str:
    """A wait's name: unambiguous where the same interval is waited for twice."""
    step = steps[place]
    name = f"wait {step.interval}" if isinstance(step, Pause) else "wait for the parent"
    same = [at for at, other in enumerate(steps) if _same_wait(other, step)]
    return name if len(same) == 1 else f"{name} ({same.index(place) + 1})"


def _same_wait(one: RehearsalStep, other: RehearsalStep) -> bool:
    if isinstance(one, Pause) and isinstance(other, Pause):
        return one.interval == other.interval
    return isinstance(one, ConfirmDs) and isinstance(other, ConfirmDs)
