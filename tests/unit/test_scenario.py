"""Drills as values: what they refuse to be, and how they are changed."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from harness.alerts import ShortSignatureLife
from harness.expectation import Bogus, Secure
from harness.fault import Proof, SwitchedOff
from harness.scenario import PHASES, Scenario
from harness.step import Wait
from lab.errors import UsageError
from lab.topology import Topology, Zone

if TYPE_CHECKING:
    from lab.lab import Lab

WWW = "www.shop.lab."


@dataclass(frozen=True)
class Nothing:
    """A fault that only says that it was looked at."""

    holds: bool = True

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Must not be entered here."""
        raise AssertionError("the fault was entered")
        yield  # pragma: no cover - makes it a generator

    def took_hold(self, lab: Lab) -> Proof:
        """Say so."""
        return Proof(self.holds, "looked")


def story(**changes: Any) -> Scenario:
    """A drill that is complete."""
    parts: dict[str, Any] = {
        "title": "a story",
        "symptom": "something fails",
        "fault": Nothing(),
        "steady_state": [Secure(WWW)],
        "impact": [Bogus(WWW)],
        "remedy": [Wait(timedelta(hours=1))],
        "recovery": [Secure(WWW)],
        "references": ["RFC 4033 5"],
    }
    return Scenario(**(parts | changes))


def test_a_drill_without_a_bystander_is_refused() -> None:
    """Without a healthy zone beside it, a sick lab would look like the fault's doing."""
    with pytest.raises(UsageError, match="'a story' has no bystander zone"):
        story(topology=Topology(bystander=None))


@pytest.mark.parametrize("phase", ["steady_state", "impact", "recovery"])
@pytest.mark.parametrize("items", [[], [Wait(timedelta(hours=1))]], ids=["empty", "steps-only"])
def test_a_phase_that_claims_nothing_is_refused(phase: str, items: list[Wait]) -> None:
    """A phase that has steps and no claim could not fail, so it proves nothing."""
    with pytest.raises(UsageError, match=f"expects nothing in its {phase}: it could not fail"):
        story(**{phase: items})


@pytest.mark.parametrize("phase", ["steady_state", "impact", "recovery"])
def test_a_claim_about_the_lab_is_a_claim(phase: str) -> None:
    """A look at servers is enough for a phase to be able to fail."""
    claim = ShortSignatureLife("shop.lab.")
    assert getattr(story(**{phase: [claim]}), phase) == (claim,)


def test_phases_are_tuples_in_their_order() -> None:
    """Lists given become tuples, so that nobody changes a drill behind its readers, and phases keep their order."""
    drill = story()
    assert list(drill.phases) == list(PHASES) == ["steady_state", "impact", "remedy", "recovery"]
    assert all(isinstance(items, tuple) for items in drill.phases.values())
    assert drill.references == ("RFC 4033 5",)


def test_a_drill_cannot_be_changed_in_place() -> None:
    """A drill is frozen."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        story().title = "another"  # type: ignore[misc]


def test_but_changes_what_it_is_told_and_nothing_else() -> None:
    """A variant differs in what was named, and the original stays as it was."""
    drill = story()
    variant = drill.but(title="another story", topology=Topology(victim=Zone("other.lab.")))
    assert (variant.title, variant.topology.victim.name) == ("another story", "other.lab.")
    assert variant.but(title=drill.title, topology=drill.topology) == drill == story()


def test_a_variant_is_checked_as_any_drill() -> None:
    """What a drill refuses, its variant refuses."""
    with pytest.raises(UsageError, match="expects nothing in its impact"):
        story().but(impact=[])


def test_but_knows_the_parts_of_a_drill() -> None:
    """A misspelt part is an error, not a part more."""
    with pytest.raises(TypeError, match="recovry"):
        story().but(recovry=[])


def test_a_fault_switched_off_is_looked_for_and_not_made() -> None:
    """The drill stays the same but for its fault, which does nothing and still looks for itself."""
    drill = story()
    off = drill.fault_switched_off()
    assert off.fault == SwitchedOff(drill.fault)
    assert off.but(fault=drill.fault) == drill
    lab = cast("Lab", None)
    with off.fault.inject(lab):
        assert off.fault.took_hold(lab) == Proof(True, "looked")


def test_a_remedy_left_out_leaves_all_else() -> None:
    """The drill without its remedy is the same in everything else, so that only the remedy can be what it lacks."""
    drill = story()
    without = drill.remedy_left_out()
    assert without.remedy == ()
    assert without.but(remedy=drill.remedy) == drill
