"""The agent: what a lab's container runs, and the only way in.

It speaks frames over its standard streams, which the host holds open through the engine's API.  Nothing of
a lab listens outside the lab, and the host sends no DNS of its own: a question is a frame, relayed here as
bytes.  When standard input ends, the client has died: everything the agent started is killed, the agent
leaves, and the engine removes the container.

A frame, both ways:  u32 length | u32 id | u32 length of head | head (JSON object) | body (bytes).
An answer carries its request's id.  A head with "error" says why the request could not be done.

Privileges: the agent starts as root with NET_ADMIN, SETUID and SETGID.  It forks a helper that keeps
NET_ADMIN and runs nothing but `ip`, `nft` and `ss`; the agent itself and all that it starts run as an
ordinary user without any capability.

Standard library only, and few modules of it: starting the interpreter is part of every lab's start.
"""

import contextlib
import json
import mmap
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

from questions import Question, exchange, exchange_many

LAB_UID = 5353
NET_TOOLS = ("ip", "nft", "ss")
FRAME = struct.Struct("!III")
SHIM = "/usr/lib/chaindrill/clockshim.so"

Head = dict  # a JSON object


def read_exactly(fd: int, count: int) -> bytes:
    """Read `count` bytes or raise EOFError where the stream ends before."""
    parts = []
    while count:
        part = os.read(fd, min(count, 1 << 16))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def read_frame(fd: int) -> tuple[int, Head, bytes]:
    """One frame: its id, head and body."""
    length, ident, head_length = FRAME.unpack(read_exactly(fd, FRAME.size))
    payload = read_exactly(fd, length)
    return ident, json.loads(payload[:head_length]), payload[head_length:]


def pack_frame(ident: int, head: Head, body: bytes = b"") -> bytes:
    """The bytes of one frame."""
    encoded = json.dumps(head, separators=(",", ":")).encode()
    return FRAME.pack(len(encoded) + len(body), ident, len(encoded)) + encoded + body


def run_tool(argv: list[str], stdin: bytes, env: dict[str, str] | None, timeout: float) -> tuple[Head, bytes]:
    """Run a program to its end; the answer's body is its standard output followed by its standard error."""
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, env=env, timeout=timeout, check=False)
    except subprocess.TimeoutExpired as late:
        out, err = late.stdout or b"", late.stderr or b""
        return {"exit": None, "out": len(out)}, out + err
    except OSError as problem:
        return {"error": f"{argv[0]} could not be started: {problem.strerror}"}, b""
    return {"exit": done.returncode, "out": len(done.stdout)}, done.stdout + done.stderr


