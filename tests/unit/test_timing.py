"""Rollover timing: every number is worked out by hand from the formula that the comment beside it shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from harness import timing
from harness.timing import AlgorithmWaits, Terms
from lab.errors import UsageError
from lab.topology import POLICIES, SAAS, Key, Policy, Zone

START = datetime(2026, 1, 1, tzinfo=UTC)


def sec(seconds: float) -> timedelta:
    """That many seconds."""
    return timedelta(seconds=seconds)


def day(instant: datetime) -> float:
    """How many days after the start, to the two places that the lab's notes have."""
    return round((instant - START) / timedelta(days=1), 2)


# Each term is a power of two, so a sum says which terms are in it.
POWERS = Terms(
    dnskey_ttl=sec(1),
    zone_ttl=sec(2),
    zone_propagation_delay=sec(4),
    publish_safety=sec(8),
    retire_safety=sec(16),
    signing_delay=sec(32),
    ds_ttl=sec(64),
    parent_propagation_delay=sec(128),
    registration_delay=sec(256),
    ds_negative_ttl=sec(512),
    negative_ttl=sec(1024),
)

# The terms of the trial that measured the windows: no delays, no margins, TTLkey 3600, TTLds 7200, TTLsig 1800.
TRIAL = Terms(
    dnskey_ttl=sec(3600),
    zone_ttl=sec(1800),
    zone_propagation_delay=sec(0),
    publish_safety=sec(0),
    retire_safety=sec(0),
    signing_delay=sec(0),
    ds_ttl=sec(7200),
    parent_propagation_delay=sec(0),
    registration_delay=sec(0),
    ds_negative_ttl=sec(3600),
    negative_ttl=sec(900),
)


def test_terms_of_a_policy() -> None:
    """Each term comes from the option that means it, and Dsgn is what a signature's life leaves after refresh."""
    policy = Policy(
        "powers",
        dnskey_ttl=sec(1),
        max_zone_ttl=sec(2),
        zone_propagation_delay=sec(4),
        publish_safety=sec(8),
        retire_safety=sec(16),
        signatures_validity=sec(132),
        signatures_refresh=sec(100),  # 132 - 100 = 32
        parent_ds_ttl=sec(64),
        parent_propagation_delay=sec(128),
    )
    terms = Terms.of(
        policy,
        zone=Zone("shop.lab.", soa_ttl=sec(2000), soa_minimum=sec(1024)),
        parent=Zone("lab.", soa_ttl=sec(512), soa_minimum=sec(900)),  # RFC 9077: the SOA's own TTL is less
        registration_delay=sec(256),
    )
    assert terms == POWERS


def test_a_policy_knows_no_registration_delay() -> None:
    """Dreg is nothing unless given, and negative TTLs are those of a lab's zones (SOA minimum 15 min)."""
    terms = Terms.of(SAAS)
    assert (terms.registration_delay, terms.negative_ttl, terms.ds_negative_ttl) == (
        sec(0),
        sec(900),
        sec(900),
    )


def test_zsk_intervals() -> None:
    """Ipub and Iret of a ZSK hold the terms of RFC 7583 3.2.1 and the policy's margins."""
    assert timing.zsk_publication(POWERS) == sec(13)  # Dprp 4 + TTLkey 1 + publish-safety 8
    assert timing.zsk_retirement(POWERS) == sec(54)  # Dsgn 32 + Dprp 4 + TTLsig 2 + retire-safety 16


def test_ksk_intervals() -> None:
    """Ipub and Iret of a KSK hold the terms of RFC 7583 3.3.1 and the policy's margins."""
    assert timing.ksk_publication(POWERS) == sec(13)  # Dprp 4 + TTLkey 1 + publish-safety 8
    assert timing.ksk_retirement(POWERS) == sec(208)  # DprpP 128 + TTLds 64 + retire-safety 16


