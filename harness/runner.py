"""Running a scenario: the one function that owns the control flow, and the looks it takes.

History first, judgement after: every step and observation is recorded before anything is made of it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from harness.expectation import (
    Judgement,
    LabExpectation,
    Match,
    State,
    StateExpectation,
    classify,
    duration_text,
)
from harness.history import Event, History
from harness.monitors import Monitors
from harness.verdict import Cell, Report, Row, Verdict
from lab.errors import LabError, LabSick, RegistrarRefused, UsageError
from lab.wait import until

if TYPE_CHECKING:
    from harness.fault import Fault
    from harness.monitor_command import Command
    from harness.scenario import Item, Scenario
    from harness.step import Step
    from lab.lab import Lab
    from lab.query import Observation
    from lab.resolver import Resolver

HOLD_SECONDS = 3.0
"""How long (wall time) a fault may take to show at the servers it breaks."""

_FINE_STEP, _FINE_FOR, _COARSE_STEP = timedelta(seconds=1), timedelta(minutes=3), timedelta(minutes=1)
"""Looking again: every second of lab time for three minutes, then every minute."""


class Mismatch(Exception):
    """A claim that was not met: its sentence is the verdict's reason."""


@dataclass(frozen=True)
class Look:
    """A claim to be checked at a resolver."""

    claim: StateExpectation
    resolver: Resolver


@dataclass(frozen=True)
class Miss:
    """A look that did not show what was claimed."""

    look: Look
    judgement: Judgement


