"""Every drill there is, run as it stands, with its fault switched off, and with its remedy left out."""

from __future__ import annotations

import pytest

from harness.discover import discover
from harness.report import catalogue
from harness.runner import run
from harness.scenario import Scenario
from harness.verdict import Report, Verdict
from lab.lab import Lab
from tests.catalogue import rows, written

DRILLS = discover()

each_drill = pytest.mark.parametrize("name", DRILLS)


def played(name: str, drill: Scenario) -> Report:
    """Run in a lab of its own."""
    return run(name, drill, lambda: Lab(drill.topology))


def told(report: Report) -> str:
    """The report in a few lines, for whoever reads a failure."""
    lines = [f"{report.name}: {report.verdict.value}: {report.reason or 'no reason'}"]
    lines += [f"clean-up: {error}" for error in report.clean_up_errors]
    lines += [
        f"{e.lab_time:%m-%d %H:%M:%S} {e.phase}: {e.kind}: {e.text}" for e in report.history.events[-25:]
    ]
    return "\n".join(lines)


@each_drill
def test_the_drill_passes(name: str) -> None:
    """Everything the drill claims comes true on real servers, nothing is left to clean up, and the catalogue tells of it."""
    report = played(name, DRILLS[name])
    assert report.verdict is Verdict.PASS, told(report)
    assert not report.clean_up_errors, told(report)
    entry, _ = written(name)
    assert entry, f"docs/catalogue has no entry for {name}: run make catalogue"
    renew = f"docs/catalogue tells otherwise of {name} than this run: run make catalogue"
    assert catalogue.entry(report, DRILLS[name]) == entry, renew
    assert catalogue.index_row(report, DRILLS[name]) == rows().get(name), renew


@each_drill
def test_without_its_fault_the_drill_is_inconclusive(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing going wrong the fault's proof finds nothing, so that nothing is concluded."""
    monkeypatch.setattr(
        "harness.runner.HOLD_SECONDS", 0.3
    )  # it will not come: no need to wait for it as long
    report = played(name, DRILLS[name].fault_switched_off())
    assert report.verdict is Verdict.INCONCLUSIVE, told(report)
    assert report.reason.startswith("the fault did not take hold: "), told(report)
    assert not report.clean_up_errors, told(report)


@each_drill
def test_without_its_remedy_the_drill_fails(name: str) -> None:
    """With nothing done about it the zone does not recover, so that the remedy is what helped."""
    report = played(name, DRILLS[name].remedy_left_out())
    assert report.verdict is Verdict.FAIL, told(report)
    assert report.reason.startswith("recovery: "), told(report)
    assert not report.clean_up_errors, told(report)