def test_ksk_retirement_as_measured() -> None:
    """Old KSKs were seen to leave after 7200 s with TTLds alone, and 11400 s with all three terms (g0, g7)."""
    assert timing.ksk_retirement(TRIAL) == sec(7200)
    given = replace(TRIAL, parent_propagation_delay=sec(600), retire_safety=sec(3600))
    assert timing.ksk_retirement(given) == sec(11400)  # 600 + 7200 + 3600


def test_double_ds_intervals() -> None:
    """IpubP and Iret of Double-DS hold the terms of RFC 7583 3.3.2, without margins."""
    assert timing.double_ds_publication(POWERS) == sec(192)  # DprpP 128 + TTLds 64
    assert timing.double_ds_retirement(POWERS) == sec(5)  # Dprp 4 + TTLkey 1


def test_csk_retirement_is_the_longer_of_both_roles() -> None:
    """A CSK stays for its signatures where they last longer, else for its DS, and that begins Dreg later."""
    assert timing.csk_retirement(POWERS) == sec(464)  # max(54, Dreg 256 + 208)
    assert timing.csk_retirement(replace(POWERS, signing_delay=sec(1000))) == sec(1022)  # 1000 + 4 + 2 + 16


def test_algorithm_rollover_waits() -> None:
    """The four waits of RFC 6781 4.1.4 come in its order, and are those that gave no bogus second (f2)."""
    # Dprp 4 + TTLsig 2; Dprp 4 + TTLkey 1; DprpP 128 + TTLds 64; Dprp 4 + TTLkey 1
    assert timing.algorithm_rollover(POWERS) == AlgorithmWaits(sec(6), sec(5), sec(192), sec(5))
    assert timing.algorithm_rollover(TRIAL) == AlgorithmWaits(sec(1800), sec(3600), sec(7200), sec(3600))


def test_enabling_waits_for_the_longest_unsigned_answer() -> None:
    """The first DS waits for records or for the absence of a DNSKEY, whichever is cached longer, and Dprp."""
    assert timing.enabling(POWERS) == sec(1028)  # Dprp 4 + max(TTLsig 2, negative 1024)
    assert timing.enabling(TRIAL) == sec(1800)  # 0 + max(1800, 900)


def test_first_secure_answers_wait_for_the_parents_negative_ttl() -> None:
    """A first DS is noticed by all when the parent's denial has left the caches (e2: 3600)."""
    assert timing.observable_secure(POWERS) == sec(512)
    assert timing.observable_secure(TRIAL) == sec(3600)


def test_disabling_outlasts_a_key_entry() -> None:
    """Signatures stay for TTLds + TTLkey and two seconds (d4), which TTLds alone (d1) falls short of."""
    assert timing.disabling(POWERS) == sec(67)  # TTLds 64 + TTLkey 1 + 2
    assert timing.disabling(TRIAL) == sec(10802)  # 7200 + 3600 + 2


def test_disabling_by_the_key_manager() -> None:
    """Named unsigned 90000 s after it was told (g6: TTLds 86400, DprpP and retire-safety 3600), no margin added."""
    given = replace(TRIAL, ds_ttl=sec(86400), parent_propagation_delay=sec(3600), retire_safety=sec(3600))
    assert timing.disabling_by_key_manager(given, rolled=False) == sec(90000)
    assert timing.disabling_by_key_manager(given, rolled=True) == sec(
        93600
    )  # read in its source, not measured


@pytest.mark.parametrize(("orig_ttl", "expected"), [(86400, 30 * 86400), (40 * 86400, 40 * 86400)])
def test_add_hold_down(orig_ttl: float, expected: float) -> None:
    """A new trust anchor waits 30 days, or its TTL where that is longer (RFC 5011 2.4.1)."""
    assert timing.rfc5011_add_hold_down(sec(orig_ttl)) == sec(expected)


def test_remove_hold_down() -> None:
    """A revoked trust anchor is remembered for 30 days (RFC 5011 2.4.2)."""
    assert timing.rfc5011_remove_hold_down() == timedelta(days=30)


