"""The README shows what the commands print."""

from __future__ import annotations

import re

from tests.readme import README, block, demo, masked


def test_the_readme_shows_what_the_demo_prints() -> None:
    """The block under `make demo` is what running every drill prints today, numbers aside."""
    assert masked(block("demo", README.read_text(encoding="utf-8"))) == masked(demo())


def test_the_readme_shows_a_green_test_run() -> None:
    """The block under `make test` is the closing line of a run in which every test passed."""
    assert re.fullmatch(
        r"=+ \d+ passed in [\d.]+s( \([\d:]+\))? =+", block("test", README.read_text(encoding="utf-8"))
    )
