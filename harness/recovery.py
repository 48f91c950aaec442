"""The recovery clock: how long each remedy on offer takes until each validator is healthy, cold and warm.

Every remedy is played in a lab of its own: the drill's steady state, its fault, its impact, then the remedy.  What
came to pass between two looks that were far apart is looked at closely in another lab.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from harness.action import RestartValidators, WithdrawDS
from harness.expectation import LabExpectation, State, StateExpectation
from harness.history import Event, History
from harness.monitors import Monitors
from harness.offer import Offer
from harness.recovery_time import (
    LIMIT,
    Healed,
    Point,
    Watcher,
    Where,
    Window,
    Worse,
    closer,
    healed,
    worse,
)
from harness.recovery_watch import Watch
from harness.repairs import FlushValidators, NegativeTrustAnchor, RemoveNegativeTrustAnchor
from harness.runner import Mismatch, Run
from harness.step import Wait
from lab.errors import LabError, LabSick, RegistrarRefused, UsageError
from lab.zonename import under

if TYPE_CHECKING:
    from harness.scenario import Scenario
    from lab.lab import Lab

SCHEMA = 1
BASELINE = "wait"
"""The offer that all others are held against: nothing is done."""

_ROUNDS = 3
"""Labs for one offer at most: one that looks far and wide, and closer looks at what it found."""


@dataclass
class Played:
    """What one lab showed of one offer.

    `sick`: why nothing can be concluded (empty: it can).  `stopped`: why not all steps were done (the registrar refused).
    `afterwards`: by watcher, the state seen after what the offer takes back in the end; empty where it takes nothing back.
    """

    sick: str = ""
    stopped: str = ""
    points: Mapping[Watcher, Sequence[Point]] = field(default_factory=dict)
    steps: list[tuple[float, str]] = field(default_factory=list)
    afterwards: Mapping[Watcher, State] = field(default_factory=dict)
    wall_seconds: float = 0.0
    clean_up_errors: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Remedy:
    """An offer with what was measured of it."""

    name: str
    offer: Offer
    played: Played
    healed: Mapping[Watcher, Healed]
    worse: tuple[Worse, ...]
    labs: int
    """How many it took."""
    wall_seconds: float
    """Of all of them."""


@dataclass(frozen=True)
class Recovery:
    """A scenario's remedies, measured."""

    name: str
    title: str
    validators: tuple[str, ...]
    remedies: tuple[Remedy, ...]

    @property
    def sick(self) -> bool:
        """Whether of some offer nothing could be concluded."""
        return any(remedy.played.sick for remedy in self.remedies)


Play = Callable[[Mapping[str, tuple[Offer, Sequence[Window]]]], Mapping[str, Played]]
"""Plays offers, each in a lab of its own, with the windows to be looked at closely."""


def offers_of(scenario: Scenario) -> Mapping[str, Offer]:
    """All that is on offer for a scenario, by name: what it says itself, and what every drill has."""
    zone, wanted = scenario.topology.victim.name, _wanted(scenario)
    done = [item for item in scenario.remedy if not isinstance(item, StateExpectation | LabExpectation)]
    return {
        "remedy": Offer("what the drill itself does", done, wanted),
        **scenario.offers,
        "pull-ds": Offer(
            f"have the DS of {zone} withdrawn", [WithdrawDS(zone), Wait.registrar(zone)], State.INSECURE
        ),
        "nta": Offer(
            f"a negative trust anchor for {zone} at every validator",
            [NegativeTrustAnchor(zone)],
            State.INSECURE,
            "Nobody else's validator is helped, and yours take anything for that zone until it is removed.",
            [RemoveNegativeTrustAnchor(zone)],
        ),
        "flush": Offer("empty the caches of every validator", [FlushValidators()], wanted),
        "restart": Offer("restart every validator", [RestartValidators()], wanted),
        BASELINE: Offer("do nothing", [], wanted),
    }


