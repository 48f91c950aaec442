"""The views of rehearsals: terminal, JSON and Markdown, of reports built by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.cache_model import Security
from harness.generation import Priming
from harness.history import Event
from harness.rehearse import RehearsalReport
from harness.report import markdown, rehearsal_json
from harness.report.outage import FOUND, NOT_OBSERVABLE, Played, outage, see_it_with, word
from harness.report.rehearsal import block, lasted_exactly, summary, wrong_end, wrong_head, wrong_row
from harness.watchers import Sight, Watched
from lab.clock import START
from tests.unit.rehearsed import (
    REHEARSAL,
    WHY,
    disagreeing,
    failed,
    may_be_insecure,
    printed,
    right,
    sick,
    unseen,
    vendor,
    window,
    wrong,
)
from tests.unit.reports import VERSIONS

WAYS = (wrong(), unseen(), disagreeing(), sick())


def played(**changed: Any) -> Played:
    """A rehearsal that passed, its wrong ways with every verdict."""
    return Played(REHEARSAL, changed.pop("report", right()), wrong=WAYS, **changed)


def document(*all_played: Played) -> Any:
    """The JSON, read again."""
    return json.loads(rehearsal_json.render(all_played, VERSIONS))


# -- what all of them say ------------------------------------------------------------------------------------


def test_the_longest_outage_is_told_from_the_change_before_it() -> None:
    """It is named with all vendors that share it, what they held, and seconds counted from the change."""
    dark = outage(wrong())
    assert dark is not None
    assert (dark.vendors, dark.priming, dark.after) == (
        ("unbound", "bind"),
        "the DS alone",
        "withdraw ksk-old",
    )
    assert (dark.start, dark.end, dark.why) == (0, 3594, WHY)
    assert outage(right()) is None
    assert outage(sick()) is None


def test_an_outage_at_one_vendor_names_that_one() -> None:
    """A vendor that saw less than the other, or nothing, is not named with it."""
    longer = vendor("unbound", window("unbound", 11406.7, 15000))
    others = [window("bind", 11406.7, 14990), window("bind", 11406.7, 15000, Priming.FULL)]
    for other in (vendor("bind"), *(vendor("bind", one) for one in others)):
        dark = outage(right("x", longer, other))
        assert dark is not None
        assert dark.vendors == ("unbound",)


def test_an_outage_whose_change_was_read_back_late_is_of_that_change() -> None:
    """The model's window begins when the change was begun, a little before it was served."""
    dark = outage(right("x", vendor("bind", window("bind", 4202.9, 5000))))
    assert dark is not None
    assert (dark.after, dark.start) == ("the parent's DS set changes", 0)


def test_words_for_wrong_ways() -> None:
    """Found, not observable, or the verdict where lab and model differ or the lab was sick."""
    assert [word(one, REHEARSAL) for one in WAYS] == [FOUND, NOT_OBSERVABLE, "FAIL", "INCONCLUSIVE"]


def test_insecure_is_found_where_the_zone_is_to_stay_secure() -> None:
    """Where it may be insecure on the way, being so is no discovery."""
    report = right("x", vendor("bind", insecure=3598.0))
    assert word(report, REHEARSAL) == FOUND
    assert word(report, may_be_insecure()) == NOT_OBSERVABLE


def test_the_command_shows_what_went_wrong() -> None:
    """It asks the validator that was bogus, that which differs from the model, or the servers."""
    assert see_it_with(failed(), REHEARSAL).startswith("dig @bind w1.shop.lab. A +dnssec   # SERVFAIL")
    assert see_it_with(disagreeing(), REHEARSAL) == "dig @bind w3.shop.lab. A +dnssec"
    assert "no ad" in see_it_with(right("x", vendor("bind", insecure=9.0)), REHEARSAL)
    assert see_it_with(right(), REHEARSAL).startswith("dig DS shop.lab. @PARENT")
    assert see_it_with(sick(), REHEARSAL) == ""


# -- terminal ------------------------------------------------------------------------------------------------


