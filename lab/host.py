"""Hosts: named places in a lab, each with an address, a folder, a clock skew and one server process."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab.agent import Agent, Ran
from lab.errors import LabSick

LAB = "/lab"
SMALL_DISK = "/lab-small"
"""A disk of a lab's own that is soon full (1 MiB), for zones that say so."""

CLOCK = f"{LAB}/clock"
_SHIM = "/usr/lib/chaindrill/clockshim.so"
_STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Host:
    """A named address in the lab.  `nsname` is the name that NS records give it."""

    name: str
    address: str
    nsname: str = ""

    @property
    def folder(self) -> str:
        """Where its files are."""
        return f"{LAB}/{self.name}"

    @property
    def skew_file(self) -> str:
        """What its clock is off by (int64, ns)."""
        return f"{self.folder}/skew"

    @property
    def log(self) -> str:
        """Where its server's output goes."""
        return f"{self.folder}/log"

    @property
    def env(self) -> Mapping[str, str]:
        """The environment that puts a process on this host's clock."""
        return {"LD_PRELOAD": _SHIM, "CHAINDRILL_CLOCK": CLOCK, "CHAINDRILL_SKEW": self.skew_file}


@dataclass(frozen=True)
class Daemon:
    """The server process of a host: started, stopped and killed in place, its network untouched."""

    agent: Agent
    host: Host
    argv: Sequence[str]

    def start(self) -> None:
        """Start it; returns as soon as the process exists."""
        self.agent.spawn(self.host.name, self.argv, env=self.host.env, log=self.host.log)

    def stop(self) -> None:
        """Ask it to end (SIGTERM) and wait for it; raises LabSick where it won't."""
        if self.agent.signal(self.host.name, signal.SIGTERM, wait_seconds=_STOP_SECONDS) is None:
            raise LabSick(f"the server {self.host.name} did not stop within {_STOP_SECONDS:g} s")

    @property
    def running(self) -> bool:
        """Whether its process is alive."""
        state = self.agent.servers().get(self.host.name)
        return state is not None and state.exit is None

    def tool(self, *argv: str, stdin: str = "", timeout_seconds: float = 10.0) -> Ran:
        """Run a tool under this host's clock."""
        return self.agent.run(argv, env=self.host.env, stdin=stdin, timeout_seconds=timeout_seconds)

    def last_words(self) -> str:
        """The last lines that its server logged, in one (the cause stands a little before the end)."""
        lines = self.agent.read(self.host.log).decode(errors="replace").strip().splitlines()
        return " / ".join(line.strip() for line in lines[-3:]) or "it logged nothing"