def net_helper(fd: int) -> None:
    """Serve `ip`, `nft` and `ss` over a socket until its other end closes: all that needs NET_ADMIN."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            ident, head, stdin = read_frame(fd)
        except EOFError:
            os._exit(0)
        if head["argv"][0] not in NET_TOOLS:
            answer, body = {"error": f"{head['argv'][0]} is not one of {', '.join(NET_TOOLS)}"}, b""
        else:
            answer, body = run_tool(head["argv"], stdin, None, 10.0)
        os.write(fd, pack_frame(ident, answer, body))


class Daemons:
    """The server processes of the lab, by the name of their host."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def spawn(self, name: str, argv: list[str], env: dict[str, str], log: str) -> Head:
        """Start a server; its output is appended to `log`."""
        if name in self._running and self._running[name].poll() is None:
            return {"error": f"{name} is running already"}
        with open(log, "ab") as output:
            try:
                process = subprocess.Popen(
                    argv,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
            except OSError as problem:
                return {"error": f"{argv[0]} could not be started: {problem.strerror}"}
        self._running[name] = process
        return {"pid": process.pid}

    def signal(self, name: str, number: int, wait: float) -> Head:
        """Send a signal and wait up to `wait` seconds for the end; the exit status is None while it runs."""
        process = self._running.get(name)
        if process is None:
            return {"error": f"no server {name} was started"}
        if process.poll() is None:
            process.send_signal(number)
            if wait:
                with contextlib.suppress(subprocess.TimeoutExpired):  # said by the answer: exit stays None
                    process.wait(wait)
        return {"exit": process.poll()}

    def kill(self, names: list[str]) -> None:
        """End these servers at once and forget them."""
        processes = [self._running.pop(name) for name in names if name in self._running]
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()

    def status(self) -> Head:
        """Of each server: its process id and its exit status (None while it runs)."""
        return {name: {"pid": p.pid, "exit": p.poll()} for name, p in self._running.items()}

    def kill_all(self) -> None:
        """End every server at once; the lab is over."""
        for process in self._running.values():
            if process.poll() is None:
                process.kill()


class Agent:
    """Reads requests, does each in a thread of its own (none may hold up another), writes answers."""

    def __init__(self, net_fd: int) -> None:
        self.daemons = Daemons()
        self._out = threading.Lock()
        self._net = threading.Lock()
        self._net_fd = net_fd
        self._streams: dict[int, socket.socket] = {}

    def serve(self) -> None:
        """Answer until standard input ends."""
        while True:
            try:
                ident, head, body = read_frame(0)
            except EOFError:
                return
            if head["op"] in ("data", "close"):  # in order, so not in a thread
                self._feed(ident, head["op"], body)
            else:
                threading.Thread(target=self._do, args=(ident, head, body), daemon=True).start()

    def _send(self, ident: int, head: Head, body: bytes = b"") -> None:
        frame = pack_frame(ident, head, body)
        with self._out:
            while frame:
                frame = frame[os.write(1, frame) :]

    def _do(self, ident: int, head: Head, body: bytes) -> None:
        try:
            answer, data = getattr(self, "op_" + head["op"])(head, body, ident)
        except Exception as problem:  # noqa: BLE001 - whatever it was, the host must hear of it rather than wait
            answer, data = {"error": f"agent: {head.get('op')}: {type(problem).__name__}: {problem}"}, b""
        self._send(ident, answer, data)

    # Each operation takes the request's head, body and id, and returns the answer's head and body.

    def op_now(self, head: Head, body: bytes, ident: int) -> tuple[Head, bytes]:
        """The engine's own clock (real time, ns): the host's may differ on a remote engine."""
        return {"now": time.time_ns(), "shim": os.path.exists(SHIM)}, b""

    def op_exchange(self, head: Head, body: bytes, ident: int) -> tuple[Head, bytes]:
        """Relay one DNS message."""
        started = time.monotonic_ns()
        answer, data = exchange(head, body)
        answer["elapsed"] = time.monotonic_ns() - started
        return answer, data

    def op_exchange_many(self, head: Head, body: bytes, ident: int) -> tuple[Head, bytes]:
        """Relay many DNS messages over UDP at once: [[address, source, size], …], the messages in the body.

        The answer's head has [size, why it failed or "", elapsed ns] of each, in the same order.
        """
        questions, offset = [], 0
        try:
            for address, source, size in head["questions"]:
                questions.append(Question(address, source, body[offset : offset + size]))
                offset += size
            exchange_many(questions, head["timeout"], head["patient"])
        finally:
            for question in questions:
                question.link.close()
        fates = [[len(q.answer), q.failed, q.elapsed] for q in questions]
        return {"answers": fates}, b"".join(question.answer for question in questions)

    def op_write(self, head: Head, body: bytes, ident: int) -> tuple[Head, bytes]:
        """Write files: [[path, size], …], their contents one after the other in the body."""
        offset = 0
        for path, size in head["files"]:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(body[offset : offset + size])
            offset += size
        return {}, b""

    def op_poke(self, head: Head, body: bytes, ident: int) -> tuple[Head, bytes]:
        """Store int64s, [index, value] each, into a file that servers hold mapped.

        One store each, in this order: nobody reads half of one, or a later one without those before it.
        """
        with (
            open(head["path"], "r+b") as file,
            mmap.mmap(file.fileno(), 0) as shared,
            memoryview(shared).cast("q") as numbers,
        ):
            for index, value in head["numbers"]:
                numbers[index] = value
        return {}, b""

    def op_read(self, head: Head, body: bytes, ident: int) -> tuple[Head, bytes]:
        """A file's contents."""
        try:
            with open(head["path"], "rb") as file:
                return {}, file.read()
        except OSError as problem:
            return {"error": f"{head['path']}: {problem.strerror}"}, b""

    def op_run(self, head: Head, body: bytes, ident: int) -> tuple[Head, bytes]:
        """Run a tool to its end."""
        env = {**os.environ, **head["env"]}
        return run_tool(head["argv"], body, env, head["timeout"])

    def op_net(self, head: Head, body: bytes, ident: int) -> tuple[Head, bytes]:
        """Have the helper run `ip`, `nft` or `ss`."""
        with self._net:
            os.write(self._net_fd, pack_frame(ident, {"argv": head["argv"]}, body))
            _, answer, data = read_frame(self._net_fd)
        return answer, data

    def op_spawn(self, head: Head, body: bytes, ident: int) -> tuple[Head, bytes]:
        """Start a server."""
        env = {**os.environ, **head["env"]}
        return self.daemons.spawn(head["name"], head["argv"], env, head["log"]), b""

    def op_spawn_many(self, head: Head, body: bytes, ident: int) -> tuple[Head, bytes]:
        """Start several servers, [name, argv, log] each, in one environment."""
        env = {**os.environ, **head["env"]}
        for name, argv, log in head["servers"]:
            started = self.daemons.spawn(name, argv, env, log)
            if "error" in started:
                return started, b""
        return {}, b""

    def op_kill(self, head: Head, body: bytes, ident: int) -> tuple[Head, bytes]:
        """Kill and forget several servers."""
        self.daemons.kill(head["names"])
        return {}, b""

    def op_signal(self, head: Head, body: bytes, ident: int) -> tuple[Head, bytes]:
        """Signal a server and wait for its end."""
        return self.daemons.signal(head["name"], head["signal"], head["wait"]), b""

    def op_status(self, head: Head, body: bytes, ident: int) -> tuple[Head, bytes]:
        """Which servers run."""
        return self.daemons.status(), b""

    def op_open(self, head: Head, body: bytes, ident: int) -> tuple[Head, bytes]:
        """Open a TCP stream to a lab address; its data come and go in frames with this request's id."""
        try:
            link = socket.create_connection((head["address"], head["port"]), timeout=head["timeout"])
        except OSError as problem:
            return {"failed": problem.strerror or "timeout"}, b""
        link.settimeout(None)
        self._streams[ident] = link
        threading.Thread(target=self._pump, args=(ident, link), daemon=True).start()
        return {"open": True}, b""

    def _feed(self, ident: int, operation: str, body: bytes) -> None:
        link = self._streams.get(ident)
        if link is None:
            return  # the far end closed first; the host has been told
        try:
            if operation == "data":
                link.sendall(body)
            else:
                link.shutdown(socket.SHUT_WR)
        except OSError:
            link.close()

    def _pump(self, ident: int, link: socket.socket) -> None:
        try:
            while data := link.recv(1 << 16):
                self._send(ident, {"stream": "data"}, data)
        except OSError:
            pass  # reset by the far end: for the host the stream ends here
        del self._streams[ident]
        link.close()
        self._send(ident, {"stream": "end"})


def main() -> None:
    """Split off the network helper, give up all privileges, serve, and end everything at the end."""
    os.umask(0o022)
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        ours.close()
        os.close(0)
        net_helper(theirs.detach())
    theirs.close()
    os.setgroups([])
    os.setresgid(LAB_UID, LAB_UID, LAB_UID)
    os.setresuid(LAB_UID, LAB_UID, LAB_UID)
    agent = Agent(ours.detach())
    try:
        agent.serve()
    finally:
        agent.daemons.kill_all()
        sys.stdout.flush()
        os._exit(0)  # threads may still wait for a time-out; nobody is left to hear of it


if __name__ == "__main__":
    main()
