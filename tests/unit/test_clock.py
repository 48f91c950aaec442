"""Lab time: how it is written, moved and compared, with real time standing still."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from freezegun import freeze_time

from lab.agent import Agent
from lab.clock import START, Clock
from lab.errors import LabSick, UsageError
from lab.host import CLOCK, Host

REAL = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZERO = timedelta(0)
HOST = Host("unbound", "10.53.0.20")


@pytest.fixture(autouse=True)
def frozen() -> Iterator[None]:
    """Real time stands still: nothing here waits for it."""
    with freeze_time(REAL, ignore=["_pytest.timing"]):  # pytest times tests by the real clock
        yield


@dataclass
class FakeEngine:
    """An engine whose own clock may be off from the host's; keeps what is written to clocks."""

    ahead: timedelta = ZERO
    poked: list[tuple[str, timedelta]] = field(default_factory=list)
    """Every store: into which file, and the value."""
    numbers: dict[tuple[str, int], int] = field(default_factory=dict)
    """What is in each file, by index."""

    def now_ns(self) -> int:
        """The engine's real time."""
        return round((REAL + self.ahead).timestamp() * 1e9)

    def poke(self, path: str, *numbers: tuple[int, int]) -> None:
        """Note each value, as a server would read it."""
        for index, number in numbers:
            self.poked.append((path, timedelta(microseconds=number / 1000)))
            self.numbers[path, index] = number

    def wall_clock(self, real: datetime) -> datetime:
        """What the wall clock of a server without skew shows, by the rule of the shim."""
        offset, stands, lag = (self.numbers.get((CLOCK, index), 0) for index in range(3))
        if stands:
            return datetime.fromtimestamp(stands / 1e9, UTC)
        return real + self.ahead + timedelta(microseconds=(offset - lag) / 1000)