def chosen(scenario: Scenario, names: Sequence[str]) -> Mapping[str, Offer]:
    """The offers named, or all; the one in which nothing is done is always among them.  Raises UsageError."""
    known = offers_of(scenario)
    for name in names:
        if name not in known:
            raise UsageError(
                f"no offer is called {name!r} in {scenario.title!r}: there are {', '.join(known)}"
            )
    return {name: one for name, one in known.items() if not names or name in names or name == BASELINE}


def _wanted(scenario: Scenario) -> State:
    """What the drill's own remedy heals its victim to."""
    victim = scenario.topology.victim.name
    for item in scenario.recovery:
        if isinstance(item, StateExpectation) and under(item.qname, victim) and item.state is State.INSECURE:
            return State.INSECURE
    return State.SECURE


def play(
    scenario: Scenario,
    offer: Offer,
    windows: Sequence[Window],
    make_lab: Callable[[], contextlib.AbstractContextManager[Lab]],
    tell: Callable[[Event], None] = lambda event: None,
) -> Played:
    """Play one offer in a lab of its own.  Raises UsageError, and what stops the whole program."""
    result = Played()
    started = time.monotonic()
    try:
        with make_lab() as lab:
            _play(Run(scenario, lab, History(tell)), offer, windows, result)
    except UsageError:
        raise
    except LabError as problem:
        if isinstance(problem.__context__, KeyboardInterrupt):
            raise problem.__context__ from problem
        result.sick = result.sick or str(problem)
    except Mismatch as mismatch:
        result.sick = f"the drill does not come to its impact here: {mismatch}"
    result.wall_seconds = time.monotonic() - started
    return result


def _play(run: Run, offer: Offer, windows: Sequence[Window], result: Played) -> None:
    scenario, lab = run.scenario, run.lab
    if len(lab.validators) < scenario.validators_needed:
        raise LabSick(
            f"this drill needs {scenario.validators_needed} validators, the lab has {len(lab.validators)}"
        )
    watch = Watch(lab, scenario, offer.healthy, windows, lambda words: run.note("note", words))
    run.monitors = Monitors(
        lab, scenario, (), run.history.monitors, run.note
    )  # an impact may claim that one alarmed
    run.play("steady_state", scenario.steady_state)
    watch.prime()
    with contextlib.ExitStack() as undo:
        run.phase = "fault"
        undo.enter_context(scenario.fault.inject(lab))
        try:
            run.hold(scenario.fault)
            run.play("impact", scenario.impact)
            run.monitors.end()
            run.monitors = None
            _work(run, watch, offer, result)
            lab.check_alive()
        finally:
            with _kept_apart(result):
                undo.close()


def _work(run: Run, watch: Watch, offer: Offer, result: Played) -> None:
    """The offer's steps, and looks until its time is up."""
    run.phase = "remedy"
    watch.begin()
    for step in offer.steps:
        before = run.lab.clock.now()
        try:
            run.do(step)
        except RegistrarRefused as refused:
            result.stopped = str(refused)
            break
        waited = run.lab.clock.now() - before > timedelta(seconds=5)
        result.steps.append((round(watch.now, 1), step.describe()))
        watch.step_done(waited=waited)
    run.phase = "recovery"
    watch.go_on()
    result.points = watch.points
    if offer.afterwards:
        result.points = {watcher: tuple(points) for watcher, points in watch.points.items()}
        for step in offer.afterwards:
            run.do(step)
        watch.look()
        result.afterwards = {watcher: points[-1].state for watcher, points in watch.points.items()}


@contextlib.contextmanager
def _kept_apart(result: Played) -> Iterator[None]:
    try:
        yield
    except LabError as problem:
        result.clean_up_errors.append(f"undoing the fault: {problem}")


