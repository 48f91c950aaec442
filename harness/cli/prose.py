"""How `show` sets text: sections, wrapped lines, and what placeholders in commands stand for."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence

import click

PLACEHOLDERS = {
    "SERVER": "a server of the zone",
    "PARENT": "a server of its parent",
    "RESOLVER": "the resolver that fails",
    "ZONE": "the zone's name",
    "KEYS": "the base names of the key files that sign",
    "KEY": "the base name of a key's files",
}
_WIDTH = 100


def section(title: str, paragraphs: Sequence[str]) -> Iterator[str]:
    """A heading and what stands under it."""
    yield "\n" + click.style(title, bold=True)
    for paragraph in paragraphs:
        yield from wrapped(paragraph, "  ", "  ")


def placeholders(commands: Iterable[str]) -> Iterator[str]:
    """A section that explains the placeholders that are used, where any is."""
    used = {word for command in commands for word in re.findall(r"\b[A-Z]+\b", command)}
    if told := [word for word in PLACEHOLDERS if word in used]:
        yield "\n" + click.style("In the commands", bold=True)
        yield from (f"  {word:<9} {PLACEHOLDERS[word]}" for word in told)


def wrapped(text: str, first: str, then: str) -> list[str]:
    """Text in lines of a readable width."""
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=then,
        break_on_hyphens=False,
        break_long_words=False,
    )


def sentence(text: str) -> str:
    """Text with a capital, unless it begins with a name."""
    return text[:1].upper() + text[1:] if text.split(" ")[0].isalpha() else text
