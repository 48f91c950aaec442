"""`chaindrill recover NAME`: how long each remedy on offer takes until each validator is healthy."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli import options
from harness.cli.output import versions, write

if TYPE_CHECKING:
    from rich.console import Console

    from harness.offer import Offer
    from harness.recovery import Played
    from harness.recovery_time import Window
    from harness.scenario import Scenario

_SICK = 3


@dataclass(frozen=True)
class Order:
    """What the command line asks for, checked."""

    drills: Mapping[str, Scenario]
    offers: Mapping[str, Mapping[str, Offer]]
    """By drill."""
    validators: tuple[str, ...]
    json: Path | None
    jobs: int


@click.command("recover", short_help="Time the remedies for a drill's fault, live.")
@click.argument("name", metavar="NAME")
@click.option(
    "--offer",
    "offers",
    multiple=True,
    metavar="NAME",
    help="Only this remedy, beside doing nothing (may be repeated).",
)
@options.resolvers
@options.scenario_files
@options.json_file
@options.jobs
def recover(
    name: str,
    offers: tuple[str, ...],
    resolvers: tuple[str, ...],
    files: tuple[Path, ...],
    json_: Path | None,
    jobs: int,
) -> int:
    """Time every remedy on offer for a drill's fault: the lab time until each validator is healthy again.

    Each is played in a lab of its own, after the drill's fault and impact.  Warm is a validator that was asked all
    along and holds the failure, cold one that starts at that moment.  What is worse off than if nothing had been done is
    told.  NAME is as `chaindrill list` shows it, or what stands before its colon for all variants.
    """
    from harness.recovery import chosen

    drills = options.drills([name], files)
    options.check_writable(json_)
    validators = options.check_resolvers(resolvers)
    on_offer = {one: chosen(drill, offers) for one, drill in drills.items()}
    return _recover(Order(drills, on_offer, validators, json_, jobs))


def _recover(order: Order) -> int:
    from rich.console import Console
    from rich.text import Text

    from harness.recovery import measure, to_json
    from harness.report.recovery import block
    from harness.report.terminal import show

    console = Console(file=sys.stderr if order.json == options.STDOUT else sys.stdout)
    recoveries = []
    for name, drill in order.drills.items():
        play_all = partial(_play, order, drill, console)
        found = measure(name, drill, order.validators, order.offers[name], play_all)
        recoveries.append(found)
        show(console, [*block(found), *([Text()] if len(order.drills) > 1 else [])])
    document = {"versions": versions(), "recoveries": [to_json(one) for one in recoveries]}
    write(order.json, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    return _SICK if any(one.sick for one in recoveries) else 0


def _play(
    order: Order, drill: Scenario, console: Console, todo: Mapping[str, tuple[Offer, Sequence[Window]]]
) -> Mapping[str, Played]:
    """Play offers side by side, each in its own lab."""
    from harness.cli.crew import mustered, recovery
    from harness.report.progress import Progress

    progress = Progress(console, list(todo), kind="labs")
    with mustered(order.validators, progress, min(order.jobs, len(todo))) as crew, progress:
        tasks = {name: recovery(drill, offer, windows) for name, (offer, windows) in todo.items()}
        return dict(zip(tasks, crew.reports(tasks), strict=True))
