"""What a validator that tracks the root's keys must trust: RFC 5011's state table over recorded looks.

Pure.  A tracker is fed with every look that it took at the root's keys, as recorded, and says what it makes of the
root as served.  Keys go by the operator's names; a revoked key is the same key.
"""

from __future__ import annotations

import copy
import enum
from dataclasses import dataclass, field
from datetime import timedelta

from harness.cache_model import Opinion, Security
from harness.timing import rfc5011_add_hold_down, rfc5011_remove_hold_down


class AnchorState(enum.Enum):
    """A key's state in a trust anchor store (RFC 5011 4.2)."""

    START = "unknown"
    ADD_PENDING = "seen, not trusted yet"
    VALID = "trusted"
    MISSING = "trusted, and missing"
    REVOKED = "revoked"
    REMOVED = "removed"


_TRUSTED = (AnchorState.VALID, AnchorState.MISSING)


@dataclass(frozen=True)
class RootKeys:
    """The root's SEP keys as served, and those whose signatures its DNSKEY RRset carries."""

    keys: frozenset[str]
    revoked: frozenset[str]
    signers: frozenset[str]
    ttl: timedelta = timedelta(days=2)

    @property
    def usable(self) -> frozenset[str]:
        """Keys that vouch for the RRset: served, signing, not revoked (RFC 5011 2.1)."""
        return (self.keys & self.signers) - self.revoked


@dataclass(frozen=True)
class TrackerTerms:
    """How one vendor tracks, measured.

    `looks_when_cold`: whether it also looks at the keys for its store when it fetches them to validate.
    `without_anchor`: what it says once all its keys are revoked: as if it had never had an anchor (RFC 5011 5), or
    nothing validates.
    """

    looks_when_cold: bool = False
    without_anchor: Security = Security.BOGUS


@dataclass
class Tracker:
    """One trust anchor store.  `tracks` False: its keys are configured for ever."""

    terms: TrackerTerms
    states: dict[str, AnchorState]
    since: dict[str, float] = field(default_factory=dict)
    tracks: bool = True

    def fork(self) -> Tracker:
        """Another one in the same state."""
        other = copy.copy(self)
        other.states, other.since = dict(self.states), dict(self.since)
        return other

    @property
    def trusted(self) -> frozenset[str]:
        """The keys that it goes by."""
        return frozenset(key for key, state in self.states.items() if state in _TRUSTED)

    @property
    def abandoned(self) -> bool:
        """Whether it has given the zone up: all that it trusted is revoked, and it is as if it never had an anchor."""
        return not self.trusted and self.terms.without_anchor is Security.INSECURE

    def look(self, at: float, served: RootKeys) -> None:
        """It has looked at the root's keys (RFC 5011 2.2 to 2.4, 4.2)."""
        if not self.tracks or not self.trusted:
            return
        for key in self.trusted & served.revoked & served.signers:
            self._to(key, AnchorState.REVOKED, at)
        if not self.trusted & served.usable:
            return  # not validated: nothing is learnt from it
        for key in served.keys | set(self.states):
            self._pass(key, at, served)

    def _pass(self, key: str, at: float, served: RootKeys) -> None:
        state, seen = self.states.get(key, AnchorState.START), key in served.keys - served.revoked
        age = timedelta(seconds=at - self.since.get(key, at))
        match state:
            case AnchorState.START if seen:
                self._to(key, AnchorState.ADD_PENDING, at)
            case AnchorState.ADD_PENDING if not seen:
                self._to(key, AnchorState.START, at)
            case AnchorState.ADD_PENDING if age >= rfc5011_add_hold_down(served.ttl):
                self._to(key, AnchorState.VALID, at)
            case AnchorState.VALID if not seen:
                self._to(key, AnchorState.MISSING, at)
            case AnchorState.MISSING if seen:
                self._to(key, AnchorState.VALID, at)
            case AnchorState.REVOKED if age >= rfc5011_remove_hold_down():
                self._to(key, AnchorState.REMOVED, at)

    def _to(self, key: str, state: AnchorState, at: float) -> None:
        self.states[key], self.since[key] = state, at

    def judge(self, at: float, served: RootKeys) -> Opinion:
        """What it says of anything below the root when its cache is empty."""
        if self.tracks and self.terms.looks_when_cold:
            self.look(at, served)
        if self.tracks and self.abandoned:
            return Opinion(Security.INSECURE, f"it trusted {_names(self.states)}, and all of that is revoked")
        if self.trusted & served.usable:
            return Opinion(Security.SECURE)
        vouching = _names(served.usable)
        return Opinion(
            Security.BOGUS,
            f"it trusts {_names(self.trusted)}, and the root's DNSKEY RRset is vouched for by {vouching}",
        )


def _names(keys: object) -> str:
    assert isinstance(keys, (frozenset, dict))
    return ", ".join(sorted(keys)) or "nothing"
