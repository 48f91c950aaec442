"""The runner, on a lab that is only acted: every way in which a drill can end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pytest

import harness.runner
from harness.expectation import Bogus, Insecure, Match, Secure, Seen, Unreachable, only, others
from harness.fault import Proof
from harness.history import Event, History
from harness.scenario import Scenario
from harness.verdict import Report, Verdict
from lab.cause import Cause, EdeCodes
from lab.errors import LabError, LabSick, RegistrarRefused, UsageError
from lab.query import Answer, ExtendedError, Observation

if TYPE_CHECKING:
    from lab.lab import Lab

T = TypeVar("T")
R = TypeVar("R")

START = datetime(2030, 1, 1, tzinfo=UTC)
WWW, OTHER = "www.shop.lab.", "www.bystander.lab."
DATA = Answer("NOERROR", records=(f"{WWW} A 192.0.2.2",))
AD = Answer("NOERROR", ad=True, records=DATA.records)
SERVFAIL_6 = Answer("SERVFAIL", ede=(ExtendedError(6),))
NOTHING = Answer(None, failed="timeout")


@dataclass
class FakeVendor:
    """One whose EDE for one cause was measured."""

    ede: dict[Cause, EdeCodes] = field(default_factory=lambda: {Cause.NO_KEY_FOR_DS: frozenset({6})})


@dataclass
class FakeClock:
    """Lab time that moves only when advanced, and how it was."""

    time: datetime = START
    steps: list[timedelta] = field(default_factory=list)

    def now(self) -> datetime:
        """Lab time."""
        return self.time

    def advance(self, duration: timedelta) -> None:
        """Move it."""
        self.steps.append(duration)
        self.time += duration


@dataclass
class FakeResolver:
    """Answers as the stage directs."""

    stage: Stage
    name: str
    validates: bool = True
    vendor: FakeVendor = field(default_factory=FakeVendor)
    asked: list[tuple[str, bool, float]] = field(default_factory=list)

    @property
    def title(self) -> str:
        """Its name."""
        return self.name

    def ask(
        self, qname: str, qtype: str = "A", *, confirm: bool = True, timeout_seconds: float
    ) -> Observation:
        """AD while all is well; SERVFAIL in the victim zone while it is broken; the control always has data."""
        self.asked.append((qname, confirm, timeout_seconds))
        if self.stage.sick_at(self.name):
            raise LabSick(f"{self.name} is sick")
        dark = self.stage.dark(self.name) and qname.endswith("shop.lab.")
        answer = DATA if not self.validates else self.stage.servfail if dark else AD
        unchecked = self.stage.unchecked if confirm and answer.rcode in (None, "SERVFAIL") else None
        return Observation(
            self.name, self.validates, qname, qtype, answer, unchecked, self.stage.clock.now(), 0.0
        )


@dataclass
class Stage:
    """The lab, the fault and a script of what goes wrong with either."""

    clock: FakeClock = field(default_factory=FakeClock)
    log: list[str] = field(default_factory=list)
    broken: bool = False
    dark_at: Callable[[str], bool] = lambda name: True
    servfail: Answer = SERVFAIL_6
    unchecked: Answer = DATA
    holds_at_look: int = 1
    looks: int = 0
    sick_at: Callable[[str], bool] = lambda name: False
    sick_in: dict[str, Exception] = field(default_factory=dict)
    heals_at: datetime | None = None
    control_broken: bool = False

    def __post_init__(self) -> None:
        """Two validators and a control."""
        names = {"unbound": True, "bind": True, "control": False}
        self.resolvers = {name: FakeResolver(self, name, validates) for name, validates in names.items()}
        self.validators = tuple(r for r in self.resolvers.values() if r.validates)

    # -- what a lab does --

    def may_fail(self, at: str) -> None:
        """Note it, and raise where the script says so."""
        self.log.append(at)
        if at in self.sick_in:
            raise self.sick_in[at]

    def dark(self, name: str) -> bool:
        """Whether this validator can't see the victim now."""
        healed = self.heals_at is not None and self.clock.now() >= self.heals_at
        return self.broken and not healed and self.dark_at(name)

    def __enter__(self) -> Lab:
        """Up."""
        self.may_fail("up")
        return cast("Lab", self)

    def __exit__(self, *_: object) -> None:
        """Gone."""
        self.may_fail("gone")

    def each(self, do: Callable[[T], R], things: Iterable[T]) -> list[R]:
        """One after the other."""
        return [do(thing) for thing in things]

    def check_alive(self) -> None:
        """Whether servers live."""
        self.may_fail("alive")

    def collect(self) -> bytes:
        """The evidence."""
        self.may_fail("collect")
        return b"evidence"

    # -- what a fault does --

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Break it, and undo it."""
        self.may_fail("inject")
        self.broken = True
        try:
            yield
        finally:
            self.broken = False
            self.may_fail("undo")

    def took_hold(self, lab: Lab) -> Proof:
        """It does at one of the looks."""
        self.may_fail("took_hold")
        self.looks += 1
        return Proof(self.looks >= self.holds_at_look, f"look {self.looks}")


@dataclass(frozen=True)
class Do:
    """A step that does something to the stage."""

    what: Callable[[Stage], None]
    says: str = "done"

    def describe(self) -> str:
        """What it is."""
        return self.says

    def command(self) -> str:
        """Nothing."""
        return ""

    def perform(self, lab: Lab) -> str:
        """Do it."""
        self.what(cast("Stage", lab))
        return self.says


@dataclass(frozen=True)
class ClaimAt:
    """A claim about the lab that comes true at an instant."""

    instant: datetime = START
    within: timedelta = timedelta(0)

    def describe(self) -> str:
        """The claim."""
        return "it is time"

    def command(self) -> str:
        """Nothing."""
        return ""

    def look(self, lab: Lab, history: History) -> Seen:
        """Look at the clock."""
        return Seen(lab.clock.now() >= self.instant, f"it is {lab.clock.now():%H:%M:%S}", 7)


def heal(stage: Stage) -> None:
    """The operator repairs it."""
    stage.broken = False


def drill(stage: Stage, **changes: Any) -> Scenario:
    """A drill over the stage that passes as it is."""
    parts: dict[str, Any] = {
        "title": "a story",
        "symptom": "something fails",
        "fault": stage,
        "steady_state": [Secure(WWW), Secure(OTHER)],
        "impact": [Bogus(WWW, cause=Cause.NO_KEY_FOR_DS), Secure(OTHER)],
        "remedy": [Do(heal, "repaired")],
        "recovery": [Secure(WWW), Secure(OTHER)],
        "references": [],
    }
    return Scenario(**(parts | changes))


def play(stage: Stage, tell: Callable[[Event], None] = lambda event: None, **changes: Any) -> Report:
    """Run it."""
    return harness.runner.run("a-story", drill(stage, **changes), lambda: stage, tell)


@pytest.fixture(autouse=True)
def short_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault that does not bite is given up at once here: nothing real is waited for."""
    monkeypatch.setattr(harness.runner, "HOLD_SECONDS", 0.0)


