"""`chaindrill list`: the drills there are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.options import drills, scenario_files

if TYPE_CHECKING:
    from harness.scenario import Scenario


@click.command("list")
@scenario_files
@click.option("--json", "as_json", is_flag=True, help="As a JSON list of objects: name, title, zones.")
def list_(files: tuple[Path, ...], as_json: bool) -> None:
    """List the drills there are."""
    known = {**drills((), ()), **drills((), files)}
    if as_json:
        rows = [{"name": n, "title": s.title, "zones": zones(s)} for n, s in known.items()]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        click.echo(_table(known), nl=False)


def zones(scenario: Scenario) -> list[str]:
    """The names of a drill's zones, parents first."""
    return [zone.name for zone in scenario.topology.zones]


def _table(known: Mapping[str, Scenario]) -> str:
    name_width = max(map(len, known))
    title_width = max(len(scenario.title) for scenario in known.values())
    return "".join(
        f"{name:<{name_width}}  {s.title:<{title_width}}  {' '.join(z.name for z in s.topology.leaves)}\n"
        for name, s in known.items()
    )
