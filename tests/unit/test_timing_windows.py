"""The closed forms of the windows, by the cases of the trial that measured them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness import timing, timing_windows
from harness.timing import Terms
from harness.timing_windows import Window
from tests.unit.test_timing import TRIAL, sec


def window(start: float, end: float) -> Window:
    """A window by its seconds."""
    return sec(start), sec(end)


# Below, cases by their names in the trial's table; there caches were primed 2 s before the change, so its edges are
# 2 s earlier where a cached RRset's end is one (3598 for 3600).


@pytest.mark.parametrize(
    ("at", "cached_keys", "expected"),
    [
        (0, 3600, window(3600, 7200)),  # a3, b2, fully primed: [max(0, 3600), 0 + 7200)
        (0, None, window(0, 7200)),  # the same, DS only: [0, 7200)
        (3700, 3600, window(3700, 7200)),  # a3h: [max(3700, 3600), 7200)
        (3000, 3600, window(3600, 7200)),  # b2h
        (1800, None, window(1800, 7200)),  # g1, DS only
        (7200, None, None),  # a1: in time
        (7199, None, window(7199, 7200)),  # the last second that is too early
    ],
)
def test_old_ksk_gone(at: float, cached_keys: float | None, expected: Window | None) -> None:
    """An old KSK that leaves early is missed from then to s + TTLds, or from where a cached DNSKEY set ends."""
    keys = None if cached_keys is None else sec(cached_keys)
    assert timing_windows.old_ksk_gone(sec(at), sec(7200), keys) == expected


@pytest.mark.parametrize(
    ("at", "cached_name", "expected"),
    [
        (0, 0, window(0, 3600)),  # c2
        (0, 1798, window(1798, 3600)),  # c2, name cached at -2 for 1800
        (1200, 0, window(1200, 3600)),  # c2h
        (3600, 0, None),  # c1: in time
    ],
)
def test_new_zsk_signs(at: float, cached_name: float, expected: Window | None) -> None:
    """A new ZSK that signs early is unknown from then to publication + TTLkey, but a cached name is good."""
    assert timing_windows.new_zsk_signs(sec(at), sec(3600), sec(cached_name)) == expected


@pytest.mark.parametrize(
    ("at", "ds_until", "keys_until", "expected"),
    [
        (0, 7200, 0, window(0, 7200)),  # d3
        (3600, 7200, 0, window(3600, 7200)),  # d2
        (7200, 7200, 0, None),  # d1, asking for the DS first
        (7200, 7200, 10800, window(7200, 10800)),  # d1, keys first, at worst: 7200 + 3600
        (7200, 7198, 10790, window(7200, 10790)),  # d1, keys first, DNSKEY fetched at 7190
        (10802, 7200, 10800, None),  # d4
        (90000, 88200, 91790, window(90000, 91790)),  # g8: DS gone 1800 + 86400, DNSKEY fetched 88190
    ],
)
def test_unsigned(at: float, ds_until: float, keys_until: float, expected: Window | None) -> None:
    """A zone unsigned early is bogus while the DS, or the keys where those are asked first, are cached."""
    assert timing_windows.unsigned(sec(at), sec(ds_until), sec(keys_until)) == expected


@pytest.mark.parametrize(
    ("signed", "cached_no_ds", "expected"),
    [
        (9000, 0, window(0, 9000)),  # e1, cold
        (9000, 3600, window(3600, 9000)),  # e1, "no DS" cached for 3600
        (3600, 3600, None),  # signed before anyone could see the DS
    ],
)
def test_ds_before_signing(signed: float, cached_no_ds: float, expected: Window | None) -> None:
    """A DS before its zone is signed is bogus until it is, but for caches that know of no DS."""
    assert timing_windows.ds_before_signing(sec(signed), sec(cached_no_ds)) == expected


@pytest.mark.parametrize(
    ("at", "ttl", "expected"),
    [
        (0, 3600, window(0, 3600)),  # a2, b3: TTLkey
        (10, 1800, window(10, 1800)),  # c3: TTLsig, the forwarder's DNSKEY ends at 10
        (3600, 3600, None),  # a1, b1
    ],
)
def test_behind_forwarder(at: float, ttl: float, expected: Window | None) -> None:
    """What a forwarder still has of the old keys or names is bogus from the early change to the TTL's end."""
    assert timing_windows.behind_forwarder(sec(at), sec(ttl)) == expected


