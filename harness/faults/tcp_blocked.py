"""The path lets DNS through over UDP only."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.fault import Proof
from harness.tcptrouble import PATIENCE, Tcp, tcp_is, tcp_troubled

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class TcpBlocked:
    """A firewall rule from the days when DNS was UDP: TCP/53 to the zone's servers is closed, or a proxy spoils it.

    It goes unnoticed until an answer is larger than a datagram may be.  That answer comes with TC, and asking again over
    TCP (RFC 7766 5) brings nothing.
    """

    zone: str
    tcp: Tcp = "rejected"

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Put the rules in force on the path to the zone's server."""
        server, network = lab.serving(self.zone), lab.network
        with contextlib.ExitStack() as stack:
            clients = [resolver.host for resolver in lab.validators]
            stack.enter_context(network.in_force("tcp", network.count_tcp(server.host, clients)))
            stack.enter_context(tcp_troubled(lab, server, self.tcp))
            yield

    def took_hold(self, lab: Lab) -> Proof:
        """The zone's SOA, asked of the server itself, comes over UDP; TCP is as said for its DNSKEY answer."""
        server = lab.serving(self.zone)
        by_udp = server.probe(self.zone, "SOA", tcp=False, timeout_seconds=1.0)
        by_tcp = server.probe(self.zone, "DNSKEY", tcp=True, timeout_seconds=PATIENCE[self.tcp])
        holds, tcp_said = tcp_is(self.tcp, by_tcp)
        return Proof(
            by_udp.failed is None and holds,
            f"{server.host.name} over UDP: {by_udp.failed or 'answers'}; its DNSKEY answer over TCP: {tcp_said}",
        )
