"""What a monitor sees of a zone: a few questions to its servers and to its parent's, none to a resolver."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS
from dns.rdtypes.ANY.SOA import SOA

from lab.errors import LabSick
from lab.query import ask_raw, find_rrset, make_query

if TYPE_CHECKING:
    from lab.lab import Lab
    from lab.nameserver import NameServer, Signature

_PATIENCE_SECONDS = 0.2
"""Servers of a lab answer within some 1 ms.  One that is silent must not hold up a drill at every look."""

_ALL_OF_IT = 4096


@dataclass(frozen=True)
class Served:
    """What one of the zone's servers said of its apex.

    `signatures`: all that the zone has there; None where it does not transfer the zone.
    """

    server: str
    keys: tuple[DNSKEY, ...]
    keys_signed: bool
    soa: SOA
    soa_signed: bool
    signatures: tuple[Signature, ...] | None


@dataclass(frozen=True)
class Sight:
    """One look.  `ds`: what the parent serves; None where it did not answer.  `silent`: servers that did not."""

    zone: str
    now: datetime
    ds: tuple[DS, ...] | None
    served: tuple[Served, ...]
    silent: tuple[str, ...] = ()

    @property
    def signatures(self) -> tuple[Signature, ...]:
        """Every signature that any of the servers serves."""
        return tuple(signature for one in self.served for signature in one.signatures or ())


class Lookout:
    """Looks at a zone again and again.  A transfer is asked for only where the SOA serial is another than before."""

    def __init__(self, lab: Lab, zone: str) -> None:
        self._lab = lab
        self._zone = zone
        self._signatures: dict[str, tuple[int, tuple[Signature, ...] | None]] = {}
        self._queries: dict[str, bytes] = {}
        self._answers: dict[tuple[str, str], tuple[bytes, dns.message.Message | None]] = {}

    def look(self) -> Sight:
        """Look once.  Who does not answer is left out; raises LabSick only where the lab itself is gone."""
        lab, zone = self._lab, self._zone
        parent = lab.parent(zone).host.address
        servers = _public(lab, zone)
        asked = [(parent, "DS"), *((s.host.address, kind) for s in servers for kind in ("DNSKEY", "SOA"))]
        ds, *rest = self._ask(asked)
        served, silent = [], []
        for server, keys, soa in zip(servers, rest[::2], rest[1::2], strict=True):
            one = None if keys is None or soa is None else self._served(server, keys, soa)
            if one is None:
                silent.append(server.host.name)
            else:
                served.append(one)
        found = None if ds is None else find_rrset(ds, zone, "DS")
        return Sight(
            zone,
            lab.clock.now(),
            None if ds is None else tuple(one for one in found or () if isinstance(one, DS)),
            tuple(served),
            tuple(silent),
        )

    def _ask(self, asked: list[tuple[str, str]]) -> list[dns.message.Message | None]:
        """Ask all at once, by an operator's path; None where no answer with NOERROR came."""
        for _, kind in asked:
            if kind not in self._queries:
                query = make_query(self._zone, kind, cd=False, rd=False, payload=_ALL_OF_IT)
                self._queries[kind] = query.to_wire()
        answers = self._lab.agent.exchange_many(
            [(self._queries[kind], address) for address, kind in asked], timeout_seconds=_PATIENCE_SECONDS
        )
        return [
            None if answer.failed else self._read(answer.wire, address, kind)
            for answer, (address, kind) in zip(answers, asked, strict=True)
        ]

    def _read(self, wire: bytes, address: str, kind: str) -> dns.message.Message | None:
        """The answer; where it is the same as last time, what was read then."""
        known = self._answers.get((address, kind))
        message = known[1] if known is not None and known[0] == wire else _message(wire)
        if message is not None and message.flags & dns.flags.TC:
            message, _ = ask_raw(
                self._lab.agent,
                address,
                self._zone,
                kind,
                rd=False,
                tcp=True,
                timeout_seconds=_PATIENCE_SECONDS,
            )
        elif message is not None:
            self._answers[(address, kind)] = wire, message
        return message if message and message.rcode() == dns.rcode.NOERROR else None

    def _served(
        self, server: NameServer, keys: dns.message.Message, soa: dns.message.Message
    ) -> Served | None:
        start = find_rrset(soa, self._zone, "SOA")
        if start is None or not isinstance(start[0], SOA):
            return None
        key_set = find_rrset(keys, self._zone, "DNSKEY")
        signed = _signed(soa, "SOA")
        return Served(
            server.host.name,
            tuple(key for key in key_set or () if isinstance(key, DNSKEY)),
            _signed(keys, "DNSKEY"),
            start[0],
            signed,
            self._all_signatures(server, start[0].serial),
        )

    def _all_signatures(self, server: NameServer, serial: int) -> tuple[Signature, ...] | None:
        known = self._signatures.get(server.host.name)
        if known is None or known[0] != serial:
            try:
                known = serial, server.zone_signatures()
            except LabSick:
                known = serial, None
            self._signatures[server.host.name] = known
        return known[1]


def _public(lab: Lab, zone: str) -> list[NameServer]:
    """The servers that answer the world for a zone: all but a hidden primary."""
    all_of_it = [server for server in lab.servers.values() if server.zone.name == zone]
    hidden = lab.topology.zone(zone).hidden_primary
    return [server for server in all_of_it if not (hidden and server.primary)]


def _message(wire: bytes) -> dns.message.Message | None:
    try:
        return dns.message.from_wire(wire)
    except (dns.exception.DNSException, ValueError):
        return None


def _signed(message: dns.message.Message, rdtype: str) -> bool:
    """Whether an RRSIG over this type is in the answer."""
    covered = dns.rdatatype.from_text(rdtype)
    return any(
        rrsig.type_covered == covered
        for rrset in message.answer
        if rrset.rdtype == dns.rdatatype.RRSIG
        for rrsig in rrset
    )
