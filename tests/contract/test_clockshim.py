"""The clock shim, seen by a program that runs under it.

The program is the image's own `clockprobe`, in a container as labs are, so the shim tested is the one that
labs run, with the C library that they run it with.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import pytest

from lab import images, session
from lab.agent import Agent
from lab.container import LabContainer
from lab.engine import Engine

FOLDER = "/usr/lib/chaindrill"
SHIM, PROBE = f"{FOLDER}/clockshim.so", f"{FOLDER}/clockprobe"

MS = 1_000_000
SECOND = 1000 * MS
DAY = 86_400 * SECOND

# Monotonic clocks run this far ahead of the offset, lest they become negative on a freshly booted machine.
MONOTONIC_HEAD_START = 3650 * DAY

# A waiting thread looks up every 30 ms at the latest; the rest is for a busy machine.
WAKE_LIMIT = 150 * MS

EVENT_WAITS = ["epoll", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "select", "pselect"]
TIMED_WAITS = ["cond", "cond_monotonic", "cond_clockwait", "sem", "sem_clockwait"]
SLEEPS = ["nanosleep", "nanosleep_monotonic"]
LOCKS = ["mutex", "rwlock"]
ALL_WAITS = [
    *EVENT_WAITS,
    *TIMED_WAITS,
    *SLEEPS,
    *LOCKS,
    "nanosleep_relative",
    "timerfd",
    "timerfd_monotonic",
]

# fmt: off
INTERPOSED = {
    "clock_gettime", "gettimeofday", "time", "timespec_get", "setsockopt",
    "epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "__poll_chk", "__ppoll_chk",
    "select", "pselect",
    "clock_nanosleep", "timerfd_settime", "sem_timedwait", "sem_clockwait",
    "pthread_cond_timedwait", "pthread_cond_clockwait", "cnd_timedwait",
    "pthread_mutex_timedlock", "pthread_mutex_clocklock", "mtx_timedlock",
    "pthread_rwlock_timedrdlock", "pthread_rwlock_clockrdlock",
    "pthread_rwlock_timedwrlock", "pthread_rwlock_clockwrlock",
}
# fmt: on


@dataclass(frozen=True)
class ProbeResult:
    """What `clockprobe` printed (its "NAME VALUE" lines) and how it ended."""

    fields: Mapping[str, str]
    errors: str
    status: int

    def number(self, name: str) -> int:
        """The value of one line as an integer."""
        return int(self.fields[name])


class RunProbe(Protocol):
    """Runs `clockprobe` under the shim; an offset of None leaves its variable unset."""

    def __call__(  # noqa: D102 - the class's docstring is its
        self,
        *arguments: str,
        clock_ns: int | None = 0,
        skew_ns: int | None = None,
        clock_file: str | None = None,
        behind: str = "",
        stands_ns: int = 0,
        lag_ns: int = 0,
    ) -> ProbeResult: ...


@pytest.fixture(scope="module")
def agent() -> Iterator[Agent]:
    """A container as labs are, with no server in it."""
    engine = Engine.connect()
    container = LabContainer(
        engine,
        images.find(engine).lab,
        name=f"chaindrill-shim-{os.getpid()}",
        labels={session.LABEL: session.current()},
    )
    yield container.agent
    container.close()


@pytest.fixture
def run_probe(agent: Agent) -> RunProbe:
    """Runs the probe in the container."""

    def run(
        *arguments: str,
        clock_ns: int | None = 0,
        skew_ns: int | None = None,
        clock_file: str | None = None,
        behind: str = "",
        stands_ns: int = 0,
        lag_ns: int = 0,
    ) -> ProbeResult:
        environment = {"LD_PRELOAD": f"{SHIM}{behind and ':' + behind}"}
        clock = None if clock_ns is None else struct.pack("=qqq", clock_ns, stands_ns, lag_ns)
        skew = None if skew_ns is None else struct.pack("=q", skew_ns)
        for variable, content in (("CHAINDRILL_CLOCK", clock), ("CHAINDRILL_SKEW", skew)):
            if content is not None:
                environment[variable] = f"/lab/{variable}"
                agent.write({environment[variable]: content})
        if clock_file is not None:
            environment["CHAINDRILL_CLOCK"] = clock_file
        ran = agent.run([PROBE, *arguments], env=environment, timeout_seconds=30.0)
        assert ran.exit is not None, f"clockprobe {arguments} hangs"
        lines = (line.split(" ", 1) for line in ran.stdout.splitlines())
        return ProbeResult(dict(lines), ran.stderr, ran.exit)

    return run


def assert_every_clock_is_ahead_by(
    result: ProbeResult, offset_ns: int, head_start_ns: int = MONOTONIC_HEAD_START
) -> None:
    """Each lab clock is real time plus the offset, to 50 ms; the processor-time clock is not shifted."""
    assert result.status == 0, result.errors
    for name in ("realtime", "realtime_coarse", "tai"):
        ahead = result.number(name) - result.number(f"real_{name}")
        assert ahead == pytest.approx(offset_ns, abs=50 * MS), name
    for name in ("monotonic", "monotonic_raw", "monotonic_coarse", "boottime"):
        ahead = result.number(name) - result.number(f"real_{name}")
        assert ahead == pytest.approx(offset_ns + head_start_ns, abs=50 * MS), name
    now = result.number("real_realtime") + offset_ns
    assert result.number("gettimeofday") == pytest.approx(now, abs=50 * MS)
    assert result.number("timespec_get") == pytest.approx(now, abs=50 * MS)
    assert -50 * MS <= now - result.number("time") < SECOND + 50 * MS
    assert abs(result.number("process_cputime") - result.number("real_process_cputime")) < SECOND
    assert result.fields["errno"] == "1234"


@pytest.mark.parametrize(
    "offset_ns", [0, 40 * DAY, 7, 999_999_999, -3 * DAY, -1], ids=["0", "+40d", "+7ns", "<1s", "-3d", "-1ns"]
)
def test_every_clock_shows_the_offset(run_probe: RunProbe, offset_ns: int) -> None:
    """Wall and monotonic clocks show real time plus the offset, forwards and backwards, and errno is kept."""
    assert_every_clock_is_ahead_by(run_probe("clocks", clock_ns=offset_ns), offset_ns)


def test_skew_is_added_to_the_offset(run_probe: RunProbe) -> None:
    """A host's skew comes on top of the lab's offset."""
    assert_every_clock_is_ahead_by(run_probe("clocks", clock_ns=40 * DAY, skew_ns=-3 * DAY), 37 * DAY)


def test_skew_works_without_an_offset(run_probe: RunProbe) -> None:
    """The skew file alone is enough to shift a host."""
    assert_every_clock_is_ahead_by(run_probe("clocks", clock_ns=None, skew_ns=5 * DAY), 5 * DAY)


def test_unset_variables_mean_real_time(run_probe: RunProbe) -> None:
    """A program that was given no clock file runs on real time."""
    assert_every_clock_is_ahead_by(run_probe("clocks", clock_ns=None), 0, head_start_ns=0)


@pytest.mark.parametrize("skew_ns", [None, 3 * DAY], ids=["no skew", "+3d"])
def test_a_wall_clock_that_stands_is_read_to_the_nanosecond(run_probe: RunProbe, skew_ns: int | None) -> None:
    """All wall clocks show the one instant, plus the host's skew; the monotonic ones run on ahead by the offset."""
    stands = 1_900_000_000 * SECOND
    result = run_probe("clocks", clock_ns=40 * DAY, skew_ns=skew_ns, stands_ns=stands, lag_ns=7 * SECOND)
    shown = stands + (skew_ns or 0)
    assert {result.number(name) for name in ("realtime", "realtime_coarse", "tai", "timespec_get")} == {shown}
    assert result.number("gettimeofday") == result.number("time") == shown
    ahead = result.number("monotonic") - result.number("real_monotonic")
    assert ahead == pytest.approx(40 * DAY + (skew_ns or 0) + MONOTONIC_HEAD_START, abs=50 * MS)
    assert result.fields["errno"] == "1234"