def test_block_tells_the_plan_then_each_vendor_then_the_verdict() -> None:
    """The day is told once, each vendor has its row, and the end has the sums."""
    lines = printed(block(Played(REHEARSAL, right()))).splitlines()
    assert lines[0] == "ksk-double-signature · KSK rollover, double signature"
    assert lines[1].split("  ")[-1].strip() == "root · lab. · shop.lab. · bystander.lab."
    assert lines[2] == "  2030-01-01  00:00  shop.lab. is signed"
    assert lines[6] == "              01:10  the parent's DS set changes"
    assert lines[9] == "  unbound 1.26.2   0 s bogus       83 looks at 18 cache states, 3 generations"
    assert lines[10].startswith("  bind 9.20.30     0 s bogus")
    assert "2 s to either side of every edge" in lines[11]
    assert lines[12] == (
        "PASS  0 s bogus, never insecure in 36 cache states at 2 vendors, worst phases included;"
        " 6 h 10 min of lab time in 6.5 s of yours"
    )
    assert len(lines) == 13


def test_block_tells_insecure_seconds_and_looks_not_taken() -> None:
    """Neither is passed over."""
    report = right("x", vendor("bind", insecure=3598.0))
    assert report.findings is not None
    object.__setattr__(report.findings, "unasked", 3)
    text = printed(block(Played(may_be_insecure(), report)))
    assert "insecure for 59 min 58 s" in text
    assert "3 looks more were due" in text
    assert "never insecure" not in text
    assert "18 cache states at 1 vendor," in text


def test_failure_names_the_link_then_the_command_then_the_evidence() -> None:
    """Each on a line of its own, in this order."""
    text = printed(block(Played(REHEARSAL, failed(), Path("here/ksk.tar.gz"))))
    parts = ["FAIL  bind: bogus from", "see it with    dig @bind", "evidence       here/ksk.tar.gz"]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert "93 s bogus" in text
    assert "unbound: up to" not in text


def test_a_vendor_that_remembers_failures_is_told_where_it_was_bogus() -> None:
    """Unbound's memory of a failure outlives the window, by what its own file says; BIND has none."""
    text = printed(wrong_end(played()))
    assert "unbound: up to 60 s longer where it was asked meanwhile" in text
    assert "bind: up to" not in text


def test_how_closely_edges_were_found_is_told() -> None:
    """The looks around them, and the edges for which none could be nearer."""
    lines = printed(wrong_end(played())).splitlines()
    assert lines[0] == "  every edge that was sought lies between looks at most 4.0 s apart"
    short = vendor("bind", window("bind", 11406.7, 11410, not_sought="it is shorter than 10 s"))
    text = printed(wrong_end(Played(REHEARSAL, right(), wrong=[right("x", short)])))
    assert "edges not sought more closely: 1 (it is shorter than 10 s)" in text
    assert "every edge" not in printed(wrong_end(Played(REHEARSAL, right(), wrong=[unseen()])))


def test_nothing_found_out_is_told_without_rows() -> None:
    """A lab that never came up has a verdict and a reason."""
    lines = printed(block(Played(REHEARSAL, sick()))).splitlines()
    assert lines[2:] == ["INCONCLUSIVE  named did not start"]


def test_clean_up_errors_are_told_beside_the_verdict() -> None:
    """They leave it as it is."""
    report = right()
    report.clean_up_errors.append("the container stayed")
    text = printed(block(Played(REHEARSAL, report)))
    assert "PASS  0 s" in text
    assert "the container stayed (the verdict stands)" in text


def test_wrong_ways_have_a_row_each_and_a_count() -> None:
    """Verdict, seconds, window, name; under it who saw it and why, or what is wrong with the lab or the model."""
    assert "4 ways to get it wrong" in printed(wrong_head(4))
    first = printed(wrong_row(WAYS[0], REHEARSAL)).splitlines()
    assert first[0].split("  ")[1] == FOUND
    assert "59 min 54 s  [0, 3594)" in first[0]
    assert first[0].endswith("wait ksk-retirement halved")
    assert first[1].strip() == "after: withdraw ksk-old"
    assert first[2].strip() == f"unbound and bind, holding the DS alone: {WHY}"
    second = printed(wrong_row(WAYS[1], REHEARSAL)).splitlines()
    assert second[0].split() == [*NOT_OBSERVABLE.split(), *WAYS[1].name.split()]
    assert len(second) == 1
    third = printed(wrong_row(WAYS[2], REHEARSAL))
    assert third.split()[0] == "FAIL"
    assert "the lab and the model differ" in third
    assert printed(wrong_end(played())).splitlines()[-1] == (
        "  4 wrong ways: 1 found, 1 not observable here, 1 FAIL, 1 INCONCLUSIVE"
    )


