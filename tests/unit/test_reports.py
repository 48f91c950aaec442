"""The terminal view, the progress view, and what views share, of reports built by hand."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from harness.look import FragmentsLost
from harness.report import only_ede_differs, steps, telling_command
from harness.report.progress import Progress
from harness.report.terminal import OTHER_EDE_STYLE, block, show, summary, verdict_words
from tests.unit.reports import (
    ZONES,
    event,
    failed,
    inconclusive,
    other_ede,
    passed,
    printed,
)

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


def test_progress_says_nothing_of_the_quiet_in_a_log_and_cuts_long_names() -> None:
    """Wrong ways are told when they are done; a name that fills the line leaves room for what happens."""
    out, long = io.StringIO(), "a name that " + "goes on " * 10
    with Progress(Console(file=out), [long, "loud"], kind="labs", quiet=[long]) as progress:
        for name in (long, "loud"):
            progress.building(name, "container")
        shown = progress.__rich__().plain
    assert out.getvalue() == "… loud: building its lab\n"
    assert "a name that goes on goes on goes on goes on goe…  building lab" in shown
    assert "0 of 2 labs done" in shown


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
