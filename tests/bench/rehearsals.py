"""What rehearsals cost: 400 days with a KSK and four ZSK rollovers, one KSK rollover, all of them, large zones."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from harness.conductor import conduct
from harness.history import History
from harness.keymanager import Live, UnderPolicy
from harness.milestones import RollsAsComputed
from harness.rehearsal import EndState, Rehearsal
from lab.engine import Engine
from lab.errors import LabSick
from lab.lab import Lab
from lab.topology import SAAS, RegistrarTerms, Topology, Zone
from scenarios.rehearsals.ksk_double_signature import REHEARSAL as KSK

DAY = timedelta(days=1)
YEAR_AND_MORE = Rehearsal(
    title="400 days",
    purpose="A KSK and four ZSK rollovers.",
    topology=Topology(
        victim=Zone("shop.lab.", replace(SAAS, nsec3=False)),
        registrar=RegistrarTerms(publication_delay=timedelta(hours=1)),
    ),
    setting=[UnderPolicy()],
    steps=[Live(400 * DAY)],
    checks=[RollsAsComputed("zsk", 90 * DAY, 4), RollsAsComputed("ksk", 365 * DAY)],
    end=EndState(),
    references=["RFC 7583"],
)
NAMES = (10, 10_000)


def seconds(rehearsal: Rehearsal, engine: Engine, validators: Sequence[str]) -> tuple[float, float]:
    """Wall time from a lab that is up to the rehearsal's end, and lab time over wall time.

    Raises LabSick where it did not pass: what goes wrong is not fast.
    """
    with Lab(rehearsal.topology, validators, control=False, engine=engine) as lab:
        begun = time.perf_counter()
        stage = conduct(rehearsal, lab, History())
        wall = time.perf_counter() - begun
        found = stage.findings()
        if found.bogus or found.disagreements:
            raise LabSick(f"{rehearsal.title} went wrong: {found}")
        if validators and (problem := stage.end_problem(rehearsal.end, rehearsal.checks)):
            raise LabSick(f"{rehearsal.title}: {problem}")
        return wall, (stage.oracle.now() - stage.oracle.begun) / wall


def ksk_rollover(engine: Engine) -> float:
    """One KSK rollover by hand, a lab's start and end included."""
    begun = time.perf_counter()
    seconds(KSK, engine, ("unbound", "bind"))
    return time.perf_counter() - begun


def of_names(count: int, engine: Engine) -> float:
    """The same by the key manager in a zone of so many names, a lab's start and end included."""
    records = "".join(
        f"h{number}.shop.lab. 1800 IN A 192.0.2.{number % 250 + 1}\n" for number in range(count)
    )
    soa = "shop.lab. 1800 IN SOA ns.shop.lab. hostmaster.shop.lab. 1 3600 600 5184000 900\n"
    policy = replace(SAAS, zsk=replace(SAAS.zsk, lifetime=None), ksk=replace(SAAS.ksk, lifetime=5 * DAY))
    rehearsal = YEAR_AND_MORE.but(
        title=f"{count} names",
        topology=Topology(victim=Zone("shop.lab.", policy, source=soa + records)),
        steps=[Live(6 * DAY)],
        checks=[RollsAsComputed("ksk", 5 * DAY)],
        targets=[(f"h{number}.shop.lab.", "A") for number in range(8)],
    )
    begun = time.perf_counter()
    seconds(rehearsal, engine, ("unbound", "bind"))
    return time.perf_counter() - begun
