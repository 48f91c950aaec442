"""Durations and dates as command lines give them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from harness.cli import moments
from lab.errors import UsageError


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("+3d", timedelta(days=3)),
        ("3d", timedelta(days=3)),
        ("+1d12h", timedelta(days=1, hours=12)),
        ("90m", timedelta(minutes=90)),
        ("+2w1s", timedelta(weeks=2, seconds=1)),
        ("0s", timedelta(0)),
        ("P3D", timedelta(days=3)),
        ("+P2W", timedelta(weeks=2)),
        ("PT90M", timedelta(minutes=90)),
        ("p1dt12h30m5s", timedelta(days=1, hours=12, minutes=30, seconds=5)),
    ],
)
def test_a_duration_is_read(text: str, meant: timedelta) -> None:
    """Units in any combination, with or without a plus, and ISO 8601's form."""
    assert moments.duration(text) == meant


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("-3d", "lab time can't go back"),
        ("\N{MINUS SIGN}3d", "lab time can't go back"),
        ("3", "'3' is no duration"),
        ("", "'' is no duration"),
        ("+", "is no duration"),
        ("3y", "is no duration"),
        ("1.5d", "is no duration"),
        ("3d ago", "is no duration"),
        ("P", "is no duration"),
        ("PT", "is no duration"),
        ("P3H", "is no duration"),
        ("P1M", "months and years differ in length"),
        ("p1y2m", "months and years differ in length"),
        ("9" * 30 + "w", "longer than any lab can live"),
        pytest.param("9" * 5000 + "s", "longer than any lab can live", id="five thousand digits"),
    ],
)
def test_what_is_no_duration_is_refused(text: str, says: str) -> None:
    """What can't be meant is one sentence with the right form in it."""
    with pytest.raises(UsageError, match=says):
        moments.duration(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2031-03-01", datetime(2031, 3, 1, tzinfo=UTC)),
        ("2031-03-01T12:00Z", datetime(2031, 3, 1, 12, tzinfo=UTC)),
        ("2031-03-01 12:00:30", datetime(2031, 3, 1, 12, 0, 30, tzinfo=UTC)),
        ("2031-03-01T12:00+02:00", datetime(2031, 3, 1, 10, tzinfo=UTC)),
    ],
)
def test_a_date_is_read(text: str, meant: datetime) -> None:
    """Midnight where no time is given, UTC where no zone is."""
    assert moments.instant(text) == meant


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This machine's own time zone is nine hours ahead."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "XXX-9")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_east")
def test_this_machine_s_time_zone_does_not_count() -> None:
    """A date without a zone is UTC wherever it is typed."""
    assert moments.instant("2031-03-01") == datetime(2031, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tomorrow", "is no date"),
        ("2031-02-29", "is no date"),
        ("", "is no date"),
        ("0001-01-01T00:00+12:00", "is no date"),
        ("1999-12-31", "1999-12-31 is out of reach: lab time lies between 2000-01-01 and 2105-01-01"),
        ("2105-01-01", "is out of reach"),
        ("9999-12-31", "is out of reach"),
    ],
)
def test_what_is_no_date_for_a_lab_is_refused(text: str, says: str) -> None:
    """What is no date, or where signatures' 32 bits of seconds end, is one sentence."""
    with pytest.raises(UsageError, match=says):
        moments.instant(text)
