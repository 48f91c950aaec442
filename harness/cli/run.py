"""`chaindrill run`: drills, live, judged."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli import options
from harness.cli.list_ import zones
from lab.errors import LabError, UsageError

if TYPE_CHECKING:
    from harness.cli.crew import Crew
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


@dataclass(frozen=True)
class _Result:
    report: Report
    evidence: Path | None


@click.command("run")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option(
    "--resolver",
    "resolvers",
    multiple=True,
    metavar="NAME",
    help="A validator to watch with (may be repeated).",
)
@options.scenario_files
@click.option("--keep", is_flag=True, help="Leave the lab up after the drill, and print how to ask it.")
@click.option(
    "--junit", type=click.Path(path_type=Path), metavar="FILE", help="Also write the results as JUnit XML."
)
@click.option(
    "--json",
    "json_",
    type=click.Path(path_type=Path),
    metavar="FILE|-",
    help="Also write results and events as JSON; with - to standard output, and the rest to standard error.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    metavar="N",
    help="Drills at a time.  [default: 2, or 1 on one processor]",
)
@click.option(
    "--evidence",
    type=click.Path(path_type=Path),
    metavar="DIR",
    default=Path("chaindrill-evidence"),
    help="Where the logs and zones of drills go that did not pass.  [default: ./chaindrill-evidence]",
)
def run(
    names: tuple[str, ...],
    resolvers: tuple[str, ...],
    files: tuple[Path, ...],
    keep: bool,
    junit: Path | None,
    json_: Path | None,
    jobs: int | None,
    evidence: Path,
) -> int:
    """Run drills: those named, or all there are.

    NAME is as `chaindrill list` shows it, or what stands before its colon for all variants.
    """
    drills = options.drills(names, files)
    if keep and len(drills) != 1:
        raise UsageError(f"--keep leaves up one lab, and {len(drills)} drills were asked for: name one")
    for path in (junit, json_):
        options.check_writable(path)
    usual = min(2, os.cpu_count() or 1)
    order = Order(
        drills,
        options.check_resolvers(resolvers),
        junit,
        json_,
        min(jobs or usual, len(drills)),
        evidence,
        keep,
    )
    if keep:
        from harness.cli.keep import detached

        return detached(lambda let_go: _run(order, let_go))
    return _run(order)


def _run(order: Order, let_go: Callable[[int], None] | None = None) -> int:
    """Run what was ordered.  With `let_go` the lab stays up: it gets the exit status once all is said."""
    from rich.console import Console

    from harness.cli.crew import Crew
    from harness.cli.keep import hold
    from harness.cli.signals import interruptible
    from harness.report.progress import Progress
    from harness.verdict import worst
    from lab import images
    from lab.engine import Engine

    console = Console(file=sys.stderr if order.json == options.STDOUT else sys.stdout)
    progress = Progress(console, list(order.drills))
    with interruptible():
        engine = Engine.connect()
        images.find(engine)
        with Crew(engine, order.validators, progress, order.jobs, order.keep) as crew:
            with progress:
                results = _play(order, crew, progress)
            _write(order, {**versions(), "docker engine": engine.version}, results)
            code = worst([result.report.verdict for result in results]).exit_code
            if crew.kept is not None and let_go is not None:
                hold(crew.kept, console, lambda: let_go(code))
    return code


def _play(order: Order, crew: Crew, progress: Progress) -> list[_Result]:
    """Run the drills and print each as it is done, in the order asked for, and a table over several."""
    from rich.text import Text

    from harness.report.terminal import block, summary

    results: list[_Result] = []
    for report in crew.reports(order.drills):
        saved = _save(report, order.evidence)
        progress.print(block(report, zones(order.drills[report.name]), saved))
        results.append(_Result(report, saved))
        if len(order.drills) > 1:
            progress.print([Text()])
    if len(results) > 1:
        progress.print(summary([result.report for result in results]))
    return results


def _save(report: Report, folder: Path) -> Path | None:
    """Write a drill's evidence, if it has any; where that fails the drill's verdict counts all the same."""
    if not report.evidence:
        return None
    path = folder / f"{report.name.replace(':', '.')}.tar.gz"  # a colon is not allowed everywhere
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(report.evidence)
    except OSError as problem:
        report.clean_up_errors.append(f"the evidence could not be written to {path}: {problem.strerror}")
        return None
    return path


def _write(order: Order, facts: Mapping[str, str], results: Sequence[_Result]) -> None:
    """Write the files asked for.  Raises LabError where that fails."""
    from harness.report import json_, junit

    reports = [result.report for result in results]
    evidence = {result.report.name: result.evidence for result in results if result.evidence}
    try:
        if order.junit is not None:
            order.junit.write_text(junit.render(reports, facts, evidence), encoding="utf-8")
        if order.json == options.STDOUT:
            sys.stdout.write(json_.render(reports, facts, evidence))
            sys.stdout.flush()
        elif order.json is not None:
            order.json.write_text(json_.render(reports, facts, evidence), encoding="utf-8")
    except BrokenPipeError:
        raise
    except OSError as problem:
        raise LabError(f"{problem.filename} could not be written: {problem.strerror}") from problem


def versions() -> dict[str, str]:
    """What ran the drills; the resolvers' versions are in the reports."""
    from harness.report import version

    return {"chaindrill": version(), "python": platform.python_version()}
