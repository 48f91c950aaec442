"""`chaindrill run`: drills, live, judged."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli import options
from harness.cli.list_ import zones
from harness.cli.output import save_evidence, versions, write
from lab.errors import UsageError

if TYPE_CHECKING:
    from harness.cli.crew import Crew
    from harness.monitor_command import Command
    from harness.report.progress import Progress
    from harness.scenario import Scenario
    from harness.verdict import Report


@dataclass(frozen=True)
class Order:
    """What the command line asks for, checked."""

    drills: Mapping[str, Scenario]
    validators: tuple[str, ...]
    junit: Path | None
    json: Path | None
    jobs: int
    evidence: Path
    keep: bool
    monitors: tuple[Command, ...]


@dataclass(frozen=True)
class _Result:
    report: Report
    evidence: Path | None


@click.command("run", short_help="Run drills, live, and judge them.")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@options.resolvers
@options.scenario_files
@options.monitors
@click.option("--keep", is_flag=True, help="Leave the lab up after the drill, and print how to ask it.")
@click.option(
    "--junit", type=click.Path(path_type=Path), metavar="FILE", help="Also write the results as JUnit XML."
)
@options.json_file
@options.jobs
@options.evidence
def run(
    names: tuple[str, ...],
    resolvers: tuple[str, ...],
    files: tuple[Path, ...],
    monitors: tuple[str, ...],
    keep: bool,
    junit: Path | None,
    json_: Path | None,
    jobs: int,
    evidence: Path,
) -> int:
    """Run drills: those named, or all there are.

    NAME is as `chaindrill list` shows it, or what stands before its colon for all variants.

    A --monitor is run in the lab at every look: {zone} is the zone that the drill breaks, {server} its server's address,
    {resolver} the first validator's.  Exit status 0 is fine, 3 "could not say", anything else an alarm.  A first word
    with a slash is a script of yours, which is copied into the lab.
    """
    from harness.monitor_command import parse

    drills = options.drills(names, files)
    if keep and len(drills) != 1:
        raise UsageError(f"--keep leaves up one lab, and {len(drills)} drills were asked for: name one")
    for path in (junit, json_):
        options.check_writable(path)
    order = Order(
        drills,
        options.check_resolvers(resolvers),
        junit,
        json_,
        min(jobs, len(drills)),
        evidence,
        keep,
        tuple(parse(text) for text in monitors),
    )
    if keep:
        from harness.cli.keep import detached

        return detached(lambda let_go: _run(order, let_go))
    return _run(order)


def _run(order: Order, let_go: Callable[[int], None] | None = None) -> int:
    """Run what was ordered.  With `let_go` the lab stays up: it gets the exit status once all is said."""
    from rich.console import Console

    from harness.cli.crew import mustered
    from harness.cli.keep import hold
    from harness.report.progress import Progress
    from harness.verdict import worst

    console = Console(file=sys.stderr if order.json == options.STDOUT else sys.stdout)
    progress = Progress(console, list(order.drills))
    with mustered(order.validators, progress, order.jobs, keep=order.keep) as crew:
        with progress:
            results = _play(order, crew, progress)
        _write(order, {**versions(), "docker engine": crew.engine.version}, results)
        code = worst([result.report.verdict for result in results]).exit_code
        if crew.kept is not None and let_go is not None:
            hold(crew.kept, console, lambda: let_go(code))
    return code


def _play(order: Order, crew: Crew, progress: Progress) -> list[_Result]:
    """Run the drills and print each as it is done, in the order asked for, and a table over several."""
    from rich.text import Text

    from harness.cli.crew import drill
    from harness.report.terminal import block, summary

    results: list[_Result] = []
    for report in crew.reports(
        {name: drill(name, one, order.monitors) for name, one in order.drills.items()}
    ):
        saved = save_evidence(report, order.evidence, report.name)
        progress.print(block(report, zones(order.drills[report.name]), saved))
        results.append(_Result(report, saved))
        if len(order.drills) > 1:
            progress.print([Text()])
    if len(results) > 1:
        progress.print(summary([result.report for result in results]))
    return results


def _write(order: Order, facts: Mapping[str, str], results: Sequence[_Result]) -> None:
    """Write the files asked for.  Raises LabError where that fails."""
    from harness.report import json_, junit

    reports = [result.report for result in results]
    evidence = {result.report.name: result.evidence for result in results if result.evidence}
    write(order.junit, junit.render(reports, facts, evidence))
    write(order.json, json_.render(reports, facts, evidence))