def saw(report: Report) -> list[tuple[str, str, str]]:
    """What was observed: phase, resolver, words."""
    events = report.history.events
    return [(e.phase, e.observation.resolver, e.text) for e in events if e.observation is not None]


def test_a_drill_that_goes_as_claimed_passes() -> None:
    """All phases are played in order, the fault proven and undone, the lab removed, and no reason is given."""
    stage = Stage()
    report = play(stage)
    assert (report.verdict, report.reason, report.clean_up_errors) == (Verdict.PASS, "", [])
    phases = [event.text for event in report.history.events if event.kind == "phase"]
    assert phases == ["steady state", "impact", "remedy", "recovery"]
    assert report.proof.startswith("look")
    assert stage.log == ["up", "alive", "inject", "took_hold", "took_hold", *(["alive"] * 3), "undo", "gone"]
    assert report.evidence == b""


def test_every_resolver_is_asked_every_claim_and_the_control_answers() -> None:
    """Each claim is looked at by each resolver, the control included, and the rows say what each made of it."""
    report = play(Stage())
    for phase, words in [("steady_state", "secure"), ("impact", "bogus  EDE 6"), ("recovery", "secure")]:
        seen = [(name, text) for where, name, text in saw(report) if where == phase]
        assert [name for name, _ in seen] == ["unbound", "unbound", "bind", "bind", "control", "control"]
        assert ("bind", words) in seen
        assert seen[-2:] == [("control", "answers")] * 2
    cells = {row.resolver: {phase: cell.said for phase, cell in row.cells.items()} for row in report.rows}
    validator = {"steady_state": "secure", "impact": "bogus  EDE 6", "recovery": "secure"}
    assert cells == {"unbound": validator, "bind": validator, "control": dict.fromkeys(validator, "answers")}