@pytest.mark.parametrize(
    ("orig_ttl", "rrsig_validity", "refresh", "retry"),
    [  # hours
        (1, 24, 1, 1),  # half is 0.5, a tenth 0.1: not under 1 h
        (48, 336, 24, 4.8),  # the TTL is less: half of 48, a tenth of 48
        (336, 48, 24, 4.8),  # the RRSIG interval is less
        (960, 960, 360, 24),  # half is 480, over 15 d = 360; a tenth is 96, over 1 d
        (100, 336, 50, 10),
    ],
)
def test_trust_anchor_queries(orig_ttl: float, rrsig_validity: float, refresh: float, retry: float) -> None:
    """Queries for trust anchors come at half, after a failure at a tenth, within the bounds of RFC 5011 2.3."""
    given = timedelta(hours=orig_ttl), timedelta(hours=rrsig_validity)
    assert timing.rfc5011_active_refresh(*given) == timedelta(hours=refresh)
    assert timing.rfc5011_retry(*given) == timedelta(hours=retry)


def test_zsk_dates_to_the_second() -> None:
    """Each instant of a ZSK rollover lies its interval from the end of the lifetime."""
    dates = timing.zsk_rollover(START, sec(1000), POWERS)
    assert dates.successor_published == START + sec(987)  # 1000 - Ipub 13
    assert dates.successor_active == START + sec(1000)
    assert dates.old_removed == START + sec(1054)  # 1000 + Iret 54
    assert dates.old_hidden == START + sec(1059)  # 1054 + Dprp 4 + TTLkey 1


def test_ksk_dates_to_the_second() -> None:
    """Each instant of a KSK rollover lies its interval from the end of the lifetime, Dreg after it."""
    dates = timing.ksk_rollover(START, sec(1000), POWERS)
    assert dates.successor_published == START + sec(987)  # 1000 - Ipub 13
    assert dates.ds_swap_from == START + sec(1000)
    assert dates.ds_omnipresent == START + sec(1464)  # 1000 + Dreg 256 + Iret 208
    assert dates.old_removed == START + sec(1464)
    assert dates.old_hidden == START + sec(1469)  # 1464 + Dprp 4 + TTLkey 1


@pytest.mark.parametrize(("signing_delay", "removed"), [(32, 1464), (1000, 2022)])
def test_csk_dates_to_the_second(signing_delay: float, removed: float) -> None:
    """A CSK's DS is swapped like a KSK's, and its DNSKEY leaves when both roles let it."""
    dates = timing.csk_rollover(START, sec(1000), replace(POWERS, signing_delay=sec(signing_delay)))
    assert dates.successor_published == START + sec(987)  # 1000 - Ipub 13
    assert dates.ds_swap_from == START + sec(1000)
    assert dates.ds_omnipresent == START + sec(1464)  # 1000 + Dreg 256 + Iret 208
    assert dates.old_removed == START + sec(removed)  # 1000 + max(Dsgn + 22, 464)
    assert dates.old_hidden == START + sec(removed + 5)  # + Dprp 4 + TTLkey 1


def test_double_ds_dates_to_the_second() -> None:
    """A Double-DS rollover hands the DS in so early that the keys can be swapped as the lifetime ends."""
    dates = timing.double_ds_rollover(START, sec(1000), POWERS)
    assert dates.ds_handed_in == START + sec(552)  # 1000 - IpubP 192 - Dreg 256
    assert dates.keys_swapped == START + sec(1000)
    assert dates.old_ds_withdrawn_from == START + sec(1005)  # 1000 + Iret 5


def test_zsk_dates_as_named_had_them() -> None:
    """Named 9.20.30 rolled a P90D ZSK on these days, all of which the terms determine."""
    dates = timing.zsk_rollover(START, timedelta(days=90), Terms.of(SAAS))
    assert day(dates.successor_published) == 89.91  # 90 d - (5 min + 1 h + 1 h)
    assert day(dates.successor_active) == 90.00
    assert day(dates.old_removed) == 100.05  # 90 d + 9 d + 5 min + 1 d + 1 h; not in the notes
    assert day(dates.old_hidden) == 100.09  # + 5 min + 1 h


