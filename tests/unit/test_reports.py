"""The views of a Report, from reports made by hand."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from harness.expectation import Bogus, Judgement, Match, Secure
from harness.history import Event, History
from harness.look import FragmentsLost
from harness.report import json_, junit, only_ede_differs, steps, telling_command
from harness.report.progress import Progress
from harness.report.terminal import OTHER_EDE_STYLE, block, show, summary, verdict_words
from harness.verdict import Cell, Report, Row, Verdict
from lab.cause import Cause
from lab.query import Answer, ExtendedError, Observation

START = datetime(2030, 1, 1, tzinfo=UTC)
ZONES = (".", "lab.", "shop.lab.", "bystander.lab.")
VERSIONS = {"chaindrill": "1.2.3", "python": "3.11.0"}
CLAIM = Bogus("www.shop.lab.", cause=Cause.NO_KEY_FOR_DS)


def at(seconds: float) -> datetime:
    """An instant of lab time."""
    return START + timedelta(seconds=seconds)


def observation(resolver: str = "unbound", *codes: int, text: str = "") -> Observation:
    """A SERVFAIL whose data are there."""
    servfail = Answer("SERVFAIL", ede=tuple(ExtendedError(code, text) for code in codes))
    data = Answer("NOERROR", records=("www.shop.lab. A 192.0.2.2",), min_ttl_seconds=60)
    return Observation(resolver, True, "www.shop.lab.", "A", servfail, data, at(3600), 1.0)


def event(kind: str, phase: str, text: str, **more: object) -> Event:
    """An event an hour into the drill."""
    return Event(kind, phase, text, at(3600), 0.5, **more)  # type: ignore[arg-type]


def passed(name: str = "stale-ds") -> Report:
    """A drill that passed: two validators dark for an hour and more, a control that answered on."""
    dark = {"dark_from": at(10), "last_look": at(7300)}
    rows = [
        Row(
            "unbound",
            "unbound 1.26.2",
            True,
            {
                "steady_state": Cell("secure"),
                "impact": Cell("bogus  EDE 6"),
                "recovery": Cell("secure", after=timedelta(seconds=61)),
            },
            dark_to=at(3910),
            **dark,
        ),
        Row(
            "bind",
            "bind 9.20.30",
            True,
            {
                "steady_state": Cell("secure"),
                "impact": Cell("bogus  no EDE"),
                "recovery": Cell("secure"),
            },
            dark_to=at(7210),
            **dark,
        ),
        Row(
            "control",
            "control (not validating)",
            False,
            {phase: Cell("answers") for phase in ("steady_state", "impact", "recovery")},
        ),
    ]
    history = History()
    for one in (
        event("fault", "fault", "the parent's DS 20326 matches no key"),
        event("step", "impact", "+ 1 h (DNSKEY TTL)"),
        event(
            "saw",
            "impact",
            "bogus  EDE 6",
            observation=observation("unbound", 6),
            claim=CLAIM,
            judgement=Judgement(Match.MET),
        ),
        event("step", "remedy", "DS 51407 published"),
        event("step", "remedy", "+ 2 h (DS TTL)"),
    ):
        history.record(one)
    return Report(
        name, "KSK replaced early", Verdict.PASS, "", rows, history, "DS 20326 matches no key", 4.2, 10800.0
    )


def failed() -> Report:
    """A drill that failed: a validator never came back."""
    report = passed("never-back")
    report.verdict, report.reason = (
        Verdict.FAIL,
        "recovery: bind: www.shop.lab. is bogus (SERVFAIL) instead of secure",
    )
    report.rows[1].cells["recovery"] = Cell("bogus  no EDE", met=False)
    report.rows[1].dark_to = None
    difference = Judgement(Match.NOT_MET, "bogus (SERVFAIL) instead of secure")
    report.history.record(
        event(
            "saw",
            "recovery",
            "bogus",
            observation=observation("bind"),
            claim=Secure("www.shop.lab."),
            judgement=difference,
        )
    )
    return report


def other_ede() -> Report:
    """A drill in which every state was right and one EDE was not."""
    report = passed("other-ede")
    report.verdict, report.reason = (
        Verdict.FAIL,
        "impact: unbound: www.shop.lab. is EDE 9 where EDE 6 was measured",
    )
    report.rows[0].cells["impact"] = Cell("bogus  EDE 9", met=False, other_ede=True)
    seen = observation("unbound", 9, text="\x1b[31mno\x00key")
    difference = Judgement(Match.OTHER_EDE, "EDE 9 where EDE 6 was measured")
    report.history.record(
        event("saw", "impact", "bogus  EDE 9", observation=seen, claim=CLAIM, judgement=difference)
    )
    return report


def inconclusive() -> Report:
    """A drill that concluded nothing, in a lab that had no time to show anything."""
    return Report("sick", "A sick lab", Verdict.INCONCLUSIVE, "the fault did not take hold", [], History())


def printed(report: Report, evidence: Path | None = None) -> str:
    """The block of a report as a log shows it."""
    out = io.StringIO()
    show(Console(file=out, width=60), block(report, ZONES, evidence))
    return out.getvalue()


# -- terminal ----------------------------------------------------------------------------------------------


def test_block_has_one_row_per_resolver_with_what_it_made_of_each_phase() -> None:
    """A passed drill shows, per resolver, states by phase, EDE, how long recovery and darkness took."""
    lines = printed(passed()).splitlines()
    assert [line.split() for line in lines if line.startswith("  unbound")] == [
        [
            "unbound",
            "1.26.2",
            "secure",
            "bogus",
            "EDE",
            "6",
            "secure",
            "after",
            "61",
            "s",
            "1",
            "h",
            "5",
            "min",
        ]
    ]
    assert [line.split() for line in lines if line.startswith("  bind")] == [
        ["bind", "9.20.30", "secure", "bogus", "no", "EDE", "secure", "at", "once", "2", "h"]
    ]


def test_block_says_why_the_outage_hides_at_the_control_only() -> None:
    """The control's row, and no other, says why nobody behind it notices; without an outage none does."""
    marked = [line for line in printed(passed()).splitlines() if "nobody on this resolver notices" in line]
    assert len(marked) == 1
    assert marked[0].startswith("  control")
    healthy = passed()
    for row in healthy.rows:
        row.dark_from = None
    assert "nobody" not in printed(healthy)


