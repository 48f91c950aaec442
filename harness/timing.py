"""The arithmetic of key rollovers: how long each step must wait, when it falls due, what a wait cut short shows.

From RFC 7583 (key timing), RFC 6781 (operational practices), RFC 5011 (trust anchors) and what the key manager of
named 9.20 makes of a `dnssec-policy`.  Pure: durations and instants in, durations and instants out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from lab.errors import UsageError
from lab.topology import Policy, Topology, Zone

ZERO = timedelta(0)
KEY_ENTRY_TAIL = timedelta(seconds=2)
"""Some validators use a key entry until one second after its TTL; one more keeps clear of the edge."""

_ZONE, _TLD = Topology().victim, Topology().tld


@dataclass(frozen=True)
class Terms:
    """What the formulae take: the terms of a zone, its signer and its parent, with RFC 7583's symbols."""

    dnskey_ttl: timedelta  # TTLkey
    zone_ttl: timedelta  # TTLsig: the largest TTL of any signed RRset
    zone_propagation_delay: timedelta  # Dprp: until every server of the zone has a change
    publish_safety: timedelta  # the policy's margin on Ipub; RFC 7583 has none
    retire_safety: timedelta  # the policy's margin on Iret; RFC 7583 has none
    signing_delay: timedelta  # Dsgn: until every RRset has been signed anew by a new ZSK
    ds_ttl: timedelta  # TTLds
    parent_propagation_delay: timedelta  # DprpP: until every server of the parent has a change
    registration_delay: timedelta  # Dreg: from handing in a DS to the parent's having it
    ds_negative_ttl: (
        timedelta  # of the parent's proof that there is no DS: min(SOA TTL, SOA minimum), RFC 9077
    )
    negative_ttl: timedelta  # the same of the zone itself

    @classmethod
    def of(
        cls, policy: Policy, *, zone: Zone = _ZONE, parent: Zone = _TLD, registration_delay: timedelta = ZERO
    ) -> Terms:
        """The terms a policy believes in (it has no Dreg), negative TTLs from the SOA of `zone` and `parent`."""
        return cls(
            dnskey_ttl=policy.dnskey_ttl,
            zone_ttl=policy.max_zone_ttl,
            zone_propagation_delay=policy.zone_propagation_delay,
            publish_safety=policy.publish_safety,
            retire_safety=policy.retire_safety,
            # A signature is renewed when only `refresh` of its life is left: the last old one stays this long.
            signing_delay=policy.signatures_validity - policy.signatures_refresh,
            ds_ttl=policy.parent_ds_ttl,
            parent_propagation_delay=policy.parent_propagation_delay,
            registration_delay=registration_delay,
            ds_negative_ttl=min(parent.soa_ttl, parent.soa_minimum),
            negative_ttl=min(zone.soa_ttl, zone.soa_minimum),
        )


def hand_terms(topology: Topology) -> Terms:
    """The true terms of a zone that is signed by hand: one server a zone, all RRsets signed at once."""
    zone, parent = topology.victim, topology.tld
    return Terms(
        dnskey_ttl=timedelta(hours=1),
        zone_ttl=max(zone.record_ttl, zone.soa_ttl, zone.ns_ttl),
        zone_propagation_delay=ZERO,
        publish_safety=ZERO,
        retire_safety=ZERO,
        signing_delay=ZERO,
        ds_ttl=topology.registrar.ds_ttl,
        parent_propagation_delay=ZERO,
        registration_delay=topology.registrar.publication_delay,
        ds_negative_ttl=min(parent.soa_ttl, parent.soa_minimum),
        negative_ttl=min(zone.soa_ttl, zone.soa_minimum),
    )


def zsk_publication(terms: Terms) -> timedelta:
    """Ipub of a ZSK (RFC 7583 3.2.1) = Dprp + TTLkey, and publish-safety: from its DNSKEY to its first signature."""
    return terms.zone_propagation_delay + terms.dnskey_ttl + terms.publish_safety


def zsk_retirement(terms: Terms) -> timedelta:
    """Iret of a ZSK (RFC 7583 3.2.1) = Dsgn + Dprp + TTLsig, and retire-safety: till its DNSKEY may leave."""
    return terms.signing_delay + terms.zone_propagation_delay + terms.zone_ttl + terms.retire_safety


def ksk_publication(terms: Terms) -> timedelta:
    """Ipub of a KSK (RFC 7583 3.3.1) = Dprp + TTLkey, and publish-safety: from its DNSKEY to handing in its DS."""
    return terms.zone_propagation_delay + terms.dnskey_ttl + terms.publish_safety


def ksk_retirement(terms: Terms) -> timedelta:
    """Iret of a KSK (RFC 7583 3.3.1) = DprpP + TTLds, and retire-safety: from the new DS to removing the old key."""
    return terms.parent_propagation_delay + terms.ds_ttl + terms.retire_safety


