"""The command line and the pytest plugin on a real engine."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import pytest

from harness.cli.keep import PREFIX, kept_labs
from lab import session
from lab.engine import Engine
from lab.wait import until
from tests.contract.commands import (
    CHAINDRILL,
    ENVIRONMENT,
    LIMIT_SECONDS,
    chaindrill,
    holder,
    of_process,
    sessions,
    sessions_of,
)

PROMPT_SECONDS = 15
ENDLESS = """
from datetime import timedelta
from harness import Bogus
from scenarios import clock_skew
never = clock_skew.VARIANTS["ahead"].but(recovery=[Bogus("w2.shop.lab.", within=timedelta(days=999))])
VARIANTS = {"one": never, "two": never}
"""
"""Two drills that go on until somebody stops them."""
GONE_SECONDS = 10.0


@contextlib.contextmanager
def started(*argv: str, cwd: Path, until_it_says: str) -> Iterator[subprocess.Popen[str]]:
    """Start the command in a session of its own and wait for a line; kill it at the end if it still runs."""
    with subprocess.Popen(
        [*CHAINDRILL, *argv],
        cwd=cwd,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            while until_it_says not in (line := process.stdout.readline()):
                assert line, f"it ended without saying {until_it_says!r}"
            yield process
        finally:
            process.kill()


# -- run -----------------------------------------------------------------------------------------------------


def test_run_passes_and_writes_json_and_junit(tmp_path: Path) -> None:
    """A drill passes with status 0; standard output is the JSON alone, and the JUnit file agrees with it."""
    done = chaindrill("run", "clock-skew:ahead", "--json", "-", "--junit", "out.xml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    (drill,) = document["drills"]
    assert (document["schema"], drill["verdict"], drill["reason"]) == (1, "pass", "")
    titles = [row["title"] for row in drill["resolvers"]]
    assert re.fullmatch(r"unbound [\d.]+ bind [\d.]+ control \(not validating\)", " ".join(titles))
    assert drill["resolvers"][0]["phases"]["impact"]["said"] == "bogus  EDE 7"
    assert {"step", "saw", "fault"} <= {event["kind"] for event in drill["events"]}
    top = ET.parse(tmp_path / "out.xml").getroot()
    assert [(case.get("name"), len(case.findall("failure"))) for case in top.iter("testcase")] == [
        ("clock-skew:ahead", 0)
    ]
    assert "PASS  zone dark for" in done.stderr
    assert "why nobody on this resolver notices" in done.stderr
    assert "\x1b" not in done.stderr
    assert not (tmp_path / "chaindrill-evidence").exists()


def test_run_with_one_resolver_and_a_drill_that_needs_two(tmp_path: Path) -> None:
    """`--resolver` chooses the rows; a drill that lacks a second validator is inconclusive: status 3."""
    done = chaindrill(
        "run",
        "clock-skew:ahead",
        "clock-skew:ahead-second",
        "--resolver",
        "unbound",
        "--json",
        "out.json",
        cwd=tmp_path,
    )
    assert done.returncode == 3, done.stdout + done.stderr
    first, second = json.loads((tmp_path / "out.json").read_text())["drills"]
    assert [row["name"] for row in first["resolvers"]] == ["unbound", "control"]
    assert (first["verdict"], second["verdict"]) == ("pass", "inconclusive")
    assert "2 drills: 1 passed, 1 inconclusive" in done.stdout
    assert done.stdout.index("clock-skew:ahead · ") < done.stdout.index("clock-skew:ahead-second · ")
    evidence = tmp_path / "chaindrill-evidence" / "clock-skew.ahead-second.tar.gz"
    assert second["evidence"] == str(evidence.relative_to(tmp_path))
    assert evidence.read_bytes()[:2] == b"\x1f\x8b"


def test_a_drill_that_fails_says_what_and_where(tmp_path: Path) -> None:
    """A drill that claims the wrong thing fails: status 1, the cause, the command, the evidence."""
    (tmp_path / "wrong.py").write_text(
        "from scenarios import clock_skew\n"
        "from harness import Secure, only\n"
        "SCENARIO = clock_skew.VARIANTS['ahead'].but(impact=[Secure('w1.shop.lab.', on=only(0))])\n"
    )
    done = chaindrill("run", "--file", "wrong.py", "--resolver", "unbound", "--evidence", "ev", cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    end = done.stdout[done.stdout.index("FAIL  impact: unbound: w1.shop.lab. is bogus") :]
    assert "see it with    dig @unbound w1.shop.lab. A +dnssec" in end
    assert "evidence       ev/wrong.tar.gz" in end
    assert (tmp_path / "ev" / "wrong.tar.gz").is_file()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("seen", ["building its lab", "recovery, lab time"])
def test_an_interrupted_run_leaves_nothing(tmp_path: Path, number: signal.Signals, seen: str) -> None:
    """Ctrl-C (or SIGTERM) at any time: one sentence, 128 + signal, and nothing is left."""
    (tmp_path / "endless.py").write_text(ENDLESS)
    with started("run", "--file", "endless.py", "--jobs", "2", cwd=tmp_path, until_it_says=seen) as process:
        process.send_signal(number)
        _, said = process.communicate(timeout=PROMPT_SECONDS)
    assert (process.returncode, said) == (128 + number, "chaindrill: interrupted; the lab is removed\n")
    assert not of_process(process.pid)


# -- labs that stay up ---------------------------------------------------------------------------------------


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[str]:
    """What `run --keep` printed; the lab is removed at the end whatever the test did."""
    done = chaindrill("run", "clock-skew:ahead", "--keep", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    try:
        yield done.stdout
    finally:
        name = name_in(done.stdout)
        with contextlib.suppress(subprocess.TimeoutExpired):
            chaindrill("clean", name, cwd=tmp_path)


def name_in(text: str) -> str:
    """The lab's name, as printed."""
    found = re.search(r"^    chaindrill lab down (\S+)$", text, re.MULTILINE)
    assert found is not None, text
    return found[1]


