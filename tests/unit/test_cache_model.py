"""The reference model against what real validators did: each row was measured, most of them predicted before.

TTLs: DNSKEY 3600, DS 7200, records 1800, "no DS" 3600.  The first change is at 0; caches were primed two seconds
before a change.  Rows are named as in the notes of the measurements: a KSK double signature, b Double-DS, c ZSK,
d going insecure, e enabling, f algorithms, g named's own key manager.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from harness import timing_windows
from harness.cache_model import Authority, Forwarder, Security, Validator, union_seconds, windows
from lab.chain import KeyId, Published, Signed
from lab.terms import CacheTerms

EPOCH = 1_000_000.0
"""What the rows call 0."""

DNSKEY_TTL, DS_TTL, RECORD_TTL, NO_DS_TTL = 3600, 7200, 1800, 3600
NAME, OTHER = ("www.shop.lab.", "A"), ("w1.shop.lab.", "A")
KEYS = {
    name: KeyId(tag, 8 if name.endswith("rsa") else 13)
    for tag, name in enumerate(("k1", "k2", "z1", "z2", "krsa", "zrsa"), start=1)
}
VENDORS = {
    "bind": CacheTerms(),
    "unbound": CacheTerms(key_first=True, key_extra_seconds=1, bogus_ttl_seconds=60, max_ttl_seconds=86400),
}

History = Sequence[tuple[float, Published]]
Spans = list[tuple[float, float]]


def keys(names: str) -> frozenset[KeyId]:
    """Keys by name."""
    return frozenset(KEYS[name] for name in names.split())


def served(
    ds: str = "k1", has: str = "k1 z1", vouch: str = "k1", sign: str = "z1", until: datetime | None = None
) -> Published:
    """What is published: DS of some keys, keys in the zone, those that sign them, those that sign the records."""
    return Published(
        ds=keys(ds),
        ds_ttl_seconds=DS_TTL,
        no_ds_ttl_seconds=NO_DS_TTL,
        keys=keys(has),
        dnskey=Signed(DNSKEY_TTL, keys(vouch), until) if has else None,
        targets={one: Signed(RECORD_TTL, keys(sign), until if sign else None) for one in (NAME, OTHER)},
    )


BEFORE, UNSIGNED = served(), served(ds="", has="", vouch="", sign="")
BOTH = served(has="k1 k2 z1", vouch="k1 k2")
SWAPPED = served(ds="k2", has="k1 k2 z1", vouch="k1 k2")
NEW_KSK = served(ds="k2", has="k2 z1", vouch="k2")
BOTH_DS = served(ds="k1 k2")
TWO_ZSK = served(has="k1 z1 z2")
NEW_ZSK = served(has="k1 z1 z2", sign="z2")
ONLY_NEW_ZSK = served(has="k1 z2", sign="z2")
SIGNED_NO_DS = served(ds="")
ALL_RSA = served(ds="krsa", has="krsa zrsa", vouch="krsa", sign="zrsa")
RSA_KEYS = "krsa zrsa"

DOUBLE_DS_SWAP = served(ds="k1 k2", has="k2 z1", vouch="k2")

RIGHT: dict[str, tuple[Published, History]] = {
    "a1": (BEFORE, [(0, BOTH), (3600, SWAPPED), (10800, NEW_KSK)]),
    "b1": (BEFORE, [(0, BOTH_DS), (7200, DOUBLE_DS_SWAP), (10800, NEW_KSK)]),
    "c1": (BEFORE, [(0, TWO_ZSK), (3600, NEW_ZSK), (5400, ONLY_NEW_ZSK)]),
    "d4": (BEFORE, [(0, SIGNED_NO_DS), (7200 + 3600 + 2, UNSIGNED)]),
    "e3": (UNSIGNED, [(0, SIGNED_NO_DS), (1800, BEFORE)]),
    "f2": (
        ALL_RSA,
        [
            (0, served("krsa", RSA_KEYS, "krsa", "zrsa z1")),
            (1800, served("krsa", f"{RSA_KEYS} k1 z1", "krsa k1", "zrsa z1")),
            (5400, served("k1", f"{RSA_KEYS} k1 z1", "krsa k1", "zrsa z1")),
            (12600, served("k1", "k1 z1", "k1", "zrsa z1")),
            (16200, BEFORE),
        ],
    ),
}

AT_ONCE: History = [(0, NEW_KSK)]
CHECKDS_EARLY: History = [(4000, SWAPPED), (7200, NEW_KSK)]
CHECKDS_TOO_EARLY: History = [(7200, served(has="k2 z1", vouch="k2")), (9000, NEW_KSK)]
UNSIGN_LATE: History = [(0, SIGNED_NO_DS), (7200, UNSIGNED)]
DS_FIRST: History = [(0, served(has="", vouch="", sign="")), (9000, BEFORE)]

# Row, what stood before, what came when, what is primed, when, bogus windows of BIND, of Unbound.
WRONG: list[tuple[str, Published, History, str, float, Spans, Spans]] = [
    ("a2", BEFORE, [(0, SWAPPED)], "full", -2, [], []),
    ("a2", BEFORE, [(0, SWAPPED)], "ds", -2, [], []),
    ("a2", BEFORE, [(0, SWAPPED)], "behind-dnskey", -2, [(0, 3598)], [(0, 3598)]),
    ("a2x", BEFORE, AT_ONCE, "full", -2, [(3598, 7198)], [(3599, 7198)]),
    ("a2x", BEFORE, AT_ONCE, "ds", -2, [(0, 7198)], [(0, 7198)]),
    ("a3", BOTH, AT_ONCE, "full", -2, [(3598, 7198)], [(3599, 7198)]),
    ("a3", BOTH, AT_ONCE, "cold", -2, [], []),
    ("a3h", BOTH, [(0, SWAPPED), (3700, NEW_KSK)], "full", -2, [(3700, 7198)], [(3700, 7198)]),
    ("b2", BEFORE, [(0, DOUBLE_DS_SWAP)], "full", -2, [(3598, 7198)], [(3599, 7198)]),
    ("b2h", BEFORE, [(0, BOTH_DS), (3000, DOUBLE_DS_SWAP)], "full", -2, [(3598, 7198)], [(3599, 7198)]),
    ("b3", BOTH_DS, AT_ONCE, "full", -2, [], []),
    ("b3", BOTH_DS, AT_ONCE, "behind-dnskey", -2, [(0, 3598)], [(0, 3598)]),
    ("c2", BEFORE, [(0, ONLY_NEW_ZSK)], "full", -2, [(0, 3598)], [(0, 3599)]),
    ("c2h", BEFORE, [(0, TWO_ZSK), (1200, NEW_ZSK)], "full", -2, [(1200, 3598)], [(1200, 3599)]),
    ("c3", TWO_ZSK, [(0, ONLY_NEW_ZSK)], "full", -2, [], []),
    ("c3", TWO_ZSK, [(0, ONLY_NEW_ZSK)], "behind-names", -2, [(10, 1798)], [(10, 1798)]),
    ("d1", BEFORE, UNSIGN_LATE, "dnskey-late", -2, [], [(7200, 10791)]),
    ("d1", BEFORE, UNSIGN_LATE, "ds", -2, [], []),
    ("d2", BEFORE, [(0, SIGNED_NO_DS), (3600, UNSIGNED)], "full", -2, [(3600, 7198)], [(3600, 7198)]),
    ("d3", BEFORE, [(0, UNSIGNED)], "full", -2, [(0, 7198)], [(0, 7198)]),
    ("e1", UNSIGNED, DS_FIRST, "full", -2, [(3598, 9000)], [(3598, 9000)]),
    ("e1", UNSIGNED, DS_FIRST, "cold", -2, [(0, 9000)], [(0, 9000)]),
    ("e2", UNSIGNED, [(0, BEFORE)], "full", -2, [], []),
    ("f1", ALL_RSA, [(0, BEFORE)], "full", -2, [(0, 7198)], [(0, 7198)]),
    ("g1", BOTH, [(0, SWAPPED), (1800, NEW_KSK)], "ds", -2, [(1800, 7198)], [(1800, 7198)]),
    ("g1", BOTH, [(0, SWAPPED), (1800, NEW_KSK)], "full", -2, [(3598, 7198)], [(3599, 7198)]),
    ("g2", BOTH, CHECKDS_EARLY, "ds", 3998, [(7200, 11198)], [(7200, 11198)]),
    ("g2", BOTH, CHECKDS_EARLY, "full", 3998, [(7598, 11198)], [(7599, 11198)]),
    ("g3", BOTH, [(4000, SWAPPED), (10800, NEW_KSK)], "ds", 3998, [(10800, 11198)], [(10800, 11198)]),
    ("g4", BOTH, CHECKDS_TOO_EARLY, "cold", 0, [(7200, 9000)], [(7200, 9000)]),
    ("g4", BOTH, CHECKDS_TOO_EARLY, "ds", 8998, [(8998, 16198)], [(8998, 16198)]),
]


def authority(before: Published, history: History) -> Authority:
    """The servers' history."""
    held = Authority()
    for at, published in [(-100_000, before), *history]:
        held.record(EPOCH + at, published)
    return held


