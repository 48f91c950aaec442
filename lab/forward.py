"""Loopback ports of the host that lead into a lab, carried by the agent: TCP streams and DNS over UDP.

Nothing listens beyond 127.0.0.1, and no packet of the lab's enters the host's network.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

from lab.agent import Agent, Channel
from lab.errors import LabSick

LOOPBACK = "127.0.0.1"


@contextlib.contextmanager
def tcp_port(agent: Agent, address: str, port: int, listen_port: int = 0) -> Iterator[int]:
    """A loopback TCP port that leads to `address`:`port` in the lab, inside `with`; yields its number."""
    with socket.create_server((LOOPBACK, listen_port)) as listener:
        threading.Thread(target=_accept, args=(listener, agent, address, port), daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the accepting thread


def _accept(listener: socket.socket, agent: Agent, address: str, port: int) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_carry, args=(client, agent, address, port), daemon=True).start()


def _carry(client: socket.socket, agent: Agent, address: str, port: int) -> None:
    ended = threading.Event()

    def receive(data: bytes | None) -> None:
        with contextlib.suppress(OSError):
            if data is None:
                client.shutdown(socket.SHUT_WR)
            else:
                client.sendall(data)
        if data is None:
            ended.set()

    with client:
        try:
            channel: Channel = agent.open(address, port, receive)
        except LabSick:
            return  # refused inside: for the client the connection just closes
        with contextlib.suppress(OSError, LabSick):
            while data := client.recv(1 << 16):
                channel.send(data)
            channel.end()
        ended.wait(timeout=10.0)


@contextlib.contextmanager
def dns_port(agent: Agent, address: str) -> Iterator[int]:
    """A loopback port, UDP and TCP alike, that leads to the DNS server at `address` in the lab."""
    with contextlib.ExitStack() as stack:
        number, datagrams = stack.enter_context(_both_ports(agent, address))
        threading.Thread(target=_relay, args=(datagrams, agent, address), daemon=True).start()
        yield number


@contextlib.contextmanager
def _both_ports(agent: Agent, address: str) -> Iterator[tuple[int, socket.socket]]:
    """The TCP port that the kernel picks, and UDP of the same number; another pick where UDP has it taken."""
    for _ in range(20):
        with contextlib.ExitStack() as stack:
            number = stack.enter_context(tcp_port(agent, address, 53))
            datagrams = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            try:
                datagrams.bind((LOOPBACK, number))
            except OSError:
                continue
            yield number, datagrams
            return
    raise LabSick("no loopback port is free for both UDP and TCP")


def _relay(datagrams: socket.socket, agent: Agent, address: str) -> None:
    def answer(query: bytes, client: tuple[str, int]) -> None:
        with contextlib.suppress(LabSick, OSError):
            got = agent.exchange(query, address)
            if not got.failed:
                datagrams.sendto(got.wire, client)

    while True:
        try:
            query, client = datagrams.recvfrom(65535)
        except OSError:
            return
        threading.Thread(target=answer, args=(query, client), daemon=True).start()
