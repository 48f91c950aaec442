"""A firewall drops DNS answers over UDP that are larger than it thinks DNS answers are."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.fault import Proof
from harness.tcptrouble import PATIENCE, Tcp, tcp_is, tcp_troubled

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class LargeUdpDropped:
    """A firewall that "inspects" DNS drops every UDP answer of more than 512 octets, as DNS had it before EDNS.

    Small answers pass, so that unsigned zones never showed it.  No answer says TC: a resolver that turns to TCP does so by
    its own guess, and where TCP/53 is closed as well there is nothing to turn to.
    """

    zone: str
    octets: int = 512
    tcp: Tcp = "works"

    MILD: ClassVar[Mapping[str, Sequence[object]]] = {"octets": (4096, 1472, 1232, 512), "tcp": ("works",)}

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Put the rules in force on the path from the zone's server."""
        server, network = lab.serving(self.zone), lab.network
        with contextlib.ExitStack() as stack:
            stack.enter_context(
                network.in_force("large", network.drop_large_udp(server.host, self.octets)),
            )
            clients = [resolver.host for resolver in lab.validators]
            stack.enter_context(network.in_force("tcp", network.count_tcp(server.host, clients)))
            stack.enter_context(tcp_troubled(lab, server, self.tcp))
            yield

    def took_hold(self, lab: Lab) -> Proof:
        """The DNSKEY answer, asked of the server itself, is lost over UDP, and counted; TCP is as said."""
        server = lab.serving(self.zone)
        dropped = lab.network.count("large", "probed")
        by_udp = server.probe(self.zone, "DNSKEY", tcp=False, timeout_seconds=0.3)
        lost = lab.network.count("large", "probed") - dropped
        holds, tcp_said = tcp_is(
            self.tcp, server.probe(self.zone, "DNSKEY", tcp=True, timeout_seconds=PATIENCE[self.tcp])
        )
        return Proof(
            by_udp.failed is not None and lost > 0 and holds,
            f"the DNSKEY answer of {server.host.name}: {lost} datagrams dropped over UDP"
            f" ({by_udp.failed or f'answered with {by_udp.octets} octets'}), {tcp_said} over TCP",
        )