def test_an_impact_that_does_not_come_fails_the_drill() -> None:
    """A validator that stays secure refutes the claim, by name; the fault is undone and the evidence kept."""
    stage = Stage(dark_at=lambda name: name == "unbound")
    report = play(stage)
    assert (report.verdict, report.reason) == (
        Verdict.FAIL,
        f"impact: bind: {WWW} is secure (NOERROR) instead of bogus",
    )
    assert stage.log[-3:] == ["undo", "collect", "gone"]
    assert report.evidence == b"evidence"
    assert [row.cells["impact"].met for row in report.rows] == [True, False, True]


def test_all_that_fails_at_once_is_told() -> None:
    """Every validator that refutes the claims of a moment is named."""
    stage = Stage(dark_at=lambda name: False)
    assert play(stage).reason == (
        f"impact: unbound: {WWW} is secure (NOERROR) instead of bogus;"
        f" bind: {WWW} is secure (NOERROR) instead of bogus"
    )


def test_a_remedy_that_does_not_help_fails_the_drill() -> None:
    """Still bogus in the recovery is a failure of the drill, whatever was done."""
    report = play(Stage(), remedy=[])
    assert report.verdict is Verdict.FAIL
    assert report.reason.startswith(f"recovery: unbound: {WWW} is bogus (SERVFAIL, EDE 6) instead of secure")
    assert all(row.still_dark for row in report.rows if row.validates)


def test_an_outage_is_no_validation_failure() -> None:
    """SERVFAIL with CD=1 too fails a claim of bogus."""
    report = play(Stage(unchecked=SERVFAIL_6))
    assert report.verdict is Verdict.FAIL
    assert "is unreachable (SERVFAIL, EDE 6) instead of bogus" in report.reason


def test_a_control_that_goes_dark_fails_the_drill() -> None:
    """Where the control stops answering, the outage is another than the one claimed."""
    stage = Stage()
    stage.resolvers["control"].validates = True  # it answers as a validator would
    report = play(stage, impact=[Insecure(WWW)])
    assert report.verdict is Verdict.FAIL
    stage = Stage(dark_at=lambda name: False)
    report = play(stage, impact=[Unreachable(WWW, on=only(7))])
    assert (report.verdict, report.reason) == (Verdict.FAIL, f"impact: control: {WWW} is answers")


def test_an_unexpected_ede_is_not_a_pass() -> None:
    """Bogus with a code that was not measured fails the drill in words of its own, and the cell tells both apart."""
    stage = Stage(servfail=Answer("SERVFAIL", ede=(ExtendedError(9),)))
    report = play(stage)
    assert report.verdict is Verdict.FAIL
    assert "EDE 9 where EDE 6 was measured" in report.reason
    cell = report.rows[0].cells["impact"]
    assert (cell.said, cell.met, cell.other_ede) == ("bogus  EDE 9", False, True)


@pytest.mark.parametrize("steady", [Bogus(WWW), Insecure(OTHER)], ids=["victim", "bystander"])
def test_a_lab_that_is_not_well_before_the_fault_makes_it_inconclusive(steady: Secure) -> None:
    """A mismatch in the steady state says nothing of the fault, which is not even made."""
    stage = Stage()
    report = play(stage, steady_state=[steady])
    assert report.verdict is Verdict.INCONCLUSIVE
    assert report.reason.startswith("steady state: unbound: ")
    assert "inject" not in stage.log
    assert stage.log[-1] == "gone"


