"""A lab's container: the only module that imports testcontainers.

A lab is one container without any network but its own loopback (docs/adr/0002): every server has an
address there, and what is sent never meets another lab, the host or the world.
"""

from __future__ import annotations

import contextlib
import os
import socket
from typing import Any, cast

from lab.agent import Agent, Stream
from lab.errors import LabSick

# Ryuk, testcontainers' own reaper, needs an image from a registry and the engine's socket inside a
# container; `lab.session` cleans up without either.  Read when testcontainers is imported.
os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"

from testcontainers.core.container import DockerContainer  # noqa: E402 - after the setting it reads

LAB_UID = 5353
_AGENT_ARGV = ["python3", "-S", "-E", "-B", "/usr/lib/chaindrill/agent.py"]
_START_LIMITS: dict[str, Any] = {
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "read_only": True,
    "auto_remove": True,
    "log_config": {"Type": "none", "Config": {}},
    "mem_limit": "2g",
    "pids_limit": 1024,
}


class LabContainer:
    """The container that a lab lives in, started, with its agent attached."""

    def __init__(self, image: str, *, name: str, labels: dict[str, str]) -> None:
        self._container = (
            DockerContainer(image)
            .with_name(name)
            .with_command(cast(Any, _AGENT_ARGV))
            .with_tmpfs_mount("/lab", f"size=512m,uid={LAB_UID},gid={LAB_UID},mode=0755")
            .with_tmpfs_mount("/tmp", f"size=64m,uid={LAB_UID},gid={LAB_UID},mode=0700")  # noqa: S108 - in the lab
            .with_kwargs(
                **_START_LIMITS,
                labels=labels,
                network_mode="none",
                stdin_open=True,
                cap_add=["NET_ADMIN", "SETUID", "SETGID"],
            )
        )
        self._beside: list[DockerContainer] = []
        self._container.start()
        self.id = self._container.get_container_id()
        self._stream = self._attach()
        self.agent = Agent(self._stream)

    def _attach(self) -> Stream:
        wrapped = self._container.get_wrapped_container()
        raw = wrapped.attach_socket(params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
        stream = getattr(raw, "_sock", raw)
        if isinstance(stream, socket.socket):
            stream.settimeout(None)
        return cast(Stream, stream)

    def beside(self, image: str, argv: list[str], *, name: str, labels: dict[str, str]) -> None:
        """Start a second container in this one's network namespace; it goes when the lab goes.

        Raises LabSick where the engine does not start it.
        """
        container = (
            DockerContainer(image)
            .with_name(name)
            .with_command(cast(Any, argv))
            .with_kwargs(**_START_LIMITS, labels=labels, network_mode=f"container:{self.id}", user=str(LAB_UID))
        )
        self._beside.append(container)
        try:
            container.start()
        except Exception as problem:
            raise LabSick(f"the container {name} could not be started: {problem}") from problem

    def close(self) -> None:
        """End the agent's stream: it kills the servers and leaves, and the engine removes the container.

        Removing it by force beside that is for an agent that hangs; both ways may meet.
        """
        self.agent.close()
        for container in (*self._beside, self._container):
            with contextlib.suppress(Exception):
                container.stop()