def primed(terms: CacheTerms, source: Authority, what: str, at: float) -> Validator:
    """A validator that was primed with that, at that time."""
    forwarder = Forwarder(source)
    validator = Validator(terms, forwarder if what.startswith("behind") else source)
    now = EPOCH + at
    if what == "ds":
        validator.fetch_ds(now)
    elif what == "full":
        validator.look(now, NAME)
    elif what == "dnskey-late":
        validator.fetch_ds(now)
        validator.look(EPOCH + 7190, NAME)
    elif what == "behind-dnskey":
        forwarder.keys(now)
    elif what == "behind-names":  # its DNSKEY RRset is old, and leaves ten seconds later
        forwarder.keys(EPOCH + 10 - DNSKEY_TTL)
        forwarder.rrset(now, OTHER)
    else:
        assert what == "cold"
    return validator


def found(
    vendor: str, before: Published, history: History, what: str, at: float, state: Security = Security.BOGUS
) -> Spans:
    """The windows in which a fresh question gets that state."""
    source = authority(before, history)
    validator = primed(VENDORS[vendor], source, what, at)
    begin = max(at, 7191 if what == "dnskey-late" else 0)
    spans = windows(validator, OTHER, EPOCH + begin, EPOCH + 30_000, source.instants)
    return [(one.start - EPOCH, one.end - EPOCH) for one in spans if one.state is state]


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("what", ["cold", "ds", "full", "behind-dnskey"])
@pytest.mark.parametrize("row", RIGHT)
def test_the_right_order_is_never_bogus(row: str, what: str, vendor: str) -> None:
    """Primed before each of its changes."""
    before, history = RIGHT[row]
    for at, _ in history:
        assert found(vendor, before, history, what, at - 2) == []


