"""A whole drill from a network namespace that holds nothing: only the engine's socket is needed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from lab.engine import Engine

DRILL = "ds-before-dnskey:rollover"
PROGRAM = """
import errno, socket, sys

assert [name for _, name in socket.if_nameindex()] == ["lo"], socket.if_nameindex()
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
    assert probe.connect_ex(("127.0.0.1", 53)) == errno.ENETUNREACH

from harness.discover import discover
from harness.runner import run
from lab.lab import Lab

name, = sys.argv[1:]
drill = discover()[name]
report = run(name, drill, lambda: Lab(drill.topology))
print(report.verdict.value, report.reason, report.clean_up_errors, {row.resolver for row in report.rows})
sys.exit(report.verdict.exit_code)
"""


def test_a_drill_passes_with_nothing_but_the_engine_s_socket() -> None:
    """Without a network, loopback included, the drill is green: no packet of it passes through the host."""
    engine = Engine.connect()
    assert engine.local, (
        f"the engine at {engine.where} is reached over a network, so this can't be shown with it"
    )
    unshare = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    ran = subprocess.run(
        [*unshare, sys.executable, "-c", PROGRAM, DRILL],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.startswith("pass  [] "), ran.stdout
    assert all(name in ran.stdout for name in ("unbound", "bind", "control"))