@dataclass
class Bench:
    """A clock, what it is made of, and what happened."""

    engine: FakeEngine
    settled: list[datetime] = field(default_factory=list)
    done: list[tuple[str, datetime]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Build the clock."""
        self.clock = Clock(cast("Agent", self.engine), lambda: self.settled.append(self.clock.now()))

    def note(self, what: str, at: datetime) -> None:
        """Have something noted when it is due."""
        self.clock.at(at, lambda: self.done.append((what, self.clock.now())))

    def servers_read(self) -> datetime:
        """What a server without skew reads."""
        return self.engine.wall_clock(datetime.now(UTC))


def bench(ahead: timedelta = ZERO) -> Bench:
    """A clock on an engine that is so much ahead of the host."""
    return Bench(FakeEngine(ahead))


@pytest.mark.parametrize("ahead", [ZERO, timedelta(hours=5), timedelta(seconds=-90)], ids=str)
def test_every_lab_begins_at_the_same_time(ahead: timedelta) -> None:
    """Host and servers agree on the start, also where the engine's clock is off from the host's."""
    at = bench(ahead)
    assert at.clock.now() == at.servers_read() == START
    assert at.clock.jumps == 0


@pytest.mark.parametrize("ahead", [ZERO, timedelta(hours=5)], ids=str)
def test_an_advance_moves_host_and_servers_alike(ahead: timedelta) -> None:
    """After a jump both read the new time, and the servers were settled there, once."""
    at = bench(ahead)
    at.clock.advance(40 * DAY)
    assert at.clock.now() == at.servers_read() == START + 40 * DAY
    assert at.settled == [START + 40 * DAY]
    assert at.clock.jumps == 1


def test_time_does_not_go_back() -> None:
    """A negative advance is refused, saying what to do, and nothing is written."""
    at = bench()
    written = len(at.engine.poked)
    with pytest.raises(UsageError, match="build a fresh lab instead"):
        at.clock.advance(timedelta(microseconds=-1))
    assert len(at.engine.poked) == written
    assert at.clock.now() == START


@pytest.mark.parametrize("instant", [START, START - DAY], ids=["now", "past"])
def test_an_instant_already_past_is_no_jump(instant: datetime) -> None:
    """Advancing to now or to the past writes nothing, settles nothing and is no error."""
    at = bench()
    written = len(at.engine.poked)
    at.clock.advance_to(instant)
    assert (len(at.engine.poked), at.settled, at.clock.jumps) == (written, [], 0)


def test_an_advance_stops_at_everything_that_comes_due_in_order() -> None:
    """What is due on the way is done at its own time, in order of time, the servers settled there before it."""
    at = bench()
    at.note("late", START + 3 * HOUR)
    at.note("early", START + HOUR)
    at.note("beyond", START + 5 * HOUR)
    at.note("also early", START + HOUR)
    at.clock.advance(4 * HOUR)
    assert at.done == [("early", START + HOUR), ("also early", START + HOUR), ("late", START + 3 * HOUR)]
    assert at.settled == [START + HOUR, START + 3 * HOUR, START + 4 * HOUR]
    at.clock.advance(HOUR)
    assert at.done[-1] == ("beyond", START + 5 * HOUR)


def test_what_is_due_exactly_at_the_end_is_done() -> None:
    """The end of a jump belongs to it."""
    at = bench()
    at.note("then", START + HOUR)
    at.clock.advance(HOUR)
    assert at.done == [("then", START + HOUR)]
    assert at.settled == [START + HOUR]


def test_what_comes_due_of_what_was_done_is_done_too() -> None:
    """Something due may have something else done later in the same jump."""
    at = bench()
    at.clock.at(START + HOUR, lambda: at.note("second", START + 2 * HOUR))
    at.clock.advance(3 * HOUR)
    assert at.done == [("second", START + 2 * HOUR)]


def test_what_has_come_due_meanwhile_is_done_without_a_jump() -> None:
    """What lies in the past is done when asked, and what lies ahead is left."""
    at = bench()
    at.note("due", START)
    at.note("ahead", START + HOUR)
    at.clock.run_due()
    assert at.done == [("due", START)]
    assert at.settled == []


def test_servers_that_do_not_settle_stop_the_advance() -> None:
    """Where settling fails, nothing later is done."""
    engine = FakeEngine()

    def settle() -> None:
        raise LabSick("it does not settle")

    clock = Clock(cast("Agent", engine), settle)
    done: list[str] = []
    clock.at(START + HOUR, lambda: done.append("it"))
    with pytest.raises(LabSick, match="does not settle"):
        clock.advance(DAY)
    assert not done
    assert clock.now() == START + HOUR


@pytest.mark.parametrize("ahead", [ZERO, timedelta(hours=5), timedelta(seconds=-90)], ids=str)
def test_time_stands_and_goes_on_from_there(ahead: timedelta) -> None:
    """However long it takes, host and servers read one instant; then time goes on from it, and is settled once."""
    with freeze_time(REAL, ignore=["_pytest.timing"]) as real:
        at = bench(ahead)
        with at.clock.standing(START + DAY):
            real.tick(HOUR)
            assert at.clock.stands
            assert at.clock.now() == at.servers_read() == START + DAY
            assert at.settled == []
        assert not at.clock.stands
        assert at.clock.now() == at.servers_read() == START + DAY
        assert at.settled == [START + DAY]
        real.tick(timedelta(seconds=7))
        assert at.clock.now() == at.servers_read() == START + DAY + timedelta(seconds=7)
        at.clock.advance_to(START + 2 * DAY)
        assert at.clock.now() == at.servers_read() == START + 2 * DAY


def test_going_on_never_shows_a_wrong_time() -> None:
    """A server that looks between the two stores that let time go on reads where it stood."""
    with freeze_time(REAL, ignore=["_pytest.timing"]) as real:
        at, read = bench(), list[datetime]()
        poke = at.engine.poke

        def watched(path: str, *numbers: tuple[int, int]) -> None:
            for one in numbers:
                poke(path, one)
                read.append(at.servers_read())

        at.engine.poke = watched  # type: ignore[method-assign]
        with at.clock.standing():
            real.tick(HOUR)
    assert read == [START] * 3


def test_what_is_due_before_time_stands_is_done_before() -> None:
    """A registrar's change on the way comes at its own time, with time running; staying settles nothing."""
    at = bench()
    at.note("then", START + HOUR)
    with at.clock.standing(START + DAY):
        assert at.done == [("then", START + HOUR)]
        assert at.settled == [START + HOUR]
    with at.clock.standing(START):
        assert at.clock.now() == START + DAY
    assert at.settled == [START + HOUR, START + DAY]


def test_time_goes_on_after_an_error() -> None:
    """Whatever goes wrong while it stands, lab time does not stay there; nothing is settled on top of it."""
    at = bench()
    with pytest.raises(LabSick), at.clock.standing(START + DAY):
        raise LabSick("no answer")
    assert not at.clock.stands
    assert at.clock.now() == at.servers_read() == START + DAY
    assert at.settled == []


@pytest.mark.parametrize("ahead", [30 * DAY, -3 * DAY, timedelta(milliseconds=1), ZERO], ids=str)
def test_a_skew_is_written_to_its_host_s_own_file(ahead: timedelta) -> None:
    """One host's clock is set, ahead or behind; lab time and all other hosts stay."""
    at = bench()
    at.clock.set_skew(HOST, ahead)
    assert at.engine.poked[-1] == (HOST.skew_file, ahead)
    assert at.clock.skew(HOST) == ahead
    assert at.clock.skew(Host("bind", "10.53.0.21")) == ZERO
    assert at.clock.now() == at.servers_read() == START


def test_a_skew_is_not_added_to_the_one_before() -> None:
    """Setting a skew replaces it."""
    at = bench()
    at.clock.set_skew(HOST, DAY)
    at.clock.set_skew(HOST, HOUR)
    assert at.clock.skew(HOST) == HOUR
    assert at.engine.poked[-1] == (HOST.skew_file, HOUR)


@pytest.mark.parametrize("skew", [ZERO, 30 * DAY, -3 * DAY], ids=str)
@pytest.mark.parametrize("off", [0.0, 3.0, -3.0], ids=str)
def test_a_reading_within_the_tolerance_is_right(skew: timedelta, off: float) -> None:
    """A server may be off from its host's time by three seconds, and its host from lab time by its skew."""
    at = bench()
    at.clock.set_skew(HOST, skew)
    at.clock.check(HOST, START + skew + timedelta(seconds=off))


@pytest.mark.parametrize("skew", [ZERO, 30 * DAY], ids=str)
@pytest.mark.parametrize("off", [timedelta(seconds=3.1), timedelta(seconds=-3.1), REAL - START], ids=str)
def test_a_reading_beyond_the_tolerance_makes_the_lab_sick(skew: timedelta, off: timedelta) -> None:
    """A server that is off by more, or on real time, is told with both times."""
    at = bench()
    at.clock.set_skew(HOST, skew)
    right, reading = START + skew, START + skew + off
    with pytest.raises(LabSick) as sick:
        at.clock.check(HOST, reading)
    assert f"reads {reading:%Y-%m-%d %H:%M:%S} where it is {right:%Y-%m-%d %H:%M:%S}" in str(sick.value)


def test_a_server_that_ignores_its_skew_is_found_out() -> None:
    """On lab time without its host's skew is wrong too."""
    at = bench()
    at.clock.set_skew(HOST, DAY)
    with pytest.raises(LabSick, match="unbound is not on lab time"):
        at.clock.check(HOST, START)


def test_the_tolerance_can_be_told() -> None:
    """A caller that knows its reading to be coarse says so."""
    at = bench()
    at.clock.check(HOST, START + timedelta(seconds=30), tolerance=timedelta(minutes=1))
    with pytest.raises(LabSick):
        at.clock.check(HOST, START + timedelta(seconds=2), tolerance=timedelta(seconds=1))
