"""What a validator must answer, given what was published when and what its cache holds: the reference model.

Pure arithmetic over recorded history, in seconds of lab time since the epoch.  It knows DS and DNSKEY RRsets,
the keys that sign an RRset, TTLs and signature lifetimes (RFC 4035 4.3, 5.3.3), and each vendor's cache terms.
Validated data are never judged again, and nothing is fetched to repair a failure: so it was measured.
"""

from __future__ import annotations

import bisect
import copy
import enum
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Generic, Protocol, TypeVar

from lab.chain import KeyId, Published, Signed, Target
from lab.terms import CacheTerms

T = TypeVar("T")


class Security(enum.Enum):
    """An answer's security state (RFC 4035 4.3), as far as the model tells them apart."""

    SECURE = "secure"
    INSECURE = "insecure"
    BOGUS = "bogus"


@dataclass(frozen=True)
class Held(Generic[T]):
    """Something cached: until (not including) which second."""

    value: T
    until: float
    since: float

    def live(self, now: float, extra: int = 0) -> bool:
        """Whether a cache that counts whole seconds still goes by it."""
        return math.floor(now) < self.until + extra


@dataclass(frozen=True)
class KeySet:
    """A DNSKEY RRset: its keys, those that sign it, and when their signatures end (None where there is no such RRset)."""

    keys: frozenset[KeyId]
    signed: Signed | None


@dataclass(frozen=True)
class Opinion:
    """What the model says of one question, and why."""

    state: Security
    why: str = ""


class Source(Protocol):
    """Where a validator gets its data from: the authoritative servers, or a forwarder's cache."""

    def ds(self, now: float) -> Held[frozenset[KeyId]]:
        """The DS set."""

    def keys(self, now: float) -> Held[KeySet]:
        """The DNSKEY RRset."""

    def rrset(self, now: float, target: Target) -> Held[Signed | None]:
        """An RRset that was asked for."""


@dataclass
class Authority:
    """The authoritative servers' history: from each instant on, what was published."""

    instants: list[float] = field(default_factory=list)
    published: list[Published] = field(default_factory=list)

    def record(self, at: float, published: Published) -> None:
        """From `at` on this is served."""
        self.instants.append(at)
        self.published.append(published)

    def at(self, now: float) -> Published:
        """What was served at an instant."""
        return self.published[max(bisect.bisect_right(self.instants, now) - 1, 0)]

    def ds(self, now: float) -> Held[frozenset[KeyId]]:
        """As the parent answers it."""
        served = self.at(now)
        ttl = served.ds_ttl_seconds if served.ds else served.no_ds_ttl_seconds
        return Held(served.ds, math.floor(now) + ttl, now)

    def keys(self, now: float) -> Held[KeySet]:
        """As the zone answers it."""
        served = self.at(now)
        ttl = served.dnskey.ttl_seconds if served.dnskey else 0
        return Held(KeySet(served.keys, served.dnskey), math.floor(now) + ttl, now)

    def rrset(self, now: float, target: Target) -> Held[Signed | None]:
        """As the zone answers it."""
        signed = self.at(now).targets.get(target)
        return Held(signed, math.floor(now) + (signed.ttl_seconds if signed else 0), now)


@dataclass
class Forwarder:
    """A cache that does not judge: what it holds it hands on with the rest of its TTL."""

    source: Source
    held: dict[object, Held[object]] = field(default_factory=dict)

    def _through(self, what: object, now: float, fetch: Callable[[], Held[T]]) -> Held[T]:
        known = self.held.get(what)
        if known is None or not known.live(now):
            known = fetch()  # type: ignore[assignment]
            self.held[what] = known  # type: ignore[assignment]
        return known  # type: ignore[return-value]

    def ds(self, now: float) -> Held[frozenset[KeyId]]:
        """From the cache, or fetched now."""
        return self._through("DS", now, lambda: self.source.ds(now))

    def keys(self, now: float) -> Held[KeySet]:
        """From the cache, or fetched now."""
        return self._through("DNSKEY", now, lambda: self.source.keys(now))

    def rrset(self, now: float, target: Target) -> Held[Signed | None]:
        """From the cache, or fetched now."""
        return self._through(target, now, lambda: self.source.rrset(now, target))


