"""The host's end of the agent: frames however they arrive, and an agent that is gone."""

from __future__ import annotations

import os
import queue
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lab.agent import AGENT_ADDRESS, Agent, Ran
from lab.errors import LabSick
from lab.wait import until
from tests.unit.agent_source import WHOLE, inside

STDOUT, STDERR = 1, 2
Request = tuple[int, dict[str, Any], bytes]


def docker(data: bytes, kind: int = STDOUT) -> bytes:
    """Data as the engine's attached stream frames them."""
    return struct.pack("!BxxxI", kind, len(data)) + data


def unpack(frame: bytes) -> Request:
    """A frame, read by the lab's end."""
    read, write = os.pipe()
    try:
        os.write(write, frame)
        ident, head, body = inside.read_frame(read)
    finally:
        os.close(read)
        os.close(write)
    return ident, head, body


class FakeStream:
    """An attached stream whose far end is a function from a request to pieces of bytes, as they arrive."""

    def __init__(self, answer: Callable[[Request], list[bytes]]) -> None:
        self._answer = answer
        self._pieces: queue.Queue[bytes] = queue.Queue()
        self._rest = b""
        self.broken = False
        self.requests: list[Request] = []

    def sendall(self, data: bytes, /) -> None:
        """The far end reads the request and answers."""
        if self.broken:
            raise BrokenPipeError(32, "Broken pipe")
        request = unpack(data)
        self.requests.append(request)
        for piece in self._answer(request):
            self.push(piece)

    def push(self, piece: bytes) -> None:
        """Bytes arrive; none at all mean the end."""
        self._pieces.put(piece)

    def recv(self, count: int, /) -> bytes:
        """At most one piece at a time, as a socket gives what has arrived."""
        data = self._rest or self._pieces.get()
        self._rest = data[count:]
        return data[:count]

    def close(self) -> None:
        """The end."""
        self.push(b"")


@pytest.fixture(autouse=True)
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that never comes is given up soon: here nothing is slow."""
    monkeypatch.setattr("lab.agent._GRACE_SECONDS", 1.0)


@pytest.fixture
def streams() -> Iterator[list[FakeStream]]:
    """Streams opened by a test, ended after it."""
    opened: list[FakeStream] = []
    yield opened
    for stream in opened:
        stream.close()


def attached(streams: list[FakeStream], answer: Callable[[Request], list[bytes]]) -> tuple[Agent, FakeStream]:
    """The host's end, attached to such a stream."""
    stream = FakeStream(answer)
    streams.append(stream)
    return Agent(stream), stream


def reply(request: Request, head: dict[str, Any], body: bytes = b"") -> bytes:
    """The lab's end's answer to a request."""
    return bytes(inside.pack_frame(request[0], head, body))


@pytest.mark.parametrize("cut", range(1, len(WHOLE)))
def test_a_frame_may_come_in_two_pieces_cut_anywhere(streams: list[FakeStream], cut: int) -> None:
    """The engine may wrap a frame's parts in frames of its own, wherever it likes."""

    def answer(request: Request) -> list[bytes]:
        frame = reply(request, {"now": 7}, b"body")
        return [docker(frame[:cut]), docker(frame[cut:])]

    assert attached(streams, answer)[0].now_ns() == 7


def test_bytes_may_arrive_one_by_one(streams: list[FakeStream]) -> None:
    """Every boundary, those of the engine's own headers too, may fall between two arrivals."""

    def answer(request: Request) -> list[bytes]:
        data = docker(reply(request, {"now": 7}))
        return [data[place : place + 1] for place in range(len(data))]

    agent, _ = attached(streams, answer)
    assert [agent.now_ns(), agent.now_ns()] == [7, 7]


def test_words_on_the_error_stream_may_stand_inside_a_frame(streams: list[FakeStream]) -> None:
    """What the agent says on its standard error does not disturb a frame that is on its way."""

    def answer(request: Request) -> list[bytes]:
        frame = reply(request, {"now": 7})
        return [docker(frame[:9]) + docker(b"a warning\n", STDERR) + docker(frame[9:])]

    assert attached(streams, answer)[0].now_ns() == 7