def measure(
    name: str, scenario: Scenario, validators: Sequence[str], offers: Mapping[str, Offer], play_all: Play
) -> Recovery:
    """Measure offers: each in one lab with looks far and wide, and in others with close looks at what healed there."""
    windows: dict[str, tuple[Window, ...]] = dict.fromkeys(offers, ())
    played: dict[str, list[Played]] = {offer: [] for offer in offers}
    due = list(offers)
    for _ in range(_ROUNDS):
        if not due:
            break
        for one, result in play_all({one: (offers[one], windows[one]) for one in due}).items():
            played[one].append(result)
        narrower = {
            one: closer(played[one][-1].points, offers[one].healthy)
            for one in due
            if not played[one][-1].sick
        }
        due = [one for one, found in narrower.items() if found]
        windows |= {one: narrower[one] for one in due}
    baseline = played[BASELINE][-1].points
    remedies = []
    for one, offer in offers.items():
        last = played[one][-1]
        remedies.append(
            Remedy(
                one,
                offer,
                last,
                {
                    watcher: healed(points, offer.healthy)
                    for watcher, points in last.points.items()
                    if watcher.where.timed
                },
                worse(last.points, baseline) if one != BASELINE else (),
                len(played[one]),
                sum(lab.wall_seconds for lab in played[one]),
            )
        )
    return Recovery(name, scenario.title, tuple(validators), tuple(remedies))


def to_json(recovery: Recovery) -> dict[str, Any]:
    """What was measured, for programs.

    Schema 1:

        schema, name, title
        validators       a list of names, in the order chosen
        limit_seconds    what took longer than this (lab time) is null below
        remedies         a list, of
          name, title
          steps          a list of {"what", "command"}, those of `afterwards` likewise
          healthy        what it is to heal to: "secure" or "insecure"
          warning        what is known to speak against it; empty
          sick           why nothing could be concluded of it; empty.  stopped: why not all its steps were done; empty
          done           a list of {"at_seconds", "what"}: when each step had been done
          validators     by name: {"warm", "new_names", "cold"}, each
            seconds          lab time from the first step's begin to the first healthy look; null: none
            not_before_seconds   the last look before that
            wall_seconds     wall time, likewise, null with `seconds`
            ill              whether it was not healthy as the remedy began
            relapsed_seconds     the first dark look after it was healthy, or null
            after            the state after `afterwards`; null where there is nothing to take back
          makes_it_worse whether anybody was dark under it who answered, at the same time, where nothing was done
          worse          a list of {"validator", "view", "from_seconds", "to_seconds" (null: to the last look), "what"};
                         "view" is "warm", "new names", "cold", "bystander", "primed" or "primed late"
          labs           how many were played, and wall_seconds of them all
    """
    return {
        "schema": SCHEMA,
        "name": recovery.name,
        "title": recovery.title,
        "validators": list(recovery.validators),
        "limit_seconds": LIMIT.total_seconds(),
        "remedies": [_remedy(one, recovery.validators) for one in recovery.remedies],
    }


def _remedy(remedy: Remedy, validators: Sequence[str]) -> dict[str, Any]:
    offer, played = remedy.offer, remedy.played
    return {
        "name": remedy.name,
        "title": offer.title,
        "steps": [{"what": one.describe(), "command": one.command()} for one in offer.steps],
        "afterwards": [{"what": one.describe(), "command": one.command()} for one in offer.afterwards],
        "healthy": offer.healthy.value,
        "warning": offer.warning,
        "sick": played.sick,
        "stopped": played.stopped,
        "done": [{"at_seconds": at, "what": what} for at, what in played.steps],
        "validators": {
            name: {
                key: _healed(remedy, Watcher(name, where))
                for key, where in (("warm", Where.WARM), ("new_names", Where.FRESH), ("cold", Where.COLD))
            }
            for name in validators
        },
        "makes_it_worse": bool(remedy.worse),
        "worse": [
            {
                "validator": one.watcher.validator,
                "view": one.watcher.where.value,
                "from_seconds": one.begin,
                "to_seconds": one.end,
                "what": one.describe(),
            }
            for one in remedy.worse
        ],
        "labs": remedy.labs,
        "wall_seconds": round(remedy.wall_seconds, 1),
    }


def _healed(remedy: Remedy, watcher: Watcher) -> dict[str, Any] | None:
    found = remedy.healed.get(watcher)
    if found is None:
        return None
    after = remedy.played.afterwards.get(watcher)
    return {
        "seconds": found.seconds,
        "not_before_seconds": found.not_before,
        "wall_seconds": found.wall_seconds,
        "ill": found.ill,
        "relapsed_seconds": found.relapsed,
        "after": after.value if after else None,
    }
