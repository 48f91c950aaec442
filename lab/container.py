"""A lab's container: the only module that imports testcontainers.

A lab is one container without any network but its own loopback (docs/adr/0002): every server has an
address there, and what is sent never meets another lab, the host or the world.
"""

from __future__ import annotations

import contextlib
import os
import socket
from typing import Any, cast

from lab import session
from lab.agent import Agent, Stream
from lab.confinement import CAPABILITIES, CONFINED, LAB_UID
from lab.engine import Engine, Owned
from lab.errors import LabSick
from lab.host import SMALL_DISK

# Ryuk, testcontainers' own reaper, needs an image from a registry and the engine's socket inside a
# container; `lab.session` cleans up without either.  Read when testcontainers is imported.
os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"

from testcontainers.core.container import DockerContainer

_AGENT_ARGV = ["python3", "-S", "-E", "-B", "/usr/lib/chaindrill/agent.py"]
_LIMITS: dict[str, Any] = {
    **CONFINED,
    "auto_remove": True,
    "log_config": {"Type": "none", "Config": {}},
    "mem_limit": "2g",
    "pids_limit": 1024,
}


class LabContainer:
    """The container that a lab lives in, started, with its agent attached."""

    def __init__(self, engine: Engine, image: str, *, name: str, labels: dict[str, str]) -> None:
        self._engine = engine
        self._labels = labels
        self._container = (
            DockerContainer(image)
            .with_name(name)
            .with_command(cast(Any, _AGENT_ARGV))
            .with_tmpfs_mount("/lab", f"size=512m,uid={LAB_UID},gid={LAB_UID},mode=0755")
            .with_tmpfs_mount(SMALL_DISK, f"size=1m,uid={LAB_UID},gid={LAB_UID},mode=0755")
            .with_tmpfs_mount("/tmp", f"size=64m,uid={LAB_UID},gid={LAB_UID},mode=0700")  # noqa: S108 - in the lab
            .with_kwargs(
                **_LIMITS,
                labels=labels,
                network_mode="none",
                stdin_open=True,
                cap_add=list(CAPABILITIES),
            )
        )
        self._started: list[DockerContainer] = []
        try:
            self._start(self._container)
            self.id = self._container.get_container_id()
            self.agent = Agent(self._attach())
        except BaseException:  # not yet anybody's to close
            self._remove()
            raise

    def _start(self, container: DockerContainer) -> None:
        self._started.append(container)
        try:
            container.start()
        except Exception as problem:  # docker, requests and testcontainers share no base
            raise LabSick(f"the lab's container could not be started: {problem}") from problem

    def _attach(self) -> Stream:
        wrapped = self._container.get_wrapped_container()
        return _Attached(wrapped.attach_socket(params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}))

    def beside(self, image: str, argv: list[str], *, name: str) -> None:
        """Start a second container in this one's network namespace.

        It shares the process namespace too: when the lab's first process ends, the kernel ends this one with it,
        so that it needs nobody to remove it.  Raises LabSick where the engine does not start it.
        """
        container = (
            DockerContainer(image)
            .with_name(name)
            .with_command(cast(Any, argv))
            .with_kwargs(
                **_LIMITS,
                labels=self._labels,
                network_mode=f"container:{self.id}",
                pid_mode=f"container:{self.id}",
                user=str(LAB_UID),
            )
        )
        self._start(container)

    def close(self) -> None:
        """Remove the lab.  Raises LabError where something of it stays.

        The agent leaves when its stream ends, and the engine removes its container; removing it by force is
        quicker, and covers an agent that hangs.
        """
        self.agent.close()
        self._remove()

    def _remove(self) -> None:
        made = [
            container.get_wrapped_container()
            for container in self._started
            if container.status != "not_started"
        ]
        self._engine.remove(
            Owned("container", str(one.id), str(one.name), self._labels[session.LABEL]) for one in made
        )


class _Attached:
    """An attached stream of the engine's, whatever docker-py makes of it: a socket in a file, or a socket."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._socket = getattr(raw, "_sock", raw)
        if isinstance(self._socket, socket.socket):
            self._socket.settimeout(None)

    def recv(self, count: int, /) -> bytes:
        """Some bytes, or none at the end."""
        return bytes(self._socket.recv(count))

    def sendall(self, data: bytes, /) -> None:
        """Send all of it."""
        self._socket.sendall(data)

    def close(self) -> None:
        """End it for both sides: a reader of ours wakes, and the agent's input ends."""
        if isinstance(self._socket, socket.socket):
            with contextlib.suppress(OSError):  # the other side may have ended it already
                self._socket.shutdown(socket.SHUT_RDWR)
        # docker-py hangs the HTTP response that the stream came out of on it: closing that closes all three.
        getattr(self._raw, "_response", self._raw).close()
        self._socket.close()
