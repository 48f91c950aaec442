"""The recovery clock on real servers: what each remedy on offer was measured to take, and why."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from harness import cli
from harness.discover import discover
from harness.expectation import State
from harness.offer import RESERVED, Offer
from harness.recovery import Played, Recovery, Remedy, chosen, measure, play
from harness.recovery_time import Watcher, Where, Window
from harness.report import catalogue
from lab.lab import Lab
from lab.resolver import DEFAULT_VALIDATORS
from tests.catalogue import written

EXPIRED, ROLLOVER = "expired-signatures", "ds-before-dnskey:rollover"
BOGUS_TTL_SECONDS = 60
"""Unbound's `val-bogus-ttl`, and its key cache's time for a bad key."""

TOLERANCE_SECONDS = 2
DAY = 86400


def measured(name: str, *offers: str) -> Recovery:
    """Measure offers, two labs at a time."""
    scenario = discover()[name]

    def play_all(todo: Mapping[str, tuple[Offer, Sequence[Window]]]) -> Mapping[str, Played]:
        with ThreadPoolExecutor(2) as pool:
            futures = {
                one: pool.submit(play, scenario, offer, windows, lambda: Lab(scenario.topology))
                for one, (offer, windows) in todo.items()
            }
            return {one: future.result() for one, future in futures.items()}

    found = measure(name, scenario, DEFAULT_VALIDATORS, chosen(scenario, offers), play_all)
    assert [remedy.played.sick for remedy in found.remedies if remedy.played.sick] == []
    assert not [error for remedy in found.remedies for error in remedy.played.clean_up_errors]
    return found


@pytest.fixture(scope="module")
def expired() -> Mapping[str, Remedy]:
    """All that is on offer where the signatures have expired, by name."""
    return {remedy.name: remedy for remedy in measured(EXPIRED).remedies}


def test_the_catalogue_has_the_times_that_are_measured_now(expired: Mapping[str, Remedy]) -> None:
    """As the page rounds them, for this drill; of the others only that they were measured is tested."""
    recovery = Recovery(EXPIRED, discover()[EXPIRED].title, DEFAULT_VALIDATORS, tuple(expired.values()))
    assert catalogue.timed(recovery) == written(EXPIRED)[1], "run make catalogue"


def seconds(remedy: Remedy, validator: str, where: Where) -> float | None:
    """The lab time until that view of a validator was healthy."""
    return remedy.healed[Watcher(validator, where)].seconds


def views(remedy: Remedy) -> list[Watcher]:
    """All whose time is told."""
    return [Watcher(name, where) for name in DEFAULT_VALIDATORS for where in Where if where.timed]


def test_all_that_every_drill_has_is_measured(expired: Mapping[str, Remedy]) -> None:
    """And what the scenario says itself; all validators were ill as each began."""
    assert set(expired) == {*RESERVED, "re-sign"}
    for remedy in expired.values():
        assert set(remedy.healed) == set(views(remedy))
        assert all(one.ill for one in remedy.healed.values())


@pytest.mark.parametrize("name", ["remedy", "re-sign"])
def test_unbound_keeps_a_failure_and_bind_does_not(name: str, expired: Mapping[str, Remedy]) -> None:
    """Signed anew, the zone is healthy at once for whoever starts cold, and for BIND with `servfail-ttl 0`.

    Unbound keeps the zone's bad key for 60 s.  A name first asked in that time fails for 60 s of its own.
    """
    remedy = expired[name]
    for validator, where in (
        ("bind", Where.COLD),
        ("unbound", Where.COLD),
        ("bind", Where.WARM),
        ("bind", Where.FRESH),
    ):
        assert seconds(remedy, validator, where) == pytest.approx(0, abs=TOLERANCE_SECONDS)
    new = seconds(remedy, "unbound", Where.FRESH)
    assert new == pytest.approx(BOGUS_TTL_SECONDS, abs=TOLERANCE_SECONDS)
    again = seconds(remedy, "unbound", Where.WARM)
    assert again == pytest.approx(2 * BOGUS_TTL_SECONDS, abs=TOLERANCE_SECONDS)
    assert not remedy.worse


@pytest.mark.parametrize("name", ["flush", "restart", "wait"])
def test_nothing_at_resolvers_heals_a_zone_that_is_broken(name: str, expired: Mapping[str, Remedy]) -> None:
    """Empty caches are filled with the same expired signatures; and no harm is done by it."""
    remedy = expired[name]
    assert {seconds(remedy, one.validator, one.where) for one in views(remedy)} == {None}
    assert not remedy.worse


def test_a_negative_trust_anchor_helps_who_has_it_as_long_as_it_lasts(expired: Mapping[str, Remedy]) -> None:
    """BIND drops what it holds of the zone with it, and forgets the anchor after its day; Unbound does neither.

    Who starts cold has none.  Right after it was taken back new names fail at both.
    """
    remedy = expired["nta"]
    assert seconds(remedy, "bind", Where.WARM) == pytest.approx(0, abs=TOLERANCE_SECONDS)
    bind, unbound = (remedy.healed[Watcher(name, Where.WARM)] for name in ("bind", "unbound"))
    ended = remedy.healed[Watcher("bind", Where.FRESH)].relapsed
    assert ended == pytest.approx(DAY, abs=TOLERANCE_SECONDS)
    assert bind.relapsed is not None
    assert bind.relapsed >= DAY - TOLERANCE_SECONDS  # what it cached just before it answers on
    assert unbound.seconds is not None
    assert unbound.seconds <= 2 * BOGUS_TTL_SECONDS + TOLERANCE_SECONDS
    assert unbound.relapsed is None
    assert remedy.played.afterwards[Watcher("bind", Where.FRESH)] is State.UNCONFIRMED
    assert remedy.played.afterwards[Watcher("unbound", Where.FRESH)] is State.UNCONFIRMED
    for name in DEFAULT_VALIDATORS:
        assert seconds(remedy, name, Where.COLD) is None
    assert not remedy.worse


def test_the_ds_is_gone_for_the_cold_when_the_registrar_has_acted(expired: Mapping[str, Remedy]) -> None:
    """Ten minutes; a warm validator goes by the DS that it holds, for an hour at most."""
    remedy = expired["pull-ds"]
    delay = discover()[EXPIRED].topology.registrar.publication_delay.total_seconds()
    ttl = discover()[EXPIRED].topology.registrar.ds_ttl.total_seconds()
    for name in DEFAULT_VALIDATORS:
        assert seconds(remedy, name, Where.COLD) == pytest.approx(delay, abs=TOLERANCE_SECONDS)
        warm = seconds(remedy, name, Where.WARM)
        assert warm is not None
        assert delay <= warm <= delay + ttl + 2 * BOGUS_TTL_SECONDS
    assert not remedy.worse


def test_pulling_the_keys_before_the_ds_is_found_to_make_it_worse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Validators that learnt the keys under the old DS answered on; unsigned, the zone is bogus to them too.

    Nothing in the scenario says so: it is what was seen, held against the run in which nothing was done.
    """
    monkeypatch.setattr("harness.recovery_watch.LIMIT", timedelta(hours=2))
    remedies = {one.name: one for one in measured(ROLLOVER, "unsign-first", "old-ds-back").remedies}
    assert not remedies["unsign-first"].offer.warning
    dark = {one.watcher for one in remedies["unsign-first"].worse}
    assert dark == {Watcher(name, Where.PRIMED_LATE) for name in DEFAULT_VALIDATORS}
    assert not remedies["old-ds-back"].worse


def test_the_command_prints_the_table_and_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 0, one row for each remedy and validator, and the same in JSON."""
    monkeypatch.setattr("harness.recovery_watch.LIMIT", timedelta(minutes=10))
    file = tmp_path / "out.json"
    argv = ["recover", EXPIRED, "--offer", "remedy", "--resolver", "bind", "--json", str(file)]
    assert cli.main(argv) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["remedy", "secure", "bind", "0", "s"] in [row[:5] for row in rows]
    assert ["wait", "secure", "bind", "not", "within"] in [row[:5] for row in rows]
    (found,) = json.loads(file.read_text())["recoveries"]
    assert [one["name"] for one in found["remedies"]] == ["remedy", "wait"]
    assert found["remedies"][0]["validators"]["bind"]["cold"]["seconds"] <= TOLERANCE_SECONDS


def test_a_lab_in_which_nothing_can_be_concluded_is_status_3(capsys: pytest.CaptureFixture[str]) -> None:
    """The drill needs a second validator, and has one."""
    assert cli.main(["recover", "clock-skew:ahead-second", "--offer", "wait", "--resolver", "bind"]) == 3
    assert "nothing could be concluded: this drill needs 2 validators" in capsys.readouterr().out
