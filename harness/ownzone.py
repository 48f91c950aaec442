"""Rehearsing a user's own zone under the user's own policy: the rollover as a value, and the dated plan that comes of it.

The key manager of real BIND does the waiting, by the user's `dnssec-policy`; the parent is as the user says it is.
Where the policy understates the parent, validators go bogus here first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from harness import timing
from harness.keymanager import Habits, Live, Ripen, RollNow, UnderPolicy
from harness.milestones import ROLLED, ZSK_ROLLED, Milestone, happened
from harness.rehearsal import EndState, Rehearsal
from lab.errors import UsageError
from lab.topology import RegistrarTerms, Topology

if TYPE_CHECKING:
    from harness.oracle import Change
    from lab.topology import Policy
    from lab.userzone import UserZone

ROLES = {"ksk": "KSK", "zsk": "ZSK", "csk": "CSK"}
"""The rollovers that there are plans for, by the name that the command takes."""

_MARGIN = timedelta(days=1)
_ASKED = 8
"""How many of the zone's RRsets validators are asked for."""


@dataclass(frozen=True)
class OwnZone:
    """What is to be rehearsed: zone, policy, and the parent as it is: DS TTL, and the registrar's delay."""

    zone: UserZone
    policy: Policy
    ds_ttl: timedelta
    registrar_delay: timedelta
    begins: datetime

    @property
    def terms(self) -> timing.Terms:
        """The policy's terms (what BIND goes by), with the registrar's delay."""
        return timing.Terms.of(self.policy, registration_delay=self.registrar_delay)


@dataclass(frozen=True)
class Planned:
    """One step of the plan: what, not before when, what to type, what to check then, and what the lab saw."""

    what: str
    not_before: datetime
    do: str
    check: str
    seen: str
    seen_at: datetime | None


def rehearsal(kind: str, own: OwnZone) -> Rehearsal:
    """The rollover of that kind, begun at the date asked for.  Raises UsageError for what the policy has no key for."""
    role = ROLES[kind]
    has = [name.upper() for name, _ in own.policy.keys]
    if role not in has:
        raise UsageError(
            f"policy {own.policy.name!r} has no {role} to roll: its keys are {' and '.join(has)}, so rehearse"
            f" {' or '.join(name.lower() for name in has)}"
        )
    if own.policy.unsigns:
        raise UsageError(
            "policy 'insecure' has no keys to roll: give the policy that the zone is to live under"
        )
    timing.check(own.policy)
    ripe = _ripening(own.terms)
    right = Rehearsal(
        title=f"{role} rollover of {own.zone.name} under the dnssec-policy {own.policy.name!r}",
        purpose=f"The {role} is rolled on {own.begins:%Y-%m-%d %H:%M} UTC, BIND's key manager doing the waiting.",
        topology=Topology(
            victim=own.zone.zone(own.policy),
            registrar=RegistrarTerms(ds_ttl=own.ds_ttl, publication_delay=own.registrar_delay),
        ),
        setting=[UnderPolicy(), Ripen(ripe)],
        steps=[RollNow(role), Live(_duration(kind, own.terms))],
        end=EndState(),
        checks=[ZSK_ROLLED if kind == "zsk" else ROLLED],
        targets=_targets(own.zone),
        begins=own.begins - ripe,
        references=["RFC 7583 3.2.1" if kind == "zsk" else "RFC 7583 3.3.1"],
    )
    if kind == "zsk":
        return right
    early = UnderPolicy(Habits(says_early=own.registrar_delay))
    return right.but(mutants={"told of the DS when it is handed in": right.but(setting=[early, Ripen(ripe)])})


def _targets(zone: UserZone) -> Sequence[tuple[str, str]]:
    found = zone.questions if len(zone.questions) > 1 else zone.rrsets
    if len(found) < 2:
        raise UsageError(
            f"{zone.file}: {zone.name} answers for fewer than two RRsets: validators could be asked for nothing fresh"
        )
    return found[:_ASKED]


