"""A rehearsal for reading, before it is run: what it is for, its steps with what to type, and how it could go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from harness.cli.list_ import zones
from harness.cli.prose import placeholders, section, wrapped
from harness.expectation import duration_text
from harness.handwork import Pause
from harness.mutants import mutants
from harness.report.runbook import sentence
from harness.timing import hand_terms

if TYPE_CHECKING:
    from harness.rehearsal import EndState, Rehearsal, RehearsalStep


def as_text(name: str, rehearsal: Rehearsal) -> Iterator[str]:
    """The plan, line by line."""
    yield from (click.style(name, bold=True), rehearsal.title)
    yield from section("Purpose", [rehearsal.purpose])
    for title, steps in (("Before", rehearsal.setting), ("Steps", rehearsal.steps)):
        if steps:
            yield "\n" + click.style(title, bold=True)
        for number, step in enumerate(steps, 1):
            yield from wrapped(_words(rehearsal, step), f"{number:>3}. ", "     ")
            if command := step.command():
                yield f"     $ {command}"
    yield from section("In the end", [end_words(rehearsal.end)])
    yield from placeholders([step.command() for step in (*rehearsal.setting, *rehearsal.steps)])
    yield from section("Wrong ways that `rehearse --mutants` tries", list(mutants(rehearsal)) or ["none"])
    yield from section("References", [", ".join(rehearsal.references) or "none"])


def as_data(name: str, rehearsal: Rehearsal) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "name": name,
        "kind": "rehearsal",
        "title": rehearsal.title,
        "zones": zones(rehearsal),
        "purpose": rehearsal.purpose,
        **{
            phase: [{"what": _words(rehearsal, step), "command": step.command()} for step in steps]
            for phase, steps in (("setting", rehearsal.setting), ("steps", rehearsal.steps))
        },
        "end": end_words(rehearsal.end),
        "wrong_ways": list(mutants(rehearsal)),
        "references": list(rehearsal.references),
    }


def end_words(end: EndState) -> str:
    """How it has to be in the end, in one sentence."""
    said = [f"A validator that holds nothing says {end.state.value}"]
    for what, names in (("the parent's DS", end.ds), ("the zone's DNSKEY", end.keys)):
        if names is not None:
            said.append(f"{what} RRset is {'of ' + ', '.join(sorted(names)) if names else 'gone'}")
    return ", ".join(said)


def _words(rehearsal: Rehearsal, step: RehearsalStep) -> str:
    words = sentence(step.describe())
    if isinstance(step, Pause):
        words += f": {duration_text(step.duration(hand_terms(rehearsal.topology)))}"
    return words
