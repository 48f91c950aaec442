"""`chaindrill list`: the drills and rehearsals there are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.options import both, scenario_files

if TYPE_CHECKING:
    from harness.rehearsal import Rehearsal
    from harness.scenario import Scenario


@click.command("list", short_help="List drills and rehearsals.")
@scenario_files
@click.option("--json", "as_json", is_flag=True, help="As a JSON list of objects: name, kind, title, zones.")
def list_(files: tuple[Path, ...], as_json: bool) -> None:
    """List the drills and rehearsals there are."""
    from harness.rehearsal import Rehearsal

    known = both((), files)
    planned = {name for name, one in known.items() if isinstance(one, Rehearsal)}
    if as_json:
        rows = [
            {"name": n, "kind": "rehearsal" if n in planned else "drill", "title": s.title, "zones": zones(s)}
            for n, s in known.items()
        ]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    name_width = max(map(len, known))
    for heading, rehearsed in (("drills", False), ("rehearsals", True)):
        part = {name: one for name, one in known.items() if (name in planned) is rehearsed}
        click.echo(("\n" if rehearsed else "") + click.style(heading, bold=True))
        click.echo(_table(part, name_width), nl=False)


def zones(one: Scenario | Rehearsal) -> list[str]:
    """The names of its zones, parents first."""
    return [zone.name for zone in one.topology.zones]


def _table(known: Mapping[str, Scenario | Rehearsal], name_width: int) -> str:
    title_width = max(len(one.title) for one in known.values())
    return "".join(
        f"{name:<{name_width}}  {one.title:<{title_width}}  {' '.join(z.name for z in one.topology.leaves)}\n"
        for name, one in known.items()
    )