@dataclass
class Validator:
    """One validator's chain of trust for one zone, below parents that are secure."""

    terms: CacheTerms
    source: Source
    held_ds: Held[frozenset[KeyId]] | None = None
    held_keys: Held[frozenset[KeyId]] | None = None
    names: dict[Target, Held[Security]] = field(default_factory=dict)

    def fork(self) -> Validator:
        """Another one in the same state."""
        other = copy.copy(self)
        other.names = dict(self.names)
        if isinstance(self.source, Forwarder):
            other.source = Forwarder(self.source.source, dict(self.source.held))
        return other

    def fetch_ds(self, now: float) -> Held[frozenset[KeyId]]:
        """The DS set it goes by: what it holds, else fetched now."""
        if self.held_ds is None or not self.held_ds.live(now):
            self.held_ds = self._capped(self.source.ds(now), now)
        return self.held_ds

    def _capped(self, held: Held[T], now: float, signed_until: datetime | None = None) -> Held[T]:
        """No longer than this vendor caches anything, nor than the signature lasts (RFC 4035 5.3.3)."""
        until = min(held.until, math.floor(now) + self.terms.max_ttl_seconds)
        if signed_until is not None:
            until = min(until, signed_until.timestamp())
        return Held(held.value, until, held.since)

    def look(self, now: float, target: Target) -> Opinion:
        """What it says to one question now; what it learns from it, it holds."""
        known = self.names.get(target)
        if known and known.live(now):
            return Opinion(known.value, "the answer was still cached")
        answer = self.source.rrset(now, target)
        signed = answer.value
        if signed is None:
            return Opinion(Security.BOGUS, f"{target[0]} {target[1]} is not served")
        if not signed.signers:
            opinion = self._unsigned(now)
            until = None
        else:
            opinion = self._signed(now, signed)
            until = signed.signed_until
        if opinion.state is not Security.BOGUS:
            kept = self._capped(answer, now, until)
            self.names[target] = Held(opinion.state, kept.until, now)
        return opinion

    def _unsigned(self, now: float) -> Opinion:
        keys = self.held_keys
        if self.terms.key_first and keys and keys.live(now, self.terms.key_extra_seconds):
            return Opinion(
                Security.BOGUS,
                f"it held DNSKEY {_tags(keys.value)} until {_clock(keys.until)}, and the answer is unsigned",
            )
        ds = self.fetch_ds(now)
        if ds.value:
            return Opinion(
                Security.BOGUS,
                f"it held DS {_tags(ds.value)} until {_clock(ds.until)}, and the answer is unsigned",
            )
        return Opinion(Security.INSECURE)

    def _signed(self, now: float, signed: Signed) -> Opinion:
        problem = self._fetch_keys(now)
        if problem is not None:
            return problem
        assert self.held_keys is not None
        if signed.signed_until is not None and signed.signed_until.timestamp() <= now:
            return Opinion(
                Security.BOGUS,
                f"the answer's signature expired at {_clock(signed.signed_until.timestamp())}",
            )
        if not signed.signers & self.held_keys.value:
            return Opinion(
                Security.BOGUS,
                f"it held DNSKEY {_tags(self.held_keys.value)} until {_clock(self.held_keys.until)},"
                f" and the answer is signed by {_tags(signed.signers)}",
            )
        return Opinion(Security.SECURE)

    def _fetch_keys(self, now: float) -> Opinion | None:
        """Make sure of a DNSKEY RRset; what stands in the way, where there is none."""
        if self.held_keys and self.held_keys.live(now, self.terms.key_extra_seconds):
            return None
        ds = self.fetch_ds(now)
        if not ds.value:
            return Opinion(Security.INSECURE)
        fetched = self.source.keys(now)
        dnskey = fetched.value.signed
        signers = dnskey.signers if dnskey else frozenset()
        if not ds.value & fetched.value.keys & signers:
            return Opinion(
                Security.BOGUS,
                f"it held DS {_tags(ds.value)} until {_clock(ds.until)}, and the DNSKEY RRset"
                f" that it got is {_keys(fetched.value.keys, signers)}",
            )
        until = dnskey.signed_until if dnskey else None
        if until is not None and until.timestamp() <= now:
            return Opinion(
                Security.BOGUS, f"the signature over the DNSKEY RRset expired at {_clock(until.timestamp())}"
            )
        kept = self._capped(fetched, now, until)
        self.held_keys = Held(fetched.value.keys, kept.until, now)
        return None

    def expiries(self) -> list[float]:
        """When what it holds of the chain (or the forwarder before it holds of anything) leaves the cache."""
        ends = [held.until for held in (self.held_ds, self.held_keys) if held]
        if isinstance(self.source, Forwarder):
            ends += [held.until for held in self.source.held.values()]
        return sorted(set(ends))

    def untouched_at(self, now: float, signed: bool) -> bool:
        """Whether a look would be answered from the chain it holds, so that the look changes nothing in it.

        An unsigned answer makes some ask for the DS.
        """
        keys_live = self.held_keys is not None and self.held_keys.live(now)
        ds_live = self.held_ds is not None and self.held_ds.live(now)
        insecure = ds_live and self.held_ds is not None and not self.held_ds.value
        return insecure or (keys_live and (ds_live or signed))


@dataclass(frozen=True)
class Window:
    """A stretch of lab time, [start, end), in which a fresh question gets this state, and the cause."""

    start: float
    end: float
    state: Security
    why: str

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start


def windows(
    validator: Validator, target: Target, begin: float, end: float, changes: Iterable[float]
) -> list[Window]:
    """What a validator in this state says to its first question, over all instants from `begin` to `end`.

    Nothing changes between two of: a change of what is published, the end of something held (and the second
    that some hold a key longer).  Of several causes one after the other the first is told.
    """
    breaks = {begin, end, *(at for at in changes if begin < at < end)}
    for until in validator.expiries():
        breaks |= {at for at in (until, until + validator.terms.key_extra_seconds) if begin < at < end}
    edges = sorted(breaks)
    found: list[Window] = []
    for start, stop in itertools.pairwise(edges):
        opinion = validator.fork().look((start + stop) / 2, target)
        if found and found[-1].state is opinion.state:
            found[-1] = Window(found[-1].start, stop, opinion.state, found[-1].why)
        else:
            found.append(Window(start, stop, opinion.state, opinion.why))
    return found


def union_seconds(spans: Sequence[tuple[float, float]]) -> float:
    """How much time is covered by at least one of the spans."""
    total, reached = 0.0, -math.inf
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def _tags(keys: Iterable[KeyId]) -> str:
    return ", ".join(str(key) for key in sorted(keys)) or "none"


def _keys(keys: frozenset[KeyId], signers: frozenset[KeyId]) -> str:
    if not keys:
        return "empty"
    return f"{_tags(keys)}, signed by {_tags(signers)}"


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
