"""`make bench`: start and end of a lab, its memory, the clock shim, drills, rehearsals.

Medians of several runs, with minimum and maximum; what is compared is run in turn (A B A B …), so that a drift
of the machine's speed meets both.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lab.engine import Engine
from lab.errors import LabSick
from lab.lab import Lab
from lab.topology import Topology
from tests.bench import rehearsals, shim

RUNS = 7
MIB = 1 << 20


@dataclass(frozen=True)
class Figure:
    """A measured figure beside the number it is held to."""

    what: str
    values: Sequence[float]
    unit: str
    held_to: str

    def __str__(self) -> str:
        low, middle, high = min(self.values), statistics.median(self.values), max(self.values)
        return f"{self.what:<52} {middle:8.3f} {low:8.3f} {high:8.3f} {self.unit:<6} {self.held_to}"


def start_and_end(make: Callable[[], Lab]) -> tuple[list[float], list[float]]:
    """From nothing to the first AD answer, and from a lab to nothing, in seconds; the first run is not counted."""
    starts, ends = [], []
    for _ in range(RUNS + 1):
        begun = time.perf_counter()
        lab = make()
        with lab:
            for resolver in lab.validators:
                answer = resolver.answer("www.shop.lab.")
                if not answer.ad:
                    raise LabSick(f"{resolver.name} did not validate www.shop.lab.: {answer}")
            starts.append(time.perf_counter() - begun)
            begun = time.perf_counter()
        ends.append(time.perf_counter() - begun)
    return starts[1:], ends[1:]


def memory(make: Callable[[], Lab]) -> list[float]:
    """What a whole lab's memory group holds after its first answers, in MiB."""
    found = []
    for _ in range(5):
        with make() as lab:
            lab.each(lambda resolver: resolver.ask("www.shop.lab."), lab.resolvers.values())
            for path in ("/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory/memory.usage_in_bytes"):
                ran = lab.agent.run(["cat", path], env={})
                if ran.exit == 0:
                    found.append(int(ran.stdout) / MIB)
                    break
            else:
                raise LabSick("the engine does not show a container its own memory group")
    return found


def suite(path: str, test: str) -> float:
    """One test over everything there is, under two pytest workers, in seconds."""
    argv = [sys.executable, "-m", "pytest", "-q", "-n", "2", path, "-k", test]
    begun = time.perf_counter()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def main() -> None:
    """Measure and print."""
    engine = Engine.connect()
    small = start_and_end(lambda: Lab(Topology(bystander=None), ("unbound",), control=False, engine=engine))
    whole = start_and_end(lambda: Lab(engine=engine))
    rates, cpus = shim.cost()
    year = rehearsals.seconds(rehearsals.YEAR_AND_MORE, engine, ())
    watched = rehearsals.seconds(rehearsals.YEAR_AND_MORE, engine, ("unbound", "bind"))
    sizes = [rehearsals.of_names(count, engine) for count in rehearsals.NAMES]
    figures = [
        Figure("root, TLD, zone, Unbound, agent: to the first AD", small[0], "s", "≤ 0.9"),
        Figure("the same: to nothing", small[1], "s", "≤ 0.5"),
        Figure("and a bystander, BIND, the control: to AD of both", whole[0], "s", "≤ 1.2"),
        Figure("the same: to nothing", whole[1], "s", "≤ 0.5"),
        Figure("memory of that lab", memory(lambda: Lab(engine=engine)), "MiB", "≤ 70"),
        Figure("named with the shim / without: queries per second", rates, "ratio", "≥ 0.95"),
        Figure("named with the shim / without: CPU per query", cpus, "ratio", "≤ 1.05"),
        Figure("all drills, -n 2", [suite("tests/test_scenarios.py", "the_drill_passes")], "s", "≤ 60"),
        Figure("400 days, authoritative servers only", [year[0]], "s", "≤ 15"),
        Figure("400 days, watched by Unbound and BIND", [watched[0]], "s", "≤ 45"),
        Figure("the same: lab time over wall time", [watched[1] / 1000], "1000", "≥ 700"),
        Figure("one KSK rollover", [rehearsals.ksk_rollover(engine) for _ in range(3)], "s", "≤ 20"),
        Figure("a zone of 10,000 names / of 10", [sizes[1] / sizes[0]], "ratio", "≤ 3"),
        Figure(
            "all rehearsals, -n 2", [suite("tests/test_rehearsals.py", "the_rehearsal_passes")], "s", "≤ 360"
        ),
    ]
    print(f"{platform.platform()}, {os.cpu_count()} processors, Python {platform.python_version()}, ", end="")
    print(
        f"Docker Engine {engine.version}, load {os.getloadavg()[0]:.1f}; {RUNS} runs a figure unless it has no span"
    )
    print(f"{'':<52} {'median':>8} {'min':>8} {'max':>8}")
    for figure in figures:
        print(figure)


if __name__ == "__main__":
    main()
