"""The agent's DNS questions: bytes out, bytes back, from inside the lab."""

import select
import socket
import struct
import time

RETRY_SECONDS = 0.005
"""How soon a server that is only starting is asked again."""

Head = dict  # a JSON object


def exchange(head: Head, wire: bytes) -> tuple[Head, bytes]:
    """Send a DNS message to `address`:`port` over UDP or TCP and return the first answer with its id.

    A connected UDP socket is refused at once where nobody listens, instead of running into its time-out.
    """
    peer, source = (head["address"], head["port"]), (head["source"], 0)
    deadline = time.monotonic() + head["timeout"]
    kind = socket.SOCK_STREAM if head["tcp"] else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as link:
        try:
            link.bind(source)
            link.settimeout(head["timeout"])
            link.connect(peer)
            if head["tcp"]:
                link.sendall(struct.pack("!H", len(wire)) + wire)
                size = struct.unpack("!H", receive(link, 2))[0]
                return {"tcp": True}, receive(link, size)
            link.send(wire)
            while True:
                answer = link.recv(65535)
                if answer[:2] == wire[:2]:
                    return {"tcp": False}, answer
                link.settimeout(max(deadline - time.monotonic(), 0.001))
        except TimeoutError:
            return {"failed": "timeout"}, b""
        except (OSError, EOFError) as problem:
            return {"failed": getattr(problem, "strerror", None) or "connection closed"}, b""


class Question:
    """One UDP question of many: asked at once, and again where nobody listens yet and that is to be waited for."""

    def __init__(self, peer: str, source: str, wire: bytes) -> None:
        self.wire = wire
        self.answer = b""
        self.failed = "timeout"
        self.elapsed = 0
        self._started = time.monotonic_ns()
        self.link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.link.bind((source, 0))
        self.link.connect((peer, 53))

    def send(self) -> bool:
        """Ask; False where it is refused at once."""
        try:
            self.link.send(self.wire)
        except OSError:
            return False
        return True

    def hear(self) -> bool | None:
        """Take what came: True for the answer, False for a refusal, None for something else."""
        try:
            data = self.link.recv(65535)
        except OSError as problem:
            self.failed = problem.strerror or "refused"
            return False
        if data[:2] != self.wire[:2]:
            return None
        self.answer, self.failed = data, ""
        self.elapsed = time.monotonic_ns() - self._started
        return True


def exchange_many(questions: list[Question], timeout: float, patient: bool) -> None:
    """Ask all at once and wait for all.  `patient`: one that is refused is asked again, its server is starting."""
    poll = select.poll()
    waiting = {question.link.fileno(): question for question in questions}
    for number in waiting:
        poll.register(number, select.POLLIN | select.POLLERR)
    again, next_round = questions, 0.0
    deadline = time.monotonic() + timeout
    while waiting and (now := time.monotonic()) < deadline:
        if again and now >= next_round:
            again = [question for question in again if not question.send() and patient]
            next_round = now + RETRY_SECONDS
        until = min(deadline, next_round) if again else deadline
        for number, _ in poll.poll(max(until - now, 0.0) * 1000 + 1):
            heard = waiting[number].hear()
            if heard is False and patient:
                again.append(waiting[number])
            elif heard is not None:
                poll.unregister(number)
                del waiting[number]


def receive(link: socket.socket, count: int) -> bytes:
    """Read `count` bytes from a stream socket or raise EOFError."""
    data = b""
    while len(data) < count:
        part = link.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data