def test_a_wall_clock_that_stood_is_behind_by_its_lag(run_probe: RunProbe) -> None:
    """Going on, the wall clock is behind the offset by what it stood; the monotonic clock isn't."""
    result = run_probe("clocks", clock_ns=40 * DAY, lag_ns=DAY)
    wall = result.number("realtime") - result.number("real_realtime")
    monotonic = result.number("monotonic") - result.number("real_monotonic")
    assert wall == pytest.approx(39 * DAY, abs=50 * MS)
    assert monotonic == pytest.approx(40 * DAY + MONOTONIC_HEAD_START, abs=50 * MS)


@pytest.mark.parametrize("kind", [*EVENT_WAITS, "cond_monotonic"])
def test_a_time_out_ends_while_the_wall_clock_stands(run_probe: RunProbe, kind: str) -> None:
    """A server that waits for an answer gives up as always."""
    waited = run_probe("wait", kind, "60", clock_ns=DAY, stands_ns=1_900_000_000 * SECOND)
    assert 59 * MS <= waited.number("real_ns") < 60 * MS + WAKE_LIMIT


def test_the_monotonic_clock_never_gets_negative(run_probe: RunProbe) -> None:
    """An offset far larger than the uptime leaves the monotonic clock positive, its waits right."""
    assert run_probe("clocks", clock_ns=-3000 * DAY).number("monotonic") > 0
    waited = run_probe("wait", "cond_monotonic", "60", clock_ns=-3000 * DAY).number("real_ns")
    assert 59 * MS <= waited < 60 * MS + WAKE_LIMIT


