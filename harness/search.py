"""Searching for pairs of faults that break what each of them alone does not: the order of the trials, and what they show.

Pure: a trial is a drill (`trial`), whoever runs it says what came of it.
"""

from __future__ import annotations

import dataclasses
import enum
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.action import RestartValidators
from harness.expectation import Bogus, Secure, State, StateExpectation, Unreachable, classify, only
from harness.fault import Fault, Together
from harness.pathlook import Dark
from harness.scenario import Scenario
from harness.verdict import Report, Verdict
from lab.topology import Topology

if TYPE_CHECKING:
    from harness.verdict import Row
    from lab.query import Observation

Faults = tuple[Fault, ...]
"""One fault, or two in the order in which they come."""

_PATIENCE_SECONDS = 8.0
"""Longer than a fallback takes that works (BIND's takes up to 4 s), shorter than a drill should."""


class Outcome(enum.Enum):
    """What came of a trial."""

    HARMLESS = "harmless"
    BROKEN = "broken"
    UNKNOWN = "not concluded"


@dataclass(frozen=True)
class Trial:
    """Faults that were tried, and what came of it, in words and (where it broke) as claims that say the same."""

    faults: Faults
    outcome: Outcome
    said: str
    claims: tuple[StateExpectation, ...] = ()


@dataclass
class Found:
    """A pair that breaks although each of the two alone is harmless; `either_way`: whichever of them comes first."""

    trial: Trial
    either_way: bool | None = None


@dataclass
class Search:
    """How far a search has come.

    `passed_over`: pairs of two kinds of fault of which a pair was found already.  `left`: those that there was no time
    for.  `ended` where there were none, and each fault was tried.
    """

    singles: list[Trial] = field(default_factory=list)
    pairs: list[Trial] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    passed_over: int = 0
    left: int = 0
    ended: bool = False

    def kinds_found(self) -> set[frozenset[type]]:
        """The two kinds of each pair that was found."""
        return {_kinds(found.trial.faults) for found in self.found}

    def alone(self, outcome: Outcome) -> list[Trial]:
        """The faults that alone came out so."""
        return [trial for trial in self.singles if trial.outcome is outcome]


Run = Callable[[Sequence[Faults]], Iterable[Trial]]
"""Plays trials, several at a time perhaps, and tells of each in their order."""


def search(faults: Sequence[Fault], run: Run, more_time: Callable[[], bool], at_once: int = 1) -> Search:
    """Try each fault alone, then every two kinds that were harmless alone, and shrink what breaks at once.

    `at_once`: how many trials are handed to `run` between two looks at the time left.
    """
    state = Search()
    todo: list[Faults] = [(fault,) for fault in dict.fromkeys(faults)]
    state.singles += _while(run, todo, more_time, at_once)
    pairs = _in_order([trial.faults[0] for trial in state.alone(Outcome.HARMLESS)])
    while pairs and more_time():
        tried = list(run(pairs[:at_once]))
        pairs = pairs[at_once:]
        state.pairs += tried
        for trial in tried:
            if trial.outcome is Outcome.BROKEN and _kinds(trial.faults) not in state.kinds_found():
                state.found.append(found := Found(trial))
                shrink(found, run, more_time)
        left = [pair for pair in pairs if _kinds(pair) not in state.kinds_found()]
        state.passed_over += len(pairs) - len(left)
        pairs = left
    state.left = len(pairs)
    state.ended = len(state.singles) == len(todo) and not pairs
    return state


def _kinds(faults: Faults) -> frozenset[type]:
    return frozenset(map(type, faults))


def _in_order(harmless: Sequence[Fault]) -> list[Faults]:
    """Every two of different kinds; of each two kinds one pair first, before any has a second."""
    before: Counter[frozenset[type]] = Counter()
    ranked: list[tuple[int, Faults]] = []
    for pair in itertools.combinations(harmless, 2):
        kinds = _kinds(pair)
        if len(kinds) == 2:
            ranked.append((before[kinds], pair))
            before[kinds] += 1
    return [pair for _, pair in sorted(ranked, key=lambda one: one[0])]


def _while(run: Run, todo: Sequence[Faults], more_time: Callable[[], bool], at_once: int) -> Iterator[Trial]:
    for start in range(0, len(todo), at_once):
        if not more_time():
            return
        yield from run(todo[start : start + at_once])