def test_what_servers_say_does_not_steer_a_terminal() -> None:
    """Control characters are taken out, wherever they come from."""
    report = wrong("\x1b[31mway")
    report.reason, report.clean_up_errors = "bind said \x07", ["\x1b[2J"]
    report.history.record(replace(report.history.events[0], text="rndc said \x1b[1m"))
    text = printed(wrong_row(report, REHEARSAL)) + printed(block(Played(REHEARSAL, report)))
    assert "\x1b" not in text
    assert "\x07" not in text


def test_summary_has_a_line_for_each_and_counts() -> None:
    """Wrong ways are counted where they were played."""
    lines = printed(summary([played(), Played(REHEARSAL, failed()), Played(REHEARSAL, sick())])).splitlines()
    assert lines[1].endswith("6.5 s  1, 1, 2")
    assert lines[1].split()[:4] == ["ksk-double-signature", "PASS", "0", "s"]
    assert lines[2].split()[1:4] == ["FAIL", "93", "s"]
    assert lines[3].split()[1:3] == ["INCONCLUSIVE", "unknown"]
    assert lines[-1] == "3 rehearsals: 1 passed, 1 failed, 1 inconclusive"
    assert "wrong ways" not in printed(summary([Played(REHEARSAL, right())]))


@pytest.mark.parametrize(
    ("length", "said"),
    [(0.2, "0 s"), (59.6, "1 min"), (3598, "59 min 58 s"), (7200.4, "2 h"), (3601, "1 h 1 s")],
)
def test_a_window_s_length_is_told_to_the_second(length: float, said: str) -> None:
    """Unlike the durations of plans: an edge is what is being measured."""
    assert lasted_exactly(length) == said


# -- files ---------------------------------------------------------------------------------------------------


def test_json_has_the_worst_verdict_of_all() -> None:
    """A wrong way at which lab and model differ makes the whole run a failure."""
    assert document(played())["verdict"] == "fail"
    assert document(Played(REHEARSAL, right()))["verdict"] == "pass"
    assert document(Played(REHEARSAL, right(), wrong=[sick()]))["verdict"] == "inconclusive"


def test_json_has_plan_changes_windows_and_wrong_ways() -> None:
    """Dates of plans are to the minute; what was read back is exact."""
    (one,) = document(played(evidence=Path("e.tar.gz")))["rehearsals"]
    assert one["evidence"] == "e.tar.gz"
    assert one["zone"] == "shop.lab."
    assert [entry["date"] for entry in one["plan"] if entry["change"]] == [
        "2030-01-01T00:00Z",
        "2030-01-01T01:10Z",
        "2030-01-01T03:10Z",
    ]
    change = one["changes"][1]
    assert (change["date"], change["served"]) == ("2030-01-01T01:10Z", "2030-01-01T01:10:03.700000+00:00")
    assert change["keys"] == [{"tag": 20326, "algorithm": 8}]
    assert [row["bogus_seconds"] for row in one["vendors"]] == [0, 0]
    assert [(way["name"], way["found"]) for way in one["wrong_ways"]] == [
        (way.name, word(way, REHEARSAL)) for way in WAYS
    ]
    first = one["wrong_ways"][0]
    assert (first["outage"]["from_seconds"], first["outage"]["to_seconds"]) == (0, 3594)
    (longest, _) = first["vendors"][0]["windows"]
    assert (longest["from"], longest["held"]) == ("2030-01-01T02:10:06.700000+00:00", "the DS alone")
    looks = [longest[key][11:19] for key in ("good_before", "first_bogus", "last_bogus", "good_after")]
    assert looks == ["02:10:04", "02:10:08", "03:09:59", "03:10:03"]
    assert first["vendors"][0]["bogus_tail_seconds"] == 60
    (look,) = one["wrong_ways"][2]["disagreements"]
    assert (look["said"], look["predicted"], look["qname"]) == ("secure", "bogus", "w3.shop.lab.")
    assert document(Played(REHEARSAL, sick()))["rehearsals"][0]["wrong_ways"] is None


