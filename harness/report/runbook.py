"""A drill as a runbook, before it is run: what `chaindrill show` and the catalogue have in common.  No view itself."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.scenario import Item, Scenario

PLACEHOLDERS = {
    "SERVER": "a server of the zone",
    "PARENT": "a server of its parent",
    "RESOLVER": "the resolver that fails",
    "ZONE": "the zone's name",
    "KEYS": "the base names of the key files that sign",
    "KEY": "the base name of a key's files",
}


def causes(scenario: Scenario) -> list[str]:
    """The fault in words: its class's docstring, by paragraph, each in one line."""
    paragraphs = (inspect.getdoc(type(scenario.fault)) or "").split("\n\n")
    return [" ".join(paragraph.split()) for paragraph in paragraphs]


def likely_cause(scenario: Scenario) -> str:
    """All of that in one paragraph."""
    return " ".join(causes(scenario))


def to_do(items: Iterable[Item]) -> Iterator[tuple[str, str]]:
    """What each item is, as a sentence, and what is typed for it (empty: nothing)."""
    for item in items:
        yield sentence(item.describe()), item.command()


def sentence(text: str) -> str:
    """Text with a capital, unless it begins with a name."""
    return text[:1].upper() + text[1:] if text.split(" ")[0].isalpha() else text


def explained(commands: Iterable[str]) -> Mapping[str, str]:
    """What the placeholders stand for that are used in commands."""
    used = {word for command in commands for word in re.findall(r"\b[A-Z]+\b", command)}
    return {word: meaning for word, meaning in PLACEHOLDERS.items() if word in used}