@dataclass
class Run:
    """One run of a scenario in a lab that is up."""

    scenario: Scenario
    lab: Lab
    history: History
    rows: dict[str, Row] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)
    phase: str = ""
    proof: str = ""
    monitors: Monitors | None = None

    def __post_init__(self) -> None:
        """One row per resolver."""
        for resolver in self.lab.resolvers.values():
            self.rows[resolver.name] = Row(resolver.name, resolver.title, resolver.validates)

    # -- recording --------------------------------------------------------------------------------------

    def note(self, kind: str, text: str, **more: object) -> None:
        """Record an event."""
        self.history.record(
            Event(kind, self.phase, text, self.lab.clock.now(), time.monotonic() - self.started, **more)  # type: ignore[arg-type]
        )

    def watch(self, *, changed: bool = True) -> None:
        """Have the monitors look, if there are any; `changed`: whether anything was done since they did."""
        if self.monitors is not None:
            self.monitors.look(fault=self.phase != "steady_state", changed=changed)

    # -- phases -----------------------------------------------------------------------------------------

    def play(self, phase: str, items: Sequence[Item]) -> None:
        """A phase's items in order, claims about resolvers that stand together looked at together."""
        self.phase = phase
        self.note("phase", phase.replace("_", " "))
        pending: list[StateExpectation] = []
        for item in items:
            if isinstance(item, StateExpectation):
                pending.append(item)
                continue
            self.expect(pending)
            pending = []
            if isinstance(item, LabExpectation):
                self.look(item)
            else:
                self.do(item)
        self.expect(pending)
        self.lab.check_alive()

    def do(self, step: Step) -> None:
        """A step: lab time passes, or an operator does something."""
        try:
            done = step.perform(self.lab)
        except LabError as problem:
            self.note("error", f"{step.describe()}: {problem}")
            raise
        self.note("step", done)
        self.watch()

    def look(self, claim: LabExpectation) -> None:
        """A claim about the lab itself, looked at until it holds or its time is up."""
        waited = timedelta(0)
        while True:
            seen = claim.look(self.lab, self.history)
            self.note("look", seen.text, claim=claim, value=seen.value)
            if seen.holds:
                self.watch(changed=False)
                return
            if waited >= claim.within:
                raise Mismatch(f"it is not so that {claim.describe()}: {seen.text}")
            waited += self._let_pass(waited, claim.within)

    def expect(self, claims: Sequence[StateExpectation]) -> None:
        """Claims about resolvers: each resolver is asked until its answer fits or the claim's time is up."""
        pending = [
            Look(claim, resolver)
            for place, resolver in enumerate(self.lab.resolvers.values())
            for claim in claims
            if not resolver.validates or claim.on.include(place)
        ]
        waited = timedelta(0)
        asked = bool(pending)
        while pending:
            missed = [
                miss
                for misses in self.lab.each(self._ask_all, _by_resolver(pending, waited))
                for miss in misses
            ]
            hopeless = [miss for miss in missed if waited >= miss.look.claim.within]
            if hopeless:
                raise Mismatch(_first_cause(hopeless))
            pending = [miss.look for miss in missed]
            if pending:
                waited += self._let_pass(waited, max(look.claim.within for look in pending))
        if asked:
            self.watch(changed=False)

    def _let_pass(self, waited: timedelta, within: timedelta) -> timedelta:
        step = min(_FINE_STEP if waited < _FINE_FOR else _COARSE_STEP, within - waited)
        self.lab.clock.advance(step)
        return step

    def _ask_all(self, round_: tuple[timedelta, Sequence[Look]]) -> list[Miss]:
        """Ask one resolver all that is pending with it, one question after the other; returns what was not met."""
        waited, looks = round_
        return [miss for look in looks if (miss := self._ask(look, waited))]

    def _ask(self, look: Look, waited: timedelta) -> Miss | None:
        claim, resolver = look.claim.at(look.resolver.vendor), look.resolver
        last_look = waited >= claim.within
        seen = resolver.ask(
            claim.qname,
            claim.qtype,
            confirm=claim.needs_confirmation or last_look,
            timeout_seconds=self.scenario.patience_seconds,
        )
        judgement = None
        try:
            judgement = claim.judge(seen, resolver.vendor.ede)
        finally:  # in the record, whatever is made of it
            self.note("saw", _words(seen), observation=seen, claim=claim, judgement=judgement)
        if f".{claim.qname}".endswith(f".{self.scenario.topology.victim.name}"):  # whole labels, not letters
            self._enter(seen, judgement, waited)
        return None if judgement.match is Match.MET else Miss(look, judgement)

    def _enter(self, seen: Observation, judgement: Judgement, waited: timedelta) -> None:
        """Put a look at the victim into its resolver's row."""
        row = self.rows[seen.resolver]
        row.cells[self.phase] = Cell(
            _words(seen), judgement.match is Match.MET, judgement.match is Match.OTHER_EDE, waited
        )
        row.last_look = seen.lab_time
        state = classify(seen)
        if row.validates and _dark(seen, state) and row.dark_from is None:
            row.dark_from = seen.lab_time
        if state in (State.SECURE, State.INSECURE) and row.dark_from is not None and row.dark_to is None:
            row.dark_to = seen.lab_time

    # -- the fault --------------------------------------------------------------------------------------

    def hold(self, fault: Fault) -> None:
        """Poll until the fault shows where it was made; raises LabSick where it doesn't."""
        proof = fault.took_hold(self.lab)

        def look() -> bool:
            nonlocal proof
            proof = fault.took_hold(self.lab)
            return proof.holds

        try:
            until(look, "the fault", deadline_seconds=HOLD_SECONDS, interval_seconds=0.05)
        except LabSick:
            raise LabSick(f"the fault did not take hold: {proof.seen}") from None
        self.proof = proof.seen
        self.note("fault", proof.seen)
        self.watch()


def run(
    name: str,
    scenario: Scenario,
    make_lab: Callable[[], contextlib.AbstractContextManager[Lab]],
    tell: Callable[[Event], None] = lambda event: None,
    after: Callable[[Lab], None] = lambda lab: None,
    monitors: Sequence[Command] = (),
) -> Report:
    """Run a drill in a lab of its own and judge it.

    `make_lab` builds the lab, `tell` hears of every event as it happens, `after` gets the lab at the end, before
    it is removed.  `monitors` are checks of the user's own, beside the alerts that watch every drill.  Raises
    nothing but UsageError and what stops the whole program (Ctrl-C).
    """
    history = History(tell)
    report = Report(name, scenario.title, Verdict.INCONCLUSIVE, "", [], history)
    started = time.monotonic()
    judged = False
    try:
        with make_lab() as lab:
            _run_in(lab, scenario, history, report, monitors)
            judged = True
            if report.verdict is not Verdict.PASS:
                with _kept_apart(report, "collecting evidence"):
                    report.evidence = lab.collect()
            after(lab)
    except UsageError:
        raise
    except LabError as problem:
        if isinstance(problem.__context__, KeyboardInterrupt):
            raise problem.__context__ from problem  # a removal that failed must not swallow Ctrl-C
        if judged:
            report.clean_up_errors.append(str(problem))
        else:
            report.reason = str(problem)
    report.wall_seconds = time.monotonic() - started
    return report


