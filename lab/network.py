"""What happens to packets between hosts of the lab: addresses, rules that drop or count, a TCP proxy.

All hosts share one network namespace and meet on its loopback, whose MTU is Ethernet's: a large UDP answer
is fragmented there as on a real path, and a rule between two hosts is a rule between two addresses.  Rules
hold for resolvers and probes; the agent's own looks at servers, an operator's on the machine, are spared.
"""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lab.agent import AGENT_ADDRESS, PROBE_ADDRESS, Agent
from lab.errors import LabSick
from lab.host import Host

MTU = 1500
_BEFORE_DEFRAGMENTATION = -450
"""A prerouting priority ahead of conntrack's defragmentation (-400): behind it no fragment is ever seen."""

_BEFORE_TRANSLATION = -250
"""An output priority ahead of address translation (-100): behind it a diverted connection has another port."""

_UDP_HEADER = 8
_FIRST_FRAGMENT = "ip frag-off & 0x1fff == 0"
"""The fragment offset of a packet that has a header of the next layer: an unfragmented one's too."""

_ARCOUNT = "@th,144,16"
"""The additional section's count in a DNS message over UDP (RFC 1035 4.1.1): 8 octets of UDP's header, and 10."""


@dataclass(frozen=True)
class Rules:
    """An nftables table of ours, in force until removed."""

    network: Network
    table: str

    def packets(self, counter: str) -> int:
        """How many packets a counter of it has seen."""
        ran = self.network.agent.net("nft", "-j", "list", "counter", "ip", self.table, counter).check()
        for item in json.loads(ran.stdout)["nftables"]:
            if "counter" in item:
                return int(item["counter"]["packets"])
        raise LabSick(f"the packet counter {counter} is missing from table {self.table}")

    def remove(self) -> None:
        """Take the rules away; doing it twice is harmless."""
        ran = self.network.agent.net("nft", "delete", "table", "ip", self.table)
        if "No such file" not in ran.stderr:  # `destroy`, which would not mind, needs a newer kernel
            ran.check()


