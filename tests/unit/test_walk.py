"""Walking a zone: which hashes a stranger knows to be denied already."""

from __future__ import annotations

import pytest

from lab.walk import Walked, _covered

RING = {"B": "F", "F": "M", "T": "B"}
"""Known: B to F, F to M, and over the end from T to B.  M to T is a gap."""


@pytest.mark.parametrize(
    ("hashed", "known"),
    [("C", True), ("G", True), ("Z", True), ("A", True), ("N", False), ("S", False), ("B", False)],
)
def test_only_what_falls_into_a_gap_is_asked_for(hashed: str, known: bool) -> None:
    """The last of the ring covers what lies beyond both ends; a hash that is there is no denial."""
    assert _covered(hashed, RING) is known


def test_one_nsec3_alone_covers_all_but_itself() -> None:
    """A zone of one name."""
    assert _covered("A", {"M": "M"})
    assert _covered("Z", {"M": "M"})


def test_what_a_walk_gave_is_told() -> None:
    """Hashes are told only where there are any."""
    assert Walked(frozenset(), 36, 36, 4, 34).told() == (
        "34 questions gave 0 of 36 names in clear, 36 hashes (4 of them guessed by 15 usual names)"
    )
    assert "hashes" not in Walked(frozenset(), 0, 36, 0, 1).told()