def _run_in(
    lab: Lab, scenario: Scenario, history: History, report: Report, monitors: Sequence[Command]
) -> None:
    one = Run(scenario, lab, history)
    one.monitors = Monitors(lab, scenario, monitors, history.monitors, one.note)
    report.rows = list(one.rows.values())
    begun = lab.clock.now()
    try:
        if len(lab.validators) < scenario.validators_needed:
            raise LabSick(
                f"this drill needs {scenario.validators_needed} validators, the lab has {len(lab.validators)}"
            )
        _play(one, scenario, report)
    except LabSick as sick:
        report.verdict, report.reason = Verdict.INCONCLUSIVE, str(sick)
    except (Mismatch, RegistrarRefused) as mismatch:
        sick_before = one.phase == "steady_state"
        report.verdict = Verdict.INCONCLUSIVE if sick_before else Verdict.FAIL
        report.reason = f"{one.phase.replace('_', ' ')}: {mismatch}"
    one.monitors.end()
    report.proof = one.proof
    report.lab_seconds = (lab.clock.now() - begun).total_seconds()


def _play(one: Run, scenario: Scenario, report: Report) -> None:
    """The control flow of a drill, whole."""
    one.play("steady_state", scenario.steady_state)
    with contextlib.ExitStack() as undo:
        one.phase = "fault"
        undo.enter_context(scenario.fault.inject(one.lab))
        try:
            one.hold(scenario.fault)
            one.play("impact", scenario.impact)
            one.play("remedy", scenario.remedy)
            one.play("recovery", scenario.recovery)
            report.verdict = Verdict.PASS
        finally:
            with _kept_apart(report, "undoing the fault"):
                undo.close()


@contextlib.contextmanager
def _kept_apart(report: Report, doing: str) -> Iterator[None]:
    """Errors of clean-up are reported beside the verdict, and hide none."""
    try:
        yield
    except LabError as problem:
        report.clean_up_errors.append(f"{doing}: {problem}")


def _by_resolver(pending: Sequence[Look], waited: timedelta) -> list[tuple[timedelta, list[Look]]]:
    groups: dict[str, list[Look]] = {}
    for look in pending:
        groups.setdefault(look.resolver.name, []).append(look)
    return [(waited, looks) for looks in groups.values()]


def _first_cause(misses: Sequence[Miss]) -> str:
    """One sentence that names the broken link: who, which name, what instead of what."""
    said = [f"{m.look.resolver.name}: {m.look.claim.qname} is {m.judgement.difference}" for m in misses]
    waited = misses[0].look.claim.within
    late = f", {duration_text(waited)} later still" if waited else ""
    return "; ".join(said) + late


def _dark(seen: Observation, state: State) -> bool:
    """Whether validation stands in the way: bogus, or nothing in time where the same question with CD=1 is answered."""
    late = seen.answer.rcode is None and seen.unchecked is not None and seen.unchecked.has_data
    return state is State.BOGUS or late


def _words(seen: Observation) -> str:
    if not seen.validates:
        return (
            "answers" if seen.answer.has_data else (seen.answer.rcode or f"no answer ({seen.answer.failed})")
        )
    state = classify(seen)
    if state is State.SECURE or state is State.INSECURE:
        return str(state.value) if seen.answer.has_data else f"{state.value}, denied"
    codes = ", ".join(f"EDE {error.code}" for error in seen.answer.ede) or "no EDE"
    why = "" if seen.answer.rcode == "SERVFAIL" else f" ({seen.answer.rcode or seen.answer.failed})"
    return f"{state.value}  {codes}{why}"