def test_a_fault_that_does_not_hold_makes_it_inconclusive_and_is_undone() -> None:
    """A fault without proof judges nothing: what was seen is told, nobody is asked, and it is undone all the same."""
    stage = Stage(holds_at_look=1000)
    report = play(stage)
    assert report.verdict is Verdict.INCONCLUSIVE
    assert report.reason == f"the fault did not take hold: look {stage.looks}"
    assert stage.log[-3:] == ["undo", "collect", "gone"]
    assert {phase for phase, _, _ in saw(report)} == {"steady_state"}
    assert report.proof == ""


def test_a_fault_may_take_a_moment_to_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof is looked for again until it shows."""
    monkeypatch.setattr(harness.runner, "HOLD_SECONDS", 5.0)
    report = play(Stage(holds_at_look=3))
    assert (report.verdict, report.proof) == (Verdict.PASS, "look 3")
    assert [event.text for event in report.history.events if event.kind == "fault"] == ["look 3"]


@pytest.mark.parametrize("at", ["inject", "took_hold", "alive"])
def test_a_lab_that_falls_sick_makes_it_inconclusive(at: str) -> None:
    """Wherever the lab itself fails, nothing is concluded, and the reason is its own words."""
    stage = Stage(sick_in={at: LabSick("it broke")})
    report = play(stage)
    assert (report.verdict, report.reason) == (Verdict.INCONCLUSIVE, "it broke")
    assert stage.log[-1] == "gone"
    assert ("undo" in stage.log) is (at == "took_hold")


def test_a_step_that_falls_sick_makes_it_inconclusive() -> None:
    """A remedy that the lab could not carry out was not tried; the fault is undone."""

    def fall(stage: Stage) -> None:
        raise LabSick("rndc failed")

    stage = Stage()
    report = play(stage, remedy=[Do(fall)])
    assert (report.verdict, report.reason) == (Verdict.INCONCLUSIVE, "rndc failed")
    assert "undo" in stage.log
    assert report.evidence == b"evidence"


def test_a_remedy_that_the_registrar_refuses_fails_the_drill() -> None:
    """What the operator is told to submit and the registrar does not take is no remedy."""

    def refuse(stage: Stage) -> None:
        raise RegistrarRefused("DS 4711 matches no key")

    stage = Stage()
    report = play(stage, remedy=[Do(refuse)])
    assert (report.verdict, report.reason) == (Verdict.FAIL, "remedy: DS 4711 matches no key")
    assert "undo" in stage.log
    assert (report.proof, report.evidence) == ("look 2", b"evidence")


def test_a_resolver_that_falls_sick_makes_it_inconclusive() -> None:
    """An error in the middle of asking ends the drill as one between steps does."""
    stage = Stage()
    stage.sick_at = lambda name: stage.broken and name == "bind"
    report = play(stage)
    assert (report.verdict, report.reason) == (Verdict.INCONCLUSIVE, "bind is sick")
    assert "undo" in stage.log


def test_a_dead_server_spoils_even_a_phase_that_was_met() -> None:
    """Servers are looked after at the end of each phase: what a dead one seemed to prove is not believed."""
    stage = Stage()
    stage.sick_in = {"alive": LabSick("unbound died")}
    report = play(stage)
    assert (report.verdict, report.reason) == (Verdict.INCONCLUSIVE, "unbound died")
    assert [phase for phase, _, _ in saw(report)] == ["steady_state"] * 6


def test_a_lab_that_does_not_come_up_makes_it_inconclusive() -> None:
    """Without a lab there is a report all the same, with its reason."""
    report = play(Stage(sick_in={"up": LabSick("no image")}))
    assert (report.verdict, report.reason, report.rows) == (Verdict.INCONCLUSIVE, "no image", [])
    assert report.clean_up_errors == []


@pytest.mark.parametrize(
    ("at", "told"),
    [("undo", "undoing the fault: it stays"), ("gone", "it stays")],
)
@pytest.mark.parametrize("error", [LabSick, LabError])
def test_an_error_of_clean_up_does_not_touch_a_pass(at: str, told: str, error: type[LabError]) -> None:
    """What fails after the verdict is told beside it."""
    report = play(Stage(sick_in={at: error("it stays")}))
    assert (report.verdict, report.reason, report.clean_up_errors) == (Verdict.PASS, "", [told])


def test_errors_of_clean_up_do_not_hide_a_failure() -> None:
    """A failed drill stays failed for its own reason, and every error after it is told, in order."""
    errors = {at: LabSick(f"no {at}") for at in ("undo", "collect", "gone")}
    report = play(Stage(dark_at=lambda name: False, sick_in=dict(errors)))
    assert report.verdict is Verdict.FAIL
    assert report.reason.startswith("impact: unbound: ")
    assert report.clean_up_errors == [
        "undoing the fault: no undo",
        "collecting evidence: no collect",
        "no gone",
    ]


def test_a_usage_error_is_the_caller_s() -> None:
    """What was asked for wrongly is not the drill's verdict; the lab is removed all the same."""

    def ask_wrongly(stage: Stage) -> None:
        raise UsageError("no such zone")

    stage = Stage()
    with pytest.raises(UsageError, match="no such zone"):
        play(stage, remedy=[Do(ask_wrongly)])
    assert stage.log[-2:] == ["undo", "gone"]


