"""A middlebox drops fragments on the way from the zone's server, and TCP may suffer too."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.fault import Proof
from harness.tcptrouble import Tcp, tcp_is, tcp_troubled

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class FragmentsDropped:
    """A firewall on the path drops IP fragments, so that signed answers larger than one packet never arrive.

    A resolver that asks again for less, or over TCP, gets by.  Where TCP/53 is also `rejected` (a firewall that
    takes DNS for UDP only), or is `slow`, `reset` or `cut` short by a proxy, what it gets is nothing.
    """

    zone: str
    tcp: Tcp = "works"

    MILD: ClassVar[Mapping[str, Sequence[object]]] = {"tcp": ("works", "slow")}

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Put the rules in force on the path from the zone's server."""
        server = lab.serving(self.zone).host
        network = lab.network
        with contextlib.ExitStack() as stack:
            stack.enter_context(network.in_force("fragments", network.drop_fragments(server)))
            clients = [resolver.host for resolver in lab.validators]
            stack.enter_context(network.in_force("tcp", network.count_tcp(server, clients)))
            stack.enter_context(tcp_troubled(lab, lab.serving(self.zone), self.tcp))
            yield

    def took_hold(self, lab: Lab) -> Proof:
        """The DNSKEY answer, asked of the server itself, is lost over UDP, its fragments counted; TCP is as said."""
        server = lab.serving(self.zone)
        dropped = lab.network.count("fragments", "dropped")
        by_udp = server.probe(self.zone, "DNSKEY", tcp=False, timeout_seconds=0.3)
        lost = lab.network.count("fragments", "dropped") - dropped
        by_tcp = server.probe(self.zone, "DNSKEY", tcp=True, timeout_seconds=5.0)
        holds, tcp_said = tcp_is(self.tcp, by_tcp)
        return Proof(
            by_udp.failed is not None and lost > 0 and holds,
            f"the DNSKEY answer of {server.host.name}: {lost} fragments dropped over UDP"
            f" ({by_udp.failed or 'answered'}), {tcp_said} over TCP",
        )
