"""Files dropped into a folder are found, and what can't be read as such is one clear sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import harness.faults
import scenarios
import scenarios.rehearsals
from harness.discover import discover, faults, rehearsals, select
from harness.rehearsal import Rehearsal
from harness.scenario import Scenario
from lab.errors import UsageError

DRILL = """
from harness import Bogus, Scenario, Secure
from harness.faults.signer_stalled import SignerStalled

WWW = "www.shop.lab."
ONE = Scenario(
    title="a story",
    symptom="something fails",
    fault=SignerStalled("shop.lab."),
    steady_state=[Secure(WWW)],
    impact=[Bogus(WWW)],
    remedy=[],
    recovery=[Secure(WWW)],
    references=[],
)
"""
PLAN = "from scenarios.rehearsals.ksk_double_signature import REHEARSAL as PLAN\n"
LINE = DRILL.count("\n") + 1
"""The first line of what a test adds to it."""


def written(folder: Path, body: str, name: str = "my_own_drill.py") -> Path:
    """A scenario file of the user's."""
    path = folder / name
    path.write_text(DRILL + body)
    return path


def files(package: list[str]) -> set[str]:
    """The modules that lie in a package's folder."""
    return {path.stem for folder in package for path in Path(folder).glob("*.py") if path.stem != "__init__"}


def test_every_scenario_file_is_found() -> None:
    """Each file of the scenarios' folder gives at least one drill, under its name."""
    found = {name.split(":")[0] for name in discover()}
    assert found == {stem.replace("_", "-") for stem in files(list(scenarios.__path__))}
    assert found


def test_every_rehearsal_file_is_found() -> None:
    """Each file of the rehearsals' folder gives at least one, but for those that others share."""
    found = {name.split(":")[0] for name in rehearsals()}
    stems = {stem for stem in files(list(scenarios.rehearsals.__path__)) if not stem.startswith("_")}
    assert found == {stem.replace("_", "-") for stem in stems}
    assert found


def test_a_file_that_begins_with_an_underscore_is_no_drill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds what others share, and need not define anything; a package is left out, too."""
    (tmp_path / "_shared.py").write_text("raise ValueError\n")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "__init__.py").write_text("raise ValueError\n")
    monkeypatch.setattr(scenarios, "__path__", [str(tmp_path)])
    assert discover() == {}


def test_a_file_with_rehearsals_is_found_as_such(tmp_path: Path) -> None:
    """`REHEARSAL`, or `VARIANTS` of them, and the file gives no drill."""
    one = written(tmp_path, f"{PLAN}REHEARSAL = PLAN\n", "my_plan.py")
    two = written(tmp_path, f'{PLAN}VARIANTS = {{"a": PLAN, "b": PLAN}}\n', "my_plans.py")
    assert list(rehearsals([one, two])) == [*rehearsals(), "my-plan", "my-plans:a", "my-plans:b"]
    assert discover([one, two]) == discover()


def test_every_fault_file_is_found() -> None:
    """Each file of the faults' folder gives exactly one fault."""
    found = [fault.__module__.rpartition(".")[2] for fault in faults().values()]
    assert sorted(found) == sorted(files(list(harness.faults.__path__)))
    assert all(name == fault.__name__ for name, fault in faults().items())


def test_a_file_with_scenario_is_one_drill(tmp_path: Path) -> None:
    """`SCENARIO` gives one drill, under the file's name with hyphens, after those there are."""
    found = discover([written(tmp_path, "SCENARIO = ONE\n")])
    assert list(found) == [*discover(), "my-own-drill"]
    assert found["my-own-drill"].title == "a story"


def test_a_file_with_variants_is_one_drill_each(tmp_path: Path) -> None:
    """`VARIANTS` gives a drill for each entry, in their order."""
    body = 'VARIANTS = {"second": ONE.but(title="2"), "first": ONE.but(title="1")}\n'
    found = discover([written(tmp_path, body)])
    mine = {name: drill.title for name, drill in found.items() if name.startswith("my-own-drill")}
    assert list(mine.items()) == [("my-own-drill:second", "2"), ("my-own-drill:first", "1")]


