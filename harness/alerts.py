"""Alerts: what a good monitoring of a signed zone asks its servers, as values; and the claim that one paged in time.

They are evaluated through every drill (`harness.monitors`), and may stand in a scenario as claims: then they are to ring.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from harness.expectation import Seen, duration_text

if TYPE_CHECKING:
    from dns.rdtypes.ANY.DNSKEY import DNSKEY
    from dns.rdtypes.ANY.DS import DS

    from harness.history import History
    from lab.lab import Lab
    from lab.nameserver import Signature
    from lab.sight import Sight

THIRD = 1 / 3
_MOMENT = timedelta(seconds=1)
"""RRSIGs count in whole seconds: a moment after the computed instant the comparison holds."""


@dataclass(frozen=True)
class Found:
    """What a check said: whether it alarms (None: it could not look), and in what words.

    `first_expiry`: when the first signature expires, where the check is about that.
    """

    alarms: bool | None
    text: str
    first_expiry: datetime | None = None


@runtime_checkable
class Alert(Protocol):
    """A check of a zone's servers and of its parent.  It judges what was seen and asks nothing itself."""

    @property
    def zone(self) -> str:
        """Whose servers are looked at."""

    @property
    def title(self) -> str:
        """Its name in a report."""

    def describe(self) -> str:
        """What it alarms about, in one sentence."""

    def command(self) -> str:
        """The command an operator would type to see it."""

    def judge(self, sight: Sight) -> Found:
        """Judge one look."""

    def due(self, sight: Sight) -> datetime | None:
        """When it will alarm if nothing changes; None where that can't be computed, or it alarms already."""


class _Claim:
    """An alert as a claim in a scenario: it alarms."""

    zone: str
    within = timedelta(0)

    def judge(self, sight: Sight) -> Found:
        raise NotImplementedError

    def look(self, lab: Lab, history: History) -> Seen:
        """Look once."""
        from lab.sight import Lookout

        found = self.judge(Lookout(lab, self.zone).look())
        return Seen(found.alarms is True, found.text)

    def due(self, sight: Sight) -> datetime | None:
        """Nothing that can be computed."""
        return None


@dataclass(frozen=True)
class ShortSignatureLife(_Claim):
    """The alarm that pages in time: some signature of the zone has less than a third of its validity left.

    A signer that is well renews before that: BIND's default is 5 of 14 days (`signatures-refresh`).
    """

    zone: str
    below: float = THIRD

    @property
    def title(self) -> str:
        """Its name in a report."""
        return "short signature life"

    def describe(self) -> str:
        """What it alarms about."""
        return f"a signature of {self.zone} has less than {self.below:.0%} of its validity left"

    def command(self) -> str:
        """Compare the two dates of the RRSIG with now."""
        return f"dig @SERVER {self.zone} AXFR | grep RRSIG   # expiration, then inception"

    def judge(self, sight: Sight) -> Found:
        """Look for the signature that has the least of its validity left."""
        if missing := _no_signatures(sight):
            return missing
        shortest = min(sight.signatures, key=lambda signature: signature.life_left(sight.now))
        left = shortest.life_left(sight.now)
        return Found(
            left < self.below,
            f"the shortest-lived of {len(sight.signatures)} signatures (over {shortest.covers})"
            + (f" has {left:.1%} left, {_life(shortest, sight)}" if left >= 0 else _expired(shortest, sight)),
            _first(sight).expiration,
        )

    def due(self, sight: Sight) -> datetime | None:
        """When the first one comes below, as they stand."""
        if not sight.signatures:
            return None
        return _ahead(
            sight, min(s.expiration - self.below * (s.expiration - s.inception) for s in sight.signatures)
        )


