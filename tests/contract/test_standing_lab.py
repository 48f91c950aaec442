"""`chaindrill lab` and `chaindrill clock` on a real engine: a lab by hand, and what is left of it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.cli.keep import PREFIX
from lab.engine import Engine
from lab.lab import Lab
from lab.wait import until
from tests.contract.commands import CHAINDRILL, ENVIRONMENT, LIMIT_SECONDS, chaindrill, holder, of_process

BEGIN = datetime(2031, 3, 1, 12, tzinfo=UTC)
GONE_SECONDS = 10.0


@contextlib.contextmanager
def standing(folder: Path) -> Iterator[str]:
    """A lab that `lab up` left up, by name; it is removed at the end whatever the test did."""
    done = chaindrill("lab", "up", "--resolver", "unbound", "--clock", "2031-03-01T12:00Z", cwd=folder)
    assert done.returncode == 0, done.stderr
    found = re.search(r"^    chaindrill lab down (\S+)$", done.stdout, re.MULTILINE)
    assert found is not None, done.stdout
    try:
        assert re.search(r"^lab time   2031-03-01 12:00:\d\d$", done.stdout, re.MULTILINE), done.stdout
        assert f"    chaindrill clock +3d --lab {found[1]}\n" in done.stdout
        yield found[1]
    finally:
        with contextlib.suppress(subprocess.TimeoutExpired):
            chaindrill("lab", "down", found[1], cwd=folder)


@pytest.fixture
def up(tmp_path: Path) -> Iterator[str]:
    """A lab of the test's own."""
    with standing(tmp_path) as name:
        yield name


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One lab for the tests that leave it as well as they found it."""
    with standing(tmp_path_factory.mktemp("standing")) as name:
        yield name


def time_of(name: str, folder: Path) -> datetime:
    """A standing lab's time, as `clock` prints it."""
    done = chaindrill("clock", "--lab", name, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    return datetime.strptime(done.stdout.strip(), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def test_a_lab_by_hand_from_up_to_down(up: str, tmp_path: Path) -> None:
    """It begins where it was told, lives through its keys' events on the way, and `down` leaves nothing."""
    assert timedelta(0) <= time_of(up, tmp_path) - BEGIN < timedelta(minutes=1)
    moved = chaindrill("clock", "+3d", "--lab", up, cwd=tmp_path)
    assert (moved.returncode, moved.stderr) == (0, "")
    *news, last = moved.stdout.splitlines()
    assert re.fullmatch(
        r"2031-03-01 12:0\d:\d\d → 2031-03-04 12:0\d:\d\d  \(3 d with \d stops, \d+\.\d s of yours\)", last
    )
    # Policy "saas": a DNSKEY is everywhere after its TTL and the propagation delays, a signature after a day.
    for when, what in (
        ("03-01 14:00:01", r"shop\.lab\.  KSK \d+ has its DS in every cache"),
        ("03-01 14:05:01", r"shop\.lab\.  ZSK \d+ is known to every cache"),
        ("03-02 12:05:01", r"shop\.lab\.  ZSK \d+ has signed all that caches hold"),
    ):
        assert any(re.fullmatch(rf"  2031-{when}  {what}", line) for line in news), news
    to = chaindrill("clock", "--to", "2031-03-05", "--lab", up, cwd=tmp_path)
    assert (to.returncode, to.stderr) == (0, "")
    assert datetime(2031, 3, 5, tzinfo=UTC) <= time_of(up, tmp_path) < datetime(2031, 3, 5, 0, 1, tzinfo=UTC)
    listed = chaindrill("lab", "ls", cwd=tmp_path)
    assert re.search(rf"^{up} +since {datetime.now():%Y-}.+  lab time 2031-03-05 00:0", listed.stdout, re.M)
    inside = chaindrill("shell", up, "--", "delv", "@10.53.0.21", "www.shop.lab.", cwd=tmp_path)
    assert "; fully validated" in inside.stdout, inside.stderr
    pid = holder(up)
    down = chaindrill("lab", "down", up, cwd=tmp_path)
    assert (down.returncode, down.stdout, down.stderr) == (0, f"removed the lab {up}\n", "")
    assert not of_process(pid)
    again = chaindrill("clock", "+1d", "--lab", up, cwd=tmp_path)
    assert again.returncode == 2
    assert again.stderr.count("\n") == 1


def test_what_is_refused_leaves_the_clock_alone(shared: str, tmp_path: Path) -> None:
    """Back in time or beyond its end: one sentence, status 2, and the lab's clock stands where it stood."""
    before = time_of(shared, tmp_path)
    for argv, says in (
        (("-3d",), "lab time can't go back"),
        (("--to", "2031-02-28"), "lab time can't go back: it is 2031-"),
        (("+80000d",), "is out of reach"),
        (("+1d", "--to", "2032-01-01"), "not both"),
    ):
        done = chaindrill("clock", *argv, "--lab", shared, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, ""), argv
        assert says in done.stderr
        assert done.stderr.count("\n") == 1
    assert time_of(shared, tmp_path) - before < timedelta(minutes=1)


def test_a_lab_that_was_broken_inside_says_so_and_lives(shared: str, tmp_path: Path) -> None:
    """Where a signer can't be asked, `clock` ends in one sentence and status 3; mended, the same lab goes on."""
    before = time_of(shared, tmp_path)
    chaindrill("shell", shared, "--", "mv", "/lab/rndc.key", "/lab/away", cwd=tmp_path)
    sick = chaindrill("clock", "+3d", "--lab", shared, cwd=tmp_path)
    assert (sick.returncode, sick.stderr.count("\n")) == (3, 1), sick.stdout
    assert re.match(r"chaindrill: rndc .+ failed with status 1: .+; lab time stands at 2031-", sick.stderr)
    assert time_of(shared, tmp_path) - before < timedelta(minutes=1)
    chaindrill("shell", shared, "--", "mv", "/lab/away", "/lab/rndc.key", cwd=tmp_path)
    well = chaindrill("clock", "+3d", "--lab", shared, cwd=tmp_path)
    assert well.returncode == 0, well.stderr


def test_those_who_move_the_clock_at_once_all_do(shared: str, tmp_path: Path) -> None:
    """Orders wait for one another; none is lost."""
    before = time_of(shared, tmp_path)
    argv = [*CHAINDRILL, "clock", "+2h", "--lab", shared]
    movers = [
        subprocess.Popen(argv, env=ENVIRONMENT, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for mover in movers:
        said, _ = mover.communicate(timeout=LIMIT_SECONDS)
        assert (mover.returncode, "(2 h with" in said) == (0, True)
    assert time_of(shared, tmp_path) - before >= timedelta(hours=6)


def test_commands_inside_count_at_once(shared: str, tmp_path: Path) -> None:
    """A rollover started in the lab's shell is stopped at when due, whatever was known of the signer before."""
    chaindrill("clock", "+3d", "--lab", shared, cwd=tmp_path)
    status = chaindrill(
        "shell", shared, "--", "rndc", "-s", "10.53.0.3", "dnssec", "-status", "shop.lab", cwd=tmp_path
    )
    (tag,) = re.findall(r"^key: (\d+) .+ ZSK$", status.stdout, re.MULTILINE)
    roll = ("rndc", "-s", "10.53.0.3", "dnssec", "-rollover", "-key", tag, "shop.lab")
    assert chaindrill("shell", shared, "--", *roll, cwd=tmp_path).returncode == 0
    moved = chaindrill("clock", "+1d", "--lab", shared, cwd=tmp_path)
    assert re.search(rf"shop\.lab\.  ZSK {tag} signs the zone no more", moved.stdout), moved.stdout
    first = moved.stdout.splitlines()[0]
    begin = datetime.strptime(moved.stdout.splitlines()[-1][:19], "%Y-%m-%d %H:%M:%S")
    signs = datetime.strptime(
        re.findall(r"^  (.{19})  shop\.lab\.  ZSK \d+ .*signs the zone$", moved.stdout, re.MULTILINE)[0],
        "%Y-%m-%d %H:%M:%S",
    )
    assert signs - begin < timedelta(hours=2, minutes=10), first


@pytest.mark.parametrize("idle", [True, False], ids=["idle", "while its clock moves"])
def test_a_killed_holder_takes_the_lab_along(up: str, tmp_path: Path, idle: bool) -> None:
    """After kill -9 of the process that holds a lab nothing of it is left, and a move in it ends in one sentence."""
    pid = holder(up)
    argv = [*CHAINDRILL, "clock", "+3000d", "--lab", up]
    mover = None
    if not idle:
        mover = subprocess.Popen(
            argv, env=ENVIRONMENT, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert mover.stdout is not None
        assert "shop.lab." in "".join(mover.stdout.readline() for _ in range(4))
    os.kill(pid, signal.SIGKILL)
    until(lambda: not of_process(pid), "the lab to be removed", deadline_seconds=GONE_SECONDS)
    if mover is not None:
        _, said = mover.communicate(timeout=LIMIT_SECONDS)
        assert mover.returncode == 3
        assert re.fullmatch(r"chaindrill: the lab ended .+\n", said)
    names = [thing.name for thing in Engine.connect().owned()]
    assert PREFIX + up not in names


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_mover_that_leaves_leaves_the_lab_well(shared: str, tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C or kill -9 of `clock` ends the command; the lab gets to where it was sent, and hears the next order."""
    before = time_of(shared, tmp_path)
    argv = [*CHAINDRILL, "clock", "+10d", "--lab", shared]
    with subprocess.Popen(
        argv, env=ENVIRONMENT, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as mover:
        assert mover.stdout is not None
        assert mover.stdout.readline()
        mover.send_signal(number)
        _, said = mover.communicate(timeout=LIMIT_SECONDS)
    if number == signal.SIGINT:
        assert (mover.returncode, said) == (
            130,
            "chaindrill: interrupted; lab time goes on to where it was sent\n",
        )
    else:
        assert (mover.returncode, said) == (-number, "")
    done = chaindrill("clock", "+1h", "--lab", shared, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert time_of(shared, tmp_path) - before >= timedelta(days=10, hours=1)


def test_no_duty_comes_late_and_idle_looks_do_not_count() -> None:
    """Stop by stop, a month passes with each batch of signatures renewed, in a few dozen stops and not hourly ones."""
    with Lab(validators=("unbound",), start=BEGIN) as lab:
        assert lab.clock.now() - BEGIN < timedelta(minutes=1)
        stops: list[datetime] = []
        while (due := lab.next_due()) is not None and due < BEGIN + timedelta(days=30):
            assert due > lab.clock.now()
            for signature in lab.signer("shop.lab.").zone_signatures():
                assert signature.life_left(due) > 0.3  # the policy renews them at 5 of 14 days
            lab.clock.advance_to(due)
            stops.append(due)
        assert 8 <= len(stops) <= 60
        assert BEGIN + timedelta(hours=2, minutes=5, seconds=1) in stops
        lab.signer("shop.lab.").stop()
        lab.signer("bystander.lab.").stop()
        assert lab.next_due() is not None
        lab.signer(".").stop()
        lab.signer("lab.").stop()
        assert lab.next_due() is None