@pytest.mark.parametrize(
    "body",
    [
        "",
        'SCENARIO = ONE\nVARIANTS = {"a": ONE}\n',
        "SCENARIO = 'ONE'\n",
        "VARIANTS = [ONE]\n",
        'VARIANTS = {"a": ONE, "b": "ONE"}\n',
        "VARIANTS = {}\n",
        f"{PLAN}SCENARIO = ONE\nREHEARSAL = PLAN\n",
        f'{PLAN}REHEARSAL = PLAN\nVARIANTS = {{"a": PLAN}}\n',
        f'{PLAN}VARIANTS = {{"a": ONE, "b": PLAN}}\n',
    ],
    ids=[
        "neither",
        "both",
        "no-scenario",
        "no-dict",
        "one-is-none",
        "no-variant",
        "both-kinds",
        "rehearsal-and-variants",
        "mixed",
    ],
)
def test_a_file_without_a_clear_drill_is_refused(tmp_path: Path, body: str) -> None:
    """A file must define one of the two names, and what it says must be drills."""
    with pytest.raises(
        UsageError, match=r"my_own_drill\.py must define either SCENARIO, .* or REHEARSAL, .* or VARIANTS, "
    ):
        discover([written(tmp_path, body)])


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (
            "\n\nimport nosuch_module\n",
            f"ModuleNotFoundError: No module named 'nosuch_module' (line {LINE + 2})",
        ),
        ("raise ValueError('so')\n", f"ValueError: so (line {LINE})"),
        (
            "def helper():\n    return 1 / 0\nhelper()\n",
            f"ZeroDivisionError: division by zero (line {LINE + 1})",
        ),
        ("SCENARIO = ONE.but(tilte='x')\n", f"(line {LINE})"),
        ("SCENARIO = = ONE\n", "SyntaxError: invalid syntax"),
        ("raise SystemExit(0)\n", f"SystemExit: 0 (line {LINE})"),
    ],
    ids=["import", "raise", "deep", "typo", "syntax", "exit"],
)
def test_a_file_that_raises_is_told_by_name_and_line(tmp_path: Path, body: str, complaint: str) -> None:
    """Whatever a file raises on import is one sentence with the file and the line where it happened."""
    with pytest.raises(UsageError) as refused:
        discover([written(tmp_path, body)])
    assert str(refused.value).startswith("the scenario file my_own_drill.py can't be imported: ")
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_syntax_error_is_told_with_its_line(tmp_path: Path) -> None:
    """A file that does not compile has run no line, and its line is told all the same."""
    with pytest.raises(UsageError, match=re.escape(f"(line {LINE})")):
        discover([written(tmp_path, "SCENARIO = = ONE\n")])


def test_a_drill_that_refuses_itself_is_told_with_its_file(tmp_path: Path) -> None:
    """What a scenario refuses is passed on in its own words, after the file's name."""
    with pytest.raises(
        UsageError, match=r"^my_own_drill\.py: the scenario 'a story' expects nothing in its impact"
    ):
        discover([written(tmp_path, "SCENARIO = ONE.but(impact=[])\n")])


@pytest.mark.parametrize(
    ("name", "complaint"),
    [("nosuch.py", "there is no scenario file"), ("drill.txt", "a scenario file ends in .py")],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, name: str, complaint: str) -> None:
    """A path that leads nowhere, or to no Python file, is refused in one sentence."""
    if name != "nosuch.py":
        written(tmp_path, "SCENARIO = ONE\n", name)
    with pytest.raises(UsageError, match=re.escape(complaint)):
        discover([tmp_path / name])


def test_no_name_selects_every_drill() -> None:
    """Without a name, all are meant."""
    assert select([], discover()) == discover()


def test_a_family_selects_all_its_variants_and_a_full_name_one() -> None:
    """A name before the colon means every variant, in their order; a whole name means that one."""
    known = discover()
    family = [name for name in known if name.startswith("clock-skew:")]
    assert len(family) > 1
    assert list(select(["clock-skew"], known)) == family
    assert list(select([family[1]], known)) == [family[1]]


def test_drills_are_selected_in_the_order_named_and_once() -> None:
    """The user's order holds, and a drill named twice runs once."""
    known = discover()
    names = ["expired-signatures", "ds-before-dnskey:rollover", "expired-signatures"]
    assert list(select(names, known)) == names[:2]


@pytest.mark.parametrize("name", ["clock", "clock-skew:", "expired", "rollover", ""])
def test_part_of_a_name_selects_nothing(name: str) -> None:
    """A name is a name, not a pattern."""
    with pytest.raises(UsageError, match="no scenario is called"):
        select([name], discover())


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("expired-signature", " (did you mean 'expired-signatures'?)"),
        ("clock-skew:ahaed", " (did you mean 'clock-skew:ahead'?)"),
        ("zzzz", ""),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest(name: str, hint: str) -> None:
    """A misspelt name is refused with the nearest that is known, where one is near."""
    complaint = f"no scenario is called {name!r}{hint}: `chaindrill list` shows them all"
    with pytest.raises(UsageError, match=f"^{re.escape(complaint)}$"):
        select(["expired-signatures", name], discover())


def test_the_drill_in_contributing_is_a_drill(tmp_path: Path) -> None:
    """What CONTRIBUTING shows as a whole scenario file can be dropped in as it stands."""
    text = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    shown = text.split("```python\n")[1].split("```")[0]
    file = tmp_path / "shown_drill.py"
    file.write_text(shown, encoding="utf-8")
    assert isinstance(discover([file])["shown-drill"], Scenario)


def test_the_rehearsal_in_contributing_is_a_rehearsal(tmp_path: Path) -> None:
    """The second whole file that CONTRIBUTING shows can be dropped in, too."""
    text = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    shown = text.split("```python\n")[2].split("```")[0]
    file = tmp_path / "shown_rehearsal.py"
    file.write_text(shown, encoding="utf-8")
    assert isinstance(rehearsals([file])["shown-rehearsal"], Rehearsal)
