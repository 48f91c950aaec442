"""The lab's end of the agent, by itself."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import struct
import sys
import termios
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from lab.wait import until
from tests.unit.agent_source import SOURCE, WHOLE, inside


def test_the_lab_s_end_needs_nothing_but_the_standard_library() -> None:
    """The image holds no package for it, and it must not look for the host's modules."""
    own = sorted(SOURCE.parent.glob("*.py"))
    assert len(own) == 2
    imported = {
        line.split()[1].partition(".")[0]
        for file in own
        for line in file.read_text().splitlines()
        if line.startswith(("import ", "from "))
    } - {file.stem for file in own}
    assert imported <= sys.stdlib_module_names
    assert len(imported) < 15


def unread(fd: int) -> int:
    """How many octets a pipe holds that nobody has read."""
    return int(struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, bytes(4)))[0])


@pytest.mark.parametrize("cut", range(1, len(WHOLE)))
def test_the_lab_s_end_reads_a_frame_cut_anywhere(cut: int) -> None:
    """Requests, too, may come in pieces."""
    read, write = os.pipe()
    with ThreadPoolExecutor(1) as pool:
        frame = pool.submit(inside.read_frame, read)
        try:
            os.write(write, WHOLE[:cut])
            until(lambda: unread(read) == 0, "the first piece to be read", deadline_seconds=5.0)
            os.write(write, WHOLE[cut:])
            assert frame.result(timeout=5.0) == (1, {"now": 7}, b"body")
        finally:
            os.close(write)  # whoever still reads comes to an end
    os.close(read)


@pytest.mark.parametrize("cut", [0, 5, 12, len(WHOLE) - 1])
def test_a_stream_that_ends_inside_a_frame_is_an_end(cut: int) -> None:
    """When the host dies, whatever part of a request has come is no request."""
    read, write = os.pipe()
    os.write(write, WHOLE[:cut])
    os.close(write)
    with pytest.raises(EOFError):
        inside.read_frame(read)
    os.close(read)


def python(code: str) -> list[str]:
    """A tool that runs this."""
    return [sys.executable, "-S", "-c", code]


def test_a_tool_s_streams_are_told_apart() -> None:
    """Output and errors come one after the other, with the length of the first; input and status pass through."""
    code = "import sys; sys.stdout.write(sys.stdin.read() * 2); sys.stderr.write('err'); sys.exit(3)"
    assert inside.run_tool(python(code), b"in", dict(os.environ), 10.0) == ({"exit": 3, "out": 4}, b"ininerr")


def test_a_tool_is_killed_at_its_time_out() -> None:
    """A tool that does not end is killed, keeps what it said, and has no exit status."""
    tool = ["sh", "-c", "echo so far; exec tail -f /dev/null"]  # up at once: on a busy machine Python is not
    head, body = inside.run_tool(tool, b"", dict(os.environ), 0.5)
    assert (head, body) == ({"exit": None, "out": 7}, b"so far\n")


def test_a_tool_that_is_not_there_is_an_error() -> None:
    """A program that can't be started is told by name."""
    head, _ = inside.run_tool(["/nosuch/tool"], b"", {}, 1.0)
    assert head == {"error": "/nosuch/tool could not be started: No such file or directory"}


def test_servers_are_started_watched_and_ended_by_name(tmp_path: Path) -> None:
    """A server's name is taken while it runs; its end is waited for as long as told, and its status kept."""
    daemons, log = inside.Daemons(), tmp_path / "log"
    code = python("import signal; print('up', flush=True); signal.pause()")
    started = daemons.spawn("one", code, dict(os.environ), str(log))
    try:
        until(lambda: log.read_text() == "up\n", "the server to be up", deadline_seconds=5.0)
        assert daemons.status() == {"one": {"pid": started["pid"], "exit": None}}
        assert daemons.spawn("one", code, {}, str(log)) == {"error": "one is running already"}
        assert daemons.signal("one", signal.SIGCONT, 0.05) == {"exit": None}
        assert daemons.signal("one", signal.SIGTERM, 5.0) == {"exit": -signal.SIGTERM}
        assert daemons.signal("one", signal.SIGTERM, 5.0) == {"exit": -signal.SIGTERM}
        assert daemons.signal("two", signal.SIGTERM, 0.0) == {"error": "no server two was started"}
        assert "pid" in daemons.spawn("one", code, dict(os.environ), str(log))
    finally:
        daemons.kill_all()
    until(lambda: daemons.status()["one"]["exit"] == -signal.SIGKILL, "it to be killed", deadline_seconds=5.0)


def test_a_server_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """A server that can't be started is told by name and counts as none."""
    daemons = inside.Daemons()
    head = daemons.spawn("one", ["/nosuch/server"], {}, str(tmp_path / "log"))
    assert head == {"error": "/nosuch/server could not be started: No such file or directory"}
    assert daemons.status() == {}


def asked(link: socket.socket, *, tcp: bool, timeout: float = 5.0) -> tuple[dict[str, Any], bytes]:
    """A question to where that socket is bound, on loopback."""
    address, port = link.getsockname()
    head = {"address": address, "port": port, "source": "127.0.0.1", "tcp": tcp, "timeout": timeout}
    answer, wire = inside.exchange(head, b"\x12\x34query")
    return answer, wire


def test_an_answer_with_another_id_is_not_taken() -> None:
    """Over UDP only the answer with the question's id counts; what came before it is passed over."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server, ThreadPoolExecutor(1) as pool:
        server.bind(("127.0.0.1", 0))
        got = pool.submit(asked, server, tcp=False)
        query, client = server.recvfrom(512)
        server.sendto(b"\x43\x21stray", client)
        server.sendto(query[:2] + b"answer", client)
        assert got.result(timeout=5.0) == ({"tcp": False}, b"\x12\x34answer")


def test_a_question_without_an_answer_times_out() -> None:
    """A server that says nothing, or only strays, is a time-out after the time told."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        assert asked(server, tcp=False, timeout=0.05) == ({"failed": "timeout"}, b"")


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_a_port_where_nobody_listens_refuses_at_once(tcp: bool) -> None:
    """Refused is told as such, over either transport, and long before the time-out."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM) as link:
        link.bind(("127.0.0.1", 0))
        gone = link.getsockname()
    head = {"address": gone[0], "port": gone[1], "source": "127.0.0.1", "tcp": tcp, "timeout": 30.0}
    assert inside.exchange(head, b"\x12\x34query") == ({"failed": "Connection refused"}, b"")


@pytest.mark.parametrize(
    ("sent", "result"),
    [
        (b"\0\6answer", ({"tcp": True}, b"answer")),
        (b"\0\6ans", ({"failed": "connection closed"}, b"")),
        (b"\0", ({"failed": "connection closed"}, b"")),
        (b"", ({"failed": "connection closed"}, b"")),
    ],
    ids=["whole", "cut", "half-length", "nothing"],
)
def test_an_answer_over_tcp_is_whole_or_none(sent: bytes, result: tuple[dict[str, Any], bytes]) -> None:
    """A stream that is closed early gives no answer, and says so."""
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        got = pool.submit(asked, server, tcp=True)
        client, _ = server.accept()
        with client:
            assert client.recv(512) == b"\0\7\x12\x34query"
            client.sendall(sent)
        assert got.result(timeout=5.0) == result
