"""Packets above a size vanish on the path, whatever is in them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.fault import Proof

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class MtuBlackHole:
    """A tunnel on the path carries less than Ethernet's 1500 octets, and the ICMP messages that would say so are filtered.

    Large datagrams vanish.  TCP connections come about, since their first packets are small, and then stall, unless the
    server keeps its segments small by itself.
    """

    zone: str
    octets: int
    """The largest packet (IP header included) that passes."""

    MILD: ClassVar[Mapping[str, Sequence[object]]] = {"octets": (1492, 1400, 1280, 1200)}

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Put the rules in force on the path from the zone's server."""
        server, network = lab.serving(self.zone).host, lab.network
        with contextlib.ExitStack() as stack:
            stack.enter_context(network.in_force("hole", network.drop_large(server, self.octets)))
            clients = [resolver.host for resolver in lab.validators]
            stack.enter_context(network.in_force("tcp", network.count_tcp(server, clients)))
            yield

    def took_hold(self, lab: Lab) -> Proof:
        """A large answer of the server itself loses packets, counted, and a small one comes."""
        server = lab.serving(self.zone)
        dropped = lab.network.count("hole", "probed")
        small = server.probe(self.zone, "SOA", tcp=False, timeout_seconds=1.0)
        server.probe(self.zone, "DNSKEY", tcp=False, timeout_seconds=0.3)
        large = server.probe(self.zone, "DNSKEY", tcp=True, timeout_seconds=1.0)
        lost = lab.network.count("hole", "probed") - dropped
        return Proof(
            small.failed is None and lost > 0,
            f"{server.host.name}'s small answers: {small.failed or 'come'}; its DNSKEY answer: {lost} packets dropped,"
            f" over TCP: {large.failed or 'comes'}",
        )