@dataclass(frozen=True)
class SoaExpireBeyondSignatures(_Claim):
    """The SOA's expire is longer than what is left of the first signature to expire (RFC 6781 4.4.2).

    Cut off from its primary, a secondary would go on to serve expired signatures instead of falling silent.
    """

    zone: str

    @property
    def title(self) -> str:
        """Its name in a report."""
        return "SOA expire beyond signature life"

    def describe(self) -> str:
        """What it alarms about."""
        return f"a secondary cut off now would serve expired signatures of {self.zone} before it falls silent"

    def command(self) -> str:
        """The last number but one of the SOA."""
        return f"dig @SERVER {self.zone} SOA +dnssec   # expire (seconds) against the RRSIGs' expiration"

    def judge(self, sight: Sight) -> Found:
        """Compare the SOA's expire with what is left of the first signature to expire."""
        if missing := _no_signatures(sight):
            return missing
        first, expire = _first(sight), _expire(sight)
        gone = first.expiration < sight.now
        return Found(
            expire > first.expiration - sight.now,
            f"SOA expire is {duration_text(expire)}; the first signature to expire (over {first.covers})"
            + (_expired(first, sight) if gone else f" has {_life(first, sight)} left"),
            first.expiration,
        )

    def due(self, sight: Sight) -> datetime | None:
        """When what is left comes to be less than expire."""
        return _ahead(sight, _first(sight).expiration - _expire(sight)) if sight.signatures else None


@dataclass(frozen=True)
class DsMatchesNoKey(_Claim):
    """The parent has a DS set, and none of it is of a zone key that the zone serves: tag, algorithm and digest.

    A key without the SEP flag counts too, as it does for validators (RFC 4034 2.1.1).
    """

    zone: str

    @property
    def title(self) -> str:
        """Its name in a report."""
        return "DS matches no DNSKEY"

    def describe(self) -> str:
        """What it alarms about."""
        return f"no DS of {self.zone} at its parent matches a DNSKEY that the zone serves"

    def command(self) -> str:
        """Compute the DS, and compare."""
        return (
            f"dig @SERVER {self.zone} DNSKEY | dnssec-dsfromkey -f - {self.zone}; dig @PARENT {self.zone} DS"
        )

    def judge(self, sight: Sight) -> Found:
        """Compare each DS with each key, at each of the servers."""
        if sight.ds is None or not sight.served:
            return _blind(sight)
        for one in sight.served:
            if sight.ds and not any(_matches(self.zone, ds, key) for ds in sight.ds for key in one.keys):
                keys = ", ".join(str(_tag(key)) for key in one.keys) or "no key at all"
                return Found(True, f"the parent serves {_ds_words(sight.ds)}; {one.server} serves {keys}")
        return Found(
            False, f"the parent serves {_ds_words(sight.ds)}" + (", which matches" if sight.ds else "")
        )


@dataclass(frozen=True)
class NoDnssecRecords(_Claim):
    """The parent has a DS, and a server of the zone answers without DNSKEYs, or without signatures."""

    zone: str

    @property
    def title(self) -> str:
        """Its name in a report."""
        return "server without DNSSEC records"

    def describe(self) -> str:
        """What it alarms about."""
        return f"a server answers for {self.zone} as if it were unsigned, and the parent has a DS"

    def command(self) -> str:
        """Ask each server for both."""
        return f"dig @SERVER {self.zone} DNSKEY +dnssec; dig @SERVER {self.zone} SOA +dnssec   # RRSIGs?"

    def judge(self, sight: Sight) -> Found:
        """Look at what each server leaves out."""
        if sight.ds is None or not sight.served:
            return _blind(sight)
        if not sight.ds:
            return Found(False, "the parent has no DS")
        for one in sight.served:
            lacks = [
                what
                for what, there in (
                    ("DNSKEYs", bool(one.keys)),
                    ("signatures over its DNSKEYs", one.keys_signed or not one.keys),
                    ("signature over its SOA", one.soa_signed),
                )
                if not there
            ]
            if lacks:
                return Found(
                    True, f"{one.server} serves no {' and no '.join(lacks)}, under {_ds_words(sight.ds)}"
                )
        return Found(False, f"{', '.join(one.server for one in sight.served)}: keys and signatures are there")


