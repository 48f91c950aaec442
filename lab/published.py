"""What a zone and its parent serve, read back from their servers: never assumed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dns.dnssec
import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS
from dns.rdtypes.ANY.RRSIG import RRSIG

from lab.chain import KeyId, Published, Signed, Target
from lab.errors import LabSick
from lab.query import make_query, read_message

if TYPE_CHECKING:
    from lab.lab import Lab
    from lab.nameserver import NameServer

_PAYLOAD = 4096


def read_published(lab: Lab, zone: str, targets: Sequence[Target]) -> Published:
    """Read a zone back from the servers that answer for it and for its parent.

    Raises LabSick where one does not answer: what can't be read back is not known to be published.
    """
    serving, parent = lab.serving(zone), lab.parent(zone)
    asked: list[tuple[NameServer, str, str]] = [
        (parent, zone, "DS"),
        (parent, parent.zone.name, "SOA"),
        (serving, zone, "DNSKEY"),
        *((serving, name, rdtype) for name, rdtype in targets),
    ]
    wires = [
        make_query(name, rdtype, cd=False, rd=False, payload=_PAYLOAD).to_wire() for _, name, rdtype in asked
    ]
    got = lab.agent.exchange_many(
        [(wire, server.host.address) for wire, (server, _, _) in zip(wires, asked, strict=True)]
    )
    found: list[tuple[dns.rrset.RRset | None, Signed | None]] = []
    octets = []
    for fate, wire, (server, name, rdtype) in zip(got, wires, asked, strict=True):
        what = f"{server.host.name}'s answer for {name} {rdtype}"
        if fate.failed:
            raise LabSick(f"{what} did not come: {fate.failed}")
        answer = fate.wire
        message = read_message(answer, what)
        if message.flags & dns.flags.TC:
            answer = lab.agent.exchange(wire, server.host.address, tcp=True).wire
            message = read_message(answer, what)
        octets.append(len(answer))
        found.append(_rrset(message, name, rdtype))
    (ds, _), (soa, _), (keys, dnskey), *rest = found
    if soa is None:
        raise LabSick(f"{parent.host.name} serves no SOA for {parent.zone.name}")
    no_ds_ttl = min(soa.ttl, soa[0].minimum)
    return Published(
        ds=frozenset(KeyId(one.key_tag, int(one.algorithm)) for one in ds or () if isinstance(one, DS)),
        ds_ttl_seconds=ds.ttl if ds else no_ds_ttl,
        no_ds_ttl_seconds=no_ds_ttl,
        keys=key_ids(one for one in keys or () if isinstance(one, DNSKEY)),
        dnskey=dnskey if keys else None,
        targets={target: signed for target, (_, signed) in zip(targets, rest, strict=True) if signed},
        dnskey_octets=octets[2],
    )


def key_ids(keys: Iterable[DNSKEY]) -> frozenset[KeyId]:
    """How the records of others name these keys; revoked ones (RFC 5011) vouch for nothing and are left out."""
    return frozenset(
        KeyId(dns.dnssec.key_id(key), int(key.algorithm)) for key in keys if not key.flags & 0x80
    )


def _rrset(
    message: dns.message.Message, name: str, rdtype: str
) -> tuple[dns.rrset.RRset | None, Signed | None]:
    owner, wanted = dns.name.from_text(name), dns.rdatatype.from_text(rdtype)
    data = next((one for one in message.answer if one.name == owner and one.rdtype == wanted), None)
    if data is None:
        return None, _denial(message)
    signatures = [
        rdata
        for one in message.answer
        if one.name == owner and one.rdtype == dns.rdatatype.RRSIG
        for rdata in one
        if isinstance(rdata, RRSIG) and rdata.type_covered == wanted
    ]
    return data, _signed(data.ttl, signatures)


def _denial(message: dns.message.Message) -> Signed | None:
    """The proof that there is no such RRset; None where the message is none (a referral)."""
    ttls = [one.ttl for one in message.authority if one.rdtype == dns.rdatatype.SOA]
    if not ttls:
        return None
    signatures = [one for rrset in message.authority for one in rrset if isinstance(one, RRSIG)]
    by = {one.rdtype for one in message.authority} & {dns.rdatatype.NSEC, dns.rdatatype.NSEC3}
    name = dns.rdatatype.to_text(by.pop()) if by else "nothing"
    return _signed(min(one.ttl for one in message.authority), signatures, name)


def _signed(ttl: int, signatures: Sequence[RRSIG], denied_by: str = "") -> Signed:
    return Signed(
        ttl,
        frozenset(KeyId(one.key_tag, int(one.algorithm)) for one in signatures),
        datetime.fromtimestamp(min(one.expiration for one in signatures), UTC) if signatures else None,
        denied_by,
    )
