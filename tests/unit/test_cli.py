"""The command line where no engine is needed: what is listed and shown, and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from rich.console import Console

from harness import cli
from harness.cli import options
from harness.cli.setup import Steps
from harness.cli.show import SECTIONS, as_text
from harness.discover import discover, rehearsals
from harness.rehearsal import Rehearsal
from harness.report.runbook import likely_cause
from harness.scenario import Scenario
from lab.errors import EngineMissing, LabSick, UsageError

HEAVY = ("docker", "testcontainers", "dns", "rich", "jinja2", "requests", "toxiproxy")
MAIN = "import sys; from harness.cli import main; status = main({argv!r})"
GOOD = """
from harness import Bogus, Scenario, Secure
from harness.faults.validator_clock import ValidatorClockWrong
from datetime import timedelta
SCENARIO = Scenario("Mine", "It fails.", ValidatorClockWrong(timedelta(days=30)), [Secure("a.shop.lab.")],
                    [Bogus("b.shop.lab.")], [], [Secure("c.shop.lab.")], [])
"""


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in an interpreter of its own."""
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environment},
        cwd=Path(__file__).parents[2],
    )


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """The one sentence with which a command line is refused, with status 2."""
    assert cli.main(argv) == cli.USAGE
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    assert said.err.startswith("chaindrill: ")
    assert said.err.count("\n") == 1
    return said.err


# -- quick answers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "argv",
    [
        ["list"],
        ["list", "--json"],
        ["show", "clock-skew:ahead"],
        ["show", "ksk-double-signature"],
        ["--help"],
        ["run", "--help"],
        ["rehearse", "--help"],
        ["recover", "--help"],
    ],
    ids=" ".join,
)
def test_what_must_answer_at_once_imports_nothing_heavy(argv: list[str]) -> None:
    """`list`, `show` and every help load none of the libraries that only a running lab needs."""
    heavy = f"; print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr); sys.exit(status)"
    done = python(MAIN.format(argv=argv) + heavy)
    assert (done.returncode, done.stderr.strip()) == (0, "[]")
    assert done.stdout


def test_the_plugin_imports_nothing_heavy() -> None:
    """A pytest that merely finds the plugin installed pays for none of what labs need."""
    done = python(f"import sys, harness.plugin; print([m for m in {HEAVY!r} if m in sys.modules])")
    assert done.stdout.strip() == "[]", done.stderr


# -- list and show -------------------------------------------------------------------------------------------


def test_list_has_every_drill_and_rehearsal_under_its_heading(capsys: pytest.CaptureFixture[str]) -> None:
    """`list` has a line for all that discovery finds."""
    assert cli.main(["list"]) == 0
    planned = [("rehearsals", None), *rehearsals().items()]
    known: list[tuple[str, Scenario | Rehearsal | None]] = [("drills", None), *discover().items()]
    lines = capsys.readouterr().out.splitlines()
    for line, (name, one) in zip(lines, [*known, ("", None), *planned], strict=True):
        if one is None:
            assert line == name
        else:
            assert line.startswith(f"{name} ")
            assert one.title in line
            assert line.endswith(f"  {' '.join(zone.name for zone in one.topology.leaves)}")


