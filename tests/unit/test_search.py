"""Searching for pairs of faults: what is tried, in which order, how what breaks is made mild, and the file it is told in."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from harness.cli import main
from harness.discover import discover
from harness.expectation import Bogus, Secure, StateExpectation, only
from harness.fault import Fault, Proof, Together
from harness.faults.fragments_dropped import FragmentsDropped
from harness.faults.large_udp_dropped import LargeUdpDropped
from harness.faults.mtu_black_hole import MtuBlackHole
from harness.faults.packets_lost import PacketsLost
from harness.faults.tcp_blocked import TcpBlocked
from harness.faults.validator_clock import ValidatorClockWrong
from harness.foundfile import scenario_file
from harness.history import Event, History
from harness.pathlook import Dark
from harness.search import Faults, Found, Outcome, Trial, milder_than, outcome, search, trial
from harness.verdict import Report, Row, Verdict
from lab.query import Answer, Observation
from lab.topology import BULKY, Key, Policy, Topology, Zone

if TYPE_CHECKING:
    from lab.lab import Lab

ZONE = "shop.lab."
FRAGMENTS, TCP, LOSS = FragmentsDropped(ZONE), TcpBlocked(ZONE), PacketsLost(ZONE, one_in=2)
HOLE = MtuBlackHole(ZONE, octets=1200)
LARGE = Topology(victim=Zone(ZONE, policy=BULKY), edns_buffer=4096)


class Bench:
    """Runs trials on paper: which faults break what is a rule."""

    def __init__(self, breaks: Callable[[Faults], Outcome]) -> None:
        self.breaks = breaks
        self.tried: list[Faults] = []

    def run(self, many: Sequence[Faults]) -> Iterator[Trial]:
        """Play them."""
        for faults in many:
            self.tried.append(faults)
            kind = self.breaks(faults)
            yield Trial(faults, kind, kind.value, (Bogus(f"w1.{ZONE}"),) if kind is Outcome.BROKEN else ())


def both(*needed: Fault) -> Callable[[Faults], Outcome]:
    """Breaks where all of these are there."""
    return lambda faults: Outcome.BROKEN if set(needed) <= set(faults) else Outcome.HARMLESS


def always() -> bool:
    """Time enough."""
    return True


def test_a_pair_that_breaks_only_together_is_found() -> None:
    """Each alone, then every two; the order of the pair that broke is tried the other way round too."""
    bench = Bench(both(FRAGMENTS, TCP))
    result = search([FRAGMENTS, TCP, HOLE], bench.run, always)
    assert [found.trial.faults for found in result.found] == [(FRAGMENTS, TCP)]
    assert result.found[0].either_way is True
    assert result.ended
    assert bench.tried[:3] == [(FRAGMENTS,), (TCP,), (HOLE,)]
    assert bench.tried[3:5] == [(FRAGMENTS, TCP), (TCP, FRAGMENTS)]
    assert bench.tried[5:] == [(FRAGMENTS, HOLE), (TCP, HOLE)]


def test_what_breaks_alone_or_could_not_be_judged_is_in_no_pair() -> None:
    """A pair with either would say nothing of the pair."""
    kinds = {HOLE: Outcome.BROKEN, LOSS: Outcome.UNKNOWN}
    bench = Bench(lambda faults: kinds.get(faults[0], Outcome.HARMLESS))
    result = search([HOLE, FRAGMENTS, LOSS, TCP], bench.run, always)
    assert [pair.faults for pair in result.pairs] == [(FRAGMENTS, TCP)]
    assert (result.found, result.left, result.ended) == ([], 0, True)
    assert [one.faults for one in result.alone(Outcome.BROKEN)] == [(HOLE,)]


def test_the_same_fault_of_two_drills_is_tried_once() -> None:
    """And never with itself."""
    bench = Bench(both(FRAGMENTS))
    search([TCP, TCP], bench.run, always)
    assert bench.tried == [(TCP,)]


def test_two_kinds_are_found_once_and_every_two_kinds_are_tried_before_any_again() -> None:
    """Other parameters of a pair that was found tell nothing new, and one kind twice is one fault."""
    others = [TcpBlocked(ZONE, tcp=tcp) for tcp in ("dropped", "reset")]
    bench = Bench(
        lambda faults: Outcome.BROKEN if {FRAGMENTS, others[0]} <= set(faults) else Outcome.HARMLESS
    )
    result = search([FRAGMENTS, TCP, *others, HOLE], bench.run, always)
    pairs = [pair.faults for pair in result.pairs]
    assert pairs[:4] == [(FRAGMENTS, TCP), (FRAGMENTS, HOLE), (TCP, HOLE), (FRAGMENTS, others[0])]
    assert pairs[4:] == [(others[0], HOLE), (others[1], HOLE)]
    assert (result.passed_over, result.left, result.ended) == (1, 0, True)
    assert [found.trial.faults for found in result.found] == [(FRAGMENTS, others[0])]


def test_an_order_that_matters_is_told() -> None:
    """Broken with the first one first, harmless the other way round, or not to be judged."""
    bench = Bench(lambda faults: Outcome.BROKEN if faults == (FRAGMENTS, TCP) else Outcome.HARMLESS)
    assert search([FRAGMENTS, TCP], bench.run, always).found[0].either_way is False
    kinds: dict[Faults, Outcome] = {(FRAGMENTS, TCP): Outcome.BROKEN, (TCP, FRAGMENTS): Outcome.UNKNOWN}
    bench = Bench(lambda faults: kinds.get(faults, Outcome.HARMLESS))
    assert search([FRAGMENTS, TCP], bench.run, always).found[0].either_way is None


def test_what_breaks_is_made_as_mild_as_it_can_be() -> None:
    """Each parameter goes to the mildest value that still breaks, the other's too."""

    def breaks(faults: Faults) -> Outcome:
        loss = [fault.one_in for fault in faults if isinstance(fault, PacketsLost)]
        hole = [fault.octets for fault in faults if isinstance(fault, MtuBlackHole)]
        return Outcome.BROKEN if loss and hole and loss[0] <= 4 and hole[0] <= 1400 else Outcome.HARMLESS

    bench = Bench(breaks)
    (found,) = search([LOSS, HOLE], bench.run, always).found
    assert found.trial.faults == (PacketsLost(ZONE, one_in=4), MtuBlackHole(ZONE, octets=1400))
    mildest = [LargeUdpDropped(ZONE, octets=octets) for octets in (4096, 1472, 1232)]
    assert list(milder_than(LargeUdpDropped(ZONE))) == mildest
    assert list(milder_than(FragmentsDropped(ZONE, tcp="slow"))) == [FRAGMENTS]
    assert list(milder_than(TCP)) == []