def test_ctrl_c_undoes_and_removes_everything() -> None:
    """An interrupt passes through, leaving neither the fault nor the lab."""

    def interrupt(stage: Stage) -> None:
        raise KeyboardInterrupt

    stage = Stage()
    with pytest.raises(KeyboardInterrupt):
        play(stage, remedy=[Do(interrupt)])
    assert stage.log[-2:] == ["undo", "gone"]
    assert not stage.broken


def test_too_few_validators_make_it_inconclusive() -> None:
    """A drill about the third validator proves nothing in a lab of two."""
    stage = Stage()
    report = play(stage, validators_needed=3)
    assert report.verdict is Verdict.INCONCLUSIVE
    assert report.reason == "this drill needs 3 validators, the lab has 2"
    assert "inject" not in stage.log


@pytest.mark.parametrize(
    ("on", "asked"),
    [(only(0), ["unbound", "control"]), (only(1), ["bind", "control"]), (others(0), ["bind", "control"])],
    ids=repr,
)
def test_a_claim_is_put_to_those_it_is_about_and_the_control(on: Any, asked: list[str]) -> None:
    """The others are not asked: their caches are not to be warmed by it."""
    stage = Stage()
    report = play(stage, impact=[Bogus(WWW, on=on)])
    assert [name for phase, name, _ in saw(report) if phase == "impact"] == asked


def test_patience_is_the_drill_s() -> None:
    """Every question waits as long as the drill says."""
    stage = Stage()
    play(stage, patience_seconds=17.0)
    assert {timeout for r in stage.resolvers.values() for _, _, timeout in r.asked} == {17.0}


# -- time ------------------------------------------------------------------------------------------------


def test_a_claim_may_come_true_within_its_time() -> None:
    """The runner looks every second of lab time; the row says after how long it came true, and nothing else moves."""
    stage = Stage(heals_at=START + timedelta(seconds=5))
    report = play(stage, remedy=[], recovery=[Secure(WWW, within=timedelta(minutes=2))])
    assert report.verdict is Verdict.PASS
    assert stage.clock.steps == [timedelta(seconds=1)] * 5
    assert report.rows[0].cells["recovery"].after == timedelta(seconds=5)
    assert report.rows[2].cells["recovery"].after == timedelta(0)
    assert report.lab_seconds == 5.0


