"""Views of a run's Report, one file each: terminal, junit, json_.  What several of them need is here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.expectation import Match, StateExpectation

if TYPE_CHECKING:
    from harness.history import Event
    from harness.verdict import Report

VERSION_UNKNOWN = "unknown"


def version() -> str:
    """The version of chaindrill itself."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("chaindrill")
    except PackageNotFoundError:
        return VERSION_UNKNOWN


def only_ede_differs(report: Report) -> bool:
    """Whether every state was as claimed and an EDE was not: neither a pass nor a failure to validate."""
    unmet = [cell for row in report.rows for cell in row.cells.values() if not cell.met]
    return bool(unmet) and all(cell.other_ede for cell in unmet)


def telling_command(report: Report) -> str:
    """The command that shows the claim that was not met; empty where none was missed."""
    for event in reversed(report.history.events):
        missed = event.judgement is not None and event.judgement.match is not Match.MET
        if event.claim is None or event.kind not in ("saw", "look") or (event.kind == "saw" and not missed):
            continue
        if isinstance(event.claim, StateExpectation):
            return event.claim.command(event.observation.resolver if event.observation else "RESOLVER")
        return event.claim.command()
    return ""


def steps(report: Report) -> Iterator[tuple[str, str]]:
    """What was done and seen beside the resolvers, as (phase, words); of looks repeated only the last."""
    events = report.history.events
    for place, event in enumerate(events):
        repeated = event.kind == "look" and any(_again(event, later) for later in events[place + 1 :])
        if event.kind in ("step", "fault", "look") and not repeated:
            yield event.phase, event.text


def _again(event: Event, later: Event) -> bool:
    return (later.kind, later.phase, later.claim) == (event.kind, event.phase, event.claim)


def plain(text: str) -> str:
    """Text without control characters: what servers say must not steer a terminal or break a file."""
    return "".join(char if char.isprintable() else " " for char in text)
