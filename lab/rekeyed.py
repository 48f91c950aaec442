"""Drafts with other keys than their signer's, and where the private halves of such keys are kept meanwhile.

A remedy that has to sign with a key which a mistake brought into the zone finds it where an operator would: on the
signer's own disk, beside the keys that its key manager knows of, out of that one's sight.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import dns.dnssec
import dns.rdataset
import dns.rdatatype
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.SOA import SOA

from lab.draft import Draft, SigningKey, signing_keys
from lab.errors import LabSick

if TYPE_CHECKING:
    from lab.lab import Lab
    from lab.nameserver import NameServer

KEY_MANAGEMENT = {dns.rdatatype.DNSKEY, dns.rdatatype.CDS, dns.rdatatype.CDNSKEY}
"""What KSKs sign (RFC 4035 2.1, RFC 7344 4.1)."""


def publish(draft: Draft, keys: Iterable[SigningKey], *, more: Iterable[DNSKEY] = ()) -> None:
    """Have these DNSKEYs (and `more`, whose private half is elsewhere) in place of the draft's, signed by those with SEP."""
    keys = tuple(keys)
    apex = str(draft.origin)
    records = dict.fromkeys([*(key.dnskey for key in keys), *more])
    draft.put(apex, draft.rrset(apex, "DNSKEY").ttl, "DNSKEY", *map(str, records))
    draft.sign(apex, "DNSKEY", *(key for key in keys if key.sep))


def resign(draft: Draft, *keys: SigningKey) -> None:
    """Sign anew with these keys all that is signed, but for what KSKs sign."""
    for name, rdtype in list(draft.signatures):
        if rdtype not in KEY_MANAGEMENT:
            draft.sign(str(name), dns.rdatatype.to_text(rdtype), *keys)


def drop_parent_requests(draft: Draft) -> None:
    """Take out CDS and CDNSKEY records: they name keys that are no longer there."""
    apex = draft.origin
    for rdtype in (dns.rdatatype.CDS, dns.rdatatype.CDNSKEY):
        draft.rrsets.pop((apex, rdtype), None)
        draft.signatures.pop((apex, rdtype), None)


def renumber(draft: Draft, keys: Iterable[SigningKey]) -> None:
    """Raise the SOA's serial by one (RFC 1982), so that secondaries take it, and sign it with these keys."""
    key = (draft.origin, dns.rdatatype.SOA)
    soa = draft.rrsets[key][0]
    assert isinstance(soa, SOA)
    draft.rrsets[key] = dns.rdataset.from_rdata(
        draft.rrsets[key].ttl, soa.replace(serial=(soa.serial + 1) % 2**32)
    )
    draft.sign(str(draft.origin), "SOA", *keys)


def keys_served(server: NameServer) -> frozenset[DNSKEY]:
    """The DNSKEY set that a server serves; empty where it serves none."""
    found = server.rrset(server.zone.name, "DNSKEY")
    return frozenset(key for key in found or () if isinstance(key, DNSKEY))


def own_keys(lab: Lab, zone: str, *, sep: bool) -> tuple[SigningKey, ...]:
    """The KSKs or the ZSKs that the zone's signer keeps and publishes when left alone."""
    return tuple(key for key in signing_keys(lab, zone) if key.sep is sep)


def keep(lab: Lab, zone: str, name: str, key: SigningKey) -> None:
    """Keep a key on the signer's disk under a name of ours."""
    pem = key.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    lab.agent.write({_kept(lab, zone, name): f"{key.dnskey}\n".encode() + pem})


def kept(lab: Lab, zone: str, name: str) -> SigningKey:
    """The key that was kept under that name; raises LabSick where there is none."""
    from lab.registrar import parse_dnskey

    record, pem = lab.agent.read(_kept(lab, zone, name)).split(b"\n", 1)
    private = serialization.load_pem_private_key(pem, None)
    if not isinstance(private, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise LabSick(f"the key kept as {name} for {zone} is of a kind that no zone here is signed with")
    return SigningKey(parse_dnskey(zone, record.decode()), private)


def _kept(lab: Lab, zone: str, name: str) -> str:
    return f"{lab.signer(zone).seat.folder}/kept/{name}.private"


def tags(keys: Iterable[DNSKEY]) -> tuple[int, ...]:
    """Their key tags (RFC 4034 appendix B), in order."""
    return tuple(sorted(dns.dnssec.key_id(key) for key in keys))


def words(what: str, tags_: Iterable[int]) -> str:
    """These tags for people: `DS 1, 2`, `no DS`."""
    return f"{what} {', '.join(map(str, sorted(tags_)))}" if tags_ else f"no {what}"


def strip(draft: Draft) -> None:
    """Take out all that makes it a signed zone."""
    draft.signatures.clear()
    signing = KEY_MANAGEMENT | {dns.rdatatype.NSEC, dns.rdatatype.NSEC3, dns.rdatatype.NSEC3PARAM}
    for name, rdtype in list(draft.rrsets):
        if rdtype in signing:
            del draft.rrsets[name, rdtype]