def shrink(found: Found, run: Run, more_time: Callable[[], bool]) -> None:
    """Make a pair as mild as it can be while it still breaks, then see whether its order matters.

    Greedy, one parameter at a time, mildest value first: at the end no single step of any parameter towards its mild end
    leaves it broken.  What is milder than a harmless fault is harmless alone.
    """
    changed, tried = True, set[Faults]()
    while changed:
        changed = False
        for place, fault in enumerate(found.trial.faults):
            for milder in milder_than(fault):
                if not more_time():
                    return
                pair = tuple(milder if at == place else other for at, other in enumerate(found.trial.faults))
                if pair in tried:
                    continue
                tried.add(pair)
                (trial,) = run([pair])
                if trial.outcome is Outcome.BROKEN:
                    found.trial, changed = trial, True
                    break
            if changed:
                break
    if more_time():
        (reversed_,) = run([found.trial.faults[::-1]])
        found.either_way = (
            None if reversed_.outcome is Outcome.UNKNOWN else reversed_.outcome is Outcome.BROKEN
        )


def milder_than(fault: Fault) -> Iterator[Fault]:
    """The same fault with one parameter milder, mildest first, going by the scales that its class has (`MILD`)."""
    scales: Mapping[str, Sequence[object]] = getattr(fault, "MILD", {})
    for name, scale in scales.items():
        now = getattr(fault, name)
        for value in scale[: scale.index(now)] if now in scale else ():
            yield dataclasses.replace(fault, **{name: value})  # type: ignore[type-var]


# -- a trial as a drill, and what its report says -----------------------------------------------------------


def together(faults: Faults) -> Fault:
    """One fault of one or two."""
    return faults[0] if len(faults) == 1 else Together(faults[0], faults[1])


def told(faults: Faults) -> str:
    """In words, as they are written."""
    return " + ".join(map(repr, faults))


def trial(faults: Faults, topology: Topology, **changes: object) -> Scenario:
    """The drill that tries them: validators start cold with the faults in force, and are asked a fresh name."""
    victim, bystander = topology.victim.name, topology.bystander
    beside = [Secure(f"www.{bystander.name}")] if bystander else []
    one = Scenario(
        title=f"Tried: {told(faults)}",
        symptom="What validators that start now make of the zone.",
        fault=together(faults),
        topology=topology,
        patience_seconds=_PATIENCE_SECONDS,
        steady_state=[Secure(f"www.{victim}"), *beside],
        impact=[RestartValidators(), Secure(f"w1.{victim}")],
        remedy=[],
        recovery=beside,
        references=[],
    )
    return one.but(**changes)


def outcome(faults: Faults, report: Report) -> Trial:
    """What the report of such a drill says."""
    if report.verdict is Verdict.PASS:
        return Trial(faults, Outcome.HARMLESS, "secure")
    if report.verdict is Verdict.INCONCLUSIVE or not report.reason.startswith("impact: "):
        return Trial(faults, Outcome.UNKNOWN, report.reason)
    seen = _seen(report)
    said = ", ".join(f"{row.resolver} {' '.join(text.split())}" for row, _, text in seen)
    return Trial(faults, Outcome.BROKEN, said, _claims([observation for _, observation, _ in seen]))


def _seen(report: Report) -> list[tuple[Row, Observation, str]]:
    """What the validators said in the end, in the order of their rows."""
    last = {
        event.observation.resolver: (event.observation, event.text)
        for event in report.history.events
        if event.phase == "impact" and event.observation is not None
    }
    return [(row, *last[row.resolver]) for row in report.rows if row.validates and row.resolver in last]


def _claims(observations: Sequence[Observation]) -> tuple[StateExpectation, ...]:
    """The claims that fit what the validators said: one for all where they agree."""
    name = observations[0].qname
    kinds: list[type[StateExpectation]] = []
    for one in observations:
        state = classify(one)
        answered = one.unchecked is not None and one.unchecked.rcode in ("NOERROR", "NXDOMAIN")
        late = state is State.UNREACHABLE and answered
        kinds.append(Dark if late else {State.BOGUS: Bogus, State.SECURE: Secure}.get(state, Unreachable))
    if Dark in kinds:
        kinds = [Dark if kind is Bogus else kind for kind in kinds]
    if len(set(kinds)) == 1:
        return (kinds[0](name),)
    return tuple(kind(name, on=only(place)) for place, kind in enumerate(kinds))
