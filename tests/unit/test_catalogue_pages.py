"""The catalogue's pages: written, read again, and held against the drills that there are."""

from __future__ import annotations

from pathlib import Path

import pytest

import tests.catalogue
from harness.discover import discover
from harness.offer import Offer
from harness.recovery import Recovery, offers_of
from harness.report import catalogue
from tests.catalogue import INDEX, PAGES, rows, twin, written
from tests.unit.stage import Stage, drill
from tests.unit.test_catalogue import REMEDY, outage

# -- pages -----------------------------------------------------------------------------------------------------


def test_what_is_written_can_be_read_again() -> None:
    """Entries by drill, what was timed apart from them; the index's lines likewise."""
    scenario = drill(Stage())
    one, other = outage(), outage(name="a-story:two")
    timed = catalogue.timed(Recovery("a-story:one", "t", ("unbound",), (REMEDY,)))
    text = catalogue.page(
        "a-story", [f"{catalogue.entry(one, scenario)}\n{timed}", catalogue.entry(other, scenario)]
    )
    assert catalogue.entries(text) == {
        "a-story:one": (catalogue.entry(one, scenario), timed),
        "a-story:two": (catalogue.entry(other, scenario), ""),
    }
    lines = [catalogue.index_row(report, scenario) for report in (one, other)]
    assert catalogue.index_rows(catalogue.index(lines)) == dict(
        zip(("a-story:one", "a-story:two"), lines, strict=True)
    )


def test_writing_some_stories_leaves_the_others_and_takes_away_what_is_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages and lines of stories that exist stay, and what was timed; those of one that doesn't exist go."""
    monkeypatch.setattr(tests.catalogue, "INDEX", tmp_path / "catalogue.md")
    monkeypatch.setattr(tests.catalogue, "PAGES", tmp_path / "catalogue")
    scenario = drill(Stage())
    all_three = dict.fromkeys(("a-story:one", "b-story", "c-story"), scenario)
    tests.catalogue.write(
        [outage(name=name) for name in all_three], {"b-story": f"{catalogue.TIMED}\n"}, all_three
    )
    assert written("b-story")[1] == f"{catalogue.TIMED}\n"
    tests.catalogue.write([outage()], {}, all_three)
    assert list(rows()) == list(all_three)
    without_c = dict.fromkeys(("a-story:one", "b-story"), scenario)
    tests.catalogue.write([outage(), outage(name="b-story")], {}, without_c)
    assert list(rows()) == list(without_c)
    assert written("b-story")[1] == f"{catalogue.TIMED}\n"
    assert sorted(page.stem for page in (tmp_path / "catalogue").iterdir()) == ["a-story", "b-story"]


def test_remedies_are_timed_once_for_variants_that_have_the_same() -> None:
    """The same kind of fault and the same offers; none is timed for another story's."""
    offers = {"again": Offer("again", [])}
    one = drill(Stage(), offers=offers)
    other = drill(Stage(), offers={"anew": Offer("anew", [])})
    drills = {"a:1": one, "a:2": one, "a:3": other, "b": one}
    assert {name: twin(name, drills) for name in drills} == {
        "a:1": "a:1",
        "a:2": "a:1",
        "a:3": "a:3",
        "b": "b",
    }


# -- what is written -------------------------------------------------------------------------------------------


def test_every_entry_of_the_pages_is_of_a_drill_that_there_is() -> None:
    """In the drills' order, on its story's page, and in the index."""
    known = list(discover())
    assert list(rows()) == [name for name in known if name in rows()]
    for page in PAGES.glob("*.md"):
        found = list(catalogue.entries(page.read_text(encoding="utf-8")))
        assert found == [name for name in rows() if catalogue.story_of(name) == page.stem]
    assert {catalogue.story_of(name) for name in rows()} == {page.stem for page in PAGES.glob("*.md")}
    assert len(rows()) == INDEX.read_text(encoding="utf-8").count("](catalogue/")


@pytest.mark.parametrize(
    "name", [name for name, one in discover().items() if one.offers and written(name)[0]]
)
def test_what_a_drill_has_on_offer_is_timed(name: str) -> None:
    """Every remedy by its name, or a link to the variant that has the same."""
    drills = discover()
    _, timed = written(name)
    if catalogue.waits_long(drills[name]):
        assert timed == catalogue.not_timed(name)
        return
    first = twin(name, drills)
    if first != name:
        assert timed == catalogue.timed_elsewhere(first)
        return
    assert [line.split("`")[1] for line in timed.splitlines() if line.startswith("| `")] == list(
        offers_of(drills[name])
    )
