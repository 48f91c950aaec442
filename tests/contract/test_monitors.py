"""Monitors in real labs: alerts that page when they should, and checks of the user's own."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.alerts import NoDnssecRecords, ShortSignatureLife, standard
from harness.discover import discover
from harness.monitor_command import LIMIT_SECONDS, parse
from harness.runner import run
from harness.verdict import Report, Verdict
from lab.errors import UsageError
from lab.lab import Lab
from lab.sight import Lookout
from lab.topology import Topology, Zone
from tests.contract.commands import chaindrill

ZONE = "shop.lab."
DRILLS = discover()
LAPSED, PREMATURE = "expired-signatures", "ds-before-dnskey:rollover"
SHORT, NO_KEY, BARE, EXPIRE = (alert.title for alert in standard(ZONE))

CHECK = """#!/bin/sh
# as a plugin of Nagios: the zone, its server, and how many hours an RRSIG must have left
end=$(dig +short +dnssec @"$2" "$1" SOA | awk '$1 == "SOA" { print $5 }' |
    sed 's/\\(....\\)\\(..\\)\\(..\\)\\(..\\)\\(..\\)/\\1-\\2-\\3 \\4:\\5:/')
[ -n "$end" ] || { echo "UNKNOWN: no signature"; exit 3; }
left=$(( ($(date -u -d "$end" +%s) - $(date +%s)) / 3600 ))
[ $left -ge $3 ] || { echo "CRITICAL: $left h left"; exit 2; }
echo "OK: $left h left"
"""


def outcomes(report: Report) -> dict[str, str]:
    """What each monitor was good for."""
    bogus = report.history.first_bogus
    return {one.check.title: one.outcome(bogus).value for one in report.history.monitors}


def drilled(name: str, *commands: str) -> Report:
    """A drill in a lab of its own, with checks of the user's own."""
    drill = DRILLS[name]
    return run(name, drill, lambda: Lab(drill.topology), monitors=[parse(text) for text in commands])


# -- alerts --------------------------------------------------------------------------------------------------


def test_short_signature_life_pages_days_before_users_notice() -> None:
    """In the middle of a wait of days it rings to the second, four and a half days ahead; nothing else warns."""
    report = drilled(LAPSED)
    assert report.verdict is Verdict.PASS, report.reason
    assert outcomes(report) == {SHORT: "ahead", NO_KEY: "never", BARE: "never", EXPIRE: "before the fault"}
    short = report.history.monitor(ShortSignatureLife(ZONE))
    bogus = report.history.first_bogus
    assert short is not None
    assert bogus is not None
    assert short.rang_at is not None
    assert short.first_expiry is not None
    validity = timedelta(days=14)
    assert validity / 3 - timedelta(hours=5) < short.first_expiry - short.rang_at < validity / 3
    assert bogus - short.rang_at > short.first_expiry - short.rang_at
    rang = [event for event in report.history.events if event.kind == "alarm" and SHORT in event.text]
    waited = next(event for event in report.history.events if event.kind == "step")
    assert timedelta(0) < waited.lab_time - rang[0].lab_time < timedelta(seconds=3)
    assert all(one.blind == 0 for one in report.history.monitors)


def test_ds_matches_no_key_pages_at_the_fault() -> None:
    """It rings with the fault, an hour before the old DS has left the caches."""
    report = drilled(PREMATURE)
    assert report.verdict is Verdict.PASS, report.reason
    assert outcomes(report)[NO_KEY] == "ahead"
    no_key = next(one for one in report.history.monitors if one.check.title == NO_KEY)
    bogus = report.history.first_bogus
    assert bogus is not None
    assert no_key.rang_at is not None
    assert timedelta(hours=1) <= bogus - no_key.rang_at < timedelta(hours=1, minutes=1)


def test_an_unsigned_zone_under_a_ds_lacks_its_records() -> None:
    """Where the DS came before the zone was signed, its server answers without anything of DNSSEC."""
    assert outcomes(drilled("ds-before-dnskey:enablement"))[BARE] == "ahead"


def test_a_lookout_reads_again_what_changed_and_a_dead_server_is_silent() -> None:
    """New signatures are seen, so is a key that was withdrawn; a server that is down answers nothing, and at once."""
    with Lab(Topology(victim=Zone(ZONE)), validators=(), control=False) as lab:
        lookout = Lookout(lab, ZONE)
        before = lookout.look()
        assert (len(before.served), before.silent, before.signatures == lookout.look().signatures) == (
            1,
            (),
            True,
        )
        lab.clock.advance(timedelta(days=10))
        after = lookout.look()
        assert min(s.expiration for s in after.signatures) > min(s.expiration for s in before.signatures)
        lab.registrar.publish_now(ZONE, ())
        assert lookout.look().ds == ()
        lab.serving(ZONE).stop()
        started = time.monotonic()
        dead = lookout.look()
        assert time.monotonic() - started < 1.0
        assert (dead.served, dead.silent, dead.ds) == ((), ("ns.shop",), ())
        assert NoDnssecRecords(ZONE).judge(dead).alarms is None


