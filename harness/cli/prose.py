"""How `show` sets text: sections, wrapped lines, and what placeholders in commands stand for."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

import click

from harness.report.runbook import explained

_WIDTH = 100


def section(title: str, paragraphs: Sequence[str]) -> Iterator[str]:
    """A heading and what stands under it."""
    yield "\n" + click.style(title, bold=True)
    for paragraph in paragraphs:
        yield from wrapped(paragraph, "  ", "  ")


def placeholders(commands: Iterable[str]) -> Iterator[str]:
    """A section that explains the placeholders that are used, where any is."""
    if told := explained(commands):
        yield "\n" + click.style("In the commands", bold=True)
        yield from (f"  {word:<9} {meaning}" for word, meaning in told.items())


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
