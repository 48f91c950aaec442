"""Steps of rehearsals in which the operator signs by hand and does all the waiting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from harness import timing
from harness.expectation import duration_text
from lab.byhand import HandKey, HandZone
from lab.errors import Stopped
from lab.topology import RegistrarTerms, Topology, Zone

if TYPE_CHECKING:
    from harness.conductor import Stage
    from harness.timing import Terms

_MARGIN = timing.KEY_ENTRY_TAIL
_HALF_AN_HOUR = timedelta(minutes=30)

BY_HAND = Topology(
    victim=Zone("shop.lab.", policy=None, soa_ttl=_HALF_AN_HOUR, ns_ttl=_HALF_AN_HOUR),
    registrar=RegistrarTerms(ds_ttl=timedelta(hours=2)),
)
"""A zone that named does not sign: records for half an hour, its DNSKEY (`HandZone`) for an hour, its DS for two."""


@dataclass(frozen=True)
class Interval:
    """A wait with a name: its formula, and the TTL that it is there for."""

    says: str
    formula: Callable[[Terms], timedelta]
    ttl: Callable[[Terms], timedelta]


INTERVALS: Mapping[str, Interval] = {
    "zsk-publication": Interval(
        "until no cache holds the DNSKEY RRset without the new ZSK (Ipub)",
        timing.zsk_publication,
        lambda terms: terms.dnskey_ttl,
    ),
    "zsk-retirement": Interval(
        "until no cache holds a signature by the old ZSK (Iret)",
        timing.zsk_retirement,
        lambda terms: terms.zone_ttl,
    ),
    "ksk-publication": Interval(
        "until no cache holds the DNSKEY RRset without the new KSK (Ipub)",
        timing.ksk_publication,
        lambda terms: terms.dnskey_ttl,
    ),
    "ksk-retirement": Interval(
        "until no cache holds the DS of the old KSK (Iret)", timing.ksk_retirement, lambda terms: terms.ds_ttl
    ),
    "ds-publication": Interval(
        "until no cache holds the DS set without the new one (IpubP)",
        timing.double_ds_publication,
        lambda terms: terms.ds_ttl,
    ),
    "double-ds-retirement": Interval(
        "until no cache holds the old DNSKEY RRset (Iret)",
        timing.double_ds_retirement,
        lambda terms: terms.dnskey_ttl,
    ),
    "signatures": Interval(
        "until no cache holds an RRset without the new signatures",
        lambda terms: timing.algorithm_rollover(terms).after_signatures,
        lambda terms: terms.zone_ttl,
    ),
    "enabling": Interval(
        "until no cache holds an unsigned answer", timing.enabling, lambda terms: terms.zone_ttl
    ),
    "lowered-ttls": Interval(
        "until no cache holds a record with the old TTL", timing.ttl_change, lambda terms: terms.zone_ttl
    ),
    "first-ds": Interval(
        "until no cache holds the parent's word that there is no DS",
        timing.observable_secure,
        lambda terms: terms.ds_negative_ttl,
    ),
    "disabling": Interval(
        "until no cache holds the DS, nor a DNSKEY RRset fetched under it",
        timing.disabling,
        lambda terms: terms.dnskey_ttl,
    ),
}


@dataclass(frozen=True)
class Pause:
    """Wait an interval of RFC 7583, computed from the zone's and the parent's TTLs; by mistake less.

    `zone_ttl`: the TTL that the plan has given the zone's records by then, where it is not the one they began with.
    """

    changes: ClassVar[int] = 0

    interval: str
    share: float = 1.0
    less_a_ttl: bool = False
    zone_ttl: timedelta | None = None

    def duration(self, terms: Terms) -> timedelta:
        """How long, with two seconds for caches that count a TTL's last second in."""
        one = INTERVALS[self.interval]
        terms = replace(terms, zone_ttl=self.zone_ttl or terms.zone_ttl)
        whole = one.formula(terms) - (one.ttl(terms) if self.less_a_ttl else timedelta(0))
        return max(whole, timedelta(0)) * self.share + _MARGIN

    def describe(self) -> str:
        """What it waits for."""
        return f"wait {INTERVALS[self.interval].says}"

    def command(self) -> str:
        """Nothing to type."""
        return ""

    def perform(self, stage: Stage) -> str:
        """Let it pass."""
        duration = self.duration(stage.terms)
        stage.pass_time(duration)
        return f"+ {duration_text(duration)} ({INTERVALS[self.interval].says})"