def ask(port: int, *, tcp: bool) -> dns.message.Message:
    """Ask through a loopback port, with plain sockets."""
    query = dns.message.make_query("www.shop.lab.", "A", want_dnssec=True)
    wire = query.to_wire()
    if tcp:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as link:
            link.sendall(len(wire).to_bytes(2, "big") + wire)
            with link.makefile("rb") as stream:
                return dns.message.from_wire(stream.read(int.from_bytes(stream.read(2), "big")))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(5)
        link.sendto(wire, ("127.0.0.1", port))
        return dns.message.from_wire(link.recv(65535))


def test_a_kept_lab_answers_through_the_ports_it_names(kept: str) -> None:
    """Each dig line's port leads to that resolver, over UDP and TCP: only validators say AD."""
    ports = re.findall(
        r"^    dig @127\.0\.0\.1 -p (\d+) www\.shop\.lab\. \+dnssec +# (\w+)", kept, re.MULTILINE
    )
    assert [name for _, name in ports] == ["unbound", "bind", "control"]
    for port, name in ports:
        for tcp in (False, True):
            answer = ask(int(port), tcp=tcp)
            assert answer.rcode() == dns.rcode.NOERROR
            assert bool(answer.flags & dns.flags.AD) is (name != "control"), (name, tcp)


def test_a_shell_command_runs_in_the_lab_on_lab_time(kept: str, tmp_path: Path) -> None:
    """`shell -- COMMAND` has working tools, lab time, input, both outputs apart, and its exit status."""
    name = name_in(kept)
    done = chaindrill("shell", name, "--", "dig", "@10.53.0.20", "www.shop.lab.", "+short", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "192.0.2.2\n", "")
    validated = chaindrill("shell", name, "--", "delv", "@10.53.0.22", "www.shop.lab.", cwd=tmp_path)
    assert "; fully validated" in validated.stdout, validated.stderr
    served = chaindrill(
        "shell", name, "--", "rndc", "-s", "10.53.0.3", "zonestatus", "shop.lab", cwd=tmp_path
    )
    assert "type: primary" in served.stdout, served.stderr
    odd = chaindrill(
        "shell",
        name,
        "--",
        "sh",
        "-c",
        "date +%Y; id -u; cat; echo bad >&2; exit 7",
        cwd=tmp_path,
        stdin="in\n",
    )
    assert (odd.returncode, odd.stdout, odd.stderr) == (7, "2030\n5353\nin\n", "bad\n")


def test_a_shell_reads_commands_and_knows_addresses_by_name(kept: str, tmp_path: Path) -> None:
    """Without a command, the shell reads its input; servers' addresses are variables."""
    done = chaindrill("shell", name_in(kept), cwd=tmp_path, stdin="echo $unbound $ns_shop\nexit 3\n")
    assert (done.returncode, done.stdout) == (3, "10.53.0.20 10.53.0.3\n"), done.stderr


def test_clean_removes_a_kept_lab_and_its_process(kept: str, tmp_path: Path) -> None:
    """`clean NAME` ends the process that holds the lab and leaves nothing; again, there is no such lab."""
    name = name_in(kept)
    pid = holder(name)
    done = chaindrill("clean", name, cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, f"removed the lab {name}"), done.stderr
    assert not of_process(pid)
    assert session.process_start(pid) in (None, "ended")
    again = chaindrill("clean", name, cwd=tmp_path)
    assert again.returncode == 2, again.stdout


