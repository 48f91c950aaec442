"""The host's end of the agent: one attached stream of the engine's API, over which everything is done.

The other end and the frame format are in `compose/agent/agent.py`.
"""

from __future__ import annotations

import itertools
import json
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import Any, Protocol

from lab.errors import LabSick

AGENT_ADDRESS = "10.53.0.250"
"""The address that the agent's own questions come from: an operator's, at the server, spared by packet rules."""

PROBE_ADDRESS = "10.53.0.251"
"""An address on the resolvers' side of the path, where packet rules hold."""

_FRAME = struct.Struct("!III")
_DOCKER_FRAME = struct.Struct("!BxxxI")  # stream type (1 stdout, 2 stderr), length
_GRACE_SECONDS = 10.0
"""How much longer than an operation's own time-out its answer may take before the agent counts as dead."""


class Stream(Protocol):
    """What the engine's attached stream can do."""

    def recv(self, count: int, /) -> bytes:
        """Some bytes, or none at the end."""

    def sendall(self, data: bytes, /) -> None:
        """Send all of it."""

    def close(self) -> None:
        """End the stream: the agent leaves."""


@dataclass(frozen=True)
class Ran:
    """A tool's end: exit status (None: it was killed at its time-out) and output."""

    argv: tuple[str, ...]
    exit: int | None
    stdout: str
    stderr: str

    def check(self) -> Ran:
        """Itself where the tool succeeded; raises LabSick with the tool's own words where it did not."""
        if self.exit != 0:
            lines = (self.stderr or self.stdout).strip().splitlines()
            said = [line for line in lines if "rror" in line][:1] or lines
            how = "ran into its time-out" if self.exit is None else f"failed with status {self.exit}"
            raise LabSick(f"{' '.join(self.argv)} {how}: {said[-1] if said else 'no output'}")
        return self


@dataclass(frozen=True)
class Exchanged:
    """A relayed DNS message's fate: the answer's bytes, or why there is none."""

    wire: bytes
    failed: str | None
    elapsed_seconds: float


@dataclass(frozen=True)
class ServerState:
    """A server process: its id, and its exit status (None while it runs)."""

    pid: int
    exit: int | None


