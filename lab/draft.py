"""A signed zone's records, taken from its signer to be edited one by one, and served so until the signer's count again.

What a broken signer, a careless editor or a half-copied zone serves is made from the real thing: the records as BIND
signed them, some removed, changed or signed anew by the zone's own keys.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import dns.dnssec
import dns.name
import dns.node
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rrset
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from dns.dnssectypes import Algorithm
from dns.exception import ValidationFailure
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.RRSIG import RRSIG

from lab.errors import LabSick
from lab.wait import until

if TYPE_CHECKING:
    from datetime import datetime

    from lab.lab import Lab
    from lab.nameserver import NameServer

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_DEADLINE_SECONDS = 20.0
_SKEW = timedelta(hours=1)
"""How long before now a signature made by hand begins: as BIND does it, for clocks that are behind."""


@dataclass(frozen=True)
class SigningKey:
    """A key of the zone, with its private half."""

    dnskey: DNSKEY
    private: PrivateKey

    @property
    def tag(self) -> int:
        """Its key tag."""
        return dns.dnssec.key_id(self.dnskey)

    @property
    def sep(self) -> bool:
        """Whether it has the SEP flag (RFC 4034 2.1.1)."""
        return bool(self.dnskey.flags & 1)

    def flagged(self, flags: int) -> SigningKey:
        """The same key with other flags in its DNSKEY: of another key tag, therefore."""
        made = dns.dnssec.make_dnskey(self.private.public_key(), self.dnskey.algorithm, flags=flags)
        return SigningKey(made, self.private)


class Draft:
    """A zone's records by owner and type, absolute names throughout; `RRSIG`s apart from what they cover."""

    def __init__(self, zone: str, records: tuple[dns.rrset.RRset, ...], now: datetime) -> None:
        self.origin = dns.name.from_text(zone)
        self._now = now
        self.rrsets: dict[tuple[dns.name.Name, dns.rdatatype.RdataType], dns.rdataset.Rdataset] = {}
        self.signatures: dict[tuple[dns.name.Name, dns.rdatatype.RdataType], dns.rdataset.Rdataset] = {}
        for record in records:
            for rdata in record:
                self._add(record.name, record.ttl, rdata)

    def _add(self, name: dns.name.Name, ttl: int, rdata: dns.rdata.Rdata) -> None:
        covered = rdata.type_covered if isinstance(rdata, RRSIG) else None
        into = self.rrsets if covered is None else self.signatures
        key = (name, rdata.rdtype if covered is None else covered)
        if key not in into:
            into[key] = dns.rdataset.Rdataset(
                dns.rdataclass.IN, rdata.rdtype, covered or dns.rdatatype.NONE, ttl
            )
        into[key].add(rdata, ttl)

    # -- finding ---------------------------------------------------------------------------------------

    def rrset(self, name: str, rdtype: str) -> dns.rdataset.Rdataset:
        """The RRset of that owner and type; raises LabSick where there is none: an edit that misses edits nothing."""
        found = self.rrsets.get(_key(name, rdtype))
        if found is None:
            raise LabSick(f"{self.origin} has no {rdtype} RRset at {name}")
        return found

    def signature(self, name: str, rdtype: str) -> dns.rdataset.Rdataset:
        """The signatures over that RRset; raises LabSick where there are none."""
        found = self.signatures.get(_key(name, rdtype))
        if found is None:
            raise LabSick(f"{self.origin} has no signature over {name} {rdtype}")
        return found

    def owners(self, rdtype: str) -> tuple[dns.name.Name, ...]:
        """Who has an RRset of this type, in canonical order (RFC 4034 6.1)."""
        wanted = dns.rdatatype.from_text(rdtype)
        return tuple(sorted(name for name, found in self.rrsets if found == wanted))

    # -- editing ---------------------------------------------------------------------------------------

    def put(self, name: str, ttl: int, rdtype: str, *texts: str) -> None:
        """Have this RRset in place of the one there is, its signatures left as they are."""
        rdataset = dns.rdataset.from_text("IN", rdtype, ttl, *texts)
        self.rrsets[_key(name, rdtype)] = rdataset

    def remove(self, name: str, rdtype: str) -> None:
        """Take out an RRset and the signatures over it; raises LabSick where there is no such RRset."""
        self.rrset(name, rdtype)
        del self.rrsets[_key(name, rdtype)]
        self.signatures.pop(_key(name, rdtype), None)

    def unsign(self, name: str, rdtype: str) -> None:
        """Take out the signatures over an RRset; raises LabSick where there are none."""
        self.signature(name, rdtype)
        del self.signatures[_key(name, rdtype)]

    def forge(self, name: str, rdtype: str) -> None:
        """Change one bit in each signature over an RRset."""
        found = self.signature(name, rdtype)
        forged = [one.replace(signature=bytes([one.signature[0] ^ 1]) + one.signature[1:]) for one in found]
        self.signatures[_key(name, rdtype)] = dns.rdataset.from_rdata_list(found.ttl, forged)

    def sign(
        self,
        name: str,
        rdtype: str,
        *keys: SigningKey,
        inception: datetime | None = None,
        expiration: datetime | None = None,
    ) -> None:
        """Sign an RRset anew with these keys alone, validly unless other dates are given (two weeks from now)."""
        rrset = dns.rrset.from_rdata_list(
            dns.name.from_text(name), self.rrset(name, rdtype).ttl, list(self.rrset(name, rdtype))
        )
        begins, ends = inception or self._now - _SKEW, expiration or self._now + timedelta(days=14)
        made: list[dns.rdata.Rdata] = [
            dns.dnssec.sign(
                rrset,
                key.private,
                self.origin,
                key.dnskey,
                inception=begins,
                expiration=ends,
            )
            for key in keys
        ]
        self.signatures[_key(name, rdtype)] = dns.rdataset.from_rdata_list(rrset.ttl, made)

    def holds(self, name: str, rdtype: str) -> bool:
        """Whether some signature over an RRset verifies now by a key that the zone publishes."""
        rrset = dns.rrset.from_rdata_list(
            dns.name.from_text(name), self.rrset(name, rdtype).ttl, list(self.rrset(name, rdtype))
        )
        keys: dict[dns.name.Name, dns.node.Node | dns.rdataset.Rdataset] = {
            self.origin: self.rrset(str(self.origin), "DNSKEY")
        }
        for one in self.signatures.get(_key(name, rdtype), ()):
            assert isinstance(one, RRSIG)
            with contextlib.suppress(ValidationFailure):
                dns.dnssec.validate_rrsig(rrset, one, keys, self.origin, self._now.timestamp())
                return True
        return False

    # -- as a whole --------------------------------------------------------------------------------------

    def records(self) -> list[str]:
        """One record a line, the SOA first."""
        soa = (self.origin, dns.rdatatype.SOA)
        found = [(name, rdataset) for (name, _), rdataset in self._ordered(soa)]
        return [
            f"{name} {rdataset.ttl} IN {dns.rdatatype.to_text(rdataset.rdtype)} {rdata.to_text()}"
            for name, rdataset in found
            for rdata in rdataset
        ]

    def _ordered(
        self, first: tuple[dns.name.Name, dns.rdatatype.RdataType]
    ) -> list[tuple[tuple[dns.name.Name, dns.rdatatype.RdataType], dns.rdataset.Rdataset]]:
        rest = [*self.rrsets.items(), *self.signatures.items()]
        return sorted(rest, key=lambda item: (item[0] != first or item[1].rdtype != first[1], item[0]))