def test_a_kept_lab_whose_process_is_killed_goes_too(kept: str) -> None:
    """A kill -9 of the process that holds a lab leaves nothing of it."""
    pid = holder(name_in(kept))
    os.kill(pid, signal.SIGKILL)
    until(lambda: not of_process(pid), "the lab to be removed", deadline_seconds=GONE_SECONDS)


def test_a_kept_lab_whose_container_is_removed_lets_its_process_go(kept: str) -> None:
    """A container removed by other hands ends the process that held the lab."""
    name = name_in(kept)
    pid = holder(name)
    engine = Engine.connect()
    engine.remove([thing for thing in engine.owned() if thing.name == PREFIX + name])
    until(
        lambda: session.process_start(pid) in (None, "ended"),
        "its process to end",
        deadline_seconds=GONE_SECONDS,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_keeping_run_that_ends_early_keeps_nothing(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C or kill -9 before the drill is done ends the process in the background, and its lab."""
    (tmp_path / "endless.py").write_text(ENDLESS)
    argv = ("run", "endless:one", "--file", "endless.py", "--keep")
    with started(*argv, cwd=tmp_path, until_it_says="recovery, lab time") as process:
        mine = sessions_of("endless")
        assert mine
        process.send_signal(number)
        process.communicate(timeout=PROMPT_SECONDS)
    assert process.returncode == (130 if number == signal.SIGINT else -number)
    until(lambda: not sessions() & mine, "the lab to be removed", deadline_seconds=GONE_SECONDS)


def test_clean_leaves_running_drills_alone(tmp_path: Path) -> None:
    """`clean` in another terminal takes nothing from a run that is going on, and `--all` does not mean it."""
    with started(
        "run", "expired-signatures", cwd=tmp_path, until_it_says="steady state, lab time"
    ) as process:
        assert of_process(process.pid)
        assert not of_process(process.pid) & {lab.container.session for lab in kept_labs(Engine.connect())}
        cleaned = chaindrill("clean", cwd=tmp_path)
        assert cleaned.returncode == 0, cleaned.stderr
        rest, said = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == 0, rest + said


# -- the pytest plugin ---------------------------------------------------------------------------------------

USERS_TESTS = """
import os
from pathlib import Path
import pytest
from harness import Topology, Zone
from harness.verdict import Verdict
from scenarios.clock_skew import VARIANTS

Path("pid").write_text(str(os.getpid()))
HIDDEN = Topology(victim=Zone("mine.lab.", hidden_primary=True))

def test_default(lab):
    assert [r.name for r in lab.validators] == ["bind"]
    assert lab.validators[0].ask("www.shop.lab.").answer.ad

@pytest.mark.chaindrill(topology=HIDDEN)
def test_topology(lab):
    assert "signer.mine" in lab.servers
    assert lab.validators[0].ask("www.mine.lab.").answer.ad

def test_drill(run_drill):
    report = run_drill(VARIANTS["ahead"])
    assert report.verdict is Verdict.PASS, report.reason
    own = [one for one in report.history.monitors if one.own]
    assert [(one.check.title, one.alarming) for one in own] == [("date +%Y", False), ("false", True)]

@pytest.mark.chaindrill("oops")
def test_bad_marker(lab):
    pass
"""


def pytest_run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run pytest on a user's own tests in a folder of their own, with the plugin loaded."""
    (folder / "test_mine.py").write_text(USERS_TESTS)
    argv = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        PLUGIN,
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(folder),
        *options,
    ]
    return subprocess.run(
        argv,
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )


PLUGIN = "chaindrill"
"""The entry point's name: an installed plugin may be named again, a module would be a second one."""


def test_the_plugin_gives_each_test_a_lab(tmp_path: Path) -> None:
    """A user's tests get labs of the topology they name, with `--resolver`; a bad marker is one sentence.

    Drills in them are watched by `--chaindrill-monitor`.
    """
    watched = ("--chaindrill-monitor", "date +%Y", "--chaindrill-monitor", "false")
    done = pytest_run(tmp_path, "--resolver", "bind", "--strict-markers", *watched)
    assert "3 passed, 1 error" in done.stdout, done.stdout + done.stderr
    assert "the marker chaindrill is written chaindrill(topology=Topology(…))" in done.stdout
    assert not of_process(int((tmp_path / "pid").read_text()))


def test_an_unknown_resolver_is_an_error_never_a_skip(tmp_path: Path) -> None:
    """A lab that can't be had makes the test an error, in one sentence, and pytest ends red."""
    done = pytest_run(tmp_path, "--resolver", "nope", "-k", "test_default or test_drill")
    assert done.returncode == 1
    assert "no resolver is called 'nope': there are bind, unbound" in done.stdout
    assert "1 failed, 2 deselected, 1 error" in done.stdout
    assert "Traceback" not in done.stdout
