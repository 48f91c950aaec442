"""The catalogue's words: times as coarse as runs agree, and servers' words without what no two runs share."""

from __future__ import annotations

from datetime import timedelta

import pytest

from harness.report import catalogue


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "seconds"),
        (29, "seconds"),
        (54, "up to 3 min"),
        (119, "up to 3 min"),
        (181, "up to 3 min"),
        (4200, "1 h 10 min"),
        (4200 + 220, "1 h 10 min"),
        (5400 - 61, "1 h 30 min"),
        (86400 - 60, "1 d"),
        (5 * 86400 - 3600, "5 d"),
        (4.5 * 86400 + 3 * 3600, "4 d 12 h"),
        (4.5 * 86400 - 60, "4 d 12 h"),
        (5 * 86400 + 3600, "5 d"),
        (-4200, "1 h 10 min"),
    ],
)
def test_a_time_of_one_run_is_as_coarse_as_runs_agree(seconds: float, words: str) -> None:
    """One or two minutes of a remembered failure, load, and a signature's jitter do not show."""
    assert catalogue.lasted(timedelta(seconds=seconds)) == words


def test_an_instant_of_the_recovery_clock_is_told_to_the_minute_below_five() -> None:
    """One second more or less than a minute is a minute; later a minute or an answer's TTL more or less does not show."""
    told = [catalogue.instant(timedelta(seconds=one)) for one in (0, 2, 59, 61, 121, 269, 271, 3660, 90000)]
    assert told == ["0 min", "0 min", "1 min", "1 min", "2 min", "4 min", "5 min", "1 h", "1 d"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "the parent serves DS 20326; ns.shop serves DNSKEY 5, 20412",
            "the parent serves DS …; ns.shop serves DNSKEY …",
        ),
        ("DS 1 13 2 0123456789ABCDEF0123 at w1.shop.lab.", "DS … at w1.shop.lab."),
        ("NSEC3 SHA-256 TCP/53 ns2.shop EDE", "NSEC3 SHA-256 TCP/53 ns2.shop EDE"),
        (
            "7 lost, 1232 octets in 13 ms, 3 d 4 h ahead, at 127.0.0.5",
            "… lost, … octets in … ms, … ahead, at …",
        ),
        ("it names 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.shop.lab.", "it names ….shop.lab."),
    ],
)
def test_numbers_that_no_two_runs_share_are_left_out(text: str, shown: str) -> None:
    """Key tags, digests, hashes, counts and times; what is part of a name stays."""
    assert catalogue.masked(text) == shown
