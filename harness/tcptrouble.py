"""What a path can do to TCP/53, by name: shared by the faults in which the fallback to TCP matters."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from lab.lab import Lab
    from lab.nameserver import NameServer
    from lab.query import Answer

Tcp = Literal["works", "rejected", "dropped", "slow", "reset", "cut", "hangs"]

_TOXICS: Mapping[str, tuple[str, Mapping[str, int]]] = {
    "slow": ("latency", {"latency": 700}),
    "reset": ("reset_peer", {"timeout": 0}),
    "cut": ("limit_data", {"bytes": 600}),
    "hangs": ("timeout", {"timeout": 0}),
}
"""What Toxiproxy does, by name: latency in ms; a reset at once; the stream closed after so many bytes; data that never come,
on a connection that stays open."""

_SLOW_SECONDS = 0.5

PATIENCE: Mapping[Tcp, float] = {
    "works": 2.0,
    "rejected": 2.0,
    "dropped": 0.5,
    "slow": 5.0,
    "reset": 2.0,
    "cut": 2.0,
    "hangs": 0.5,
}
"""How long (s) a look at TCP waits: where nothing comes back there is no point in waiting long."""


@contextlib.contextmanager
def tcp_troubled(lab: Lab, server: NameServer, tcp: Tcp) -> Iterator[None]:
    """Do it to TCP/53 of a server, inside `with`.  Raises LabSick where a proxy is needed and there is none."""
    network = lab.network
    with contextlib.ExitStack() as stack:
        if tcp == "rejected":
            stack.enter_context(network.in_force("reject", network.reject_tcp(server.host)))
        elif tcp == "dropped":
            stack.enter_context(network.in_force("reject", network.drop_tcp(server.host)))
        elif tcp in _TOXICS:
            kind, attributes = _TOXICS[tcp]
            stack.enter_context(lab.tcp_toxic(server.host, kind, dict(attributes)))
        yield


def tcp_is(tcp: Tcp, answer: Answer) -> tuple[bool, str]:
    """Whether TCP is as said, going by an answer of more than 600 octets that was asked for over it; and how it came."""
    said = answer.failed or f"{answer.octets} octets in {answer.elapsed_seconds * 1000:.0f} ms"
    if tcp == "works":
        return True, said  # not this fault's doing: another may have spoilt it
    if tcp == "slow":
        return answer.failed is None and answer.elapsed_seconds > _SLOW_SECONDS, said
    return answer.failed is not None, said
