"""docs/catalogue.md and its pages: `make catalogue` writes them, tests/test_scenarios.py holds each entry against a run.

With names of stories only their pages are written anew, and their lines in the index.  With `--quick` what was timed stays as it
is: the drills take seconds each, a drill's remedies minutes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from harness.discover import discover, select
from harness.report import catalogue
from harness.verdict import Verdict
from lab.resolver import DEFAULT_VALIDATORS

if TYPE_CHECKING:
    from harness.offer import Offer
    from harness.recovery import Played, Recovery
    from harness.recovery_time import Window
    from harness.scenario import Scenario
    from harness.verdict import Report

ROOT = Path(__file__).parent.parent
INDEX, PAGES = ROOT / "docs" / "catalogue.md", ROOT / "docs" / "catalogue"
LABS = 2


# -- what is written ---------------------------------------------------------------------------------------------


def written(name: str) -> tuple[str, str]:
    """A drill's entry on its page, and what was timed; empty where there is none."""
    page = PAGES / f"{catalogue.story_of(name)}.md"
    found = catalogue.entries(page.read_text(encoding="utf-8")) if page.exists() else {}
    return found.get(name, ("", ""))


def rows() -> Mapping[str, str]:
    """The index's lines, by drill."""
    return catalogue.index_rows(INDEX.read_text(encoding="utf-8")) if INDEX.exists() else {}


def twin(name: str, drills: Mapping[str, Scenario]) -> str:
    """The first drill of the story with the same kind of fault and the same remedies on offer: perhaps itself."""
    one = drills[name]
    return next(
        other
        for other, its in drills.items()
        if catalogue.story_of(other) == catalogue.story_of(name)
        and (type(its.fault), its.offers) == (type(one.fault), one.offers)
    )


# -- writing -----------------------------------------------------------------------------------------------------


def ran(drills: Mapping[str, Scenario]) -> Sequence[Report]:
    """Run drills; one report each, passed or not."""
    from harness.cli.crew import drill, mustered
    from harness.report.progress import Progress

    progress = Progress(Console(stderr=True), list(drills))
    with mustered(DEFAULT_VALIDATORS, progress, LABS) as crew, progress:
        return list(crew.reports({name: drill(name, one) for name, one in drills.items()}))


def measured(name: str, scenario: Scenario) -> Recovery:
    """Time all that is on offer for a drill."""
    from harness.recovery import chosen, measure

    found = measure(name, scenario, DEFAULT_VALIDATORS, chosen(scenario, ()), partial(_play, scenario))
    if found.sick:
        sys.exit(f"the catalogue stays as it is: of a remedy for {name} nothing could be concluded")
    return found


def _play(scenario: Scenario, todo: Mapping[str, tuple[Offer, Sequence[Window]]]) -> Mapping[str, Played]:
    from harness.cli.crew import mustered, recovery
    from harness.report.progress import Progress

    progress = Progress(Console(stderr=True), list(todo), kind="labs")
    with mustered(DEFAULT_VALIDATORS, progress, LABS) as crew, progress:
        tasks = {name: recovery(scenario, offer, windows) for name, (offer, windows) in todo.items()}
        return dict(zip(tasks, crew.reports(tasks), strict=True))


def write(reports: Iterable[Report], timed: Mapping[str, str], known: Mapping[str, Scenario]) -> None:
    """Write the pages of the drills that passed, and the index; pages and lines of drills that are no more go.

    `timed`: what was timed, by drill; of others what is written stays.
    """
    index = dict(rows())
    told: dict[str, list[str]] = {}
    for report in reports:
        scenario, (entry, found) = known[report.name], written(report.name)
        if report.verdict is Verdict.PASS:
            entry, index[report.name] = (
                catalogue.entry(report, scenario),
                catalogue.index_row(report, scenario),
            )
        parts = (entry, timed.get(report.name, found))
        if entry:
            told.setdefault(catalogue.story_of(report.name), []).append("\n".join(filter(None, parts)))
    PAGES.mkdir(exist_ok=True)
    for story, entries in told.items():
        (PAGES / f"{story}.md").write_text(catalogue.page(story, entries), encoding="utf-8")
    for page in PAGES.glob("*.md"):
        if page.stem not in {catalogue.story_of(name) for name in known}:
            page.unlink()
    text = catalogue.index(index[name] for name in known if name in index)
    INDEX.write_text(text, encoding="utf-8")


def main(arguments: Sequence[str]) -> None:
    """Run the drills of these stories (of all, without a name), time what they have on offer, and write it down."""
    started = time.monotonic()
    names = [catalogue.story_of(one) for one in arguments if one != "--quick"]
    known = discover()
    drills = select(names, known)
    reports = ran(drills)
    timed = {name: "" for name, one in drills.items() if not one.offers}
    timed |= {
        name: catalogue.not_timed(name)
        for name, one in drills.items()
        if one.offers and catalogue.waits_long(one)
    }
    write(reports, timed, known)
    for name, one in drills.items() if "--quick" not in arguments else ():
        if name not in timed:
            first = twin(name, known)
            timed[name] = (
                catalogue.timed(measured(name, one)) if first == name else catalogue.timed_elsewhere(first)
            )
            write(reports, timed, known)  # each as it comes: an hour's work is not lost to a Ctrl-C
    if failed := [one for one in reports if one.verdict is not Verdict.PASS]:
        stays = [f"{one.name}: {one.verdict.value}: {one.reason}" for one in failed]
        sys.exit("\n".join(["what is written of these stays as it was:", *stays]))
    print(f"{len(reports)} drills in {(time.monotonic() - started) / 60:.1f} min")


if __name__ == "__main__":
    main(sys.argv[1:])
