"""Running a rehearsal and its mutants, and judging what the oracle saw."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from harness.conductor import conduct
from harness.finding import Findings
from harness.history import Event, History
from harness.oracle import Change
from harness.verdict import Verdict
from lab.errors import LabError, LabSick, RegistrarRefused, UsageError

if TYPE_CHECKING:
    from harness.finding import Found
    from harness.generation import Look
    from harness.rehearsal import Rehearsal
    from lab.lab import Lab


@dataclass
class RehearsalReport:
    """A rehearsal's result.  `changes` are dated as they were read back; `findings` None where nothing was found out."""

    name: str
    title: str
    verdict: Verdict
    reason: str
    history: History
    changes: tuple[Change, ...] = ()
    findings: Findings | None = None
    observable: bool = False
    """Of a mutant: whether the model says that a validator can see it."""
    stopped: str = ""
    """Why its steps were not gone through to the end: a check of the procedure's own, or a tool, said no."""
    validators: tuple[str, ...] = ()
    lab_seconds: float = 0.0
    wall_seconds: float = 0.0
    clean_up_errors: list[str] = field(default_factory=list)
    evidence: bytes = b""


def rehearse(
    name: str,
    rehearsal: Rehearsal,
    make_lab: Callable[[], AbstractContextManager[Lab]],
    tell: Callable[[Event], None] = lambda event: None,
    *,
    wrong: bool = False,
) -> RehearsalReport:
    """Play a rehearsal in a lab of its own and judge it.

    `wrong`: it is a mutant; then it passes where the lab shows what the model says, whatever that is.  Raises
    nothing but UsageError and what stops the whole program.
    """
    report = RehearsalReport(name, rehearsal.title, Verdict.INCONCLUSIVE, "", History(tell))
    started = time.monotonic()
    judged = False
    try:
        with make_lab() as lab:
            _play(report, rehearsal, lab, wrong=wrong)
            judged = True
            if report.verdict is not Verdict.PASS:
                report.evidence = lab.collect()
    except UsageError:
        raise
    except LabError as problem:
        if isinstance(problem.__context__, KeyboardInterrupt):
            raise problem.__context__ from problem
        if judged:
            report.clean_up_errors.append(str(problem))
        else:
            report.reason = str(problem)
    report.wall_seconds = time.monotonic() - started
    return report


def _play(report: RehearsalReport, rehearsal: Rehearsal, lab: Lab, *, wrong: bool) -> None:
    report.validators = tuple(one.title for one in lab.validators)
    try:
        stage = conduct(rehearsal, lab, report.history)
    except LabSick as sick:
        report.reason = str(sick)
        return
    except RegistrarRefused as refused:
        report.verdict, report.reason = Verdict.FAIL, str(refused)
        return
    oracle = stage.oracle
    report.changes = tuple(oracle.changes)
    report.lab_seconds = oracle.now() - oracle.begun
    report.findings = stage.findings()
    report.observable, report.stopped = report.findings.bogus, stage.stopped
    problem = _disagreement(report.findings) or (None if wrong else _gone_wrong(report.findings, rehearsal))
    if problem is None and not wrong:
        problem = stage.stopped or None
    if problem is None and not wrong:
        problem = stage.end_problem(rehearsal.end, rehearsal.checks)
    report.verdict = Verdict.FAIL if problem else Verdict.PASS
    report.reason = problem or ""


def _disagreement(found: Findings) -> str | None:
    """Where the lab and the model differ, in one sentence: nothing can be built on either then."""
    if found.disagreements:
        return _differs(found.disagreements)
    for vendor in found.vendors:
        for one in vendor.windows:
            if one.problem:
                return f"{vendor.vendor}: {_window(one)} by the model, and {one.problem}"
    return None


def _differs(looks: Sequence[Look]) -> str:
    look = looks[0]
    more = f" (and {len(looks) - 1} more looks)" if len(looks) > 1 else ""
    return (
        f"the lab and the model differ: {look.vendor}, holding {look.priming.value}, said {look.state.value} for"
        f" {look.qname} at {look.lab_time:%Y-%m-%d %H:%M:%S}, the model says {look.predicted.state.value}"
        f"{': ' + look.predicted.why if look.predicted.why else ''}{more}"
    )


def _gone_wrong(found: Findings, rehearsal: Rehearsal) -> str | None:
    """Why a rehearsal in the right order has not passed."""
    for vendor in found.vendors:
        if vendor.windows:
            return f"{vendor.vendor}: {_window(vendor.windows[0])}"
        if vendor.insecure_seconds and not rehearsal.may_be_insecure:
            return f"{vendor.vendor}: insecure for {vendor.insecure_seconds:.0f} s, where the zone must stay secure"
    return None


def _window(found: Found) -> str:
    start, end = (datetime.fromtimestamp(at, UTC) for at in (found.window.start, found.window.end))
    return (
        f"{found.window.state.value} from {start:%Y-%m-%d %H:%M:%S} to {end:%Y-%m-%d %H:%M:%S}, holding"
        f" {found.priming.value}: {found.window.why}"
    )