def csk_retirement(terms: Terms) -> timedelta:
    """Iret of a key in both roles: the longer of theirs; the KSK's starts Dreg later, when the parent has the DS."""
    return max(zsk_retirement(terms), terms.registration_delay + ksk_retirement(terms))


def double_ds_publication(terms: Terms) -> timedelta:
    """IpubP (RFC 7583 3.3.2) = DprpP + TTLds: from the parent's having both DS to swapping the keys."""
    return terms.parent_propagation_delay + terms.ds_ttl


def double_ds_retirement(terms: Terms) -> timedelta:
    """Iret of Double-DS (RFC 7583 3.3.2) = Dprp + TTLkey: no cache has the old DNSKEY, the old DS may leave."""
    return terms.zone_propagation_delay + terms.dnskey_ttl


class AlgorithmWaits(NamedTuple):
    """The four waits of an algorithm rollover, in order; each counts from when its step has been done."""

    after_signatures: timedelta
    after_keys: timedelta
    after_ds: timedelta
    after_old_keys: timedelta


def algorithm_rollover(terms: Terms) -> AlgorithmWaits:
    """Waits of the conservative order of RFC 6781 4.1.4, without margins.

    New signatures in (all at once, so no Dsgn), Dprp + TTLsig; new keys in, Dprp + TTLkey; DS swapped at the parent,
    DprpP + TTLds; old keys out, Dprp + TTLkey; then the old signatures may leave.
    """
    signatures, keys = terms.zone_propagation_delay + terms.zone_ttl, double_ds_retirement(terms)
    return AlgorithmWaits(signatures, keys, double_ds_publication(terms), keys)


def ttl_change(terms: Terms) -> timedelta:
    """From a change of TTLs to the last cache's keeping to it = Dprp + TTLsig, the TTL of before (RFC 6781 4.1.1.3)."""
    return terms.zone_propagation_delay + terms.zone_ttl


def enabling(terms: Terms) -> timedelta:
    """From first signing to giving the DS (RFC 7583 3.3.5) = Dprp + max(TTLsig, negative TTL).

    Before, caches hold unsigned records, or that there is no DNSKEY.
    """
    return terms.zone_propagation_delay + max(terms.zone_ttl, terms.negative_ttl)


def observable_secure(terms: Terms) -> timedelta:
    """From the parent's having the first DS to secure answers everywhere: "no DS" is cached so long (RFC 9077)."""
    return terms.ds_negative_ttl


def disabling(terms: Terms) -> timedelta:
    """From the last parent server's dropping the DS to unsigning = TTLds + TTLkey, and two seconds.

    TTLds alone does not do, as measured: a validator that asks its key cache first demands signatures while that
    lives, and it may have fetched the keys in the last second of the DS.
    """
    return terms.ds_ttl + terms.dnskey_ttl + KEY_ENTRY_TAIL


def disabling_by_key_manager(terms: Terms, *, rolled: bool) -> timedelta:
    """What the key manager waits from "DS withdrawn" to unsigning = DprpP + TTLds; see `disabling` for what is amiss.

    Retire-safety is added only to a key with a predecessor or successor: where the zone has `rolled`.
    """
    return terms.parent_propagation_delay + terms.ds_ttl + (terms.retire_safety if rolled else ZERO)


def rfc5011_add_hold_down(orig_ttl: timedelta) -> timedelta:
    """How long a new trust anchor must be seen before it is trusted (RFC 5011 2.4.1): 30 days, or a longer TTL."""
    return max(timedelta(days=30), orig_ttl)


def rfc5011_remove_hold_down() -> timedelta:
    """How long a revoked trust anchor is remembered (RFC 5011 2.4.2): 30 days."""
    return timedelta(days=30)


def rfc5011_active_refresh(orig_ttl: timedelta, rrsig_validity: timedelta) -> timedelta:
    """How often to look (RFC 5011 2.3, queryInterval): half the TTL or RRSIG interval, in 1 hour to 15 days."""
    return max(timedelta(hours=1), min(timedelta(days=15), orig_ttl / 2, rrsig_validity / 2))


def rfc5011_retry(orig_ttl: timedelta, rrsig_validity: timedelta) -> timedelta:
    """When to look after a failure (RFC 5011 2.3, retryTime): a tenth of the same, in 1 hour to 1 day."""
    return max(timedelta(hours=1), min(timedelta(days=1), orig_ttl / 10, rrsig_validity / 10))


@dataclass(frozen=True)
class ZskDates:
    """A ZSK rollover by pre-publication (RFC 7583 3.2.1)."""

    successor_published: datetime
    successor_active: datetime
    old_removed: datetime  # the old DNSKEY leaves the zone: no signature of it is cached any more
    old_hidden: datetime  # no cache holds the old DNSKEY


