"""The command line for rehearsals where no engine is needed: what is shown of them, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from harness import cli
from harness.cli import options
from harness.cli.planned import as_text, end_words
from harness.cli.rehearse import way_name
from harness.discover import discover, rehearsals
from harness.mutants import mutants
from harness.rehearsal import EndState
from lab.errors import UsageError
from tests.unit.test_cli import GOOD, MAIN, python, refused

PLANNED = """
from scenarios.rehearsals import ksk_double_signature
REHEARSAL = ksk_double_signature.REHEARSAL.but(title="Mine")
"""


def written(folder: Path, text: str, name: str) -> Path:
    """A file of the user's."""
    path = folder / name
    path.write_text(text)
    return path


def test_show_is_the_plan_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """Purpose, every step with its command and how long it waits, the end, the wrong ways, in this order."""
    assert cli.main(["show", "ksk-double-signature"]) == 0
    text = capsys.readouterr().out
    headings = ["Purpose", "Before", "Steps", "In the end", "In the commands", "Wrong ways", "References"]
    places = [text.index(f"\n{heading}") for heading in headings]
    assert places == sorted(places)
    rehearsal = rehearsals()["ksk-double-signature"]
    one_line = " ".join(text.split())
    for step in rehearsal.steps:
        assert step.describe()[1:] in one_line
        assert " ".join(step.command().split()) in one_line
    assert "the new KSK (Ipub): 1 h" in one_line
    assert "the old KSK (Iret): 2 h" in one_line
    for way in mutants(rehearsal):
        assert f"\n  {way}\n" in text
    assert "PARENT    a server of its parent" in text
    assert "RESOLVER" not in text
    assert "RFC 7583 3.3.1" in text


def test_show_as_json_tells_the_kind(capsys: pytest.CaptureFixture[str]) -> None:
    """A drill and a rehearsal in one list, each with its own keys."""
    assert cli.main(["show", "clock-skew:ahead", "ksk-double-signature", "--json"]) == 0
    drill, planned = json.loads(capsys.readouterr().out)
    assert (drill["kind"], planned["kind"]) == ("drill", "rehearsal")
    assert planned["steps"][0]["command"].startswith("dnssec-signzone")
    assert "wait ksk-retirement halved" in planned["wrong_ways"]


def test_every_rehearsal_can_be_shown() -> None:
    """No plan lacks a heading or has an empty step."""
    for name, rehearsal in rehearsals().items():
        text = click.unstyle("\n".join(as_text(name, rehearsal)))
        assert f"Purpose\n  {rehearsal.purpose[:20]}" in text, name
        assert "  1. " in text, name
        assert ". \n" not in text, name


def test_the_end_is_told_as_far_as_it_is_claimed() -> None:
    """Sets that the rehearsal says nothing of are left out; an empty one is gone."""
    assert end_words(EndState()) == "A validator that holds nothing says secure"
    assert end_words(EndState(ds=frozenset(), keys=frozenset({"b", "a"}))).endswith(
        "the parent's DS RRset is gone, the zone's DNSKEY RRset is of a, b"
    )


def test_names_of_drills_and_rehearsals_are_apart() -> None:
    """`show NAME` and evidence files go by the name alone."""
    assert not set(discover()) & set(rehearsals())


def test_a_file_of_either_kind_is_taken_by_its_own_command(tmp_path: Path) -> None:
    """Without a name a command takes its kind of the files given, and says so where there is none."""
    drill, planned = written(tmp_path, GOOD, "my_drill.py"), written(tmp_path, PLANNED, "my_plan.py")
    assert list(options.rehearsals((), [drill, planned])) == ["my-plan"]
    assert list(options.drills((), [drill, planned])) == ["my-drill"]
    assert list(options.rehearsals((), ())) == list(rehearsals())
    assert list(options.both(["my-plan", "my-drill"], [drill, planned])) == ["my-plan", "my-drill"]
    with pytest.raises(UsageError, match=r"there is no rehearsal in .*my_drill\.py: `chaindrill run` runs"):
        options.rehearsals((), [drill])
    with pytest.raises(
        UsageError, match=r"there is no scenario in .*my_plan\.py: `chaindrill rehearse` runs"
    ):
        options.drills((), [planned])


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["rehearse", "ksk-double-signatur"], "(did you mean 'ksk-double-signature'?)"),
        (["rehearse", "nope"], "no rehearsal is called 'nope'"),
        (["rehearse", "expired-signatures"], "no rehearsal: `chaindrill run expired-signatures` runs it"),
        (["rehearse", "clock-skew"], "no rehearsal: `chaindrill run clock-skew` runs it"),
        (["run", "ksk-double-signature"], "no scenario: `chaindrill rehearse ksk-double-signature` runs it"),
        (["show", "nope"], "no drill or rehearsal is called 'nope'"),
        (["rehearse", "--resolver", "nope"], "no resolver is called 'nope'"),
        (["rehearse", "--resolver", "bind", "--resolver", "bind"], "chosen twice"),
        (["rehearse", "--jobs", "0"], "'--jobs': 0 is not in the range"),
        (["rehearse", "--json", "/"], "/ is a folder"),
        (["rehearse", "--markdown", "/nowhere/at/all.md"], "there is no folder /nowhere/at"),
        (["rehearse", "--file", "/nowhere.py"], "there is no scenario file /nowhere.py"),
        (["rehearse", "--nope"], "No such option"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_usage_is_one_sentence(argv: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What can't be understood is refused before an engine is asked, in one sentence, with status 2."""
    assert says in refused(capsys, *argv)


def test_no_engine_is_one_sentence_and_status_3() -> None:
    """Where no engine answers nothing can be concluded."""
    done = python(
        MAIN.format(argv=["rehearse", "--mutants"]) + "; sys.exit(status)",
        DOCKER_HOST="unix:///nowhere/docker.sock",
    )
    assert done.returncode == cli.NOTHING_CONCLUDED, done.stderr
    assert done.stderr.startswith("chaindrill: no Docker Engine at unix:///nowhere/docker.sock")


def test_all_that_runs_has_a_name_of_its_own() -> None:
    """Progress is told by it."""
    known = rehearsals()
    names = [*known, *(way_name(name, way) for name, one in known.items() for way in mutants(one))]
    assert len(names) == len(set(names))