# -- checks of the user's own --------------------------------------------------------------------------------


def test_a_script_of_ones_own_alarms_and_another_never_does(tmp_path: Path) -> None:
    """A script with dig and date, on lab time, pages three days ahead within its spacing; the SOA is always there."""
    (tmp_path / "check.sh").write_text(CHECK)
    done = chaindrill(
        "run",
        LAPSED,
        *("--monitor", "./check.sh {zone} {server} 72"),
        *("--monitor", "dig +short @{server} {zone} SOA"),
        *("--json", "out.json"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (drill,) = json.loads((tmp_path / "out.json").read_text())["drills"]
    script, dig = drill["monitors"][-2:]
    assert (script["outcome"], script["own"], script["could_not_look"]) == ("ahead", True, 0)
    assert 66 <= int(script["said"].removeprefix("exit status 2: CRITICAL: ").removesuffix(" h left")) < 72
    assert 66 * 3600 <= script["lead_seconds"] <= (72 + 12) * 3600
    assert (dig["outcome"], dig["said"].split()[0]) == ("never", "ns.shop.lab.")
    assert "./check.sh {zone} {server} 72: paged " in done.stdout
    assert "dig +short @{server} {zone} SOA: never paged" in done.stdout


@pytest.mark.parametrize(
    ("command", "missing"),
    [("check_dnssec {zone}", "check_dnssec"), ("./check {zone}", "/usr/bin/perl6"), ("./viaenv", "perl6")],
)
def test_what_the_lab_does_not_have_is_said_before_the_drill_begins(
    tmp_path: Path, command: str, missing: str
) -> None:
    """One sentence and status 2; nothing was judged yet."""
    (tmp_path / "check").write_text("#!/usr/bin/perl6\n")
    (tmp_path / "viaenv").write_text("#!/usr/bin/env perl6\n")
    done = chaindrill("run", "clock-skew:ahead", "--monitor", command, cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert f"chaindrill: the lab has no {missing!r}, which --monitor {command!r} needs: " in done.stderr
    assert "steady state" not in done.stdout


def test_a_check_that_hangs_is_killed_with_its_children_and_costs_the_drill_no_lab_time(
    tmp_path: Path,
) -> None:
    """It is run once, ended after its time, named; lab time stood meanwhile, and the verdict is the drill's own."""
    script = tmp_path / "hang.sh"
    script.write_text("#!/bin/sh\ntrap '' TERM\necho begins\nsleep 7777 & wait; sleep 7777\n")
    drill, left = DRILLS["clock-skew:ahead"], []

    def look_around(lab: Lab) -> None:
        ran = lab.agent.run(["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"], env={})
        left.append("sleep 7777" in ran.stdout.replace("tr '", ""))

    report = run(
        "hangs", drill, lambda: Lab(drill.topology), after=look_around, monitors=[parse(f"{script} {{zone}}")]
    )
    assert report.verdict is Verdict.PASS, report.reason
    (hung,) = (one for one in report.history.monitors if one.own)
    assert hung.said == f"it did not end within {LIMIT_SECONDS:g} s: it was killed, and not run again"
    assert hung.outcome(report.history.first_bogus).value == "could not look"
    assert hung.looks > 1
    assert report.lab_seconds < LIMIT_SECONDS
    assert report.wall_seconds < 2.5 * LIMIT_SECONDS
    assert left == [False]


def test_a_check_runs_without_powers_on_lab_time() -> None:
    """Who it is, what time it has, and that it gets the addresses of this lab."""
    said: dict[str, Any] = {}
    with Lab(validators=("unbound",)) as lab:
        running = parse("sh -c 'id -u; date +%Y; echo $0 $1' {server} {resolver}").at(lab, ZONE)
        ran = lab.agent.run(["id", "-u"], env={}).check()
        for word, expected in (
            ("id -u", ran.stdout.strip()),
            ("date +%Y", "2030"),
            (
                "echo {server} {resolver} {zone}",
                f"{lab.serving(ZONE).host.address} {lab.validators[0].host.address} {ZONE}",
            ),
        ):
            said[word] = (parse(word).at(lab, ZONE).look().text, expected)
        assert running.look().alarms is False
    assert all(text == expected for text, expected in said.values()), said
    assert said["id -u"][0] != "0"


def test_a_tool_that_is_missing_is_the_callers_mistake() -> None:
    """As a call: UsageError, and the lab is gone."""
    with pytest.raises(UsageError, match="the lab has no 'nosuch'"):
        drilled("clock-skew:ahead", "nosuch {zone}")