def test_block_tells_the_drill_in_order() -> None:
    """Zones, the fault's proof, waits and remedies stand before the table, each phase named once."""
    text = printed(passed())
    parts = [
        "root · lab. · shop.lab.",
        "took hold: the parent's DS 20326",
        "+ 1 h (DNSKEY TTL)",
        "DS 51407 published",
        "steady state",
        "PASS",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert [line.split()[0] for line in text.splitlines() if "DS " in line] == ["fault", "remedy", "+"]
    assert "zone dark for 2 h of lab time behind all validators, 4.2 s of yours" in text


def test_failure_names_the_cause_then_the_command_then_the_evidence() -> None:
    """A failed drill ends with the sentence, the command that shows it there, and where evidence is."""
    text = printed(failed(), Path("here/never-back.tar.gz"))
    parts = ["FAIL  recovery: bind", "dig @bind www.shop.lab. A +dnssec", "here/never-back.tar.gz"]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert "2 h 2 min, and still is" in text


def test_other_ede_has_its_own_words_and_colour() -> None:
    """State right and EDE unexpected is neither shown as a pass nor as a failure to validate."""
    report = other_ede()
    assert verdict_words(report) == ("FAIL (EDE)", OTHER_EDE_STYLE)
    text = printed(report)
    assert "bogus  EDE 9 (EDE unexpected)" in text
    assert "only an EDE was not" in text
    styles = {str(span.style) for line in block(report) for span in line.spans}
    assert OTHER_EDE_STYLE in styles
    assert "bold red" not in styles
    assert verdict_words(failed()) == ("FAIL", "bold red")


def test_clean_up_errors_are_shown_beside_the_verdict() -> None:
    """An error of clean-up leaves a pass a pass, and is said."""
    report = passed()
    report.clean_up_errors.append("undoing the fault: rndc failed")
    text = printed(report)
    assert "PASS  zone dark" in text
    assert "clean-up" in text
    assert "undoing the fault: rndc failed (the verdict stands)" in text


def test_inconclusive_without_rows_is_shown() -> None:
    """A drill whose lab never came up is said to be inconclusive, and why, without a table."""
    text = printed(inconclusive())
    assert [line.split()[0] for line in text.splitlines()] == ["sick", "lab", "INCONCLUSIVE"]
    assert text.endswith("INCONCLUSIVE  the fault did not take hold\n")
    assert "steady state" not in text


def test_log_has_no_escape_sequences_and_lines_are_not_wrapped() -> None:
    """In a log there is no ANSI, whatever servers said, and rows stay whole however wide."""
    report = failed()
    report.reason = "bind said \x1b[31mred\x07"
    text = printed(report)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert any(len(line) > 80 for line in text.splitlines())


def test_no_color_is_honoured_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR set, a terminal gets no colour."""
    monkeypatch.setenv("NO_COLOR", "1")
    out = io.StringIO()
    show(Console(file=out, force_terminal=True), block(failed(), ZONES))
    assert "\x1b[1;31m" not in out.getvalue()
    assert "FAIL" in out.getvalue()
    monkeypatch.delenv("NO_COLOR")
    out = io.StringIO()
    show(Console(file=out, force_terminal=True, color_system="standard"), block(failed(), ZONES))
    assert "\x1b[1;31m" in out.getvalue()


def test_summary_counts_every_verdict() -> None:
    """The table over several drills has a line for each, and the count of each verdict."""
    lines = [line.plain for line in summary([passed(), failed(), inconclusive()])]
    assert [line.split()[:2] for line in lines[1:4]] == [
        ["stale-ds", "PASS"],
        ["never-back", "FAIL"],
        ["sick", "INCONCLUSIVE"],
    ]
    assert lines[-1] == "3 drills: 1 passed, 1 failed, 1 inconclusive"
    assert "2 h" in lines[1]
    assert "4.2 s" in lines[1]
    assert "never" in lines[3]


def test_progress_in_a_log_says_each_phase_once() -> None:
    """Without a terminal, progress is one plain line for each phase of each drill."""
    out = io.StringIO()
    with Progress(Console(file=out), ["stale-ds"]) as progress:
        progress.building("stale-ds", "container")
        progress.building("stale-ds", "servers")
        for one in passed().history.events:
            progress.happened("stale-ds", one)
        progress.ended("stale-ds")
    words = [line.split(": ")[1].split(",")[0] for line in out.getvalue().splitlines()]
    assert words == ["building its lab", "fault", "impact", "remedy"]
    assert "\x1b" not in out.getvalue()


def test_progress_on_a_terminal_shows_where_each_drill_is() -> None:
    """On a terminal, the live view has the drill, its phase, lab time and what is happening."""
    console = Console(file=io.StringIO(), force_terminal=True, width=200)
    progress = Progress(console, ["stale-ds", "other"])
    progress.happened("stale-ds", passed().history.events[2])
    shown = progress.__rich__().plain
    assert "stale-ds" in shown
    assert "impact" in shown
    assert "2030-01-01 01:00:00" in shown
    assert "www.shop.lab. at unbound: bogus  EDE 6" in shown
    assert "0 of 2 drills done" in shown


# -- what views share ----------------------------------------------------------------------------------------


def test_looks_repeated_are_told_once() -> None:
    """Of a look that was taken again and again until it held, the last is told."""
    report = passed()
    for count in (1, 2, 3):
        report.history.record(
            event("look", "impact", f"{count} fragments", claim=FragmentsLost("shop.lab."), value=count)
        )
    assert [text for _, text in steps(report) if "fragments" in text] == ["3 fragments"]


def test_telling_command_is_that_of_the_claim_missed_last() -> None:
    """The command shown is the missed claim's: a look's own where a look was missed, none where none was."""
    assert telling_command(passed()) == ""
    report = passed()
    claim = FragmentsLost("shop.lab.")
    report.history.record(event("look", "impact", "0 fragments", claim=claim))
    assert telling_command(report) == claim.command()


def test_only_ede_differs_needs_every_unmet_cell_to_be_so() -> None:
    """One state that is wrong makes it a failure to validate."""
    assert only_ede_differs(other_ede())
    assert not only_ede_differs(passed())
    assert not only_ede_differs(failed())
    both = other_ede()
    both.rows[1].cells["impact"] = replace(both.rows[1].cells["impact"], met=False)
    assert not only_ede_differs(both)


# -- JUnit ---------------------------------------------------------------------------------------------------


def test_junit_has_failures_errors_and_nothing_skipped() -> None:
    """A failed drill is a failure, an inconclusive one an error, and no test case is skipped."""
    top = ET.fromstring(junit.render([passed(), failed(), other_ede(), inconclusive()], VERSIONS))
    suite = top.find("testsuite")
    assert suite is not None
    assert {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4",
        "failures": "2",
        "errors": "1",
        "skipped": "0",
    }
    kinds = [
        [(child.tag, child.get("type")) for child in case if child.tag in ("failure", "error", "skipped")]
        for case in suite.iter("testcase")
    ]
    assert kinds == [[], [("failure", "fail")], [("failure", "ede")], [("error", "inconclusive")]]


def test_junit_tells_versions_and_clean_up_apart() -> None:
    """Versions are properties; clean-up errors stand in system-err, and the case stays a pass."""
    report = passed()
    report.clean_up_errors.append("something stayed")
    top = ET.fromstring(junit.render([report], VERSIONS))
    properties = {p.get("name"): p.get("value") for p in top.iter("property")}
    assert properties["chaindrill"] == "1.2.3"
    assert properties["resolver.unbound"] == "unbound 1.26.2"
    assert "something stayed" in (top.findtext(".//system-err") or "")
    assert top.find(".//failure") is None
    assert top.find(".//error") is None


def test_junit_survives_what_xml_does_not_allow() -> None:
    """Control characters from a server's words do not make the file unreadable."""
    report = failed()
    report.reason = "said \x00\x1b[31m <b>&\ud800"
    top = ET.fromstring(junit.render([report], VERSIONS).encode("utf-8"))
    failure = top.find(".//failure")
    assert failure is not None
    assert "<b>&" in (failure.get("message") or "")


# -- JSON ----------------------------------------------------------------------------------------------------


def test_json_is_versioned_and_tells_every_verdict() -> None:
    """The document names its schema, the worst verdict, and each drill's own."""
    document = json.loads(json_.render([passed(), inconclusive()], VERSIONS, {"sick": Path("e/sick.tar.gz")}))
    assert document["schema"] == 1
    assert document["versions"] == VERSIONS
    assert document["verdict"] == "inconclusive"
    assert [(d["name"], d["verdict"], d["evidence"]) for d in document["drills"]] == [
        ("stale-ds", "pass", None),
        ("sick", "inconclusive", "e/sick.tar.gz"),
    ]
    assert json.loads(json_.render([passed(), inconclusive(), failed()], VERSIONS))["verdict"] == "fail"


def test_json_has_rows_and_times_in_numbers() -> None:
    """Per resolver: phases, seconds dark, and since when; per drill the longest."""
    drill = json.loads(json_.render([failed()], VERSIONS))["drills"][0]
    assert drill["dark_seconds"] == 7290.0
    assert drill["lab_seconds"] == 10800.0
    assert drill["wall_seconds"] == 4.2
    unbound, bind, control = drill["resolvers"]
    assert unbound["phases"]["recovery"] == {
        "said": "secure",
        "met": True,
        "other_ede": False,
        "after_seconds": 61.0,
    }
    assert (unbound["dark_from"], unbound["dark_to"]) == (
        "2030-01-01T00:00:10+00:00",
        "2030-01-01T01:05:10+00:00",
    )
    assert bind["still_dark"] is True
    assert bind["phases"]["recovery"]["met"] is False
    assert control["validates"] is False
    assert control["dark_from"] is None


def test_json_includes_events_whole() -> None:
    """Events carry the claim, how it compared, and both answers with their EDE."""
    drill = json.loads(json_.render([other_ede()], VERSIONS))["drills"][0]
    assert drill["only_ede_differs"] is True
    last = drill["events"][-1]
    assert (last["kind"], last["match"], last["difference"]) == (
        "saw",
        "other_ede",
        "EDE 9 where EDE 6 was measured",
    )
    assert last["claim"] == CLAIM.describe()
    seen = last["observation"]
    assert seen["state"] == "bogus"
    assert seen["answer"]["rcode"] == "SERVFAIL"
    assert seen["answer"]["ede"] == [{"code": 9, "text": "\x1b[31mno\x00key"}]
    assert seen["unchecked"]["records"] == ["www.shop.lab. A 192.0.2.2"]
