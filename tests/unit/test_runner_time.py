"""What the runner does with lab time, and what it records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

import harness.runner
from harness.expectation import Bogus, Match, Secure, only
from harness.history import Event
from harness.verdict import Verdict
from lab.errors import LabSick
from lab.query import Observation
from tests.unit.stage import (
    OTHER,
    START,
    WWW,
    ClaimAt,
    Do,
    Stage,
    drill,
    heal,
    play,
    saw,
)

pytestmark = pytest.mark.usefixtures("short_hold")


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