@dataclass(frozen=True)
class MakeKeys:
    """Generate the keys, and begin with some of them in use, their DS at the parent."""

    changes: ClassVar[int] = 0

    keys: tuple[HandKey, ...]
    begin_with: HandZone

    def describe(self) -> str:
        """What is made."""
        return f"generate {', '.join(key.name for key in self.keys)}"

    def command(self) -> str:
        """By BIND's tool."""
        algorithms = sorted({key.algorithm.upper() for key in self.keys})
        return "; ".join(f"dnssec-keygen -a {one} [-f KSK] ZONE" for one in algorithms)

    def perform(self, stage: Stage) -> str:
        """Make them, and serve."""
        hand = stage.hand
        hand.make_keys(self.keys)
        hand.serve(self.begin_with)
        pointed = [hand.keys[name] for name in self.begin_with.signing if hand.keys[name].key.ksk]
        stage.registrar_now(key.record for key in pointed)
        return f"{stage.zone} is signed with {', '.join(sorted(self.begin_with.signing)) or 'nothing'}"


@dataclass(frozen=True)
class Serve:
    """Change what the zone is served with: keys in or out, signatures made by others, TTLs, denial.

    All of it is one change: it is signed once and served at once.
    """

    changes: ClassVar[int] = 1

    publish: tuple[str, ...] = ()
    withdraw: tuple[str, ...] = ()
    sign_with: tuple[str, ...] = ()
    stop_signing_with: tuple[str, ...] = ()
    nsec3: bool | None = None
    record_ttl: timedelta | None = None

    def after(self, before: HandZone) -> HandZone:
        """What is served then."""
        return replace(
            before,
            published=(before.published | set(self.publish)) - set(self.withdraw),
            signing=(before.signing | set(self.sign_with)) - set(self.stop_signing_with),
            nsec3=before.nsec3 if self.nsec3 is None else self.nsec3,
            record_ttl=self.record_ttl or before.record_ttl,
        )

    def describe(self) -> str:
        """What changes."""
        said = [
            *(f"publish {name}" for name in self.publish),
            *(f"sign with {name}" for name in self.sign_with),
            *(f"stop signing with {name}" for name in self.stop_signing_with),
            *(f"withdraw {name}" for name in self.withdraw),
        ]
        if self.nsec3 is not None:
            said.append(f"deny with {'NSEC3' if self.nsec3 else 'NSEC'}")
        if self.record_ttl is not None:
            said.append(f"serve records with a TTL of {duration_text(self.record_ttl)}")
        return ", ".join(said)

    def command(self) -> str:
        """By BIND's tool."""
        return "dnssec-signzone -o ZONE zone KEYS…; rndc reload ZONE"

    def perform(self, stage: Stage) -> str:
        """Sign and serve."""
        stage.change(self.describe(), lambda: stage.hand.serve(self.after(stage.hand.serves)))
        return self.describe()


@dataclass(frozen=True)
class HandInDs:
    """Have the registrar publish the DS of these keys in place of what the parent publishes (none: withdraw it)."""

    changes: ClassVar[int] = 1

    keys: tuple[str, ...]

    def describe(self) -> str:
        """What is handed in."""
        return f"hand in the DS of {' and '.join(self.keys)}" if self.keys else "have the DS withdrawn"

    def command(self) -> str:
        """The registrar takes it from there."""
        return "dnssec-dsfromkey KEY   # at the registrar's"

    def perform(self, stage: Stage) -> str:
        """Hand it in; the parent publishes it after the registrar's delay."""
        records = [stage.hand.keys[name].record for name in self.keys]
        stage.lab.registrar.submit_dnskey(stage.zone, *records)
        return self.describe()


@dataclass(frozen=True)
class ConfirmDs:
    """Wait until the parent serves what was handed in."""

    changes: ClassVar[int] = 0

    def describe(self) -> str:
        """What is waited for."""
        return "wait until the parent serves the DS set that was handed in"

    def command(self) -> str:
        """Ask the parent itself."""
        return "dig DS ZONE @PARENT +norecurse"

    def perform(self, stage: Stage) -> str:
        """Look every minute, as an operator does; here at once when it is there."""
        stage.pass_until_published()
        return "the parent serves the DS set that was handed in"


@dataclass(frozen=True)
class SelfCheck:
    """Check the zone as it is served, signature by signature, and go no further where it does not verify."""

    changes: ClassVar[int] = 0

    def describe(self) -> str:
        """What is checked."""
        return "check the zone as it is served"

    def command(self) -> str:
        """By BIND's tool."""
        return "dig AXFR ZONE @SERVER +onesoa > zone; dnssec-verify -o ZONE zone"

    def perform(self, stage: Stage) -> str:
        """Transfer it and have it verified.  Raises Stopped with the tool's words."""
        problem = stage.hand.problem()
        if problem is not None:
            raise Stopped(f"{stage.zone} as it is served does not verify: {problem}")
        return f"{stage.zone} verifies as it is served"