def test_who_has_answered_is_not_asked_again() -> None:
    """Each resolver is asked until its claim is met, and then left alone."""
    stage = Stage(heals_at=START + timedelta(seconds=4), dark_at=lambda name: name == "bind")
    report = play(
        stage,
        impact=[Bogus(WWW, on=only(1))],
        remedy=[],
        recovery=[Secure(WWW, within=timedelta(minutes=2)), Secure(OTHER)],
    )
    assert report.verdict is Verdict.PASS
    asked = [name for phase, name, _ in saw(report) if phase == "recovery"]
    assert [asked.count(name) for name in ("unbound", "bind", "control")] == [2, 6, 2]


@pytest.mark.parametrize(
    ("within", "fine", "coarse"),
    [
        (timedelta(seconds=90.5), 90, 0),
        (timedelta(minutes=3), 180, 0),
        (timedelta(minutes=5, seconds=30), 180, 2),
    ],
    ids=str,
)
def test_a_claim_that_never_comes_true_has_exactly_its_time(
    within: timedelta, fine: int, coarse: int
) -> None:
    """Every second for three minutes, then every minute, and the last step ends where the time does, not later."""
    stage = Stage()
    report = play(stage, remedy=[], recovery=[Secure(WWW, within=within)])
    assert report.verdict is Verdict.FAIL
    steps = stage.clock.steps
    assert sum(steps, timedelta(0)) == within
    assert [row.dark for row in report.rows] == [within, within, timedelta(0)]
    assert steps[:fine] == [timedelta(seconds=1)] * fine
    assert steps[fine : fine + coarse] == [timedelta(minutes=1)] * coarse
    assert len(steps) - fine - coarse == (0 if within == timedelta(minutes=3) else 1)


def test_a_claim_without_time_is_looked_at_once() -> None:
    """Without `within`, no lab time passes at all."""
    stage = Stage()
    assert play(stage, remedy=[]).verdict is Verdict.FAIL
    assert stage.clock.steps == []


def test_claims_of_different_patience_stand_together() -> None:
    """The claim whose time is up first fails the drill, though another has time left."""
    stage = Stage()
    report = play(
        stage,
        remedy=[],
        recovery=[
            Secure(WWW, within=timedelta(minutes=9)),
            Secure("w1.shop.lab.", within=timedelta(seconds=3)),
        ],
    )
    assert report.verdict is Verdict.FAIL
    assert "w1.shop.lab." in report.reason
    assert sum(stage.clock.steps, timedelta(0)) == timedelta(seconds=3)


def test_a_recovery_that_is_timed_is_not_disturbed_by_cd() -> None:
    """CD=1 is asked where the claim is about the failure, and once more when the time of a recovery is up."""
    stage = Stage()
    report = play(stage, remedy=[], recovery=[Secure(WWW, within=timedelta(seconds=3))])
    confirms = [confirm for name, confirm, _ in stage.resolvers["unbound"].asked if name == WWW]
    assert confirms == [True, True, False, False, False, True]
    words = [text for phase, name, text in saw(report) if (phase, name) == ("recovery", "unbound")]
    assert words == ["servfail  EDE 6"] * 3 + ["bogus  EDE 6"]


def test_dark_is_from_the_first_bogus_look_to_the_first_healthy_one() -> None:
    """Dark time is lab time at the victim only, and no validator that never failed has any."""
    stage = Stage(heals_at=START + timedelta(minutes=70), dark_at=lambda name: name == "unbound")
    wait = Do(lambda stage: stage.clock.advance(timedelta(minutes=10)))
    report = play(
        stage,
        steady_state=[Secure(WWW)],
        impact=[wait, Bogus(WWW, on=only(0)), wait],
        remedy=[wait],
        recovery=[Secure(WWW, within=timedelta(hours=2))],
    )
    assert report.verdict is Verdict.PASS
    assert [row.dark for row in report.rows] == [timedelta(minutes=60), timedelta(0), timedelta(0)]
    assert report.dark == timedelta(hours=1)
    assert report.lab_seconds == 70 * 60


def test_a_claim_about_the_lab_is_looked_at_until_it_holds() -> None:
    """Looks at the lab have lab time too, and every one is recorded with the number it read."""
    stage = Stage()
    claim = ClaimAt(START + timedelta(seconds=2), within=timedelta(seconds=10))
    report = play(stage, impact=[claim])
    assert report.verdict is Verdict.PASS
    looks = report.history.looks(claim)
    assert [look.text for look in looks] == ["it is 00:00:00", "it is 00:00:01", "it is 00:00:02"]
    assert {look.value for look in looks} == {7}