@pytest.mark.parametrize(
    ("row", "before", "history", "what", "at", "bind", "unbound"),
    WRONG,
    ids=[f"{row[0]}-{row[3]}" for row in WRONG],
)
def test_the_wrong_order_is_bogus_when_it_was_measured_to_be(
    row: str, before: Published, history: History, what: str, at: float, bind: Spans, unbound: Spans
) -> None:
    """To the second."""
    assert found("bind", before, history, what, at) == bind, row
    assert found("unbound", before, history, what, at) == unbound, row


def sec(seconds: float) -> timedelta:
    """That many seconds."""
    return timedelta(seconds=seconds)


DS_LEFT, KEYS_LEFT = sec(7198), sec(3598)
CLOSED: list[tuple[str, str, timing_windows.Window | None]] = [
    ("a2-behind-dnskey", "bind", timing_windows.behind_forwarder(sec(0), KEYS_LEFT)),
    ("a3-full", "bind", timing_windows.old_ksk_gone(sec(0), DS_LEFT, KEYS_LEFT)),
    ("a3h-full", "bind", timing_windows.old_ksk_gone(sec(3700), DS_LEFT, KEYS_LEFT)),
    ("b2-full", "bind", timing_windows.old_ksk_gone(sec(0), DS_LEFT, KEYS_LEFT)),
    ("c2-full", "bind", timing_windows.new_zsk_signs(sec(0), KEYS_LEFT)),
    ("c2h-full", "bind", timing_windows.new_zsk_signs(sec(1200), KEYS_LEFT)),
    ("c3-behind-names", "bind", timing_windows.behind_forwarder(sec(10), sec(1798))),
    ("d1-dnskey-late", "bind", timing_windows.unsigned(sec(7200), DS_LEFT)),
    ("d1-dnskey-late", "unbound", timing_windows.unsigned(sec(7200), DS_LEFT, sec(10791))),
    ("d2-full", "bind", timing_windows.unsigned(sec(3600), DS_LEFT)),
    ("d3-full", "bind", timing_windows.unsigned(sec(0), DS_LEFT)),
    ("e1-full", "bind", timing_windows.ds_before_signing(sec(9000), sec(3598))),
    ("e1-cold", "bind", timing_windows.ds_before_signing(sec(9000))),
    ("g1-ds", "bind", timing_windows.old_ksk_gone(sec(1800), DS_LEFT)),
    ("g1-full", "bind", timing_windows.old_ksk_gone(sec(1800), DS_LEFT, KEYS_LEFT)),
]


