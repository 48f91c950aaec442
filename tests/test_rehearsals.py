"""Every rehearsal there is, played in the right order, and in the wrong ways."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.discover import rehearsals
from harness.mutants import mutants
from harness.rehearsal import Rehearsal
from harness.rehearse import RehearsalReport
from harness.verdict import Verdict

Play = Callable[..., RehearsalReport]

REHEARSALS = rehearsals()
WRONG = {
    f"{name}, {way}": changed for name, one in REHEARSALS.items() for way, changed in mutants(one).items()
}

NOTHING_TO_SEE = {
    "key-manager-enabling",  # without its steps the zone stays unsigned, and without a DS
    "key-manager-nsec3",  # denial of either kind is signed by the same keys, and is judged by itself
    "nsec-to-nsec3",
    "nsec3-to-nsec",
}
"""Rehearsals of whose wrong ways none makes an outage: this is tested, too."""

each_rehearsal = pytest.mark.parametrize("name", REHEARSALS)


def told(report: RehearsalReport) -> str:
    """The report in a few lines, for whoever reads a failure."""
    lines = [f"{report.name}: {report.verdict.value}: {report.reason or 'no reason'}"]
    lines += [f"clean-up: {error}" for error in report.clean_up_errors]
    lines += [f"{e.lab_time:%m-%d %H:%M:%S} {e.kind}: {e.text}" for e in report.history.events[-25:]]
    return "\n".join(lines)


def most_telling(rehearsal: Rehearsal) -> list[str]:
    """Its wrong ways, those first that are most likely to be seen: the last wait left out, then what it brings itself."""
    ways = list(mutants(rehearsal))
    waits = [way for way in reversed(ways) if way.endswith("left out")]
    return list(dict.fromkeys([*waits, *rehearsal.mutants, *ways]))


@each_rehearsal
def test_the_rehearsal_passes(name: str, run_rehearsal: Play) -> None:
    """In the right order no validator is bogus for a second, in no cache phase, and the end is as claimed."""
    report = run_rehearsal(REHEARSALS[name])
    assert report.verdict is Verdict.PASS, told(report)
    assert not report.clean_up_errors, told(report)


@pytest.mark.parametrize("name", [name for name, one in REHEARSALS.items() if mutants(one)])
def test_a_way_to_get_it_wrong_is_seen(name: str, run_rehearsal: Play) -> None:
    """The watchers are not blind: of its wrong ways one at least makes an outage, where and when the model says."""
    known, told_apart = mutants(REHEARSALS[name]), most_telling(REHEARSALS[name])
    for way in told_apart[:1] if name in NOTHING_TO_SEE else told_apart:
        report = run_rehearsal(known[way], wrong=True)
        assert report.verdict is Verdict.PASS, f"{way}: {told(report)}"
        assert not report.clean_up_errors, told(report)
        if report.observable:
            assert name not in NOTHING_TO_SEE, told(report)
            return
    assert name in NOTHING_TO_SEE, (
        "no wrong way is observable: its waits are for nothing, or the watchers are blind"
    )


@pytest.mark.every_wrong_way
@pytest.mark.parametrize("name", WRONG)
def test_the_wrong_way_is_as_predicted(name: str, run_rehearsal: Play) -> None:
    """What the lab shows of it is what the model says: an outage from when to when, or none."""
    report = run_rehearsal(WRONG[name], wrong=True)
    assert report.verdict is Verdict.PASS, told(report)
    assert not report.clean_up_errors, told(report)
    assert not (report.observable and name.split(", ")[0] in NOTHING_TO_SEE), told(report)