@pytest.mark.parametrize("together", [True, False], ids=["one-piece", "two-pieces"])
def test_answers_find_their_questions_in_any_order(streams: list[FakeStream], together: bool) -> None:
    """Two requests under way, answered in reverse order, in one piece or in two: each gets its own answer."""
    waiting: list[Request] = []
    both = threading.Lock()

    def answer(request: Request) -> list[bytes]:
        with both:
            waiting.append(request)
            if len(waiting) < 2:
                return []
        frames = [reply(one, {}, one[1]["path"].encode()) for one in reversed(waiting)]
        return [docker(b"".join(frames))] if together else [docker(frame) for frame in frames]

    agent, _ = attached(streams, answer)
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(agent.read, ["/one", "/two"])) == [b"/one", b"/two"]


def test_an_answer_to_nobody_is_passed_over(streams: list[FakeStream]) -> None:
    """An answer that comes after its asker gave up disturbs nobody."""

    def answer(request: Request) -> list[bytes]:
        return [docker(inside.pack_frame(4711, {"now": 1})), docker(reply(request, {"now": 7}))]

    assert attached(streams, answer)[0].now_ns() == 7


def test_an_error_is_told_in_the_agent_s_words(streams: list[FakeStream]) -> None:
    """An operation that could not be done makes the lab sick, with the reason."""
    agent, _ = attached(streams, lambda request: [docker(reply(request, {"error": "/x: No such file"}))])
    with pytest.raises(LabSick, match=r"^/x: No such file$"):
        agent.read("/x")


def test_an_agent_that_is_gone_is_told_with_its_last_words(streams: list[FakeStream]) -> None:
    """Whoever waits hears of the end at once, with the last line of what the agent said; so does who asks later."""
    trace = docker(b"Traceback (most recent call last):\n", STDERR) + docker(
        b"MemoryError: no more\n", STDERR
    )
    agent, _ = attached(streams, lambda request: [trace, b""])
    for _ in range(2):
        with pytest.raises(LabSick, match=r"^the lab's agent is gone: MemoryError: no more$"):
            agent.now_ns()


def test_all_who_wait_hear_of_the_end(streams: list[FakeStream]) -> None:
    """The end of the stream ends every request under way, not only the last."""
    agent, stream = attached(streams, lambda request: [])
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(agent.now_ns) for _ in range(3)]
        until(lambda: len(stream.requests) == 3, "three requests", deadline_seconds=5.0)
        stream.push(b"")
        for one in waiting:
            with pytest.raises(LabSick, match=r"^the lab's agent is gone$"):
                one.result(timeout=5.0)


@pytest.mark.parametrize(
    "garbage",
    [docker(WHOLE)[:-3], docker(struct.pack("!III", 5, 1, 5) + b"!json")],
    ids=["cut-off", "no-json"],
)
def test_a_broken_stream_is_a_gone_agent(streams: list[FakeStream], garbage: bytes) -> None:
    """A stream that ends inside a frame, or carries none, leaves nobody waiting."""
    agent, _ = attached(streams, lambda request: [garbage, b""])
    with pytest.raises(LabSick, match="the lab's agent is gone"):
        agent.now_ns()


def test_a_stream_that_takes_nothing_is_a_gone_agent(streams: list[FakeStream]) -> None:
    """A request that can't even be sent makes the lab sick."""
    agent, stream = attached(streams, lambda request: [])
    stream.broken = True
    with pytest.raises(LabSick, match="the lab's agent is gone"):
        agent.now_ns()