def taken_from(lab: Lab, server: NameServer) -> Draft:
    """A zone as this server serves it now.  Raises LabSick where it serves none."""
    records = server.transfer()[:-1]  # SOA first and last (RFC 5936 2.2)
    return Draft(server.zone.name, records, lab.clock.now())


def take(lab: Lab, zone: str) -> Draft:
    """The zone as its signer serves it now, to be edited."""
    return taken_from(lab, lab.signer(zone))


def as_served(lab: Lab, zone: str) -> Draft:
    """The zone as its server serves it now, to be looked at."""
    return taken_from(lab, lab.serving(zone))


def signing_keys(lab: Lab, zone: str) -> tuple[SigningKey, ...]:
    """The zone's keys as its signer keeps them, those that are not published included; the SEP keys first."""
    signer = lab.signer(zone)
    listed = signer.daemon.tool("sh", "-c", f"ls {signer.seat.folder}/K*.private").check().stdout.split()
    found = [_read_key(lab, zone, file.removesuffix(".private")) for file in listed]
    return tuple(sorted(found, key=lambda key: (not key.sep, key.tag)))


def keys_over(lab: Lab, zone: str, name: str, rdtype: str) -> tuple[SigningKey, ...]:
    """Those of the zone's keys by which its signer signs this RRset now."""
    tags = {one.key_tag for one in lab.signer(zone).signatures(name, rdtype)}
    return tuple(key for key in signing_keys(lab, zone) if key.tag in tags)


def _read_key(lab: Lab, zone: str, base: str) -> SigningKey:
    from lab.registrar import parse_dnskey

    public = lab.agent.read(f"{base}.key").decode()
    record = next(line for line in public.splitlines() if not line.startswith(";"))
    fields = dict(
        line.split(": ", 1)
        for line in lab.agent.read(f"{base}.private").decode().splitlines()
        if ": " in line
    )
    return SigningKey(parse_dnskey(zone, record), _private(fields))


