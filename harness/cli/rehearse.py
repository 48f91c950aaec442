"""`chaindrill rehearse`: rehearsals, live, judged; and the ways to get them wrong."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import options
from harness.cli.output import save_evidence, versions, write
from harness.cli.own import OwnPlan, own_options, own_plan

if TYPE_CHECKING:
    from harness.cli.crew import Crew
    from harness.rehearsal import Rehearsal
    from harness.rehearse import RehearsalReport
    from harness.report.outage import Played
    from harness.report.progress import Progress


@dataclass(frozen=True)
class Order:
    """What the command line asks for, checked."""

    rehearsals: Mapping[str, Rehearsal]
    wrong: Mapping[str, Mapping[str, Rehearsal]]
    """Ways to get each wrong, by its name and theirs; empty where they were not asked for."""
    validators: tuple[str, ...]
    json: Path | None
    markdown: Path | None
    jobs: int
    evidence: Path
    own: OwnPlan | None = None


@click.command("rehearse", short_help="Rehearse planned changes of keys, live.")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@options.resolvers
@options.scenario_files
@click.option("--mutants", is_flag=True, help="Also play every way to get it wrong, each in its own lab.")
@click.option(
    "--serve-stale",
    is_flag=True,
    help="Have the validators that are asked again and again serve stale answers (RFC 8767).",
)
@options.json_file
@click.option(
    "--markdown",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also write plan, result and wrong ways as Markdown.",
)
@options.jobs
@options.evidence
@own_options
def rehearse(
    names: tuple[str, ...],
    resolvers: tuple[str, ...],
    files: tuple[Path, ...],
    mutants: bool,
    serve_stale: bool,
    json_: Path | None,
    markdown: Path | None,
    jobs: int,
    evidence: Path,
    **own: Any,
) -> int:
    """Rehearse planned changes of keys: those named, or all there are.

    A real signer lives through each on fast-forward while silent validators, their caches in the worst phases, are
    asked at every instant that matters.  NAME is as `chaindrill list` shows it, or what stands before its colon
    for all variants.

    With --zone-file it is your own zone under your own policy, NAME is ksk, zsk or csk, and what comes out is a dated plan:
    each step, not before when, what to check then, and what the lab saw.
    """
    for path in (json_, markdown, own["ical"]):
        options.check_writable(path)
    validators = options.check_resolvers(resolvers)
    planned = own_plan(names, files, **own)
    chosen = {planned.kind: planned.rehearsal} if planned else options.rehearsals(names, files)
    wrong: Mapping[str, Mapping[str, Rehearsal]] = {}
    if mutants:
        from harness.mutants import mutants as ways

        wrong = {name: ways(one) for name, one in chosen.items()}
    if serve_stale:
        chosen = _serving_stale(chosen)
        wrong = {name: _serving_stale(known) for name, known in wrong.items()}
    labs = len(chosen) + sum(map(len, wrong.values()))
    return _rehearse(
        Order(
            chosen,
            wrong,
            validators,
            json_,
            markdown,
            min(jobs, labs),
            evidence,
            planned,
        )
    )


def _serving_stale(known: Mapping[str, Rehearsal]) -> Mapping[str, Rehearsal]:
    return {name: one.but(serve_stale=True) for name, one in known.items()}


def _rehearse(order: Order) -> int:
    from rich.console import Console

    from harness.cli.crew import mustered
    from harness.report import markdown, rehearsal_json
    from harness.report.progress import Progress
    from harness.verdict import worst

    console = Console(file=sys.stderr if order.json == options.STDOUT else sys.stdout)
    ways = [way_name(name, way) for name, known in order.wrong.items() for way in known]
    progress = Progress(console, [*order.rehearsals, *ways], kind="labs", quiet=ways)
    with mustered(order.validators, progress, order.jobs) as crew:
        with progress:
            played = _play(order, crew, progress)
        facts = {**versions(), "docker engine": crew.engine.version}
        dated = order.own.dated(played[0].report) if order.own else None
        if order.own:
            order.own.show(progress, played[0].report)
        write(order.json, rehearsal_json.render(played, facts, dated))
        before = order.own.markdown(played[0].report) if order.own else ""
        write(order.markdown, before + markdown.render(played, facts))
    return worst([verdict for one in played for verdict in one.verdicts]).exit_code


def way_name(name: str, way: str) -> str:
    """What a wrong way is called among all that runs."""
    return f"{name}, {way}"


def _play(order: Order, crew: Crew, progress: Progress) -> list[Played]:
    """Run all of it and print each part as it is done, in the order asked for, and a table over several."""
    from rich.text import Text

    from harness.cli.crew import rehearsal as task
    from harness.report import rehearsal as view
    from harness.report.outage import Played

    tasks = {}
    for name, one in order.rehearsals.items():
        tasks[name] = task(name, one)
        for way, changed in order.wrong.get(name, {}).items():
            tasks[way_name(name, way)] = task(way, changed, wrong=True)
    reports = crew.reports(tasks)
    played = []
    for name, one in order.rehearsals.items():
        report = next(reports)
        saved = save_evidence(report, order.evidence, name)
        progress.print(view.block(Played(one, report, saved)))
        ways: list[RehearsalReport] | None = None
        if order.wrong:
            ways = []
            progress.print(view.wrong_head(len(order.wrong[name])))
            for number, _ in enumerate(order.wrong[name], 1):
                ways.append(next(reports))
                save_evidence(ways[-1], order.evidence, f"{name}.wrong-{number:02}")
                progress.print(view.wrong_row(ways[-1], one))
        played.append(Played(one, report, saved, ways))
        if order.wrong:
            progress.print(view.wrong_end(played[-1]))
        if len(order.rehearsals) > 1:
            progress.print([Text()])
    if len(played) > 1:
        progress.print(view.summary(played))
    return played
