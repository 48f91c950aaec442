"""The milestones of a rollover, as read back from the servers, held against the arithmetic of RFC 7583."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from harness import timing

if TYPE_CHECKING:
    from harness.conductor import Stage
    from harness.oracle import Change

_NONE = timedelta(0)
_TOLERANCE = timedelta(minutes=2)
"""Looks of the key manager come up to a second late, and what an operator does takes some."""


class Milestone(enum.Enum):
    """What can be seen of a rollover from outside."""

    APPEARED = "a new key was published"
    SIGNS = "a new key began to sign"
    SWAPPED = "the DS was swapped"
    LEFT = "an old key left"


def happened(changes: Sequence[Change], milestone: Milestone) -> list[Change]:
    """The changes that are this milestone, in their order."""
    found = []
    for change in changes:
        before, after = change.before, change.published
        signers = frozenset[object]().union(*(one.signers for one in after.targets.values()))
        signed = frozenset[object]().union(*(one.signers for one in before.targets.values()))
        if {
            Milestone.APPEARED: bool(after.keys - before.keys),
            Milestone.LEFT: bool(before.keys - after.keys),
            Milestone.SWAPPED: bool(after.ds - before.ds),
            Milestone.SIGNS: bool(signers - signed),
        }[milestone]:
            found.append(change)
    return found


@dataclass(frozen=True)
class Happened:
    """Whether all of these were seen: a change that never came has broken nothing."""

    milestones: tuple[Milestone, ...]

    def problem(self, stage: Stage) -> str | None:
        """The first that was not."""
        missing = (one for one in self.milestones if not happened(stage.oracle.changes, one))
        return next((f"it was never seen that {one.value}" for one in missing), None)


ROLLED = Happened((Milestone.APPEARED, Milestone.SWAPPED, Milestone.LEFT))
"""A KSK or CSK has been replaced, its DS at the parent too."""

ZSK_ROLLED = Happened((Milestone.APPEARED, Milestone.SIGNS, Milestone.LEFT))
"""A ZSK has been replaced."""


@dataclass(frozen=True)
class RollsAsComputed:
    """Whether the zone's keys in a role (ksk, zsk, csk) rolled when RFC 7583 says, by BIND's own terms."""

    role: str
    lifetime: timedelta
    rollovers: int = 1

    def problem(self, stage: Stage) -> str | None:
        """The first date that is off, in one sentence."""
        topology = stage.lab.topology
        policy = topology.victim.policy
        assert policy is not None
        terms = replace(timing.Terms.of(policy), registration_delay=topology.registrar.publication_delay)
        active = datetime.fromtimestamp(stage.created, UTC)
        for turn in range(1, self.rollovers + 1):
            for milestone, expected in _expected(self.role, active, self.lifetime, terms):
                # signatures by the new key come as old ones fall due, the first at once or within Dsgn
                late = terms.signing_delay if milestone is Milestone.SIGNS else _NONE
                if problem := _off(stage.oracle.changes, milestone, expected, late):
                    return f"rollover {turn}: {problem}"
            active += self.lifetime
        return None


def _off(changes: Sequence[Change], milestone: Milestone, expected: datetime, late: timedelta) -> str | None:
    dates = [datetime.fromtimestamp(change.served, UTC) for change in happened(changes, milestone)]
    if any(-_TOLERANCE <= seen - expected <= late + _TOLERANCE for seen in dates):
        return None
    nearest = min(dates, key=lambda seen: abs(seen - expected), default=None)
    when = f"{nearest:%Y-%m-%d %H:%M:%S}" if nearest else "never"
    return f"{milestone.value} {when}, and RFC 7583 makes it {expected:%Y-%m-%d %H:%M:%S}"


def _expected(
    role: str, active: datetime, lifetime: timedelta, terms: timing.Terms
) -> list[tuple[Milestone, datetime]]:
    """What is to be seen of one rollover, and when."""
    if role == "zsk":
        zsk = timing.zsk_rollover(active, lifetime, terms)
        return [
            (Milestone.APPEARED, zsk.successor_published),
            (Milestone.SIGNS, zsk.successor_active),
            (Milestone.LEFT, zsk.old_removed),
        ]
    roll = timing.csk_rollover if role == "csk" else timing.ksk_rollover
    ksk = roll(active, lifetime, terms)
    return [
        (Milestone.APPEARED, ksk.successor_published),
        (Milestone.SWAPPED, ksk.ds_swap_from + terms.registration_delay),
        (Milestone.LEFT, ksk.old_removed),
    ]