def test_when_its_time_is_up_a_search_says_so() -> None:
    """What was tried by then counts, and what was found is told as it is."""
    for trials in range(5):
        bench = Bench(both(FRAGMENTS, TCP))
        result = search([FRAGMENTS, TCP, HOLE], bench.run, lambda b=bench, n=trials: len(b.tried) < n)  # type: ignore[misc]
        assert not result.ended
        assert len(bench.tried) == trials
        assert bool(result.found) is (trials == 4)
        assert all(found.either_way is None for found in result.found)


# -- trials and reports --------------------------------------------------------------------------------------


def report(verdict: Verdict, reason: str = "", **answers: tuple[Answer, Answer | None]) -> Report:
    """A report in which these validators said this."""
    rows = [Row(name, name, name != "control") for name in ("unbound", "bind", "control")]
    history = History()
    now = datetime(2030, 1, 1)
    for name, (answer, unchecked) in answers.items():
        seen = Observation(name, name != "control", f"w1.{ZONE}", "A", answer, unchecked, now, 0.0)
        history.record(Event("saw", "impact", f"{name}  says", now, 0.0, observation=seen))
    return Report("a trial", "", verdict, reason, rows, history)


SERVFAIL, TIMEOUT, DATA = (
    Answer("SERVFAIL"),
    Answer(None, failed="timeout"),
    Answer("NOERROR", records=("a",)),
)
AD = Answer("NOERROR", ad=True, records=("a",))


@pytest.mark.parametrize(
    ("said", "claims"),
    [
        ([(SERVFAIL, DATA), (SERVFAIL, DATA)], (Bogus(f"w1.{ZONE}"),)),
        ([(TIMEOUT, DATA), (SERVFAIL, DATA)], (Dark(f"w1.{ZONE}"),)),
        ([(SERVFAIL, DATA), (AD, None)], (Bogus(f"w1.{ZONE}", on=only(0)), Secure(f"w1.{ZONE}", on=only(1)))),
    ],
    ids=["bogus", "dark", "one of two"],
)
def test_what_broke_is_told_as_claims(
    said: list[tuple[Answer, Answer | None]], claims: tuple[StateExpectation, ...]
) -> None:
    """One for all validators where they agree, in the order of the rows, whoever answered first; not the control's."""
    answers = {"control": (DATA, None), "bind": said[1], "unbound": said[0]}
    tried = outcome((FRAGMENTS, TCP), report(Verdict.FAIL, "impact: it is so", **answers))
    assert (tried.outcome, tried.claims) == (Outcome.BROKEN, claims)
    assert tried.said == "unbound unbound says, bind bind says"