@dataclass(frozen=True)
class AlarmedAhead:
    """An alert rang during the drill, and at least so long before the outage could begin.

    For an alert about signatures that is when the first of them expires; the first bogus answer is *seen* later, as not
    every name's signature is the first to go.  An alarm that rang before the fault warned of nothing.
    """

    alarm: Alert
    at_least: timedelta
    within: timedelta = timedelta(0)

    def describe(self) -> str:
        """The claim in one sentence."""
        return f"that alarm rang at least {duration_text(self.at_least)} before the outage could begin"

    def command(self) -> str:
        """In the monitoring's own log."""
        return ""

    def look(self, lab: Lab, history: History) -> Seen:
        """Compare the instants of the run so far."""
        watched = history.monitor(self.alarm)
        failed = history.first_bogus
        if watched is None or failed is None or watched.rang_at is None:
            return Seen(False, "the alarm or the outage did not come")
        if watched.before_fault:
            return Seen(False, "the alarm rang before the fault already")
        seen = failed - watched.rang_at
        ahead = (watched.first_expiry or failed) - watched.rang_at
        expiry = f"{signed(ahead)} the first signature expired, and " if watched.first_expiry else ""
        return Seen(
            ahead >= self.at_least and seen >= ahead,
            f"the alarm rang {expiry}{signed(seen)} a bogus answer was seen",
        )


def standard(zone: str) -> tuple[Alert, ...]:
    """What is watched through every drill."""
    return (
        ShortSignatureLife(zone),
        DsMatchesNoKey(zone),
        NoDnssecRecords(zone),
        SoaExpireBeyondSignatures(zone),
    )


def signed(ahead: timedelta) -> str:
    """How long before or after something: `4 d 12 h before`."""
    return f"{duration_text(ahead)} {'before' if ahead >= timedelta(0) else 'after'}"


def _blind(sight: Sight) -> Found:
    who = list(sight.silent) if not sight.served else ["the parent"]
    return Found(None, f"{' and '.join(who) or 'nobody'} did not answer")


def _no_signatures(sight: Sight) -> Found | None:
    if sight.signatures:
        return None
    if not sight.served or all(one.signatures is None for one in sight.served):
        who = ", ".join(one.server for one in sight.served)
        return Found(None, f"{who} does not transfer the zone") if who else _blind(sight)
    return Found(False, f"{sight.zone} is served without signatures")


def _first(sight: Sight) -> Signature:
    return min(sight.signatures, key=lambda signature: signature.expiration)


def _expire(sight: Sight) -> timedelta:
    return timedelta(seconds=max(one.soa.expire for one in sight.served))


def _ahead(sight: Sight, instant: datetime) -> datetime | None:
    return instant + _MOMENT if instant + _MOMENT > sight.now else None


def _life(signature: Signature, sight: Sight) -> str:
    return duration_text(signature.expiration - sight.now)


def _expired(signature: Signature, sight: Sight) -> str:
    return f" expired {_life(signature, sight)} ago"


def _matches(zone: str, ds: DS, key: DNSKEY) -> bool:
    import dns.dnssec
    import dns.exception
    import dns.name

    if ds.key_tag != _tag(key) or ds.algorithm != key.algorithm or not key.flags & 0x100 or key.flags & 0x80:
        return False
    try:
        made = dns.dnssec.make_ds(dns.name.from_text(zone), key, ds.digest_type, validating=True)
    except (dns.exception.DNSException, ValueError):  # a digest type that nobody uses vouches for nothing
        return False
    return made.digest == ds.digest


def _tag(key: DNSKEY) -> int:
    import dns.dnssec

    return dns.dnssec.key_id(key)


def _ds_words(ds: tuple[DS, ...]) -> str:
    return ", ".join(f"DS {tag}" for tag in sorted({one.key_tag for one in ds})) or "no DS"
