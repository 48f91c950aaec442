"""A rollover of one's own zone: what is rehearsed, the dates of its plan, and its calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import icalendar
import pytest

from harness import cli
from harness.keymanager import Ripen, RollNow
from harness.milestones import ROLLED
from harness.oracle import Change
from harness.ownzone import OwnZone, plan, rehearsal
from harness.report import ical
from harness.report.plan import as_data, markdown
from lab.chain import KeyId, Published, Signed
from lab.errors import UsageError
from lab.topology import Key, Policy
from lab.userzone import Record, describe

if TYPE_CHECKING:
    from harness.conductor import Stage

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BEGINS = datetime(2026, 12, 1, 9, tzinfo=UTC)
YEARLY = Policy("yearly", ksk=Key(lifetime=365 * DAY), zsk=Key(lifetime=90 * DAY))
"""Ipub = 5 min + 1 h + 1 h, Iret of the KSK = 1 h + 1 h + 1 h, of the ZSK = 9 d + 5 min + 1 d + 1 h."""

OLD, NEW, ZSK = KeyId(1, 13), KeyId(2, 13), KeyId(3, 13)
NAME = ("www.example.com.", "A")
RECORDS = [
    Record("example.com.", 3600, "SOA", "ns1.example.com. hostmaster.example.com. 1 7200 900 1209600 600"),
    Record("example.com.", 3600, "NS", "ns1.example.com."),
    Record("ns1.example.com.", 3600, "A", "192.0.2.1"),
    Record("www.example.com.", 3600, "A", "192.0.2.2"),
]


def own(policy: Policy = YEARLY, records: list[Record] = RECORDS) -> OwnZone:
    """That zone under that policy, its parent's DS TTL and its registrar's delay an hour each."""
    zone = describe(Path("example.com.zone"), "example.com.", records)
    return OwnZone(zone, policy, HOUR, HOUR, BEGINS)


def served(ds: KeyId, *keys: KeyId) -> Published:
    """A zone with these keys."""
    signed = Signed(3600, frozenset({ZSK}))
    return Published(frozenset({ds}), 3600, 900, frozenset(keys), signed, {NAME: signed})


STATES = (
    served(OLD, OLD, ZSK),
    served(OLD, OLD, NEW, ZSK),
    served(NEW, OLD, NEW, ZSK),
    served(NEW, NEW, ZSK),
)
AT = (BEGINS, BEGINS + timedelta(hours=3, minutes=5), BEGINS + timedelta(hours=6, minutes=5))
CHANGES = [
    Change("", at.timestamp(), at.timestamp() + 4.2, before, after)
    for at, before, after in zip(AT, STATES, STATES[1:], strict=False)
]


def test_dates_of_a_ksk_rollover() -> None:
    """Published at 09:00, DS after Ipub (2 h 5 min), at the parent an hour later, the old key out after Iret (3 h)."""
    dates = [step.not_before for step in plan("ksk", own(), CHANGES)]
    clock = [(date - BEGINS) / timedelta(minutes=1) for date in dates]
    assert clock == [0, 125, 185, 365]


def test_dates_of_a_zsk_rollover() -> None:
    """Published, signing after Ipub (2 h 5 min), the old key out after Iret (10 d 1 h 5 min more)."""
    dates = [step.not_before - BEGINS for step in plan("zsk", own(), [])]
    assert dates == [timedelta(0), timedelta(minutes=125), timedelta(days=10, minutes=190)]


def test_what_the_lab_saw_stands_beside_each_step() -> None:
    """To the minute, the seconds that a lab's work takes left out; a step that nobody sees has nothing beside it."""
    steps = plan("ksk", own(), CHANGES)
    assert [step.seen for step in steps] == ["3 keys", "DS 2 at the parent", "", "2 keys"]
    assert [step.seen_at for step in steps] == [AT[0], AT[1], None, AT[2]]


def test_a_step_that_did_not_come_is_told() -> None:
    """A rehearsal that stopped half-way has no date for the rest."""
    assert plan("ksk", own(), CHANGES[:1])[-1].seen == "not seen"


def test_the_lab_begins_early_enough_for_first_keys_to_ripen() -> None:
    """The rollover itself begins at the date asked for."""
    one = rehearsal("ksk", own())
    ripen = next(step for step in one.setting if isinstance(step, Ripen))
    assert one.begins is not None
    assert one.begins + ripen.duration == BEGINS
    assert one.steps[0] == RollNow("KSK")
    assert NAME in one.targets


def test_a_policy_without_that_key_is_refused() -> None:
    """The sentence names the keys that there are."""
    with pytest.raises(UsageError, match="has no CSK to roll: its keys are KSK and ZSK"):
        rehearsal("csk", own())
    with pytest.raises(UsageError, match="has no ZSK to roll: its keys are CSK"):
        rehearsal("zsk", own(replace(YEARLY, csk=Key(lifetime=365 * DAY))))


def test_a_policy_that_unsigns_is_refused() -> None:
    """BIND's `insecure` has no keys."""
    with pytest.raises(UsageError, match="has no keys to roll"):
        rehearsal("ksk", own(Policy("insecure", source="")))


def test_the_calendar_can_be_read_again() -> None:
    """One event a step, at its date, the same in every run."""
    steps = plan("ksk", own(), CHANGES)
    read = icalendar.Calendar.from_ical(ical.render("KSK", steps, "1"))
    events: list[Any] = list(read.walk("VEVENT"))
    assert [event["DTSTART"].dt for event in events] == [step.not_before for step in steps]
    assert "dig DS example.com." in events[1]["DESCRIPTION"]
    assert ical.render("KSK", steps, "1") == ical.render("KSK", steps, "1")


def test_the_plan_as_markdown_and_as_data() -> None:
    """A row a step, and instants in ISO 8601."""
    steps = plan("ksk", own(), CHANGES)
    assert markdown("KSK", steps, ["a note"], "PASS").count("\n| ") == len(steps) + 1
    assert as_data(steps)[1]["not_before"] == "2026-12-01T11:05:00+00:00"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["ksk", "--policy", "named.conf"], "--policy is of a zone of your own: give it with --zone-file"),
        (["--zone-file", "z", "--policy", "default"], "one rollover at a time is rehearsed"),
        (["ksk", "zsk", "--zone-file", "z", "--policy", "default"], "one rollover at a time is rehearsed"),
        (["ksk", "--zone-file", "z"], "which dnssec-policy?"),
        (["ksk", "--zone-file", "z", "--policy", "default", "--ds-ttl", "0"], "--ds-ttl 0 is out of reach"),
        (
            ["ksk", "--zone-file", "z", "--policy", "default", "--registrar-delay", "x"],
            "--registrar-delay: 'x'",
        ),
    ],
)
def test_what_is_not_understood_is_one_sentence(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before any lab is built, with exit status 2."""
    assert cli.main(["rehearse", *argv]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_rollover_that_never_came_has_not_passed() -> None:
    """Nothing went bogus, and nothing rolled: the check says which milestone is missing."""
    half = cast("Stage", SimpleNamespace(oracle=SimpleNamespace(changes=CHANGES[:2])))
    whole = cast("Stage", SimpleNamespace(oracle=SimpleNamespace(changes=CHANGES)))
    assert ROLLED.problem(half) == "it was never seen that an old key left"
    assert ROLLED.problem(whole) is None
