"""The fault contract, clause by clause, over every fault there is a file for.

A fault is taken as the first drill that uses it has it, in that drill's topology.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from harness.discover import discover, faults
from harness.expectation import LabExpectation, StateExpectation
from harness.fault import Fault
from harness.runner import HOLD_SECONDS
from harness.scenario import Scenario
from lab import hindrance
from lab.agent import Agent, Exchanged, Ran
from lab.delegation import delegated_to
from lab.errors import LabSick
from lab.lab import Lab
from lab.layout import Seat
from lab.wait import until

UPDATE = 5
"""The opcode of a dynamic update (RFC 2136)."""

each_fault = pytest.mark.parametrize("name", faults())


class Stopped(Exception):
    """What a body raises."""


def story(name: str) -> Scenario:
    """The first drill that uses this fault; a fault that no drill uses has no meaning anywhere."""
    for drill in discover().values():
        if isinstance(drill.fault, faults()[name]):
            return drill
    pytest.fail(f"no drill in scenarios/ uses the fault {name}")


@dataclass(frozen=True)
class World:
    """What a fault can break: the DS and NS sets, the keys, which servers run, clocks, configurations, disks, packet rules."""

    ds: Mapping[str, frozenset[str]]
    keys: Mapping[str, frozenset[str]]
    running: Mapping[str, bool]
    skews: Mapping[str, datetime.timedelta]
    seats: Mapping[str, Seat]
    hindered: frozenset[str]
    delegations: Mapping[str, frozenset[str]]
    rules: str = field(compare=False)
    pids: Mapping[str, int] = field(compare=False)


def world(lab: Lab) -> World:
    """The lab as it is now, seen at its authoritative servers, processes and rules."""
    children = [zone.name for zone in lab.topology.zones[1:]]
    states = lab.agent.servers()
    return World(
        ds={zone: frozenset(map(str, lab.registrar.published(zone))) for zone in children},
        keys={zone: frozenset(map(str, lab.serving(zone).rrset(zone, "DNSKEY") or ())) for zone in children},
        running={host: state.exit is None for host, state in states.items()},
        skews={host.name: lab.clock.skew(host) for host in lab.hosts},
        seats={host: server.seat for host, server in lab.servers.items()},
        hindered=frozenset(hindrance.found(lab, lab.topology.victim.name)),
        delegations={zone: delegated_to(lab, zone) for zone in children},
        rules=rules(lab),
        pids={host: state.pid for host, state in states.items()},
    )


def rules(lab: Lab) -> str:
    """The packet rules in force."""
    return lab.agent.net("nft", "-s", "list", "ruleset").check().stdout


def hold(lab: Lab, fault: Fault) -> None:
    """Wait, as the runner does, until the fault shows."""
    until(lambda: fault.took_hold(lab).holds, f"{fault} to take hold", deadline_seconds=HOLD_SECONDS)


def play(lab: Lab, items: tuple[Any, ...]) -> None:
    """Do the steps among them."""
    for item in items:
        if not isinstance(item, StateExpectation | LabExpectation):
            item.perform(lab)


# -- clause 1: it undoes itself ----------------------------------------------------------------------------


@each_fault
def test_a_fault_undoes_itself_however_it_ends(name: str) -> None:
    """Left, left twice, entered again and ended by an error: each time it held, and all is as it was before."""
    drill = story(name)
    fault = drill.fault
    with Lab(drill.topology) as lab:
        before = world(lab)
        assert not fault.took_hold(lab).holds

        entered = fault.inject(lab)
        entered.__enter__()
        hold(lab, fault)
        assert (world(lab), rules(lab)) != (before, before.rules)
        entered.__exit__(None, None, None)
        entered.__exit__(None, None, None)
        assert (world(lab), rules(lab)) == (before, before.rules)

        with pytest.raises(Stopped), fault.inject(lab):  # noqa: PT012 - it must hold before it is stopped
            hold(lab, fault)
            raise Stopped
        assert (world(lab), rules(lab)) == (before, before.rules)
        assert not fault.took_hold(lab).holds
        lab.settle()
        lab.check_alive()


@each_fault
def test_a_fault_undoes_only_what_is_still_its_own(name: str) -> None:
    """What the remedy has repaired is left as the remedy made it, its processes included; rules of ours go."""
    drill = story(name)
    fault = drill.fault
    with Lab(drill.topology) as lab:
        before = rules(lab)
        with fault.inject(lab):
            hold(lab, fault)
            play(lab, (*drill.impact, *drill.remedy))
            repaired = world(lab)
        left = world(lab)
        assert left == repaired
        assert left.pids == repaired.pids
        assert left.rules == before
        assert not fault.took_hold(lab).holds


@each_fault
def test_a_fault_that_fails_half_way_leaves_nothing(name: str) -> None:
    """Whichever of its changes fails while it is made, those before it are undone."""
    drill = story(name)
    fault = drill.fault
    with Lab(drill.topology) as lab:
        before = world(lab)
        for place in range(1, 20):
            with changes_watched(lab.agent, fail_at=place) as changes, contextlib.suppress(Stopped):
                with fault.inject(lab):
                    changes.fail_at = 0
                changes.fail_at = 0
            assert (world(lab), rules(lab)) == (before, before.rules), f"after change {place} failed"
            if not changes.failed:
                assert place > 1
                return
        pytest.fail("it makes more changes than can be tried")


# -- clause 2: its proof only looks, and not at resolvers ----------------------------------------------------


@dataclass
class Changes:
    """Calls of the agent that change something; the one at place `fail_at` fails instead of being made."""

    fail_at: int = 0
    swallow: bool = False
    made: list[str] = field(default_factory=list)
    failed: bool = False

    def made_in_fact(self, what: str) -> bool:
        """Note a change; whether it is to be made."""
        self.made.append(what)
        if len(self.made) == self.fail_at:
            self.failed, self.fail_at = True, 0
            raise Stopped(what)
        return not self.swallow


_CHANGERS = {"rndc", "chmod", "mv", "rm", "dd", "mkdir"}
"""Tools that change something."""

_LOOKS = {"zonestatus", "-status", "-list"}
"""Words with which rndc only looks."""


class Watched:
    """An agent's calls that change something, each noted and then made, failed or swallowed as told."""

    OPERATIONS = ("exchange", "net", "poke", "signal", "spawn", "run", "write")

    def __init__(self, agent: Agent, changes: Changes) -> None:
        self._changes = changes
        self._real = {name: getattr(agent, name) for name in self.OPERATIONS}

    def exchange(self, wire: bytes, address: str, **more: Any) -> Any:
        """An update changes something, a question doesn't."""
        if wire[2] >> 3 & 15 != UPDATE or self._changes.made_in_fact(f"update at {address}"):
            return self._real["exchange"](wire, address, **more)
        return Exchanged(wire[:2] + bytes([0x80 | UPDATE << 3]) + bytes(9), None, 0.0)

    def net(self, *argv: str, stdin: str = "") -> Any:
        """Listing rules changes nothing; taking away what is ours is the undoing, not a change."""
        looks = "list" in argv or "destroy" in argv
        if looks or self._changes.made_in_fact(" ".join(argv)):
            return self._real["net"](*argv, stdin=stdin)
        return Ran(argv, 0, "", "")

    def poke(self, path: str, *numbers: tuple[int, int]) -> None:
        """A clock is set."""
        if self._changes.made_in_fact(f"write {path}"):
            self._real["poke"](path, *numbers)

    def signal(self, host: str, number: int, *, wait_seconds: float = 0.0) -> Any:
        """A server is stopped."""
        made = self._changes.made_in_fact(f"signal {host}")
        return self._real["signal"](host, number, wait_seconds=wait_seconds) if made else 0

    def spawn(self, host: str, argv: Any, **more: Any) -> Any:
        """A server is started."""
        made = self._changes.made_in_fact(f"start {host}")
        return self._real["spawn"](host, argv, **more) if made else 1

    def run(self, argv: Any, **more: Any) -> Any:
        """A tool is run: some only look."""
        words = {word for part in argv for word in part.split()}
        looks = words & _LOOKS or not words & _CHANGERS
        if looks or self._changes.made_in_fact(" ".join(argv)):
            return self._real["run"](argv, **more)
        return Ran(tuple(argv), 0, "", "")

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Files are written."""
        if self._changes.made_in_fact(f"write {', '.join(files)}"):
            self._real["write"](files)


@contextlib.contextmanager
def changes_watched(agent: Agent, **how: Any) -> Iterator[Changes]:
    """Note every call that changes something in the lab, and have it fail or swallowed as told."""
    changes = Changes(**how)
    watched = Watched(agent, changes)
    with pytest.MonkeyPatch.context() as patch:
        for name in Watched.OPERATIONS:
            patch.setattr(agent, name, getattr(watched, name))
        yield changes


@dataclass
class Looks:
    """Where was looked: addresses asked, and the words of tools that were run."""

    asked: list[str] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    environments: list[Mapping[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


@contextlib.contextmanager
def looks_watched(agent: Agent) -> Iterator[Looks]:
    """Note every question to a server and every tool that is run."""
    looks = Looks()
    exchange, run, write = agent.exchange, agent.run, agent.write

    def watched_exchange(wire: bytes, address: str, **more: Any) -> Exchanged:
        looks.asked.append(address)
        return exchange(wire, address, **more)

    def watched_run(argv: Any, **more: Any) -> Ran:
        looks.ran.extend(argv)
        looks.environments.append(more["env"])
        return run(argv, **more)

    def watched_write(files: Mapping[str, str | bytes]) -> None:
        looks.files.extend(files)
        write(files)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(agent, "exchange", watched_exchange)
        patch.setattr(agent, "run", watched_run)
        patch.setattr(agent, "write", watched_write)
        yield looks


@each_fault
def test_the_proof_only_looks_and_never_at_resolvers(name: str) -> None:
    """No resolver is asked, no tool of one is run, nothing is changed or waited out, and its words say what it saw."""
    drill = story(name)
    with Lab(drill.topology) as lab:
        absent = drill.fault.took_hold(lab)
        with drill.fault.inject(lab):
            hold(lab, drill.fault)
            before, jumps = world(lab), lab.clock.jumps
            with looks_watched(lab.agent) as looks, changes_watched(lab.agent) as changes:
                present = drill.fault.took_hold(lab)
            assert (absent.holds, present.holds) == (False, True)
            assert "" != absent.seen != present.seen != ""
            assert (changes.made, looks.files) == ([], [])
            assert (world(lab), lab.clock.jumps) == (before, jumps)
            assert world(lab).pids == before.pids
        addresses = {resolver.host.address for resolver in lab.resolvers.values()}
        folders = {resolver.host.folder for resolver in lab.resolvers.values()}
        assert not addresses.intersection(looks.asked)
        for word in looks.ran:
            assert not any(part in word for part in (*addresses, *folders))
        for environment in looks.environments:
            assert not addresses.intersection(environment.values())


# -- clause 4: no change is taken for granted ----------------------------------------------------------------


@each_fault
def test_a_change_that_changed_nothing_is_found_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every change is swallowed without a word, either making the fault says so or its proof does not hold."""
    monkeypatch.setattr(
        "lab.draft._DEADLINE_SECONDS", 1.0
    )  # it will not come: no need to wait for it as long
    drill = story(name)
    with Lab(drill.topology) as lab, changes_watched(lab.agent, swallow=True) as changes:
        proven = False
        with contextlib.suppress(LabSick), drill.fault.inject(lab):
            proven = drill.fault.took_hold(lab).holds
        assert not proven
        assert changes.made


# -- clause 5: it is a value that says itself ----------------------------------------------------------------


@pytest.mark.parametrize(
    "fault", {repr(drill.fault): drill.fault for drill in discover().values()}.values(), ids=repr
)
def test_a_fault_is_a_value_that_its_repr_tells_whole(fault: Fault) -> None:
    """What the report prints makes an equal fault again; its parameters are names, numbers and durations."""
    named = {type(fault).__name__: type(fault), "datetime": datetime}
    assert eval(repr(fault), named) == fault
    assert dataclasses.is_dataclass(fault)
    for parameter in dataclasses.fields(fault):
        assert isinstance(getattr(fault, parameter.name), str | int | float | datetime.timedelta)
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(fault, parameter.name, None)
    hash(fault)


@each_fault
def test_a_fault_tells_its_likely_cause(name: str) -> None:
    """The class docstring is what the runbook prints: two sentences at least, its first line one of them."""
    words = faults()[name].__doc__ or ""
    assert not words.startswith(f"{name}(")
    assert words.splitlines()[0].endswith((".", ":")) or ". " in words
    assert len(words.split()) > 15
