"""Checks of the user's own: what is taken as one, and what their exit status says."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import cli
from harness.monitor_command import fill_in, parse, read
from lab.errors import UsageError

VALUES = {"zone": "shop.lab.", "server": "10.53.0.4", "resolver": "10.53.0.9"}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with scripts in it, which is the current one."""
    (tmp_path / "check.sh").write_text("#!/bin/sh -e\nexit 0\n")
    (tmp_path / "check.py").write_text("#! /usr/bin/env -S python3 -I\n")
    (tmp_path / "binary").write_bytes(b"\x7fELF\x02\x01")
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("status", "alarms"),
    [
        (0, False),
        (1, True),
        (2, True),
        (3, None),
        (4, True),
        (9, True),
        (126, None),
        (127, None),
        (139, None),
        (-15, None),
    ],
)
def test_the_exit_status_decides(status: int, alarms: bool | None) -> None:
    """0 is fine, 3 is Nagios's unknown, what did not start or crashed could not say; the rest alarms."""
    assert read(status, "OK or not\n", "").alarms is alarms


@pytest.mark.parametrize(
    ("out", "err", "said"),
    [("\n  one \ntwo", "three", "one"), ("", "\nthree\n", "three"), (" ", "", "no output")],
)
def test_the_first_line_tells(out: str, err: str, said: str) -> None:
    """The first line with anything on it, of standard output rather than standard error."""
    assert read(0, out, err).text == said
    assert read(1, out, err).text == f"exit status 1: {said}"


def test_placeholders_are_filled_in_and_doubled_braces_are_meant() -> None:
    """Each word by itself, so that nothing is split; and awk keeps its braces."""
    command = parse("sh -c 'dig @{server} {zone} | awk \"{{ print }}\"' {resolver}")
    assert [fill_in(word, VALUES) for word in command.words] == [
        "sh",
        "-c",
        'dig @10.53.0.4 shop.lab. | awk "{ print }"',
        "10.53.0.9",
    ]
    assert command.script is None


def test_a_script_of_ones_own_is_read_with_its_interpreter(here: Path) -> None:
    """A first word with a slash is a file here; what it takes to start it is in its first line."""
    script = parse("./check.sh {zone} {server}").script
    assert script is not None
    assert (script.interpreter, script.tools) == (("/bin/sh", "-e"), ("/bin/sh",))
    assert script.contents == (here / "check.sh").read_bytes()
    script = parse(f"{here}/check.py").script
    assert script is not None
    assert script.interpreter == ("/usr/bin/env", "-S python3 -I")
    assert parse("check.sh {zone}").script is None
    assert parse("/usr/lib/nowhere/check_dns -H {server}").script is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "--monitor needs a command: 'CMD {zone} {server}'"),
        ("check 'open", "can't be read as a command: No closing quotation"),
        ("dig {zoner}", "has the placeholder {zoner}: there are {zone}, {server}, {resolver}"),
        ("dig {}", "has the placeholder {}: there are"),
        ("{zone} x", "has the placeholder {zone} for its command"),
        ("./nosuch.sh {zone}", "./nosuch.sh can't be read: No such file or directory"),
        ("./folder {zone}", "./folder can't be read: Is a directory"),
        ("./binary {zone}", "./binary is no script, as its first line is no '#!/bin/sh'"),
    ],
)
@pytest.mark.usefixtures("here")
def test_what_can_be_no_monitor_is_refused_before_a_lab_is_built(
    text: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence and status 2, without an engine."""
    with pytest.raises(UsageError) as refused:
        parse(text)
    assert says in str(refused.value)
    assert cli.main(["run", "expired-signatures", "--monitor", text]) == cli.USAGE
    assert says in capsys.readouterr().err
