"""Dates of plans: the same in every run, however long the lab's own work took."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from harness.report.dates import Dates
from harness.report.outage import plan
from tests.unit.rehearsed import INSTANTS, START, changes, history, right


def clock(seconds: float) -> str:
    """The time of day so long after the start."""
    return f"{datetime.fromtimestamp(START + seconds, UTC):%H:%M:%S}"


@pytest.mark.parametrize("work", [-0.1, 0.0, 0.2, 2.3, 9.9, 19.9], ids=str)
def test_the_lab_s_work_does_not_show_in_dates(work: float) -> None:
    """Six changes an hour apart, each with so much work before it, are dated on the hour."""
    at = [START + number * (3600 + work) for number in range(6)]
    dates = Dates(at)
    assert [f"{dates.of(one):%H:%M:%S}" for one in at] == [f"0{hour}:00:00" for hour in range(6)]


def test_an_event_just_before_the_hour_and_one_just_after_have_one_date() -> None:
    """00:59:59.9 and 01:00:00.2 are the same planned instant."""
    said = {f"{Dates([START + 0.4]).of(START + at):%H:%M}" for at in (3599.9, 3600.2, 3604.0)}
    assert said == {"01:00"}


def test_half_minutes_are_kept() -> None:
    """What a TTL of 90 s makes is not rounded away, nor does it add up to whole minutes too many."""
    at = [START + number * 91.0 for number in range(5)]
    dates = Dates(at)
    assert [f"{dates.of(one):%H:%M:%S}" for one in at] == [clock(number * 90) for number in range(5)]


def test_what_comes_before_the_first_change_has_a_date() -> None:
    """The setting, and a rehearsal in which nothing ever changed."""
    assert f"{Dates([START + 3600]).of(START + 1.5):%H:%M:%S}" == "00:00:00"
    assert f"{Dates([]).of(START + 61):%H:%M:%S}" == "00:01:00"


def test_two_runs_of_one_plan_have_the_same_dates() -> None:
    """A busy machine's run and a quick one's tell the same plan."""
    quick, busy = right(), right()
    late = (9.1, INSTANTS[1] + 14, INSTANTS[2] + 27)
    busy.changes, busy.history = changes(late), history(late)
    assert plan(quick) == plan(busy)


def test_plan_tells_steps_and_changes_once() -> None:
    """A step whose change was just told is not told again, and what is neither is left out."""
    entries = plan(right())
    assert [(f"{one.date:%H:%M}", one.what, one.change) for one in entries] == [
        ("00:00", "shop.lab. is signed", False),
        ("00:00", "publish ksk-new", True),
        ("01:00", "+ 1 h", False),
        ("01:00", "hand in the DS", False),
        ("01:10", "the parent's DS set changes", True),
        ("03:10", "+ 2 h", False),
        ("03:10", "withdraw ksk-old", True),
    ]