def test_a_forked_child_lives_in_lab_time(run_probe: RunProbe) -> None:
    """The offset reaches a forked child, as every daemon that puts itself in the background needs."""
    assert_every_clock_is_ahead_by(run_probe("forked-clocks", clock_ns=40 * DAY), 40 * DAY)


def test_a_look_before_libc_has_started_spoils_nothing(run_probe: RunProbe) -> None:
    """Reading the clock while there is no environment yet works, and lab time still comes later."""
    result = run_probe("early-clock", clock_ns=40 * DAY)
    assert result.number("realtime") - result.number("early") == pytest.approx(40 * DAY, abs=SECOND)


def test_other_libraries_constructors_see_lab_time(run_probe: RunProbe) -> None:
    """A library whose constructor runs before the shim's own still sees lab time in it."""
    result = run_probe("clocks", clock_ns=40 * DAY, behind=f"{FOLDER}/earlyclock.so")
    assert result.number("constructor") == pytest.approx(result.number("realtime"), abs=2 * SECOND)


@pytest.mark.parametrize("kind", ALL_WAITS)
def test_a_time_out_lasts_as_long_as_it_says(run_probe: RunProbe, kind: str) -> None:
    """Without a jump, a wait of 120 ms takes 120 real ms, 40 days ahead: deadlines are turned back."""
    result = run_probe("wait", kind, "120", clock_ns=40 * DAY)
    assert 119 * MS <= result.number("real_ns") < 120 * MS + WAKE_LIMIT
    expected = "ETIMEDOUT" if kind in TIMED_WAITS + LOCKS else "0"
    assert result.fields["errno"] == expected


@pytest.mark.parametrize("kind", TIMED_WAITS + SLEEPS + LOCKS)
def test_a_deadline_is_right_when_lab_time_is_behind(run_probe: RunProbe, kind: str) -> None:
    """With lab time three days behind, a deadline in 60 ms is neither past nor three days away."""
    result = run_probe("wait", kind, "60", clock_ns=-3 * DAY)
    assert 59 * MS <= result.number("real_ns") < 60 * MS + WAKE_LIMIT


@pytest.mark.parametrize("kind", EVENT_WAITS)
@pytest.mark.parametrize("timeout_ms", ["5000", "-1"], ids=["5s", "forever"])
def test_a_jump_interrupts_waits_for_events(run_probe: RunProbe, kind: str, timeout_ms: str) -> None:
    """An event loop asleep when time jumps is woken by EINTR at once, so that its timers can fire."""
    result = run_probe("wait", kind, timeout_ms, "jump", str(DAY), "100")
    assert (result.number("result"), result.fields["errno"]) == (-1, "EINTR")
    assert 99 * MS <= result.number("real_ns") < 100 * MS + WAKE_LIMIT
    if kind in ("select", "pselect"):
        assert result.fields["set"] == "1", "an interrupted select leaves the caller's sets alone"
    if (kind, timeout_ms) == ("select", "5000"):
        assert 4700 <= result.number("left_ms") <= 4900


@pytest.mark.parametrize("kind", EVENT_WAITS)
def test_a_jump_backwards_interrupts_too(run_probe: RunProbe, kind: str) -> None:
    """Backwards is a change like any other."""
    result = run_probe("wait", kind, "5000", "jump", str(-DAY), "40")
    assert result.fields["errno"] == "EINTR"


@pytest.mark.parametrize("kind", TIMED_WAITS + SLEEPS)
def test_a_jump_past_a_deadline_ends_the_wait(run_probe: RunProbe, kind: str) -> None:
    """A wait until a moment in lab time ends when a jump goes past it, with the usual result."""
    result = run_probe("wait", kind, "5000", "jump", str(DAY), "100")
    assert 99 * MS <= result.number("real_ns") < 100 * MS + WAKE_LIMIT
    assert result.fields["errno"] == ("0" if kind in SLEEPS else "ETIMEDOUT")


@pytest.mark.parametrize("kind", TIMED_WAITS + SLEEPS)
def test_a_jump_short_of_a_deadline_leaves_the_rest(run_probe: RunProbe, kind: str) -> None:
    """A wait of 5 s that sees a jump of 4.8 s after 50 ms ends 200 ms after it began."""
    result = run_probe("wait", kind, "5000", "jump", str(4800 * MS), "50")
    assert 199 * MS <= result.number("real_ns") < 200 * MS + WAKE_LIMIT


