"""Monitors: what counts as foresight, when they look, and what is told of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

import harness.monitors
from harness.alerts import AlarmedAhead, Found, ShortSignatureLife, standard
from harness.expectation import Secure
from harness.history import Event
from harness.monitor_command import Command
from harness.monitors import ALERT_GAPS, COMMAND_GAPS, Monitors, Outcome, Watched, alerts_of, gap
from harness.report import json_, junit, monitors, telling_command
from lab.clock import Clock
from lab.errors import LabSick
from lab.sight import Sight
from tests.unit.reports import START, VERSIONS, at, failed, passed, printed
from tests.unit.stage import Stage, drill

ZONE = "shop.lab."
ALERT = ShortSignatureLife(ZONE)
OWN = Command("./check {zone}", ("./check", "{zone}"))
YES, NO, DARK = Found(True, "bad"), Found(False, "fine"), Found(None, "silent")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def watched(*looks: Found, before: int = 1, check: Any = ALERT) -> Watched:
    """One that looked every hour; so many of its looks came before the fault."""
    one = Watched(check)
    for hour, found in enumerate(looks):
        one.enter(found, at(3600 * hour), fault=hour >= before)
    return one


# -- what counts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("looks", "before", "outcome", "rang"),
    [
        ([NO, NO, YES, YES], 1, Outcome.AHEAD, 2),
        ([NO, NO, YES, NO, YES], 1, Outcome.AHEAD, 2),
        ([NO, *[NO] * 9, NO, YES], 1, Outcome.LATE, 11),
        ([NO, NO, NO], 1, Outcome.NEVER, None),
        ([NO, DARK, NO], 1, Outcome.NEVER, None),
        ([DARK, DARK], 1, Outcome.BLIND, None),
        ([YES, YES, NO, YES], 1, Outcome.BEFORE_FAULT, 0),
        ([YES, NO, NO, YES], 2, Outcome.AHEAD, 3),
        ([YES, DARK, YES], 1, Outcome.BEFORE_FAULT, 0),
    ],
)
def test_what_a_monitor_was_good_for(
    looks: list[Found], before: int, outcome: Outcome, rang: int | None
) -> None:
    """The first alarm since the fault counts; one that was on when the fault came warned of nothing."""
    one = watched(*looks, before=before)
    assert one.outcome(at(10 * 3600)) is outcome
    assert one.rang_at == (None if rang is None else at(3600 * rang))


def test_without_an_outage_an_alarm_is_told_as_such_and_simultaneous_is_not_ahead() -> None:
    """Nothing bogus was seen: neither ahead nor late.  Less than a second ahead is no foresight."""
    one = watched(NO, YES)
    assert one.outcome(None) is Outcome.NO_OUTAGE
    assert one.outcome(at(3600.5)) is Outcome.LATE
    assert one.outcome(at(3601)) is Outcome.AHEAD


def test_words_and_last_fine_look_are_those_of_the_alarm() -> None:
    """What it said when it first alarmed stays, and so does the last look before that."""
    expiry = at(99)
    one = watched(NO, NO, DARK, Found(True, "3 d left", expiry), Found(True, "2 d left", START), NO)
    assert (one.said, one.first_expiry, one.fine_until) == ("3 d left", expiry, at(3600))
    assert (one.looks, one.blind, one.alarming) == (6, 1, False)


def test_only_changes_are_news() -> None:
    """An alarm is told once, and so is its end; not being able to look ends none."""
    one = Watched(ALERT)
    news = [one.enter(found, START, fault=True) for found in (NO, YES, YES, DARK, YES, NO, NO, YES)]
    assert news == ["", "alarm", "", "", "", "quiet", "", "alarm"]


def test_a_drill_is_watched_with_its_own_alerts_too() -> None:
    """Four about the victim, and those that the drill names as a claim or in one; none twice."""
    quarter, fifth = ShortSignatureLife(ZONE, 0.25), ShortSignatureLife(ZONE, 0.2)
    one = drill(Stage(), impact=[ALERT, quarter, Secure("w1.shop.lab."), AlarmedAhead(fifth, DAY)])
    assert alerts_of(one) == [*standard(ZONE), quarter, fifth]


# -- when they look ------------------------------------------------------------------------------------------


class Engine:
    """An agent whose clock stands, and which takes every poke."""

    def now_ns(self) -> int:
        """Real time."""
        return 0

    def poke(self, path: str, *numbers: tuple[int, int]) -> None:
        """Nothing listens."""


@dataclass
class Looks:
    """A lab of a clock, and every look that was taken at it."""

    clock: Clock
    due: Callable[[], datetime | None] = lambda: None
    at: list[timedelta] = field(default_factory=list)
    sick: bool = False
    began: datetime = START

    def parent(self, zone: str) -> None:
        """Nobody is asked here."""

    def look(self) -> Sight:
        """A look of the lookout's."""
        if self.sick:
            raise LabSick("the agent is gone")
        self.at.append(self.clock.now() - self.began)
        return Sight(ZONE, self.clock.now(), (), ())


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    """Monitors look at this lab."""
    lab = Looks(Clock(cast("Any", Engine()), lambda: None, START))
    monkeypatch.setattr("lab.sight.Lookout", lambda a_lab, zone: lab)
    monkeypatch.setattr(ShortSignatureLife, "due", lambda self, sight: lab.due())
    lab.began = lab.clock.now()
    return lab


