"""The README shows what the commands print."""

from __future__ import annotations

import re

import pytest

from harness.discover import discover, select
from tests.readme import DEMO, README, REHEARSALS, ROOT, block, demo, masked, masked_but_dates, rehearsal


def test_the_readme_shows_what_the_demo_prints() -> None:
    """The block under `make demo` is what running its drills prints today, numbers aside."""
    assert masked(block("demo", README.read_text(encoding="utf-8"))) == masked(demo())


def test_the_demo_is_as_large_as_is_said() -> None:
    """Drills come and go; it stays short, and what the Makefile and the README say of it stays true."""
    assert DEMO is not None
    stories = DEMO[1].split()
    assert (len(stories), len(select(stories, discover()))) == (4, 13)
    for file in (README, ROOT / "Makefile"):
        assert "four stories in thirteen variants" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", REHEARSALS)
def test_the_readme_shows_what_a_rehearsal_of_an_own_zone_prints(name: str) -> None:
    """The command and all that it prints: every date to the minute, key tags and seconds aside."""
    shown = block(name, README.read_text(encoding="utf-8"))
    assert masked_but_dates(shown) == masked_but_dates(rehearsal(name))


def test_a_date_or_an_outage_that_differs_is_not_masked() -> None:
    """Two reports are taken for the same only where each date is, and 0 s bogus is not some seconds bogus."""
    line = "bogus from 2026-12-01 15:05:05 to 2026-12-02 12:05:03: DS 54469, 12.5 s, 0 s bogus"
    assert masked_but_dates(line) == masked_but_dates(
        line.replace("54469", "2").replace("12.5", "7").replace(":03:", ":04:")
    )
    for one, other in (("12-02", "12-03"), ("12:05", "12:06"), ("0 s bogus", "9 s bogus"), ("2026", "2027")):
        assert masked_but_dates(line) != masked_but_dates(line.replace(one, other))


def test_the_readme_shows_a_green_test_run() -> None:
    """The block under `make test` is the closing line of a run in which every test passed."""
    assert re.fullmatch(
        r"=+ \d+ passed in [\d.]+s( \([\d:]+\))? =+", block("test", README.read_text(encoding="utf-8"))
    )