@pytest.mark.parametrize("kind", EVENT_WAITS)
def test_a_jump_just_before_the_wait_is_not_missed(run_probe: RunProbe, kind: str) -> None:
    """A time-out computed before a jump is stale: the wait returns at once, clock read or not."""
    result = run_probe("stale-wait", kind, "5000", str(DAY))
    assert result.fields["errno"] == "EINTR"
    assert result.number("real_ns") < WAKE_LIMIT


@pytest.mark.parametrize("kind", [*EVENT_WAITS, "sem", "sem_clockwait"])
def test_what_is_ready_is_reported_at_once(run_probe: RunProbe, kind: str) -> None:
    """A wait for something that has happened already returns it."""
    result = run_probe("ready", kind, clock_ns=40 * DAY)
    assert (result.number("result"), result.fields["errno"]) == (0 if kind.startswith("sem") else 1, "0")
    assert result.number("real_ns") < WAKE_LIMIT


@pytest.mark.parametrize("kind", [*EVENT_WAITS, *SLEEPS, "sem"])
def test_signals_interrupt_and_handlers_read_the_clock(run_probe: RunProbe, kind: str) -> None:
    """A signal ends a wait as ever, and its handler sees lab time."""
    result = run_probe("wait", kind, "5000", "signal", "50", clock_ns=40 * DAY)
    assert result.fields["errno"] == "EINTR"
    assert result.number("real_ns") < 50 * MS + WAKE_LIMIT
    assert result.number("handler_off_by_s") in (0, 1)


def test_no_wake_up_of_a_condition_variable_is_lost(run_probe: RunProbe) -> None:
    """A signal that comes just when a slice has run out still ends the wait, at once."""
    assert run_probe("late-signal", clock_ns=40 * DAY).number("real_ns") < 110 * MS + WAKE_LIMIT


def test_a_clock_file_that_is_missing_stops_the_program(run_probe: RunProbe) -> None:
    """A named file that isn't there ends the program with status 70 and one sentence."""
    result = run_probe("clocks", clock_file="/nonexistent/clock")
    assert result.status == 70
    assert result.errors == (
        "clockshim: CHAINDRILL_CLOCK=/nonexistent/clock: No such file or directory; "
        "refusing to run on real time in its place\n"
    )


@pytest.mark.parametrize("content", [b"", bytes(23)], ids=["empty", "23 bytes"])
def test_a_clock_file_that_is_too_short_stops_the_program(
    run_probe: RunProbe, agent: Agent, content: bytes
) -> None:
    """A file without a whole clock in it is refused at the start, not by a SIGBUS later."""
    agent.write({"/lab/short": content})
    result = run_probe("clocks", clock_file="/lab/short")
    assert result.status == 70
    assert "shorter than what it is to hold" in result.errors


def test_receive_time_stamps_are_quietly_refused(run_probe: RunProbe) -> None:
    """Turning kernel time stamps on succeeds and does nothing; other socket options work."""
    result = run_probe("timestamps")
    assert (result.number("accepted"), result.number("stamps")) == (1, 0)
    assert result.number("receive_buffer") == 200_000


def test_receive_time_stamps_work_without_a_lab_clock(run_probe: RunProbe) -> None:
    """A program without a clock file gets its stamps, which shows that the check above can fail."""
    assert run_probe("timestamps", clock_ns=None).number("stamps") > 0


def visible_symbols(library: bytes) -> set[str]:
    """The names that a 64-bit little-endian ELF library defines for others (gABI: sections, dynamic symbols)."""
    (table,) = struct.unpack_from("<Q", library, 0x28)
    size, count = struct.unpack_from("<HH", library, 0x3A)
    sections = [struct.unpack_from("<IIQQQQIIQQ", library, table + number * size) for number in range(count)]
    symbols = next(section for section in sections if section[1] == 11)  # SHT_DYNSYM
    names = sections[symbols[6]][4]
    found = set()
    for offset in range(symbols[4], symbols[4] + symbols[5], 24):
        name, _, _, section = struct.unpack_from("<IBBH", library, offset)
        if name and section:  # an undefined symbol is one the library uses
            found.add(library[names + name : library.index(b"\0", names + name)].decode())
    return found


def test_the_shim_shows_nothing_but_what_it_replaces(agent: Agent) -> None:
    """No other symbol is visible, so none can take the place of a server's own."""
    assert visible_symbols(agent.read(SHIM)) == INTERPOSED
