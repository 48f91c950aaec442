"""The recovery clock for people: a table of remedy by validator, and what got worse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from harness.expectation import duration_text
from harness.recovery_time import LIMIT, Watcher, Where
from harness.report import plain
from harness.report.terminal import labelled, padded

if TYPE_CHECKING:
    from harness.recovery import Recovery, Remedy

_HEAD = ("remedy", "heals to", "validator", "warm", "new names", "cold", "wall time")
_LATEST = f"not within {duration_text(LIMIT)}"


def block(recovery: Recovery) -> list[Text]:
    """All that is to be said of one scenario's remedies."""
    body = [row for remedy in recovery.remedies for row in _rows(remedy, recovery.validators)]
    head = [(text, "dim") for text in _HEAD]
    widths = [max(len(text) for text, _ in column) for column in zip(head, *body, strict=True)]
    return [
        Text.assemble((recovery.name, "bold"), " · ", plain(recovery.title)),
        *(padded(cells, widths) for cells in (head, *body)),
        *(line for remedy in recovery.remedies for line in _notes(remedy)),
    ]


def _rows(remedy: Remedy, validators: tuple[str, ...]) -> Iterator[list[tuple[str, str]]]:
    """One row per validator; the remedy's name in the first of them."""
    style = "bold red" if remedy.worse else "bold"
    for number, name in enumerate(validators):
        first = (
            [(remedy.name, style), (remedy.offer.healthy.value, "")] if not number else [("", ""), ("", "")]
        )
        yield [
            *first,
            (name, ""),
            *(_cell(remedy, name, where) for where in _VIEWS),
            (_wall(remedy, name), "dim"),
        ]


_VIEWS = (Where.WARM, Where.FRESH, Where.COLD)


def _cell(remedy: Remedy, name: str, where: Where) -> tuple[str, str]:
    if remedy.played.sick:
        return "?", "yellow"
    words = remedy.healed[Watcher(name, where)].words()
    return words, "red" if _LATEST in words or "dark again" in words else "green"


def _wall(remedy: Remedy, name: str) -> str:
    """What passed on the wall until a warm validator was healthy."""
    found = remedy.healed.get(Watcher(name, Where.WARM))
    seconds = found.wall_seconds if found else None
    return "" if seconds is None else f"{seconds:.1f} s"


def _notes(remedy: Remedy) -> Iterator[Text]:
    played = remedy.played
    if played.sick:
        yield labelled(remedy.name, f"nothing could be concluded: {played.sick}", "yellow")
    if played.stopped:
        yield labelled(remedy.name, f"its steps were not all done: {played.stopped}", "yellow")
    if remedy.offer.warning:
        yield labelled(remedy.name, remedy.offer.warning, "yellow")
    if remedy.worse:
        yield labelled(remedy.name, "makes it worse:", "bold red")
        yield from (labelled("", one.describe(), "red") for one in remedy.worse)
    for error in played.clean_up_errors:
        yield labelled("clean-up", f"{error} (the figures stand)", "yellow")