def test_json_names_every_key_that_its_schema_names() -> None:
    """The docstring is the schema: each key of a rehearsal stands in it."""
    schema = rehearsal_json.__doc__ or ""
    (one,) = document(played())["rehearsals"]
    for key in (*one, *one["wrong_ways"][0], *one["vendors"][0], *one["changes"][0], *one["plan"][0]):
        assert key in schema, key


def test_markdown_has_the_same_in_tables() -> None:
    """Plan, vendors and wrong ways; what Markdown would take for markup is escaped."""
    text = markdown.render([played(report=failed())], VERSIONS)
    assert text.startswith("## ksk-double-signature: KSK rollover, double signature\n")
    assert "| 2030-01-01 01:10 | **the parent's DS set changes** |" in text
    assert "| 2030-01-01 01:00 | hand in the DS |" in text
    assert "**FAIL**: bind: bogus from" in text
    assert "```\ndig @bind" in text
    assert "| bind 9.20.30 | 1 min 33 s | 0 s | 83 | 18 | 3 |" in text
    assert (
        f"| 59 min 54 s | 0 s to 3594 s after: withdraw ksk-old | unbound and bind, holding the DS alone | {WHY} |"
        in text
    )
    assert "RFC 6781 4.1.2" in text
    assert text.endswith("Rehearsed with chaindrill 1.2.3, python 3.11.0.\n")
    assert "a\\|b \\*c\\*" in markdown.render([Played(REHEARSAL, right("a|b *c*"))], VERSIONS)


def test_markdown_of_a_rehearsal_that_never_began() -> None:
    """No empty tables."""
    text = markdown.render([Played(REHEARSAL, sick())], VERSIONS)
    assert "|" not in text
    assert "**INCONCLUSIVE**: named did not start" in text


def watched_report(watched: Watched) -> RehearsalReport:
    """A wrong way whose vendors' watchers said this."""
    report = wrong()
    assert report.findings is not None
    vendors = tuple(replace(one, watched=watched) for one in report.findings.vendors)
    report.findings = replace(report.findings, vendors=vendors)
    return report


def test_what_was_asked_again_and_again_stands_beside_each_vendor() -> None:
    """In every view, and the generations' figures stay what they were."""
    sights = (Sight(START.timestamp() + 8000, Security.SECURE, True), Sight(START.timestamp() + 9000, None))
    outages = ((START.timestamp() + 7806.7, START.timestamp() + 11401),)
    report = watched_report(Watched(sights, outages, serve_stale=True))
    said = "asked again and again and serving stale: not bogus at any of 2 looks (2 of them in an outage), 1 answered"
    assert printed(block(Played(REHEARSAL, report))).count(f"   one {said}") == 2
    assert printed(wrong_row(report, REHEARSAL)).count(f"  bind {said}") == 1
    assert f"Beside them, one bind 9.20.30 {said}" in markdown.render([Played(REHEARSAL, report)], VERSIONS)
    (one,) = document(Played(REHEARSAL, report))["rehearsals"]
    assert one["vendors"][1]["asked_again"] == {
        "looks": 2,
        "bogus": 0,
        "first_bogus": None,
        "stale": 1,
        "unanswered": 1,
        "in_outage": 2,
        "bogus_in_outage": 0,
        "stale_in_outage": 1,
        "serves_stale": True,
    }
    assert all(key in (rehearsal_json.__doc__ or "") for key in one["vendors"][1]["asked_again"])
    assert one["vendors"][1]["looks"] == 83
    bogus = watched_report(Watched((Sight(START.timestamp() + 8000, Security.BOGUS),), outages))
    (told,) = document(Played(REHEARSAL, bogus))["rehearsals"]
    assert told["vendors"][0]["asked_again"]["first_bogus"] == "2030-01-01T02:13:20+00:00"
    (without,) = document(Played(REHEARSAL, wrong()))["rehearsals"]
    assert without["vendors"][0]["asked_again"] is None


def test_a_counter_example_is_told_and_does_not_count() -> None:
    """What was shown to go wrong beside the rehearsal has its line, and the verdict stays."""
    report = right()
    said = "bind, holding the old key as a static anchor, bogus"
    report.history.record(Event("counter-example", "rehearsal", said, START, 1.0))
    text = printed(block(Played(REHEARSAL, report)))
    assert f"counter-example: {said}" in text
    assert "PASS" in text
