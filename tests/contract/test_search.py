"""A search on real servers finds the pair that is known, and its file runs."""

from __future__ import annotations

import json
from pathlib import Path

from tests.contract.commands import chaindrill

DRILLS = ("fragments-dropped:tcp-works", "tcp-blocked:rejected")


def test_a_known_pair_is_found_and_its_file_is_a_drill_that_passes(tmp_path: Path) -> None:
    """Dropped fragments alone cost time, a closed TCP/53 alone costs nothing; together they are an outage."""
    found = tmp_path / "found.py"
    ran = chaindrill("search", *DRILLS, "--in", DRILLS[0], "--out", str(found), "--json", "-", cwd=tmp_path)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    told = json.loads(ran.stdout)
    assert [one["outcome"] for one in told["alone"]] == ["harmless", "harmless"], told
    assert [one["faults"] for one in told["found"]] == [
        ["FragmentsDropped(zone='shop.lab.', tcp='works')", "TcpBlocked(zone='shop.lab.', tcp='rejected')"]
    ]
    assert told["found"][0]["either_way"] is True
    assert told["ended"] is True
    assert found.read_text() == told["found"][0]["scenario"]

    ran = chaindrill("run", "--file", str(found), cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "3 drills: 3 passed" in ran.stdout


def test_nothing_to_find_is_no_find(tmp_path: Path) -> None:
    """In a zone with small answers nothing is fragmented, so that there is no pair to try; the status and the count say so."""
    ran = chaindrill("search", *DRILLS, "--jobs", "2", cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout == ""
    assert "found:" not in ran.stderr
    assert "1 could not be judged here; 0 pairs tried, 0 passed over, 0 left" in ran.stderr