@pytest.mark.parametrize(("row", "vendor", "closed"), CLOSED, ids=[f"{row[0]}-{row[1]}" for row in CLOSED])
def test_the_model_and_the_closed_formulae_agree(
    row: str, vendor: str, closed: timing_windows.Window | None
) -> None:
    """Two ways to the same window: playing the history, and arithmetic on what is left of TTLs."""
    _, before, history, what, at, *_ = next(one for one in WRONG if f"{one[0]}-{one[3]}" == row)
    spans = found(vendor, before, history, what, at)
    assert spans == ([] if closed is None else [tuple(one.total_seconds() for one in closed)])


def test_a_validator_is_insecure_while_it_holds_that_there_is_no_ds() -> None:
    """Row e2: signed, and the DS given, at once."""
    spans = found("bind", UNSIGNED, [(0, BEFORE)], "full", -2, Security.INSECURE)
    assert spans == [(0, 3598)]


@pytest.mark.parametrize(
    ("history", "last_good"), [([(0, ONLY_NEW_ZSK)], 1797), ([(0, UNSIGNED)], 1797)], ids=["c2", "d3"]
)
def test_a_cached_name_is_good_until_its_own_ttl_ends(history: History, last_good: float) -> None:
    """Rows c2 and d3, "name already cached"."""
    validator = primed(VENDORS["bind"], authority(BEFORE, history), "full", -2)
    assert validator.fork().look(EPOCH + last_good, NAME).state is Security.SECURE
    assert validator.fork().look(EPOCH + last_good + 1, NAME).state is Security.BOGUS


def test_nothing_is_used_beyond_its_signature() -> None:
    """RFC 4035 5.3.3: row x, all signatures expire at 1000, and warm caches don't hide it."""
    expired = served(until=datetime.fromtimestamp(EPOCH + 1000, UTC))
    source = authority(expired, [])
    validator = primed(VENDORS["bind"], source, "full", -2)
    assert validator.fork().look(EPOCH + 999, NAME).state is Security.SECURE
    assert validator.fork().look(EPOCH + 1001, NAME).state is Security.BOGUS


def test_a_vendor_s_own_limit_cuts_ttls() -> None:
    """As tried: everything capped at 1800 turns row a3 into no outage at all."""
    source = authority(BOTH, AT_ONCE)
    validator = primed(CacheTerms(max_ttl_seconds=1800), source, "full", -2)
    spans = windows(validator, OTHER, EPOCH, EPOCH + 30_000, source.instants)
    assert [one.state for one in spans] == [Security.SECURE]


def test_a_fork_learns_for_itself() -> None:
    """What one look brings into a cache, before a forwarder or in it, no other look has."""
    validator = primed(VENDORS["bind"], authority(BEFORE, []), "behind-dnskey", -2)
    held = validator.expiries()
    validator.fork().look(EPOCH, NAME)
    assert validator.expiries() == held


def test_what_a_look_changes_nothing_in() -> None:
    """A chain that is held whole, signed or not; and that there is no DS."""
    source = authority(BEFORE, [])
    full, ds = primed(VENDORS["bind"], source, "full", -2), primed(VENDORS["bind"], source, "ds", -2)
    insecure = primed(VENDORS["bind"], authority(UNSIGNED, []), "full", -2)
    assert full.untouched_at(EPOCH, signed=True)
    assert full.untouched_at(EPOCH, signed=False)
    assert not full.untouched_at(EPOCH + 3600, signed=True)
    assert not ds.untouched_at(EPOCH, signed=True)
    late = primed(VENDORS["bind"], source, "dnskey-late", -2)
    assert late.untouched_at(EPOCH + 8000, signed=True)
    assert not late.untouched_at(EPOCH + 8000, signed=False)
    assert insecure.untouched_at(EPOCH, signed=False)
    assert not insecure.untouched_at(EPOCH + 3600, signed=False)


def test_windows_that_overlap_count_once() -> None:
    """Bogus seconds are those of any cache phase."""
    assert union_seconds([(0, 10), (5, 20), (30, 31), (7, 8)]) == 21
    assert union_seconds([]) == 0
