"""Durations and dates as command lines give them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from lab.errors import UsageError

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2105, 1, 1, tzinfo=UTC)
"""Signatures carry 32 bits of seconds (RFC 4034 3.1.5), which end in February 2106."""

_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_PART = re.compile(r"(\d+)([smhdw])")
_PARTS = re.compile(rf"({_PART.pattern})+\Z")
_ISO = re.compile(
    r"P(?:(?P<w>\d+)W)?(?:(?P<d>\d+)D)?(?:T(?=\d)(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+)S)?)?\Z"
)
_ISO_CALENDAR = re.compile(r"P(\d+[YMWD])*\d+[YM]", re.IGNORECASE)


def duration(text: str) -> timedelta:
    """What `3d`, `+1d12h` or `P3DT12H` means.  Raises UsageError."""
    plain = text.strip().removeprefix("+")
    if plain.startswith(("-", "\N{MINUS SIGN}")):
        raise UsageError(
            f"lab time can't go back (asked for {text!r}): a fresh lab begins where you like"
            " (`chaindrill lab up --clock DATE`)"
        )
    if _ISO_CALENDAR.match(plain):
        raise UsageError(f"months and years differ in length: write {text!r} in weeks or days")
    if _PARTS.match(plain.lower()):
        parts = [(number, unit) for number, unit in _PART.findall(plain.lower())]
    elif (found := _ISO.match(plain.upper())) and any(found.groupdict().values()):
        parts = [(number, unit) for unit, number in found.groupdict().items() if number]
    else:
        raise UsageError(f"{text!r} is no duration: write it as +3d, +1d12h (units s, m, h, d, w) or P3DT12H")
    try:
        return sum((int(number) * _UNITS[unit] for number, unit in parts), timedelta(0))
    except (OverflowError, ValueError):
        raise UsageError(f"{text[:30]!r} is longer than any lab can live: {_LIMITS}") from None


def instant(text: str) -> datetime:
    """The instant that `2031-03-01` (midnight), `2031-03-01T12:00Z` or `2031-03-01 12:00+02:00` means, in UTC.

    Without a zone it is UTC.  Raises UsageError for what is no date, or lies where labs can't be.
    """
    try:
        parsed = datetime.fromisoformat(text.strip())
        parsed = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"{text!r} is no date: write it as 2031-03-01 or 2031-03-01T12:00Z") from None
    return check_range(parsed)


def check_range(when: datetime) -> datetime:
    """The instant itself, where lab time can be there; raises UsageError where it can't."""
    if not EARLIEST <= when < LATEST:
        raise UsageError(f"{when:%Y-%m-%d} is out of reach: {_LIMITS}")
    return when


_LIMITS = f"lab time lies between {EARLIEST:%Y-%m-%d} and {LATEST:%Y-%m-%d}"