def test_only_a_trial_that_was_judged_counts() -> None:
    """A fault that did not take hold, or a lab that was sick later, breaks nothing and is not harmless."""
    assert outcome((TCP,), report(Verdict.PASS)).outcome is Outcome.HARMLESS
    sick = outcome((TCP,), report(Verdict.INCONCLUSIVE, "the fault did not take hold: no"))
    assert (sick.outcome, sick.said) == (Outcome.UNKNOWN, "the fault did not take hold: no")
    assert outcome((TCP,), report(Verdict.FAIL, "recovery: x")).outcome is Outcome.UNKNOWN


def test_a_trial_asks_validators_that_start_cold_for_a_fresh_name() -> None:
    """The faults stand in it as they were told, in the zones that were told."""
    drill = trial((FRAGMENTS, TCP), LARGE)
    assert drill.fault == Together(FRAGMENTS, TCP)
    assert drill.topology == LARGE
    assert drill.impact[-1] == Secure("w1.shop.lab.")
    assert trial((TCP,), LARGE).fault == TCP


# -- the file ------------------------------------------------------------------------------------------------

MINE = Policy("mine", ksk=Key("rsasha256", 4096), dnskey_ttl=timedelta(hours=3))
FILES = {
    "agree": (
        Trial((FRAGMENTS, TCP), Outcome.BROKEN, "unbound bogus EDE 9", (Bogus("w1.shop.lab."),)),
        LARGE,
    ),
    "differ": (
        Trial(
            (ValidatorClockWrong(timedelta(days=3), 1), LargeUdpDropped(ZONE, 1232, tcp="rejected")),
            Outcome.BROKEN,
            'it said "no", \\ and nothing else, at some length, so that the line has to be broken somewhere',
            (Bogus("w1.shop.lab.", on=only(0)), Secure("w1.shop.lab.", on=only(1))),
        ),
        Topology(victim=Zone(ZONE, policy=MINE, hidden_primary=True), serve_stale=True),
    ),
    "usual": (Trial((FRAGMENTS, TCP), Outcome.BROKEN, "dark", (Dark("w1.shop.lab."),)), Topology()),
}


@pytest.mark.parametrize("either_way", [True, False, None])
@pytest.mark.parametrize("kind", FILES)
def test_the_file_says_what_was_tried(kind: str, either_way: bool | None, tmp_path: Path) -> None:
    """Read as a scenario file it is the trial with the claims that were seen, and each of the two alone."""
    tried, topology = FILES[kind]
    path = tmp_path / "found_pair.py"
    path.write_text(scenario_file(Found(tried, either_way), topology))
    drills = discover([path])
    pair = drills["found-pair:together"]
    expected = trial(tried.faults, topology)
    assert (pair.fault, pair.topology, pair.impact) == (
        expected.fault,
        topology,
        (expected.impact[0], *tried.claims),
    )
    for variant, fault in zip(("first-alone", "second-alone"), tried.faults, strict=True):
        alone = drills[f"found-pair:{variant}"]
        assert (alone.fault, alone.impact) == (fault, expected.impact)
    for check in (["check", "--quiet"], ["format", "--check", "--quiet"]):
        ran = subprocess.run(
            [str(Path(sys.executable).with_name("ruff")), *check, "--isolated", str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + path.read_text()


# -- two faults as one, and the command line -----------------------------------------------------------------


class Noted:
    """A fault that notes what is done to it."""

    def __init__(self, name: str, log: list[str], *, holds: bool = True) -> None:
        self.name, self.log, self.holds = name, log, holds

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Note it."""
        self.log.append(f"{self.name} in")
        try:
            yield
        finally:
            self.log.append(f"{self.name} out")

    def took_hold(self, lab: Lab) -> Proof:
        """As told."""
        return Proof(self.holds, f"{self.name} seen")


def test_two_faults_together_are_undone_in_the_opposite_order_and_both_proven() -> None:
    """One that does not hold is no pair."""
    log: list[str] = []
    nowhere = cast("Lab", None)
    pair = Together(Noted("a", log), Noted("b", log))
    with pytest.raises(ZeroDivisionError), pair.inject(nowhere):
        raise ZeroDivisionError
    assert log == ["a in", "b in", "b out", "a out"]
    assert pair.took_hold(nowhere) == Proof(True, "a seen; b seen")
    for first, second in ((True, False), (False, True)):
        half = Together(Noted("a", log, holds=first), Noted("b", log, holds=second))
        assert not half.took_hold(nowhere).holds


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["tcp-blocked:reset"], "a pair is of two faults"),
        (["tcp-blocked", "--budget", "soon"], "'soon' is no duration"),
        (["tcp-blocked", "--in", "tcp-blokced"], "did you mean 'tcp-blocked"),
        (["nosuch"], "no scenario is called 'nosuch'"),
        (["tcp-blocked", "--resolver", "djbdns"], "no resolver is called 'djbdns'"),
    ],
)
def test_what_can_t_be_searched_is_refused(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before any lab is built."""
    assert main(["search", *argv]) == 2
    assert said in capsys.readouterr().err