def test_ksk_dates_as_named_had_them() -> None:
    """Named 9.20.30 rolled a P365D KSK on these days, all of which the terms determine if TTLds was one day."""
    terms = replace(Terms.of(SAAS), ds_ttl=timedelta(days=1))  # with 1 h it would have been 365.13
    dates = timing.ksk_rollover(START, timedelta(days=365), terms)
    assert day(dates.successor_published) == 364.91  # 365 d - (5 min + 1 h + 1 h)
    assert day(dates.ds_swap_from) == 365.00
    assert day(dates.ds_omnipresent) == 366.08  # 365 d + 1 h + 1 d + 1 h
    assert day(dates.old_hidden) == 366.13  # + 5 min + 1 h


@pytest.mark.parametrize("policy", POLICIES.values(), ids=lambda policy: policy.name)
def test_built_in_policies_can_roll(policy: Policy) -> None:
    """What labs run by default passes."""
    timing.check(policy)


# A ZSK needs 2 h 5 min + (9 d + 5 min + 1 d + 1 h) = 10 d 3 h 10 min, a KSK 2 h 5 min + 3 h = 5 h 5 min.
ZSK_LEAST = timedelta(days=10, hours=3, minutes=10)
KSK_LEAST = timedelta(hours=5, minutes=5)


def test_lifetimes_that_just_do() -> None:
    """A lifetime of exactly the intervals passes, as does none."""
    timing.check(Policy("tight", ksk=Key(lifetime=KSK_LEAST), zsk=Key(lifetime=ZSK_LEAST)))
    timing.check(Policy("unlimited", ksk=Key(lifetime=None), zsk=Key(lifetime=None)))


def test_a_zsk_too_short_lived_is_refused() -> None:
    """A ZSK one second short is refused in a sentence that names it and adds the sum up."""
    with pytest.raises(UsageError) as refusal:
        timing.check(Policy("hasty", zsk=Key(lifetime=ZSK_LEAST - sec(1))))
    assert str(refusal.value) == (
        "dnssec-policy 'hasty' gives its ZSK a lifetime of 10 d 3 h 9 min 59 s and needs at least 10 d 3 h 10 min"
        " to roll it: 2 h 5 min to publish the next one (zone-propagation-delay 5 min + dnskey-ttl 1 h +"
        " publish-safety 1 h) and 10 d 1 h 5 min to retire the old one (signatures-validity less"
        " signatures-refresh 9 d + zone-propagation-delay 5 min + max-zone-ttl 1 d + retire-safety 1 h)"
    )


def test_a_ksk_too_short_lived_is_refused() -> None:
    """A KSK one second short is refused in a sentence that names it and adds the sum up, with nothing as 0 s."""
    with pytest.raises(UsageError) as refusal:
        timing.check(
            Policy("hasty", ksk=Key(lifetime=KSK_LEAST - sec(3601)), parent_propagation_delay=sec(0))
        )
    assert str(refusal.value) == (
        "dnssec-policy 'hasty' gives its KSK a lifetime of 4 h 4 min 59 s and needs at least 4 h 5 min"
        " to roll it: 2 h 5 min to publish the next one (zone-propagation-delay 5 min + dnskey-ttl 1 h +"
        " publish-safety 1 h) and 2 h to retire the old one (parent-propagation-delay 0 s +"
        " parent-ds-ttl 1 h + retire-safety 1 h)"
    )


def test_signatures_must_live_on_after_refresh() -> None:
    """A refresh of nine tenths of the validity is refused, as named refuses it; a second less passes."""
    limit = timedelta(days=9)  # of 10 d
    policy = Policy("restless", signatures_validity=timedelta(days=10), signatures_refresh=limit)
    with pytest.raises(UsageError) as refusal:
        timing.check(policy)
    assert str(refusal.value) == (
        "dnssec-policy 'restless' has signatures-refresh 9 d: with signatures-validity 10 d it must be less than"
        " nine tenths of that, 9 d"
    )
    timing.check(replace(policy, signatures_refresh=limit - sec(1)))