def make_key(*, sep: bool = False) -> SigningKey:
    """A key (ECDSA P-256) that no signer knows."""
    private = ec.generate_private_key(ec.SECP256R1())
    dnskey = dns.dnssec.make_dnskey(
        private.public_key(), Algorithm.ECDSAP256SHA256, flags=257 if sep else 256
    )
    return SigningKey(dnskey, private)


def _private(fields: dict[str, str]) -> PrivateKey:
    """A private key out of BIND's own format (`v1.3`)."""
    import base64

    def number(name: str) -> int:
        return int.from_bytes(base64.b64decode(fields[name]), "big")

    if "PrivateKey" in fields:
        return ec.derive_private_key(number("PrivateKey"), ec.SECP256R1())
    public = rsa.RSAPublicNumbers(number("PublicExponent"), number("Modulus"))
    return rsa.RSAPrivateNumbers(
        p=number("Prime1"),
        q=number("Prime2"),
        d=number("PrivateExponent"),
        dmp1=number("Exponent1"),
        dmq1=number("Exponent2"),
        iqmp=number("Coefficient"),
        public_numbers=public,
    ).private_key()


def serve(lab: Lab, zone: str, draft: Draft, server: NameServer | None = None) -> None:
    """Have the zone's server (or another one) serve exactly these records, whatever its signer does meanwhile.

    Raises LabSick where it does not.
    """
    server = server or lab.serving(zone)
    lab.agent.write({_file(server): _text(draft)})
    if server.seat.drafted:
        server.rndc("reload", zone)
    else:
        server.configure(replace(server.seat, drafted=True))
        server.rndc("reconfig")
    wanted = set(draft.records())

    def served() -> bool:
        with contextlib.suppress(LabSick):
            return set(taken_from(lab, server).records()) == wanted
        return False

    until(served, f"{server.host.name} to serve the edited {zone}", deadline_seconds=_DEADLINE_SECONDS)


def serve_signers(lab: Lab, zone: str, server: NameServer | None = None) -> None:
    """Have the zone's server serve again what its signer signs; nothing to do where it does."""
    server, signer = server or lab.serving(zone), lab.signer(zone)
    if not server.seat.drafted:
        return
    server.configure(replace(server.seat, drafted=False))
    server.rndc("reconfig")
    until(signer.signed, f"{zone} to be signed again", deadline_seconds=_DEADLINE_SECONDS)
    if server is not signer:
        fetch(lab, zone, server)  # it missed what it was told of meanwhile


@contextlib.contextmanager
def served(lab: Lab, zone: str, draft: Draft, server: NameServer | None = None) -> Iterator[None]:
    """Serve a draft inside; afterwards the signer's zone again, unless someone saw to that, or to another draft, already."""
    server = server or lab.serving(zone)
    try:
        serve(lab, zone, draft, server)
        yield
    finally:
        if is_ours(lab, server, draft):
            serve_signers(lab, zone, server)


def serve_alone(lab: Lab, zone: str, server: NameServer) -> None:
    """Have a server that signs by itself, beside the zone's signer, serve what it signs; nothing to do where it does."""
    if not server.seat.drafted:
        return
    server.configure(replace(server.seat, drafted=False))
    server.rndc("reconfig")
    until(
        server.signed, f"{zone} to be signed again at {server.host.name}", deadline_seconds=_DEADLINE_SECONDS
    )


def allow_transfers(lab: Lab, zone: str) -> None:
    """Have the primary give its secondaries the zone again, and have each of them fetch it.  Raises LabSick."""
    signer = lab.signer(zone)
    signer.configure(replace(signer.seat, refuses_transfers=False))
    signer.rndc("reconfig")
    for host in signer.seat.secondaries:
        fetch(lab, zone, lab.servers[host.name])


def is_ours(lab: Lab, server: NameServer, draft: Draft) -> bool:
    """Whether what a server was last told to serve is this draft."""
    return server.seat.drafted and lab.agent.read(_file(server)).decode() == _text(draft)


def fetch(lab: Lab, zone: str, server: NameServer | None = None) -> None:
    """Have a secondary (the one that serves the zone, or another) transfer the zone from its primary now.

    Raises LabSick where it does not get it.
    """
    server, signer = server or lab.serving(zone), lab.signer(zone)
    server.rndc("retransfer", zone)
    until(
        lambda: server.serial() is not None and server.serial() == signer.serial(),
        f"{server.host.name} to have the zone of {signer.host.name}",
        deadline_seconds=_DEADLINE_SECONDS,
    )


def _file(server: NameServer) -> str:
    return f"{server.seat.folder}/{server.zone.name}draft"


def _text(draft: Draft) -> str:
    return "\n".join(draft.records()) + "\n"


def _key(name: str, rdtype: str) -> tuple[dns.name.Name, dns.rdatatype.RdataType]:
    return dns.name.from_text(name), dns.rdatatype.from_text(rdtype)