def _ripening(terms: timing.Terms) -> timedelta:
    """Until the first keys, their signatures and their DS are in every cache, and a rollover may begin."""
    signed = max(timing.enabling(terms), timing.ksk_publication(terms) + terms.retire_safety)
    return signed + terms.registration_delay + timing.ksk_retirement(terms) + _MARGIN


def _duration(kind: str, terms: timing.Terms) -> timedelta:
    """How long a rollover takes, with a day to spare."""
    if kind == "zsk":
        whole = timing.zsk_publication(terms) + timing.zsk_retirement(terms)
    else:
        whole = timing.ksk_publication(terms) + max(
            timing.csk_retirement(terms) if kind == "csk" else timing.ksk_retirement(terms), terms.dnskey_ttl
        )
        whole += terms.registration_delay
    return whole + timing.double_ds_retirement(terms) + _MARGIN


def plan(kind: str, own: OwnZone, changes: Sequence[Change]) -> tuple[Planned, ...]:
    """The dated plan, with what the lab saw (`changes` of the rehearsal in the right order)."""
    role, zone, terms = ROLES[kind], own.zone.name, own.terms
    dig_keys, dig_ds = f"dig DNSKEY {zone} @PRIMARY +norecurse", f"dig DS {zone} @PARENT +norecurse"

    def step(
        what: str, not_before: datetime, do: str, check: str, milestone: Milestone | None = None
    ) -> Planned:
        change = next(iter(happened(changes, milestone)), None) if milestone else None
        seen_at = _minute(change) if change and milestone is not Milestone.SIGNS else None
        return Planned(what, not_before, do, check, _seen(milestone, change), seen_at)

    published = own.begins
    active = published + (timing.zsk_publication(terms) if kind == "zsk" else timing.ksk_publication(terms))
    first = step(
        f"the new {role} is published",
        published,
        f"rndc dnssec -rollover -key OLD {zone}",
        dig_keys,
        Milestone.APPEARED,
    )
    if kind == "zsk":
        left = active + timing.zsk_retirement(terms)
        return (
            first,
            step(
                "the new ZSK signs what falls due, the old one nothing more",
                active,
                "",
                f"rndc dnssec -status {zone}",
                Milestone.SIGNS,
            ),
            step("the old ZSK leaves the zone", left, "", dig_keys, Milestone.LEFT),
        )
    at_parent = active + terms.registration_delay
    retirement = timing.ksk_retirement(terms)
    left = at_parent + retirement
    if kind == "csk":
        left = max(left, active + timing.zsk_retirement(terms))
    return (
        first,
        step(
            f"the DS of the new {role} goes to the registrar",
            active,
            "dnssec-dsfromkey KEY   # at the registrar's",
            dig_ds,
            Milestone.SWAPPED,
        ),
        step(
            "the key manager is told, once every server of the parent has it",
            at_parent,
            f"rndc dnssec -checkds -key NEW published {zone}; rndc dnssec -checkds -key OLD withdrawn {zone}",
            f"rndc dnssec -status {zone}",
        ),
        step(f"the old {role} leaves the zone", left, "", dig_keys, Milestone.LEFT),
    )


def _minute(change: Change) -> datetime:
    """When it was seen, to the minute: a lab's own work makes things late by seconds, never early."""
    return datetime.fromtimestamp(change.served, UTC).replace(second=0, microsecond=0)


def _seen(milestone: Milestone | None, change: Change | None) -> str:
    if milestone is None:
        return ""
    if change is None:
        return "not seen"
    after = change.published
    if milestone is Milestone.SWAPPED:
        return f"DS {', '.join(map(str, sorted(after.ds)))} at the parent"
    if milestone is Milestone.SIGNS:
        return "signatures by the new key, each as an old one fell due"
    return f"{len(after.keys)} keys"