def test_a_claim_about_the_lab_that_does_not_hold_fails_the_drill() -> None:
    """When its time is up, the claim and what was seen instead are told."""
    stage = Stage()
    report = play(stage, impact=[ClaimAt(START + timedelta(days=1), within=timedelta(seconds=2))])
    assert (report.verdict, report.reason) == (
        Verdict.FAIL,
        "impact: it is not so that it is time: it is 00:00:02",
    )


def test_claims_are_looked_at_in_their_order() -> None:
    """Claims before a step are judged before it, those after it after it."""
    stage = Stage()
    report = play(stage, impact=[Bogus(WWW), Do(heal), Secure(WWW)], remedy=[])
    assert report.verdict is Verdict.PASS
    kinds = [event.kind for event in report.history.events if event.phase == "impact"]
    assert kinds == ["phase", "saw", "saw", "saw", "step", "saw", "saw", "saw"]


# -- history ---------------------------------------------------------------------------------------------


def test_everything_is_recorded_before_it_is_judged() -> None:
    """What refutes a claim, and what falls sick, stands in the record, told, by the time the verdict is made."""
    told: list[Event] = []
    report = play(Stage(dark_at=lambda name: False), told.append)
    assert told == report.history.events
    refuting = [e for e in told if e.judgement is not None and e.judgement.match is not Match.MET]
    assert [e.observation.resolver for e in refuting if e.observation] == ["unbound", "bind"]
    assert told[-1].observation is not None  # all were looked at before one was made the reason


def test_an_observation_survives_a_judge_that_fails() -> None:
    """The observation is in the record even where judging it raises."""

    @dataclass(frozen=True)
    class Unjudgeable(Secure):
        """A claim with a fault of its own."""

        def judge(self, seen: Observation, ede: object) -> Any:
            """It can't."""
            raise LabSick("no judgement")

    told: list[Event] = []
    report = play(Stage(), told.append, impact=[Unjudgeable(WWW)])
    assert report.verdict is Verdict.INCONCLUSIVE
    assert [(e.phase, e.observation.resolver) for e in told if e.observation][-1] == ("impact", "unbound")


def test_a_step_that_fails_is_in_the_record() -> None:
    """What was being done when the lab fell sick is told, with its error."""

    def fall(stage: Stage) -> None:
        raise LabSick("rndc failed")

    report = play(Stage(), remedy=[Do(fall, "restart the signer")])
    (error,) = [event for event in report.history.events if event.kind == "error"]
    assert (error.phase, error.text) == ("remedy", "restart the signer: rndc failed")


def test_events_carry_lab_time_and_wall_time() -> None:
    """Lab time is the lab's clock at the event; wall seconds count from the start and never fall."""
    stage = Stage(heals_at=START + timedelta(seconds=2))
    report = play(stage, remedy=[], recovery=[Secure(WWW, within=timedelta(minutes=1))])
    times: Sequence[datetime] = [event.lab_time for event in report.history.events]
    walls = [event.wall_seconds for event in report.history.events]
    assert times[0] == START
    assert times[-1] == START + timedelta(seconds=2)
    assert sorted(times) == times
    assert sorted(walls) == walls
    assert 0 <= walls[0] <= report.wall_seconds


@pytest.mark.parametrize("goes_dark", [True, False], ids=["pass", "fail"])
def test_after_gets_the_lab_before_it_goes(goes_dark: bool) -> None:
    """`after` is called once, with the lab that is still up, whatever the verdict."""
    stage = Stage(dark_at=lambda name: goes_dark)
    harness.runner.run(
        "a-story", drill(stage), lambda: stage, after=lambda lab: cast("Stage", lab).may_fail("after")
    )
    assert stage.log.count("after") == 1
    assert stage.log[-2:] == ["after", "gone"]