@dataclass(frozen=True)
class KskDates:
    """A rollover of a KSK or CSK by double signature (RFC 7583 3.3.1 "Double-KSK", RFC 6781 4.1.2)."""

    successor_published: datetime
    ds_swap_from: datetime  # the earliest instant to hand in the new DS; a CSK starts to sign the zone
    ds_omnipresent: datetime  # no cache holds the old DS, if the new was handed in then
    old_removed: (
        datetime  # the old DNSKEY leaves the zone: at once, a CSK's once no signature of it is cached
    )
    old_hidden: datetime  # no cache holds the old DNSKEY


@dataclass(frozen=True)
class DoubleDsDates:
    """A KSK rollover by Double-DS (RFC 7583 3.3.2); the key manager never does it by itself."""

    ds_handed_in: datetime
    keys_swapped: datetime
    old_ds_withdrawn_from: datetime


def zsk_rollover(active: datetime, lifetime: timedelta, terms: Terms) -> ZskDates:
    """When the key manager rolls a ZSK that has been active since then."""
    swap = active + lifetime
    removed = swap + zsk_retirement(terms)
    return ZskDates(swap - zsk_publication(terms), swap, removed, removed + double_ds_retirement(terms))


def ksk_rollover(active: datetime, lifetime: timedelta, terms: Terms) -> KskDates:
    """When the key manager rolls a KSK active since then; RFC 7583 would start earlier by Dreg, which it ignores."""
    swap = active + lifetime
    removed = swap + terms.registration_delay + ksk_retirement(terms)
    hidden = removed + double_ds_retirement(terms)
    return KskDates(swap - ksk_publication(terms), swap, removed, removed, hidden)


def csk_rollover(active: datetime, lifetime: timedelta, terms: Terms) -> KskDates:
    """When the key manager rolls a key in both roles that has been active since then."""
    removed = active + lifetime + csk_retirement(terms)
    hidden = removed + double_ds_retirement(terms)
    return replace(ksk_rollover(active, lifetime, terms), old_removed=removed, old_hidden=hidden)


def double_ds_rollover(active: datetime, lifetime: timedelta, terms: Terms) -> DoubleDsDates:
    """When to do what so that the keys are swapped as the lifetime ends."""
    swap = active + lifetime
    handed_in = swap - double_ds_publication(terms) - terms.registration_delay
    return DoubleDsDates(handed_in, swap, swap + double_ds_retirement(terms))


def _text(duration: timedelta) -> str:
    """To the second, unlike `duration_text`: a sum is to add up, and a limit to be one."""
    seconds, parts = int(duration.total_seconds()), []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, seconds = divmod(seconds, size)
        parts += [f"{count} {unit}"] if count else []
    return " ".join(parts) or "0 s"


def _sum(policy: Policy, *options: str) -> str:
    return " + ".join(f"{option.replace('_', '-')} {_text(getattr(policy, option))}" for option in options)


def check(policy: Policy) -> None:
    """Refuse a policy whose rollovers never come to an end: one runs into the next.  Raises UsageError."""
    validity, refresh = policy.signatures_validity, policy.signatures_refresh
    if 10 * refresh >= 9 * validity:  # named's own limit, and it covers a signing delay of nothing or less
        raise UsageError(
            f"dnssec-policy {policy.name!r} has signatures-refresh {_text(refresh)}: with signatures-validity"
            f" {_text(validity)} it must be less than nine tenths of that, {_text(validity * 9 / 10)}"
        )
    terms = Terms.of(policy)
    ahead = _sum(policy, "zone_propagation_delay", "dnskey_ttl", "publish_safety")
    ksk_sum = _sum(policy, "parent_propagation_delay", "parent_ds_ttl", "retire_safety")
    zsk_sum = f"signatures-validity less signatures-refresh {_text(terms.signing_delay)} + "
    zsk_sum += _sum(policy, "zone_propagation_delay", "max_zone_ttl", "retire_safety")
    for role, lifetime, publication, retirement, made_up in (
        ("KSK", policy.ksk.lifetime, ksk_publication(terms), ksk_retirement(terms), ksk_sum),
        ("ZSK", policy.zsk.lifetime, zsk_publication(terms), zsk_retirement(terms), zsk_sum),
    ):
        if lifetime is not None and lifetime < publication + retirement:
            raise UsageError(
                f"dnssec-policy {policy.name!r} gives its {role} a lifetime of {_text(lifetime)} and needs at least"
                f" {_text(publication + retirement)} to roll it: {_text(publication)} to publish the next one"
                f" ({ahead}) and {_text(retirement)} to retire the old one ({made_up})"
            )
