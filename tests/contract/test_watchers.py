"""Watchers on real servers: what one that is asked again and again makes of an outage, and of serving stale."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from harness.handwork import Serve
from harness.rehearse import RehearsalReport
from harness.verdict import Verdict
from harness.watchers import Watched, came_stale
from lab.lab import Lab
from lab.observers import Observers, Question
from lab.resolver import vendors
from scenarios.rehearsals import ksk_double_signature
from tests.contract.commands import chaindrill

WWW = "www.shop.lab."
RIGHT = ksk_double_signature.REHEARSAL
AT_ONCE = RIGHT.but(
    steps=[
        Serve(
            publish=("ksk-new",),
            sign_with=("ksk-new",),
            withdraw=("ksk-old",),
            stop_signing_with=("ksk-old",),
        )
    ]
)
"""The key is swapped and the parent's DS stays: whoever has to fetch the DNSKEY anew goes dark."""
IN_PLACE_OF_BOGUS = {"unbound"}
"""Who serves stale data in place of a failed validation.  Others do so only where no answer comes."""


@pytest.mark.parametrize("name", vendors())
def test_a_watcher_that_serves_stale_outlives_its_servers(name: str) -> None:
    """An answer that ran out comes back with AD, 30 s and EDE 3 (RFC 8767, RFC 8914 4.4), for a day; without it, none."""
    with Lab(validators=[name], control=False) as lab:
        observers = Observers(lab)
        serving, strict = (observers.start(name, 1, serve_stale=on)[0] for on in (True, False))
        for one in observers.ask([Question(serving, WWW), Question(strict, WWW)]):
            assert (one.answer.rcode, one.answer.ad) == ("NOERROR", True)
            assert not came_stale(one.answer)
        lab.serving("shop.lab.").stop()

        lab.clock.advance(timedelta(hours=3))
        stale, none = (one.answer for one in observers.ask([Question(serving, WWW), Question(strict, WWW)]))
        assert (stale.rcode, stale.ad, stale.min_ttl_seconds) == ("NOERROR", True, 30)
        assert came_stale(stale)
        assert not none.has_data

        lab.clock.advance(timedelta(hours=30))
        (late,) = observers.ask([Question(serving, WWW)])
        assert not late.answer.has_data


def watched(report: RehearsalReport) -> dict[str, Watched]:
    """What the watchers said, by vendor."""
    assert report.findings is not None
    return {one.vendor: one.watched for one in report.findings.vendors if one.watched}


def test_serving_stale_hides_an_outage_at_some_and_changes_no_verdict(
    run_rehearsal: Callable[..., RehearsalReport],
) -> None:
    """Bogus at both where nothing stale is served; Unbound covers all of it with stale data, BIND none."""
    plain, stale = (
        run_rehearsal(AT_ONCE.but(serve_stale=serve_stale), wrong=True) for serve_stale in (False, True)
    )
    for report in (plain, stale):
        assert report.verdict is Verdict.PASS, report.reason
        assert report.findings is not None
        assert all(one.bogus_seconds > 7000 for one in report.findings.vendors)
    for name, one in watched(plain).items():
        assert one.bogus, name
        assert not one.stale, name
        assert 0 < one.in_outage(one.bogus) < one.in_outage(one.sights), name
    for name, one in watched(stale).items():
        assert bool(one.stale) is (name in IN_PLACE_OF_BOGUS), name
        assert bool(one.bogus) is (name not in IN_PLACE_OF_BOGUS), name
        assert one.in_outage(one.stale) == len(one.stale), name


def test_a_watcher_comes_through_an_outage_that_a_generation_finds(tmp_path: Path) -> None:
    """In the right way it is bogus at no look; of the wrong one BIND's sees nothing of the two hours."""
    (tmp_path / "two.py").write_text(
        """
from harness.mutants import mutants
from scenarios.rehearsals import ksk_double_signature

WAY = "wait ksk-retirement left out"
RIGHT = ksk_double_signature.REHEARSAL
REHEARSAL = RIGHT.but(steps=RIGHT.steps[:1], end=type(RIGHT.end)(), mutants={WAY: mutants(RIGHT)[WAY]})
"""
    )
    arguments = ("rehearse", "--file", "two.py", "--mutants", "--serve-stale", "--json", "o.json")
    done = chaindrill(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    (one,) = json.loads((tmp_path / "o.json").read_text())["rehearsals"]
    for each in one["vendors"]:
        told = each["asked_again"]
        assert (told["bogus"], told["stale"], told["in_outage"], told["serves_stale"]) == (0, 0, 0, True)
        assert told["looks"] > 4
    assert done.stdout.count("one asked again and again and serving stale: not bogus at any of") == 2
    (way,) = (way for way in one["wrong_ways"] if way["name"] == "wait ksk-retirement left out")
    unbound, bind = (each["asked_again"] for each in way["vendors"])
    assert bind["in_outage"] > 10
    assert (bind["bogus"], bind["stale"]) == (0, 0)
    assert (unbound["bogus"], unbound["stale_in_outage"] > 4) == (0, True)
