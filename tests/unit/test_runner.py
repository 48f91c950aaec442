"""What the runner makes of a drill: verdicts, undoing, clean-up."""

from __future__ import annotations

from typing import Any

import pytest

import harness.runner
from harness.expectation import Bogus, Insecure, Secure, Unreachable, only, others
from harness.verdict import Verdict
from lab.errors import LabError, LabSick, RegistrarRefused, UsageError
from lab.query import Answer, ExtendedError
from tests.unit.stage import (
    OTHER,
    SERVFAIL_6,
    WWW,
    Do,
    Stage,
    play,
    saw,
)

pytestmark = pytest.mark.usefixtures("short_hold")


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


def test_a_zone_whose_name_ends_in_the_victim_s_letters_is_not_the_victim() -> None:
    """Rows tell of the victim: `workshop.lab.` is another zone than `shop.lab.`."""
    report = play(Stage(), recovery=[Secure(WWW), Secure("www.workshop.lab.")])
    told = play(Stage(), recovery=[Secure("www.workshop.lab.")])
    assert all("recovery" in row.cells for row in report.rows)
    assert all("recovery" not in row.cells for row in told.rows)