def monitors_of(lab: Looks) -> Monitors:
    """Those of a plain drill."""
    return Monitors(cast("Any", lab), drill(Stage()), (), [], lambda kind, text, **more: None)


def hours(lab: Looks) -> list[float]:
    """When it was looked, in hours."""
    return [round(one / HOUR, 1) for one in lab.at]


def test_looks_inside_a_long_wait_are_ever_further_apart(looks: Looks) -> None:
    """Two hours, six, a day: a wait of five days costs eight stops, one of half an hour none."""
    one = monitors_of(looks)
    one.look(fault=False)
    looks.clock.advance(HOUR / 2)
    assert hours(looks) == [0]
    one.look(fault=True)
    looks.clock.advance(5 * DAY)
    assert hours(looks) == [0, 0.5, 2, 8, 14, 20, 26, 50, 74, 98]


def test_lab_time_stops_where_an_alert_will_ring(looks: Looks) -> None:
    """The computed instant is looked at, and the far look is not needed before it; the last stop is not forgotten."""
    instant = looks.began + timedelta(minutes=7)
    looks.due = lambda: instant if looks.clock.now() < instant else None
    one = monitors_of(looks)
    one.look(fault=True)
    looks.clock.advance(3 * HOUR)
    assert [round(at / timedelta(minutes=1)) for at in looks.at] == [0, 7, 127]


def test_a_nearer_instant_takes_the_place_of_the_one_arranged_for(looks: Looks) -> None:
    """What a later look finds to be due sooner is looked at then, and the old instant is passed over."""
    one = monitors_of(looks)
    one.look(fault=False)
    instant = looks.began + timedelta(minutes=7)
    looks.due = lambda: instant if looks.clock.now() < instant else None
    one.look(fault=True)
    looks.clock.advance(3 * HOUR)
    assert [round(at / timedelta(minutes=1)) for at in looks.at] == [0, 0, 7, 127]


def test_claims_without_time_cost_no_look(looks: Looks) -> None:
    """Where nothing was done, a look a moment ago is as good; where something was, it is not."""
    one = monitors_of(looks)
    one.look(fault=False, changed=False)
    one.look(fault=False, changed=False)
    assert hours(looks) == [0]
    one.look(fault=False)
    looks.clock.advance(timedelta(minutes=1))
    one.look(fault=False, changed=False)
    assert len(looks.at) == 3


def test_after_the_end_nobody_looks(looks: Looks) -> None:
    """A lab that stays up is not looked at any more."""
    one = monitors_of(looks)
    one.look(fault=True)
    one.end()
    looks.clock.advance(9 * DAY)
    assert hours(looks) == [0]


def test_a_lab_that_is_gone_is_not_the_monitors_to_tell(looks: Looks) -> None:
    """No exception comes out of a look."""
    looks.sick = True
    all_of_them: list[Watched] = []
    one = Monitors(cast("Any", looks), drill(Stage()), (), all_of_them, lambda kind, text, **more: None)
    one.look(fault=True)
    assert {w.outcome(None) for w in all_of_them} == {Outcome.BLIND}