class Network:
    """The lab's network."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self._numbers = itertools.count(1)
        self._in_force: dict[str, Rules] = {}

    def bring_up(self, hosts: Iterable[Host]) -> None:
        """Give every host, and the agent, its address."""
        addresses = [*(host.address for host in hosts), AGENT_ADDRESS, PROBE_ADDRESS]
        script = [f"link set lo mtu {MTU}", *(f"addr add {address}/32 dev lo" for address in addresses)]
        self.agent.net("ip", "-batch", "-", stdin="\n".join(script) + "\n").check()

    def add_addresses(self, hosts: Iterable[Host]) -> None:
        """Give more hosts their addresses."""
        script = "".join(f"addr add {host.address}/32 dev lo\n" for host in hosts)
        if script:
            self.agent.net("ip", "-batch", "-", stdin=script).check()

    def _install(self, counters: Sequence[str], chains: str) -> Rules:
        table = f"chaindrill{next(self._numbers)}"
        declared = "".join(f"counter {name} {{ }}\n" for name in counters)
        self.agent.net("nft", "-f", "-", stdin=f"table ip {table} {{\n{declared}{chains}\n}}\n").check()
        return Rules(self, table)

    @contextlib.contextmanager
    def in_force(self, what: str, rules: Rules) -> Iterator[None]:
        """Keep rules inside `with`, and let others read their counters by `what` they are for."""
        self._in_force[what] = rules
        try:
            yield
        finally:
            if self._in_force.get(what) is rules:
                del self._in_force[what]
            rules.remove()

    def lift(self, what: str) -> bool:
        """Take rules in force away before their time, as whoever runs the path would; whether there were any."""
        rules = self._in_force.pop(what, None)
        if rules:
            rules.remove()
        return rules is not None

    def count(self, what: str, counter: str) -> int:
        """What a counter of rules in force has seen (0 where no such rules are)."""
        rules = self._in_force.get(what)
        return rules.packets(counter) if rules else 0

    def drop_fragments(self, sender: Host) -> Rules:
        """Drop every IP fragment that comes from `sender`.  Counter: `dropped`."""
        return self._install(
            ["dropped"],
            f"chain path {{ type filter hook prerouting priority {_BEFORE_DEFRAGMENTATION};\n"
            f"ip saddr {sender.address} ip daddr != {AGENT_ADDRESS} ip frag-off & 0x3fff != 0 counter name dropped drop\n}}",
        )

    def reject_tcp(self, server: Host, port: int = 53) -> Rules:
        """Answer every TCP segment to `server` with a reset.  Counter: `rejected`."""
        return self._install(
            ["rejected"],
            "chain path { type filter hook input priority 0;\n"
            f"ip saddr != {AGENT_ADDRESS} ip daddr {server.address} tcp dport {port} counter name rejected reject with tcp reset\n}}",
        )

    def drop_tcp(self, server: Host, port: int = 53) -> Rules:
        """Drop every TCP segment to `server` without a word.  Counter: `rejected`."""
        return self._install(
            ["rejected"],
            "chain path { type filter hook input priority 0;\n"
            f"ip saddr != {AGENT_ADDRESS} ip daddr {server.address} tcp dport {port} counter name rejected drop\n}}",
        )

    def drop_large_udp(self, sender: Host, octets: int) -> Rules:
        """Drop every UDP datagram from `sender` with more than `octets` of payload.  Counters: `dropped`, `probed`.

        Of a fragmented one the first fragment is dropped, which has the datagram's length.  Measured: without that said, the
        data of later ones are read as if they were a UDP header.
        """
        return self._drop(
            f"ip saddr {sender.address}", "daddr", f"{_FIRST_FRAGMENT} udp length > {octets + _UDP_HEADER}"
        )

    def drop_large(self, sender: Host, octets: int) -> Rules:
        """Drop every packet from `sender` larger than `octets`, whatever is in it.  Counters: `dropped`, `probed`.

        Loopback hands several TCP segments over as one packet.  It is dropped whole, and its segments come again one by
        one: those that are small enough pass then.
        """
        return self._drop(f"ip saddr {sender.address}", "daddr", f"meta length > {octets}")

    def drop_edns(self, server: Host) -> Rules:
        """Drop queries over UDP to `server` with an additional section, the OPT record's.  Counters: `dropped`, `probed`."""
        return self._drop(f"ip daddr {server.address}", "saddr", f"udp dport 53 {_ARCOUNT} != 0")

    def lose(self, sender: Host, clients: Sequence[Host], one_in: int) -> Rules:
        """Drop one in so many packets from `sender` to each client, and to probes.  Counters: `dropped`, `probed`."""
        return self._install(
            ["dropped", "probed"],
            f"chain path {{ type filter hook prerouting priority {_BEFORE_DEFRAGMENTATION};\n"
            + "\n".join(
                f"ip saddr {sender.address} ip daddr {address} numgen inc mod {one_in} == 0 counter name {counter} drop"
                for address, counter in (
                    *((client.address, "dropped") for client in clients),
                    (PROBE_ADDRESS, "probed"),
                )
            )
            + "\n}",
        )

    def _drop(self, ours: str, theirs: str, what: str) -> Rules:
        """Drop what matches, but for the agent; what is a probe's is counted apart, as proof and not as evidence."""
        return self._install(
            ["dropped", "probed"],
            f"chain path {{ type filter hook prerouting priority {_BEFORE_DEFRAGMENTATION};\n"
            f"{ours} ip {theirs} {PROBE_ADDRESS} {what} counter name probed drop\n"
            f"{ours} ip {theirs} != {AGENT_ADDRESS} {what} counter name dropped drop\n}}",
        )

    def count_tcp(self, server: Host, clients: Sequence[Host], port: int = 53) -> Rules:
        """Count TCP connections opened to `server`, one counter per client, named after it."""
        rules = "\n".join(
            f"ip saddr {client.address} ip daddr {server.address} tcp dport {port}"
            f" tcp flags & (syn | ack) == syn counter name {counter_name(client)}"
            for client in clients
        )
        return self._install(
            [counter_name(client) for client in clients],
            f"chain path {{ type filter hook output priority {_BEFORE_TRANSLATION};\n{rules}\n}}",
        )

    def divert_tcp(self, server: Host, to_port: int, port: int = 53) -> Rules:
        """Send TCP connections meant for `server` to another port of its address.  Counter: `diverted`.

        Connections that come from the server's own address (a proxy's) pass.
        """
        return self._install(
            ["diverted"],
            "chain path { type nat hook output priority -100;\n"
            f"ip saddr != {{ {server.address}, {AGENT_ADDRESS} }} ip daddr {server.address} tcp dport {port}"
            f" counter name diverted dnat to {server.address}:{to_port}\n}}",
        )


def counter_name(host: Host) -> str:
    """A host's name as nftables takes it for a counter."""
    return "from_" + "".join(c if c.isalnum() else "_" for c in host.name)