class Agent:
    """Requests to the agent, from any thread; each waits for its own answer."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._ids = itertools.count(1)
        self._sending = threading.Lock()
        self._waiting: dict[int, Future[tuple[dict[str, Any], bytes]]] = {}
        self._channels: dict[int, Callable[[bytes | None], None]] = {}
        self._last_words = b""
        self._closed = False
        threading.Thread(target=self._read, name="agent", daemon=True).start()

    # -- the stream ------------------------------------------------------------------------------------

    def _exactly(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            part = self._stream.recv(count - len(data))
            if not part:
                raise EOFError
            data += part
        return bytes(data)

    def _read(self) -> None:
        buffer = b""
        try:
            while True:
                kind, length = _DOCKER_FRAME.unpack(self._exactly(_DOCKER_FRAME.size))
                data = self._exactly(length)
                if kind == 2:
                    self._last_words = (self._last_words + data)[-2000:]
                    continue
                buffer = self._dispatch(buffer + data)
        except (OSError, EOFError, ValueError):
            self._fail_all()

    def _dispatch(self, buffer: bytes) -> bytes:
        while len(buffer) >= _FRAME.size:
            length, ident, head_length = _FRAME.unpack_from(buffer)
            if len(buffer) < _FRAME.size + length:
                break
            payload = buffer[_FRAME.size : _FRAME.size + length]
            buffer = buffer[_FRAME.size + length :]
            head, body = json.loads(payload[:head_length]), payload[head_length:]
            if "stream" in head:
                if receive := self._channels.get(ident):
                    receive(body if head["stream"] == "data" else None)
            elif waiting := self._waiting.pop(ident, None):
                waiting.set_result((head, body))
        return buffer

    def _fail_all(self) -> None:
        self._closed = True
        while self._waiting:
            _, waiting = self._waiting.popitem()
            waiting.set_exception(self._gone())

    def _gone(self) -> LabSick:
        words = self._last_words.decode(errors="replace").strip().splitlines()
        return LabSick(f"the lab's agent is gone{': ' + words[-1] if words else ''}")

    def _send(self, ident: int, head: Mapping[str, Any], body: bytes) -> None:
        encoded = json.dumps(head).encode()
        with self._sending:
            try:
                self._stream.sendall(
                    _FRAME.pack(len(encoded) + len(body), ident, len(encoded)) + encoded + body
                )
            except OSError as problem:
                raise self._gone() from problem

    def _ask(self, ident: int, timeout_seconds: float, head: Mapping[str, Any], body: bytes = b"") -> Any:
        waiting: Future[tuple[dict[str, Any], bytes]] = Future()
        self._waiting[ident] = waiting
        if self._closed:
            raise self._gone()
        self._send(ident, head, body)
        try:
            answer, data = waiting.result(timeout_seconds + _GRACE_SECONDS)
        except FutureTimeout:
            raise LabSick(f"the lab's agent did not answer {head['op']!r} in time") from None
        if "error" in answer:
            raise LabSick(str(answer["error"]))
        return answer, data

    def _request(self, op: str, timeout_seconds: float = 0.0, body: bytes = b"", **arguments: Any) -> Any:
        return self._ask(next(self._ids), timeout_seconds, {"op": op, **arguments}, body)

    def close(self) -> None:
        """End the stream; the agent kills the servers and leaves."""
        self._closed = True
        self._stream.close()

    # -- what it does ----------------------------------------------------------------------------------

    def now_ns(self) -> int:
        """Real time by the engine's clock, in ns since the epoch."""
        answer, _ = self._request("now")
        return int(answer["now"])

    def exchange(
        self,
        wire: bytes,
        address: str,
        *,
        port: int = 53,
        source: str = AGENT_ADDRESS,
        tcp: bool = False,
        timeout_seconds: float = 5.0,
    ) -> Exchanged:
        """Send a DNS message to a server of the lab and return what came back."""
        head, data = self._request(
            "exchange",
            timeout_seconds,
            wire,
            address=address,
            port=port,
            source=source,
            tcp=tcp,
            timeout=timeout_seconds,
        )
        return Exchanged(data, head.get("failed"), head["elapsed"] / 1e9)

    def exchange_many(
        self,
        questions: Sequence[tuple[bytes, str]],
        *,
        source: str = AGENT_ADDRESS,
        patient: bool = False,
        timeout_seconds: float = 5.0,
    ) -> list[Exchanged]:
        """Send many DNS messages, each to an address of the lab, over UDP and all at once; answers in their order.

        `patient`: where nobody listens yet, the question is put again until the time-out: servers are starting.
        """
        head, data = self._request(
            "exchange_many",
            timeout_seconds,
            b"".join(wire for wire, _ in questions),
            questions=[[address, source, len(wire)] for wire, address in questions],
            timeout=timeout_seconds,
            patient=patient,
        )
        answers, offset = [], 0
        for size, failed, elapsed in head["answers"]:
            answers.append(Exchanged(data[offset : offset + size], failed or None, elapsed / 1e9))
            offset += size
        return answers

    def spawn_many(
        self, servers: Sequence[tuple[str, Sequence[str], str]], *, env: Mapping[str, str]
    ) -> None:
        """Start many server processes, (name, argv, log) each, all with the same environment."""
        self._request(
            "spawn_many", servers=[[name, list(argv), log] for name, argv, log in servers], env=dict(env)
        )

    def kill(self, names: Sequence[str]) -> None:
        """Kill servers by name at once (SIGKILL), and forget them."""
        self._request("kill", names=list(names))

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files in the lab, making their folders."""
        contents = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        sizes = [[path, len(data)] for path, data in contents.items()]
        self._request("write", body=b"".join(contents.values()), files=sizes)

    def poke(self, path: str, *numbers: tuple[int, int]) -> None:
        """Store int64s (index and value) in place, in this order, in a file that servers hold mapped: a clock."""
        self._request("poke", path=path, numbers=list(numbers))

    def read(self, path: str) -> bytes:
        """A file's contents; raises LabSick where it can't be read."""
        _, data = self._request("read", path=path)
        return bytes(data)

    def run(
        self, argv: Sequence[str], *, env: Mapping[str, str], stdin: str = "", timeout_seconds: float = 10.0
    ) -> Ran:
        """Run a tool in the lab to its end."""
        head, data = self._request(
            "run", timeout_seconds, stdin.encode(), argv=list(argv), env=dict(env), timeout=timeout_seconds
        )
        return _ran(argv, head, data)

    def net(self, *argv: str, stdin: str = "") -> Ran:
        """Run `ip`, `nft` or `ss` with the right to change the lab's network."""
        head, data = self._request("net", 10.0, stdin.encode(), argv=list(argv))
        return _ran(argv, head, data)

    def spawn(self, name: str, argv: Sequence[str], *, env: Mapping[str, str], log: str) -> int:
        """Start a server process under a name of ours; returns its process id."""
        head, _ = self._request("spawn", name=name, argv=list(argv), env=dict(env), log=log)
        return int(head["pid"])

    def signal(self, name: str, number: int, *, wait_seconds: float = 0.0) -> int | None:
        """Signal a server and wait for its end; returns its exit status, None while it still runs."""
        head, _ = self._request("signal", wait_seconds, name=name, signal=number, wait=wait_seconds)
        return None if head["exit"] is None else int(head["exit"])

    def servers(self) -> dict[str, ServerState]:
        """Every server that was started, by name."""
        head, _ = self._request("status")
        return {name: ServerState(state["pid"], state["exit"]) for name, state in head.items()}

    def open(
        self,
        address: str,
        port: int,
        receive: Callable[[bytes | None], None],
        *,
        timeout_seconds: float = 5.0,
    ) -> Channel:
        """Open a TCP stream inside the lab; `receive` gets its data, and None at its end.

        Raises LabSick where nobody listens.
        """
        ident = next(self._ids)
        self._channels[ident] = receive
        head, _ = self._ask(
            ident,
            timeout_seconds,
            {"op": "open", "address": address, "port": port, "timeout": timeout_seconds},
        )
        if "failed" in head:
            del self._channels[ident]
            raise LabSick(f"nothing answers at {address} port {port} in the lab: {head['failed']}")
        return Channel(self, ident)


@dataclass(frozen=True)
class Channel:
    """A TCP stream inside the lab, seen from the host."""

    agent: Agent
    ident: int

    def send(self, data: bytes) -> None:
        """Send data."""
        self.agent._send(self.ident, {"op": "data"}, data)  # noqa: SLF001 - one module, two classes

    def end(self) -> None:
        """Say that no more data come."""
        self.agent._send(self.ident, {"op": "close"}, b"")  # noqa: SLF001 - one module, two classes


def _ran(argv: Sequence[str], head: Mapping[str, Any], data: bytes) -> Ran:
    cut = head["out"]
    out, err = data[:cut].decode(errors="replace"), data[cut:].decode(errors="replace")
    return Ran(tuple(argv), head["exit"], out, err)
