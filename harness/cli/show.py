"""`chaindrill show NAME`: a drill as the runbook that an on-call engineer reads."""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.list_ import zones
from harness.cli.options import drills, scenario_files

if TYPE_CHECKING:
    from harness.scenario import Item, Scenario

SECTIONS = {"Before": "steady_state", "Confirm": "impact", "Repair": "remedy", "Verify": "recovery"}
PLACEHOLDERS = {
    "SERVER": "a server of the zone",
    "PARENT": "a server of its parent",
    "RESOLVER": "the resolver that fails",
}
_WIDTH = 100


@click.command("show", short_help="Show a drill as a runbook.")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@scenario_files
@click.option("--json", "as_json", is_flag=True, help="As a JSON list of objects.")
def show(names: tuple[str, ...], files: tuple[Path, ...], as_json: bool) -> None:
    """Show a drill as a runbook: symptom, likely cause, and how to confirm, repair and verify."""
    chosen = drills(names, files)
    if as_json:
        rows = [as_data(name, scenario) for name, scenario in chosen.items()]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        click.echo("\n\n".join("\n".join(as_text(name, scenario)) for name, scenario in chosen.items()))


def as_text(name: str, scenario: Scenario) -> Iterator[str]:
    """The runbook, line by line."""
    yield from (click.style(name, bold=True), scenario.title)
    yield from _section("Symptom", [scenario.symptom])
    yield from _section("Likely cause", [likely_cause(scenario), repr(scenario.fault)])
    for title, phase in list(SECTIONS.items())[1:]:
        yield "\n" + click.style(title, bold=True)
        for number, item in enumerate(getattr(scenario, phase), 1):
            yield from _wrapped(_sentence(item.describe()), f"{number:>3}. ", "     ")
            if command := item.command():
                yield f"     $ {command}"
    used = [word for word in PLACEHOLDERS if any(word in command for command in _commands(scenario))]
    if used:
        yield "\n" + click.style("In the commands", bold=True)
        yield from (f"  {word:<9} {PLACEHOLDERS[word]}" for word in used)
    yield from _section("References", [", ".join(scenario.references) or "none"])


def as_data(name: str, scenario: Scenario) -> dict[str, Any]:
    """The runbook as plain data."""
    return {
        "name": name,
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


def likely_cause(scenario: Scenario) -> str:
    """The fault in words: its class's docstring, in one paragraph."""
    return " ".join((inspect.getdoc(type(scenario.fault)) or "").split())


def _commands(scenario: Scenario) -> list[str]:
    phases: list[Sequence[Item]] = [scenario.impact, scenario.remedy, scenario.recovery]
    return [item.command() for items in phases for item in items]


def _section(title: str, paragraphs: Sequence[str]) -> Iterator[str]:
    yield "\n" + click.style(title, bold=True)
    for paragraph in paragraphs:
        yield from _wrapped(paragraph, "  ", "  ")


def _wrapped(text: str, first: str, then: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=then,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] if text.split(" ")[0].isalpha() else text
