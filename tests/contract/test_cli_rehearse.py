"""`chaindrill rehearse` on a real engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.contract.commands import chaindrill

HEAD = """
from dataclasses import replace
from datetime import timedelta
from harness.handwork import Pause, Serve
from harness.rehearsal import EndState
from scenarios.rehearsals import ksk_double_signature

RIGHT = ksk_double_signature.REHEARSAL
SWAP = Serve(publish=("ksk-new",), sign_with=("ksk-new",), withdraw=("ksk-old",), stop_signing_with=("ksk-old",))
"""
AT_ONCE = (
    HEAD
    + """
REHEARSAL = RIGHT.but(title="All at once", steps=[SWAP])
"""
)
"""The key is swapped, and the parent's DS stays that of the old one."""
SHORT = (
    HEAD
    + """
REHEARSAL = RIGHT.but(
    title="A second KSK",
    steps=[Serve(publish=("ksk-new",), sign_with=("ksk-new",))],
    end=EndState(),
    mutants={
        "nothing waited for": RIGHT.but(steps=[RIGHT.steps[place] for place in (0, 2, 3, 5)]),
        "published, and not signing": RIGHT.but(steps=[Serve(publish=("ksk-new",))]),
    },
)
"""
)
"""A rehearsal of one step: done the wrong way it is dark, or nobody sees a difference."""


def test_two_runs_give_the_same_dates(tmp_path: Path) -> None:
    """Status 0; standard output is the JSON alone, and its plan is the same in every run, to the minute."""
    runs = [chaindrill("rehearse", "ksk-double-signature", "--json", "-", cwd=tmp_path) for _ in range(2)]
    for done in runs:
        assert done.returncode == 0, done.stderr
        assert "PASS  0 s bogus, never insecure in" in done.stderr
        assert "\x1b" not in done.stderr
    plans = [json.loads(done.stdout)["rehearsals"][0]["plan"] for done in runs]
    assert plans[0] == plans[1]
    assert [entry["date"] for entry in plans[0] if entry["change"]] == [
        "2030-01-01T00:00Z",
        "2030-01-01T01:10Z",
        "2030-01-01T03:10Z",
    ]
    assert not (tmp_path / "chaindrill-evidence").exists()


def test_wrong_ways_are_played_and_told_apart(tmp_path: Path) -> None:
    """With `--mutants` each has its row: found with its window, or not observable here.  The files say the same."""
    (tmp_path / "short.py").write_text(SHORT)
    done = chaindrill(
        *("rehearse", "--file", "short.py", "--mutants", "--json", "o.json", "--markdown", "o.md"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (one,) = json.loads((tmp_path / "o.json").read_text())["rehearsals"]
    found = {way["name"]: way["found"] for way in one["wrong_ways"]}
    assert found == {"nothing waited for": "found", "published, and not signing": "not observable here"}
    assert "2 wrong ways: 1 found, 1 not observable here" in done.stdout
    assert "unbound: up to 60 s longer where it was asked meanwhile" in done.stdout
    assert "| nothing waited for | found |" in (tmp_path / "o.md").read_text()


@pytest.mark.parametrize("resolver", ["unbound", "bind"])
def test_a_rehearsal_that_fails_says_what_and_where(tmp_path: Path, resolver: str) -> None:
    """Status 1: the broken link, the command, the evidence."""
    (tmp_path / "at_once.py").write_text(AT_ONCE)
    done = chaindrill(
        "rehearse", "--file", "at_once.py", "--resolver", resolver, "--evidence", "ev", cwd=tmp_path
    )
    assert done.returncode == 1, done.stdout + done.stderr
    end = done.stdout[done.stdout.index(f"FAIL  {resolver}: bogus from 2030-01-01 00:00:0") :]
    assert f"see it with    dig @{resolver} w1.shop.lab. A +dnssec" in end
    assert "evidence       ev/at-once.tar.gz" in end
    assert (tmp_path / "ev" / "at-once.tar.gz").read_bytes()[:2] == b"\x1f\x8b"
