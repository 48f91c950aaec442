"""`chaindrill show NAME`: a drill as the runbook that an on-call engineer reads; a rehearsal as a plan."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.list_ import zones
from harness.cli.options import both, scenario_files
from harness.cli.prose import placeholders, section, wrapped
from harness.report.runbook import likely_cause, to_do

if TYPE_CHECKING:
    from harness.scenario import Item, Scenario

SECTIONS = {"Before": "steady_state", "Confirm": "impact", "Repair": "remedy", "Verify": "recovery"}


@click.command("show", short_help="Show a drill as a runbook, a rehearsal as a plan.")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@scenario_files
@click.option("--json", "as_json", is_flag=True, help="As a JSON list of objects.")
def show(names: tuple[str, ...], files: tuple[Path, ...], as_json: bool) -> None:
    """Show a drill as a runbook (symptom, likely cause, and how to confirm, repair and verify), a rehearsal as a plan."""
    from harness.cli import planned
    from harness.rehearsal import Rehearsal

    chosen = both(names, files)
    if as_json:
        rows = [
            planned.as_data(name, one) if isinstance(one, Rehearsal) else as_data(name, one)
            for name, one in chosen.items()
        ]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    texts = [
        planned.as_text(name, one) if isinstance(one, Rehearsal) else as_text(name, one)
        for name, one in chosen.items()
    ]
    click.echo("\n\n".join("\n".join(lines) for lines in texts))


def as_text(name: str, scenario: Scenario) -> Iterator[str]:
    """The runbook, line by line."""
    yield from (click.style(name, bold=True), scenario.title)
    yield from section("Symptom", [scenario.symptom])
    yield from section("Likely cause", [likely_cause(scenario), repr(scenario.fault)])
    for title, phase in list(SECTIONS.items())[1:]:
        yield "\n" + click.style(title, bold=True)
        for number, (what, command) in enumerate(to_do(getattr(scenario, phase)), 1):
            yield from wrapped(what, f"{number:>3}. ", "     ")
            if command:
                yield f"     $ {command}"
    yield from placeholders(_commands(scenario))
    yield from section("References", [", ".join(scenario.references) or "none"])


def as_data(name: str, scenario: Scenario) -> dict[str, Any]:
    """The runbook as plain data."""
    return {
        "name": name,
        "kind": "drill",
        "title": scenario.title,
        "zones": zones(scenario),
        "symptom": scenario.symptom,
        "likely_cause": likely_cause(scenario),
        "fault": repr(scenario.fault),
        **{
            phase: [{"what": item.describe(), "command": item.command()} for item in getattr(scenario, phase)]
            for phase in SECTIONS.values()
        },
        "references": list(scenario.references),
    }


def _commands(scenario: Scenario) -> list[str]:
    phases: list[Sequence[Item]] = [scenario.impact, scenario.remedy, scenario.recovery]
    return [item.command() for items in phases for item in items]