def test_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """`list --json` has name, kind, title and zones of every drill and rehearsal."""
    assert cli.main(["list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["name"], row["kind"]) for row in rows] == [
        *((name, "drill") for name in discover()),
        *((name, "rehearsal") for name in rehearsals()),
    ]
    assert rows[0].keys() == {"name", "kind", "title", "zones"}
    assert rows[0]["zones"] == [".", "lab.", "shop.lab.", "bystander.lab."]


def test_show_is_the_runbook_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """`show` says symptom, cause, and every step and claim of a drill with its command, in order."""
    assert cli.main(["show", "expired-signatures"]) == 0
    text = capsys.readouterr().out
    scenario = discover()["expired-signatures"]
    headings = ["Symptom", "Likely cause", "Confirm", "Repair", "Verify", "References"]
    places = [text.index(f"\n{heading}\n") for heading in headings]
    assert places == sorted(places)
    one_line = " ".join(text.split())
    assert "has stopped; its secondary goes on serving" in one_line
    assert repr(scenario.fault) in one_line
    for item in (*scenario.impact, *scenario.remedy, *scenario.recovery):
        assert item.describe()[1:] in one_line
        assert f"$ {' '.join(item.command().split())}".rstrip("$ ") in one_line
    assert "RFC 6781 4.4.2" in text


def test_show_explains_its_placeholders(capsys: pytest.CaptureFixture[str]) -> None:
    """SERVER, PARENT and RESOLVER are explained where commands use them, and only there."""
    cli.main(["show", "ds-before-dnskey:rollover"])
    assert "PARENT    a server of its parent" in capsys.readouterr().out
    cli.main(["show", "clock-skew:ahead"])
    assert "PARENT" not in capsys.readouterr().out


def test_show_without_variant_shows_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    """What stands before the colon means every variant."""
    assert cli.main(["show", "ds-before-dnskey"]) == 0
    text = capsys.readouterr().out
    assert "ds-before-dnskey:rollover\n" in text
    assert "ds-before-dnskey:enablement\n" in text


def test_show_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """`show --json` has every phase with words and commands."""
    assert cli.main(["show", "clock-skew:ahead", "--json"]) == 0
    (drill,) = json.loads(capsys.readouterr().out)
    assert drill["name"] == "clock-skew:ahead"
    assert set(SECTIONS.values()) < drill.keys()
    assert drill["impact"][0]["command"].startswith("dig @RESOLVER w1.shop.lab.")


def test_every_drill_can_be_shown() -> None:
    """No drill's runbook lacks a heading or has an empty claim."""
    for name, scenario in discover().items():
        text = click.unstyle("\n".join(as_text(name, scenario)))
        assert f"Likely cause\n  {likely_cause(scenario)[:20]}" in text, name
        assert likely_cause(scenario).endswith("."), name
        assert ". \n" not in text, name


# -- scenario files of the user's ----------------------------------------------------------------------------


def test_a_file_of_the_users_own_is_listed_and_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--file` adds the drills of a file under the file's name."""
    file = tmp_path / "my_drill.py"
    file.write_text(GOOD)
    assert cli.main(["show", "my-drill", "--file", str(file)]) == 0
    assert "Mine" in capsys.readouterr().out
    assert cli.main(["list", "--json", "--file", str(file)]) == 0
    names = [row["name"] for row in json.loads(capsys.readouterr().out) if row["kind"] == "drill"]
    assert names == [*discover(), "my-drill"]


def test_a_file_alone_means_its_own_drills(tmp_path: Path) -> None:
    """`run --file PATH` without a name runs what is in that file, not all that comes with chaindrill."""
    file = tmp_path / "my_drill.py"
    file.write_text(GOOD)
    assert list(options.drills((), [file])) == ["my-drill"]
    assert list(options.drills(["expired-signatures"], [file])) == ["expired-signatures"]
    assert list(options.drills((), ())) == list(discover())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("import nowhere_at_all", "ModuleNotFoundError"),
        ("\n\n1 / 0\n", "ZeroDivisionError: division by zero (line 3)"),
        ("def (:\n", "SyntaxError"),
        ("X = 1\n", "must define either SCENARIO"),
        ("raise SystemExit(0)\n", "SystemExit"),
        (GOOD.replace('[Secure("c.shop.lab.")]', "[]"), "expects nothing in its recovery"),
        (None, "there is no scenario file"),
    ],
    ids=["missing import", "raises", "syntax error", "nothing defined", "exits", "can't fail", "no file"],
)
@pytest.mark.parametrize("command", ["run", "list", "show"])
def test_a_bad_scenario_file_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, content: str | None, says: str
) -> None:
    """Whatever is wrong with a scenario file is said in one sentence that names it, with status 2."""
    file = tmp_path / "broken_drill.py"
    if content is not None:
        file.write_text(textwrap.dedent(content))
    name = ["broken-drill"] if command == "show" else []
    said = refused(capsys, command, *name, "--file", str(file))
    assert "broken_drill.py" in said
    assert says in said


# -- what is refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["run", "nope"], "no scenario is called 'nope'"),
        (["show", "expired-signature"], "did you mean 'expired-signatures'?"),
        (
            ["run", "expired-signatures", "--resolver", "nope"],
            "no resolver is called 'nope': there are bind, unbound",
        ),
        (["run", "--resolver", "bind", "--resolver", "bind"], "'bind' is chosen twice"),
        (["run", "--keep"], "--keep leaves up one lab"),
        (["run", "--jobs", "0"], "'--jobs': 0 is not in the range"),
        (["run", "--jobs", "many"], "'many' is not a valid integer"),
        (["run", "--junit"], "requires an argument"),
        (["run", "--junit", "/nowhere/at/all.xml"], "there is no folder /nowhere/at"),
        (["run", "--json", "/"], "/ is a folder"),
        (["run", "--nope"], "No such option"),
        (["show"], "Missing argument"),
        (["recover"], "Missing argument"),
        (["recover", "nope"], "no scenario is called 'nope'"),
        (["recover", "ksk-double-signature"], "`chaindrill rehearse ksk-double-signature` runs it"),
        (
            ["recover", "expired-signatures", "--offer", "nope"],
            "there are remedy, re-sign, pull-ds, nta, flush",
        ),
        (["recover", "expired-signatures", "--resolver", "nope"], "no resolver is called 'nope'"),
        (["nope"], "No such command 'nope'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_usage_is_one_sentence(argv: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What can't be understood is refused before an engine is asked, in one sentence, with status 2."""
    assert says in refused(capsys, *argv)


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a command the help is shown, as an error."""
    assert cli.main([]) == cli.USAGE
    assert "Commands:" in capsys.readouterr().err


def test_help_states_the_exit_codes() -> None:
    """The exit statuses are part of the interface, so the help names them."""
    text = " ".join(CliRunner().invoke(cli.cli, ["--help"]).output.split())
    assert (
        "0 all passed, 1 a drill or rehearsal failed, 2 the command was not understood, 3 nothing could be concluded"
        in text
    )


# -- what goes wrong while a command runs --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "status", "says"),
    [
        (UsageError("no such thing"), 2, "chaindrill: no such thing\n"),
        (LabSick("it died"), 3, "chaindrill: it died\n"),
        (EngineMissing("no engine"), 3, "chaindrill: no engine\n"),
        (KeyboardInterrupt(), 130, "chaindrill: interrupted\n"),
        (BrokenPipeError(), 141, ""),
        (
            TypeError("odd"),
            3,
            "chaindrill: this is a bug in chaindrill or in a scenario file: TypeError: odd",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_every_problem_is_one_sentence_and_a_status(
    problem: BaseException,
    status: int,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Whatever a command raises ends in its own exit status and one sentence, without a traceback."""

    def fail(*_: object, **__: object) -> None:
        raise problem

    monkeypatch.delenv("CHAINDRILL_DEBUG", raising=False)
    monkeypatch.setattr(cli, "_close_output", lambda: None)
    monkeypatch.setattr(cli.cli.commands["list"], "callback", fail)
    assert cli.main(["list"]) == status
    said = capfd.readouterr().err
    assert said.startswith(says)
    assert said.count("\n") <= 1


def test_debugging_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """CHAINDRILL_DEBUG=1 lets errors through as they are."""

    def fail(*_: object, **__: object) -> None:
        raise LabSick("it died")

    monkeypatch.setenv("CHAINDRILL_DEBUG", "1")
    monkeypatch.setattr(cli.cli.commands["list"], "callback", fail)
    with pytest.raises(LabSick):
        cli.main(["list"])


def test_a_reader_that_leaves_is_no_error() -> None:
    """`chaindrill list | true` ends quietly."""
    code = MAIN.format(argv=["show", *discover()]) + "; sys.exit(status)"
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=write, stderr=subprocess.PIPE, check=False, timeout=60
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (cli.BROKEN_PIPE, b"")


def test_output_of_another_encoding_does_not_end_the_command() -> None:
    """Where the terminal can't show a character, another stands for it."""
    done = python(
        MAIN.format(argv=["show", "clock-skew:ahead"]) + "; sys.exit(status)", PYTHONIOENCODING="latin-1"
    )
    assert done.returncode == 0, done.stderr
    assert "# flags: ? ad" in done.stdout


def test_no_engine_is_one_sentence_and_status_3() -> None:
    """Where no engine answers nothing can be concluded, and the sentence says what to do."""
    done = python(
        MAIN.format(argv=["run", "expired-signatures"]) + "; sys.exit(status)",
        DOCKER_HOST="unix:///nowhere/docker.sock",
    )
    assert done.returncode == cli.NOTHING_CONCLUDED
    assert done.stderr.startswith("chaindrill: no Docker Engine at unix:///nowhere/docker.sock")
    assert done.stderr.count("\n") == 1


def test_setup_says_what_takes_time_and_how_long(capsys: pytest.CaptureFixture[str]) -> None:
    """In a log, a step is a line when it begins and one with its time when it is done; details are left out."""
    with Steps(Console(file=sys.stdout), verbose=False) as steps:
        steps.begin("looking for the images")
        steps.hear("building chaindrill/lab:0 on debian:trixie-slim")
        steps.hear("Get:1 http://deb.debian.org trixie InRelease")
    lines = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines][::2] == ["…", "…"]
    assert [line[1:] for line in lines][1::2] == [
        ["s", "looking for the images"],
        ["s", "building chaindrill/lab:0 on debian:trixie-slim"],
    ]


def test_doctor_says_what_would_be_inconclusive_and_ends_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A warning leaves status 0, something missing makes it 3; both name the drills that can't conclude."""
    from lab import doctor

    fine = doctor.Check("engine", "ok", "it answers")
    warned = doctor.Check("toxiproxy image", "warn", "no image", "drills that degrade TCP")
    missing = doctor.Check("lab image", "missing", "not built", "every drill")
    for checks, status, named in (
        ([fine], 0, "no drill"),
        ([fine, warned], 0, "drills that degrade TCP"),
        ([fine, warned, missing], 3, "drills that degrade TCP, every drill"),
    ):
        monkeypatch.setattr(doctor, "examine", lambda checks=checks: checks)
        assert cli.main(["doctor"]) == status
        assert capsys.readouterr().out.endswith(f"Inconclusive here: {named}\n")
        assert cli.main(["doctor", "--json"]) == status
        assert len(json.loads(capsys.readouterr().out)) == len(checks)