@pytest.mark.parametrize("gaps", [ALERT_GAPS, COMMAND_GAPS])
def test_there_is_a_next_look_however_long_a_wait_is(gaps: harness.monitors.Gaps) -> None:
    """Gaps widen, and never end."""
    apart = [gap(gaps, waited) for waited in (timedelta(0), HOUR, DAY, 9999 * DAY)]
    assert apart == sorted(apart)


# -- what is told --------------------------------------------------------------------------------------------


def test_the_block_tells_leads_and_puts_the_rest_together() -> None:
    """A line for who paged and for each check of the user's own; of ours that told nothing, the names."""
    report = passed()
    short, no_key, bare, expire = standard(ZONE)
    report.history.monitors += [
        watched(NO, Found(True, "33 %", at(3600 + 4 * 86400)), check=short),
        watched(NO, NO, check=no_key),
        watched(NO, NO, check=bare),
        watched(YES, YES, check=expire),
        watched(NO, Found(True, "exit status 2: dead"), check=OWN),
    ]
    seen = report.history.events[2]
    assert seen.observation is not None
    report.history.events[2] = replace(seen, lab_time=at(3600 + 5 * 86400))
    lines = printed(report).splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("  monitors"))
    assert [line[17:] for line in lines[first : first + 4]] == [
        "short signature life: paged 5 d before the first bogus answer,"
        " 4 d before the first signature expired",
        "./check {zone}: paged 5 d before the first bogus answer (exit status 2: dead)",
        "rang before the fault: SOA expire beyond signature life",
        "never paged: DS matches no DNSKEY, server without DNSSEC records",
    ]
    assert lines[first + 4].startswith("PASS")
    assert "monitor: short signature life: paged 5 d before" in junit.render([report], VERSIONS)


@pytest.mark.parametrize(
    ("looks", "bogus", "said"),
    [
        ((NO, YES), at(3600), "paged 0 s after the first bogus answer (bad)"),
        ((NO, YES), at(3540), "paged 60 s after the first bogus answer (bad)"),
        ((NO, YES), None, "paged; no validator gave a bogus answer (bad)"),
        ((NO, NO), at(0), "never paged"),
        ((NO, DARK), at(0), "never paged; could not say at 1 of 2 looks: silent"),
        ((DARK, DARK), at(0), "could not say: silent"),
        ((YES, YES), at(0), "rang before the fault (bad)"),
    ],
)
def test_the_words_for_a_check_of_the_users_own(
    looks: tuple[Found, ...], bogus: datetime | None, said: str
) -> None:
    """Every outcome has its words, with what the check itself said."""
    assert monitors.words(watched(*looks, check=OWN), bogus) == said


def test_json_has_instants_and_leads_in_numbers() -> None:
    """Programs get the outcome, the instants, and seconds, negative where the page came late."""
    report = passed()
    report.history.monitors.append(watched(NO, NO, YES, check=OWN))
    (drill_,) = json.loads(json_.render([report], VERSIONS))["drills"]
    assert drill_["first_bogus"] == "2030-01-01T01:00:00+00:00"
    assert drill_["monitors"] == [
        {
            "name": "./check {zone}",
            "says": "a check of the user's own",
            "command": "./check {zone}",
            "own": True,
            "outcome": "late",
            "rang_at": "2030-01-01T02:00:00+00:00",
            "fine_until": "2030-01-01T01:00:00+00:00",
            "lead_seconds": -3600.0,
            "before_expiry_seconds": None,
            "said": "bad",
            "looks": 3,
            "could_not_look": 0,
        }
    ]


def test_an_alarm_is_not_the_claim_that_was_missed() -> None:
    """The command that is shown for a failure is that of the claim, whatever rang after it."""
    report = failed()
    before = telling_command(report)
    report.history.record(
        Event("alarm", "recovery", "it rings", datetime(2030, 1, 2, tzinfo=UTC), 1.0, claim=ALERT)
    )
    assert telling_command(report) == before == "dig @bind www.shop.lab. A +dnssec   # flags: … ad"