LATE_REGISTRAR = replace(TRIAL, parent_propagation_delay=sec(3600))
UNDERSTATED = replace(TRIAL, ds_ttl=sec(1800))


@pytest.mark.parametrize(
    ("terms", "early", "cached_keys", "expected"),
    [
        (TRIAL, 0, None, None),  # g0: Iret 7200 is TTLds
        (UNDERSTATED, 0, None, window(1800, 7200)),  # g1: [p, D)
        (UNDERSTATED, 0, 3600, window(3600, 7200)),  # g1, fully primed: [max(1800, 3600), 7200)
        (TRIAL, 4000, None, window(7200, 11200)),  # g2: [Iret 7200, 4000 + 7200)
        (TRIAL, 4000, 3600, window(7600, 11200)),  # g2, fully primed: from 4000 + 3600
        (LATE_REGISTRAR, 4000, None, window(10800, 11200)),  # g3: Iret 3600 + 7200; 4000 - ppd 3600 = 400 s
        (LATE_REGISTRAR, 3600, None, None),  # within the policy's own delay
        (TRIAL, 9000, None, window(7200, 16200)),  # g4: to 9000 + 7200
    ],
)
def test_ds_seen_early(
    terms: Terms, early: float, cached_keys: float | None, expected: Window | None
) -> None:
    """A key manager told too early, or of a TTL too short, removes the old KSK under caches that have its DS."""
    keys = None if cached_keys is None else sec(cached_keys)
    assert timing_windows.ds_seen_early(terms, sec(early), sec(7200), keys) == expected


def test_ds_seen_early_cold() -> None:
    """Told more than Iret too early, even a cold validator sees the new KSK under the old DS (g4), else not (g2)."""
    assert timing_windows.ds_seen_early_cold(TRIAL, sec(9000)) == window(7200, 9000)  # [Iret, d)
    assert timing_windows.ds_seen_early_cold(TRIAL, sec(4000)) is None


def test_signatures_expired() -> None:
    """Signatures are good in the second of their expiration and bogus from the next one to the repair (x)."""
    assert timing_windows.signatures_expired(sec(1000), sec(5000)) == window(1001, 5000)
    assert timing_windows.signatures_expired(sec(1000), sec(1001)) is None


@pytest.mark.parametrize(
    ("right", "cut"),
    [  # a window that the right wait leaves, and the one a second less leaves
        (
            timing_windows.old_ksk_gone(timing.ksk_retirement(TRIAL), sec(7200)),
            timing_windows.old_ksk_gone(timing.ksk_retirement(TRIAL) - sec(1), sec(7200)),
        ),
        (
            timing_windows.new_zsk_signs(timing.zsk_publication(TRIAL), sec(3600)),
            timing_windows.new_zsk_signs(timing.zsk_publication(TRIAL) - sec(1), sec(3600)),
        ),
        (
            timing_windows.unsigned(timing.disabling(TRIAL), sec(7200), sec(10800)),
            timing_windows.unsigned(
                timing.disabling(TRIAL) - sec(3), sec(7200), sec(10800)
            ),  # two are the tail
        ),
        (
            timing_windows.behind_forwarder(timing.double_ds_retirement(TRIAL), sec(3600)),
            timing_windows.behind_forwarder(timing.double_ds_retirement(TRIAL) - sec(1), sec(3600)),
        ),
        (
            timing_windows.behind_forwarder(timing.zsk_retirement(TRIAL), sec(1800)),
            timing_windows.behind_forwarder(timing.zsk_retirement(TRIAL) - sec(1), sec(1800)),
        ),
    ],
    ids=["KSK Iret", "ZSK Ipub", "disabling", "Double-DS Iret", "ZSK Iret"],
)
def test_right_waits_leave_no_window(right: Window | None, cut: Window | None) -> None:
    """Intervals and windows are two sides: the full wait leaves none, a second less leaves one of a second."""
    assert right is None
    assert cut is not None
    assert cut[1] - cut[0] == sec(1)
