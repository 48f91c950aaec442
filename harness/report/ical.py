"""A dated plan as iCalendar (RFC 5545): one event per step, for the calendar of whoever does it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from icalendar import Calendar, Event

from harness.ownzone import Planned

_SPACE = uuid.UUID("6f1b8a5e-4f0c-5b7e-9c8d-2f6a1f0e7d11")
"""Names this program's events: the same step of the same plan is the same event in every run."""


def render(title: str, plan: Sequence[Planned], version: str) -> bytes:
    """The calendar."""
    calendar = Calendar()
    calendar.add("prodid", f"-//chaindrill//{version}//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", title)
    for step in plan:
        event = Event()
        event.add("uid", str(uuid.uuid5(_SPACE, f"{title}/{step.what}/{step.not_before.isoformat()}")))
        event.add("dtstamp", step.not_before)
        event.add("dtstart", step.not_before)
        event.add("duration", timedelta(minutes=15))
        event.add("summary", f"{step.what[:1].upper()}{step.what[1:]}: not before now")
        event.add("description", "\n".join(_lines(step)))
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _lines(step: Planned) -> list[str]:
    lines = [f"Do: {step.do}"] if step.do else []
    lines.append(f"Then check: {step.check}")
    if step.seen:
        when = f", {step.seen_at:%Y-%m-%d %H:%M} UTC" if step.seen_at else ""
        lines.append(f"Seen in the lab: {step.seen}{when}")
    return lines
