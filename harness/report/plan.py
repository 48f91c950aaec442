"""A dated plan of a rollover of one's own zone: for a terminal, as Markdown, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.text import Text

from harness.ownzone import Planned

_DATE = "%Y-%m-%d %H:%M"


def block(plan: Sequence[Planned]) -> list[Text]:
    """The steps, each with its command under it; dates are UTC."""
    width = max((len(step.what) for step in plan), default=0)
    lines = [Text(f"    {'step':<{width}}  {'not before (UTC)':<16}  seen in the lab", "dim")]
    for number, step in enumerate(plan, 1):
        lines.append(
            Text.assemble(
                (f"  {number} ", "dim"),
                f"{step.what:<{width}}  {step.not_before.strftime(_DATE)}  {seen(step)}",
            )
        )
        for word, command in (("do", step.do), ("then check", step.check)):
            if command:
                lines.append(Text(f"      {word}: {command}", "dim"))
    return lines


def seen(step: Planned) -> str:
    """What the lab saw of a step, and when."""
    if not step.seen:
        return ""
    return f"{step.seen} at {step.seen_at.strftime(_DATE)}" if step.seen_at else step.seen


def markdown(title: str, plan: Sequence[Planned], notes: Sequence[str], verdict: str) -> str:
    """The plan for a change request."""
    lines = [f"## {title}", "", f"**{verdict}**", ""]
    lines += [f"- {note}" for note in notes] + ([""] if notes else [])
    lines += [
        "| | step | not before (UTC) | do | then check | seen in the lab |",
        "|---|---|---|---|---|---|",
    ]
    for number, step in enumerate(plan, 1):
        do = f"`{step.do}`" if step.do else ""
        lines.append(
            f"| {number} | {step.what} | {step.not_before.strftime(_DATE)} | {do} | `{step.check}` | {seen(step)} |"
        )
    return "\n".join(lines) + "\n"


def as_data(plan: Sequence[Planned]) -> list[dict[str, Any]]:
    """The plan for machines; instants are ISO 8601 in UTC."""
    return [
        {
            "step": step.what,
            "not_before": step.not_before.isoformat(),
            "do": step.do,
            "check": step.check,
            "seen": step.seen,
            "seen_at": _iso(step.seen_at),
        }
        for step in plan
    ]


def _iso(when: datetime | None) -> str | None:
    return when.isoformat() if when else None
