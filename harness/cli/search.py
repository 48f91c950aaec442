"""`chaindrill search`: pairs of faults that break together what neither breaks alone."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import moments, options
from harness.cli.output import versions, write
from lab.errors import UsageError

if TYPE_CHECKING:
    from harness.cli.crew import Crew
    from harness.report.progress import Progress
    from harness.search import Faults, Search, Trial
    from lab.topology import Topology

NONE_LEFT, FOUND, NOT_ENDED = 0, 1, 3


@click.command("search", short_help="Search for pairs of faults that break only together.")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option(
    "--in",
    "within",
    metavar="NAME",
    help="The drill in whose zones they are tried.  [default: the usual zones]",
)
@click.option(
    "--budget",
    metavar="DURATION",
    default="5m",
    show_default=True,
    help="After this long (of yours) no new one is tried.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the first pair's scenario file here.",
)
@options.resolvers
@options.scenario_files
@options.json_file
@options.jobs
def search(
    names: tuple[str, ...],
    within: str | None,
    budget: str,
    out: Path | None,
    resolvers: tuple[str, ...],
    files: tuple[Path, ...],
    json_: Path | None,
    jobs: int,
) -> int:
    """Search the faults of the drills named, or of all there are, for pairs that break only together.

    Each is tried alone first; only what validators get by alone is paired.  A pair that breaks is made as mild as it can
    be, and printed as a scenario file.  Exit status: 0 there is none, 1 one was found, 3 the budget was at its end first.
    """
    from harness.discover import select

    for path in (json_, out):
        options.check_writable(path)
    known = options.drills((), ())
    chosen = options.drills(names, files)
    topology = next(iter(select([within], {**known, **chosen}).values())).topology if within else _usual()
    faults = list(dict.fromkeys(drill.fault for drill in chosen.values()))
    if len(faults) < 2:
        raise UsageError("a pair is of two faults, and the drills named have one: name another")
    seconds = moments.duration(budget).total_seconds()
    return _search(faults, topology, options.check_resolvers(resolvers), seconds, jobs, json_, out)


def _usual() -> Topology:
    from lab.topology import Topology

    return Topology()


def _search(
    faults: Sequence[Any],
    topology: Topology,
    validators: tuple[str, ...],
    seconds: float,
    jobs: int,
    json_: Path | None,
    out: Path | None,
) -> int:
    from rich.console import Console

    from harness.cli.crew import mustered
    from harness.foundfile import scenario_file
    from harness.report.progress import Progress
    from harness.search import search as go

    progress = Progress(Console(file=sys.stderr), [])
    until = time.monotonic() + seconds
    with mustered(validators, progress, jobs) as crew, progress:
        runner = _Runner(crew, progress, topology)
        result = go(faults, runner.run, lambda: time.monotonic() < until, jobs)
    texts = [scenario_file(found, topology) for found in result.found]
    _tell(result)
    if json_ != options.STDOUT:
        click.echo("\n".join(texts), nl=False)
    if out is not None and texts:
        write(out, texts[0])
    write(json_, _as_json(result, texts))
    return FOUND if texts else NONE_LEFT if result.ended else NOT_ENDED


class _Runner:
    """Plays trials as drills, and says of each what came of it."""

    def __init__(self, crew: Crew, progress: Progress, topology: Topology) -> None:
        self._crew, self._progress, self._topology = crew, progress, topology

    def run(self, many: Sequence[Faults]) -> Iterator[Trial]:
        """Play them, as many at a time as the crew has hands."""
        from rich.text import Text

        from harness.cli.crew import drill
        from harness.search import outcome, told, trial

        tasks = {told(faults): drill(told(faults), trial(faults, self._topology)) for faults in many}
        for faults, report in zip(many, self._crew.reports(tasks), strict=True):
            tried = outcome(faults, report)
            how = "alone" if len(faults) == 1 else "together"
            self._progress.print([Text(f"{how:<9} {told(faults)}: {tried.outcome.value} ({tried.said})")])
            yield tried


def _tell(result: Search) -> None:
    from harness.search import Outcome, told

    alone = {kind: len(result.alone(kind)) for kind in Outcome}
    click.echo(
        f"{len(result.singles)} faults alone: {alone[Outcome.HARMLESS]} harmless, {alone[Outcome.BROKEN]} break it alone,"
        f" {alone[Outcome.UNKNOWN]} could not be judged here; {len(result.pairs)} pairs tried,"
        f" {result.passed_over} passed over, {result.left} left{'' if result.ended else ': the budget was at its end'}",
        err=True,
    )
    for found in result.found:
        order = {True: ", in either order", False: ", in this order only", None: ""}[found.either_way]
        click.echo(f"found: {told(found.trial.faults)}{order}: {found.trial.said}", err=True)


def _as_json(result: Search, texts: Sequence[str]) -> str:
    def row(tried: Trial) -> dict[str, Any]:
        return {
            "faults": [repr(one) for one in tried.faults],
            "outcome": tried.outcome.value,
            "said": tried.said,
        }

    data = {
        **versions(),
        "ended": result.ended,
        "passed_over": result.passed_over,
        "left": result.left,
        "alone": [row(tried) for tried in result.singles],
        "pairs": [row(tried) for tried in result.pairs],
        "found": [
            row(found.trial) | {"either_way": found.either_way, "scenario": text}
            for found, text in zip(result.found, texts, strict=True)
        ],
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
