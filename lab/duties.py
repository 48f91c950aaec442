"""When a signer has something to do next, read out of what BIND tells of itself.

Pure.  BIND looks after a zone's keys at least once an hour, whether there is something to do or not, and the
"next key event" of a zone at rest, or of one that waits to be told of a DS, is only that look.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.topology import Policy

LOOK_INTERVAL = timedelta(hours=1)
"""BIND's `dnssec-loadkeys-interval`, as it is where nothing else is configured."""

TIMER_SPREAD = timedelta(seconds=1)
"""BIND's timers go off up to a second after the date that it tells: who stops at the date waits in real time."""

_EVENTS = re.compile(r"^(next resign time|next key event): (.+)$", re.MULTILINE)
_PLANNED = re.compile(
    r"^\s+(?:Next rollover scheduled|Key is retired, will be removed) on (.+)$", re.MULTILINE
)
_FIELD = re.compile(r"^(\w+): (\S+)", re.MULTILINE)
_MOVING = ("rumoured", "unretentive")
_DS_TOLD = {"rumoured": "DSPublish", "unretentive": "DSRemoved"}


@dataclass(frozen=True)
class Duties:
    """What `rndc zonestatus` says is due next, in the server's own time."""

    key_event: datetime
    resign: datetime

    @property
    def first(self) -> datetime:
        """Whatever comes first, idle looks included."""
        return min(self.key_event, self.resign)

    @property
    def acted_by(self) -> datetime:
        """When a stop finds the key event done."""
        return self.key_event + TIMER_SPREAD

    def resigned_by(self, policy: Policy) -> datetime:
        """When a stop finds a batch of signatures renewed: they are spread over the policy's jitter.

        Never so late that it matters: at most a tenth of the time that a signature is renewed ahead of its end.
        """
        return self.resign + min(policy.signatures_jitter, policy.signatures_refresh / 10) + TIMER_SPREAD


@dataclass(frozen=True)
class Due:
    """When a stop finds something done: a key event (None: none is planned), a batch of signatures renewed."""

    key_event: datetime | None
    resign: datetime

    @property
    def first(self) -> datetime:
        """Whatever comes first."""
        return self.resign if self.key_event is None else min(self.key_event, self.resign)


def read(zonestatus: str) -> Duties | None:
    """What `rndc zonestatus` told; None where a zone has no such dates (yet)."""
    found = {what: _gmt(when) for what, when in _EVENTS.findall(zonestatus)}
    if len(found) < 2:
        return None
    return Duties(found["next key event"], found["next resign time"])


def at_rest(key_state: str) -> bool:
    """Whether a key's state file shows nothing that time alone will change.

    A DS in motion moves on only once BIND has been told of it (`rndc dnssec -checkds`).
    """
    fields: Mapping[str, str] = dict(_FIELD.findall(key_state))
    states = (fields.get(name) for name in ("DNSKEYState", "ZRRSIGState", "KRRSIGState"))
    told = _DS_TOLD.get(fields.get("DSState", ""))
    return not any(state in _MOVING for state in states) and (told is None or told not in fields)


def planned(key_status: str, now: datetime) -> datetime | None:
    """The first date of a rollover or a key's removal that `rndc dnssec -status` announces for after `now`."""
    dates = [_ctime(when) for when in _PLANNED.findall(key_status)]
    return min((date for date in dates if date > now), default=None)


def _gmt(text: str) -> datetime:
    return datetime.strptime(text.strip(), "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)


def _ctime(text: str) -> datetime:
    return datetime.strptime(text.strip(), "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