def test_an_agent_that_does_not_answer_is_not_waited_for_forever(
    streams: list[FakeStream], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that does not come within its time and a grace makes the lab sick, naming the operation."""
    monkeypatch.setattr("lab.agent._GRACE_SECONDS", 0.02)
    agent, _ = attached(streams, lambda request: [])
    with pytest.raises(LabSick, match="the lab's agent did not answer 'now' in time"):
        agent.now_ns()


def test_the_host_s_frames_are_those_the_lab_reads(streams: list[FakeStream]) -> None:
    """What the host sends, the lab's end reads: operation, arguments and body."""
    agent, stream = attached(streams, lambda request: [docker(reply(request, {"elapsed": 5e8}, b"answer"))])
    got = agent.exchange(b"query", "10.53.0.3", tcp=True, timeout_seconds=0.5)
    ((_, head, body),) = stream.requests
    assert body == b"query"
    assert head == {
        "op": "exchange",
        "address": "10.53.0.3",
        "port": 53,
        "source": AGENT_ADDRESS,
        "tcp": True,
        "timeout": 0.5,
    }
    assert (got.wire, got.failed, got.elapsed_seconds) == (b"answer", None, 0.5)


def test_files_go_one_after_the_other_with_their_sizes(streams: list[FakeStream]) -> None:
    """Contents are told apart by size, in octets and not in characters."""
    agent, stream = attached(streams, lambda request: [docker(reply(request, {}))])
    agent.write({"/lab/a": "ä", "/lab/b": b"", "/lab/c": b"xyz"})
    ((_, head, body),) = stream.requests
    assert head["files"] == [["/lab/a", 2], ["/lab/b", 0], ["/lab/c", 3]]
    assert body == "äxyz".encode()


def test_a_tool_that_ran_into_its_time_out_says_so(streams: list[FakeStream]) -> None:
    """A tool killed at its time-out has no exit status, keeps what it said, and fails its check."""
    agent, _ = attached(
        streams, lambda request: [docker(reply(request, {"exit": None, "out": 4}, b"halfway"))]
    )
    ran = agent.run(["rndc", "status"], env={})
    assert ran == Ran(("rndc", "status"), None, "half", "way")
    with pytest.raises(LabSick, match=r"^rndc status ran into its time-out: way$"):
        ran.check()


@pytest.mark.parametrize(
    ("ran", "words"),
    [
        (Ran(("a", "b"), 3, "out", "first\nlast\n"), "a b failed with status 3: last"),
        (Ran(("a",), 1, "said\n", ""), "a failed with status 1: said"),
        (Ran(("a",), 1, "", ""), "a failed with status 1: no output"),
        (Ran(("a",), 1, "", "x\nError: bad rule\n  ^^^\n"), "a failed with status 1: Error: bad rule"),
    ],
    ids=["stderr", "stdout", "mute", "error-first"],
)
def test_a_tool_that_failed_says_why(ran: Ran, words: str) -> None:
    """The line that names the error is told, else the last one, else that there was none."""
    with pytest.raises(LabSick) as sick:
        ran.check()
    assert str(sick.value) == words


def test_a_stream_s_data_come_in_order_until_its_end(streams: list[FakeStream]) -> None:
    """Data of an open stream go to its receiver only, between answers, and None says that it ended."""
    got: list[bytes | None] = []

    def answer(request: Request) -> list[bytes]:
        data = [reply(request, {"stream": "data"}, part) for part in (b"one", b"two")]
        return [
            docker(reply(request, {"open": True}) + data[0]),
            docker(data[1] + reply(request, {"stream": "end"})),
        ]

    agent, stream = attached(streams, answer)
    channel = agent.open("10.53.0.3", 53, got.append)
    until(lambda: got[-1:] == [None], "the stream to end", deadline_seconds=5.0)
    assert got == [b"one", b"two", None]
    channel.send(b"query")
    assert stream.requests[-1] == (channel.ident, {"op": "data"}, b"query")


def test_a_stream_to_nobody_makes_the_lab_sick(streams: list[FakeStream]) -> None:
    """Where nobody listens, opening says where and why."""
    agent, _ = attached(streams, lambda request: [docker(reply(request, {"failed": "Connection refused"}))])
    with pytest.raises(
        LabSick, match=r"nothing answers at 10\.53\.0\.3 port 8474 in the lab: Connection refused"
    ):
        agent.open("10.53.0.3", 8474, lambda data: None)


def test_exit_states_of_servers_are_told(streams: list[FakeStream]) -> None:
    """A running server has no exit status, and a dead one has its own, zero included."""
    states = {"a": {"pid": 1, "exit": None}, "b": {"pid": 2, "exit": 0}, "c": {"pid": 3, "exit": -9}}
    agent, _ = attached(streams, lambda request: [docker(reply(request, states))])
    assert {name: (state.pid, state.exit) for name, state in agent.servers().items()} == {
        "a": (1, None),
        "b": (2, 0),
        "c": (3, -9),
    }
