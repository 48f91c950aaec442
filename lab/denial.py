"""How a draft denies (NSEC, RFC 4034 4; NSEC3, RFC 5155): finding the records that do it, and making others."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import TYPE_CHECKING

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdataset
import dns.rdatatype
from dns.dnssectypes import NSEC3Hash
from dns.rdtypes.ANY.NSEC import NSEC
from dns.rdtypes.ANY.NSEC3 import NSEC3
from dns.rdtypes.ANY.NSEC3PARAM import NSEC3PARAM
from dns.rdtypes.util import Bitmap

from lab.errors import LabSick

if TYPE_CHECKING:
    from lab.draft import Draft, SigningKey

OPT_OUT = 1
"""The one flag of an NSEC3 record (RFC 5155 3.1.2.1)."""


def kind(draft: Draft) -> str:
    """The type of record that the zone denies with: `NSEC` or `NSEC3`.  Raises LabSick where it has neither."""
    for rdtype in ("NSEC3", "NSEC"):
        if draft.owners(rdtype):
            return rdtype
    raise LabSick(f"{draft.origin} has neither NSEC nor NSEC3 records")


def nsec3_owner(draft: Draft, name: str) -> str:
    """Where the NSEC3 record of this name is, or would be, by the zone's own parameters (RFC 5155 5)."""
    parameters = draft.rrset(str(draft.origin), "NSEC3PARAM")[0]
    assert isinstance(parameters, NSEC3PARAM)
    return _hashed(draft, dns.name.from_text(name), parameters.salt, parameters.iterations)


def match(draft: Draft, name: str) -> str:
    """The owner of the record that tells which types this name has.  Raises LabSick where there is none."""
    owner = nsec3_owner(draft, name) if kind(draft) == "NSEC3" else name
    draft.rrset(owner, kind(draft))
    return owner


def cover(draft: Draft, name: str) -> str:
    """The owner of the record whose gap this name, which does not exist, falls into."""
    wanted = nsec3_owner(draft, name) if kind(draft) == "NSEC3" else name
    owners = draft.owners(kind(draft))
    before = [owner for owner in owners if owner < dns.name.from_text(wanted)]
    return str((before or owners)[-1])  # before the first comes the last: a chain is a ring


def teller(draft: Draft, name: str) -> str:
    """The owner of the record by which this name, or its absence, is told: its own, or the one that covers it."""
    try:
        return match(draft, name)
    except LabSick:
        return cover(draft, name)


def told(draft: Draft, name: str) -> bool:
    """Whether some record of the chain tells of this name: one of its own, or one whose gap it falls into."""
    hashed = kind(draft) == "NSEC3"
    wanted = dns.name.from_text(nsec3_owner(draft, name) if hashed else name)
    for owner in draft.owners(kind(draft)):
        found = draft.rrset(str(owner), kind(draft))[0]
        assert isinstance(found, NSEC | NSEC3)
        after = _next(draft, found)
        inside = owner < wanted < after if owner < after else owner < wanted or wanted < after
        if owner == wanted or inside:
            return True
    return False


def _next(draft: Draft, record: NSEC | NSEC3) -> dns.name.Name:
    if isinstance(record, NSEC):
        return dns.name.from_text(str(record.next))
    label = base64.b32hexencode(record.next).decode().lower()
    return dns.name.from_text(label, draft.origin)


def set_types(draft: Draft, owner: str, types: Iterable[str]) -> None:
    """Have the NSEC or NSEC3 record there tell of these types, its signature left as it is."""
    found = draft.rrset(owner, kind(draft))
    windows = _windows(types)
    changed: list[dns.rdata.Rdata] = [rdata.replace(windows=windows) for rdata in found]
    draft.rrsets[dns.name.from_text(owner), found.rdtype] = dns.rdataset.from_rdata_list(found.ttl, changed)


def opts_out(draft: Draft, owner: str) -> bool:
    """Whether the NSEC3 record there says that unsigned delegations may be in its gap (RFC 5155 6)."""
    found = draft.rrset(owner, "NSEC3")[0]
    assert isinstance(found, NSEC3)
    return bool(found.flags & OPT_OUT)


def set_opt_out(draft: Draft, owner: str, *, opt_out: bool) -> None:
    """Set or clear the opt-out flag of the NSEC3 record there, its signature left as it is."""
    found = draft.rrset(owner, "NSEC3")
    flags = OPT_OUT if opt_out else 0
    changed: list[dns.rdata.Rdata] = [rdata.replace(flags=flags) for rdata in found]
    draft.rrsets[dns.name.from_text(owner), found.rdtype] = dns.rdataset.from_rdata_list(found.ttl, changed)


def types(draft: Draft, owner: str) -> tuple[str, ...]:
    """The types that the NSEC or NSEC3 record there tells of."""
    found = draft.rrset(owner, kind(draft))[0]
    assert isinstance(found, NSEC | NSEC3)
    return tuple(Bitmap(found.windows).to_text().split())


def hash_anew(
    draft: Draft, key: SigningKey, *, iterations: int = 0, salt: bytes = b"", opt_out: bool = False
) -> None:
    """Have another NSEC3 chain in place of the zone's, signed by this key, whatever its parameters.

    With `opt_out` no unsigned delegation has a record of its own (RFC 5155 6).
    """
    ttl = draft.rrset(draft.owners("NSEC3")[0].to_text(), "NSEC3").ttl
    for owner in draft.owners("NSEC3"):
        draft.remove(str(owner), "NSEC3")
    apex = str(draft.origin)
    salted = salt.hex() or "-"
    draft.put(apex, 0, "NSEC3PARAM", f"1 0 {iterations} {salted}")
    draft.sign(apex, "NSEC3PARAM", key)
    hashed = {
        _hashed(draft, name, salt, iterations): owned
        for name, owned in _owned(draft).items()
        if not (opt_out and _unsigned_cut(draft, name, owned))
    }
    ring = sorted(hashed)
    for link, after in zip(ring, [*ring[1:], ring[0]], strict=True):
        label = after.split(".", 1)[0].upper()
        flags = OPT_OUT if opt_out else 0
        draft.put(link, ttl, "NSEC3", f"1 {flags} {iterations} {salted} {label} {' '.join(hashed[link])}")
        draft.sign(link, "NSEC3", key)


def _owned(draft: Draft) -> dict[dns.name.Name, list[str]]:
    """The authoritative names with their types, empty non-terminals too; what lies below a cut is left out."""
    cuts = {name for name in draft.owners("NS") if name != draft.origin}
    names: dict[dns.name.Name, list[str]] = {}
    for name, rdtype in draft.rrsets:
        if any(name != cut and name.is_subdomain(cut) for cut in cuts):
            continue
        names.setdefault(name, []).append(dns.rdatatype.to_text(rdtype))
        above = name
        while above != draft.origin:
            above = above.parent()
            names.setdefault(above, [])
    for name, owned in names.items():
        if owned and not _unsigned_cut(draft, name, owned):
            owned.append("RRSIG")
    return names


def _unsigned_cut(draft: Draft, name: dns.name.Name, owned: list[str]) -> bool:
    return name != draft.origin and "NS" in owned and "DS" not in owned


def _hashed(draft: Draft, name: dns.name.Name, salt: bytes, iterations: int) -> str:
    return f"{dns.dnssec.nsec3_hash(name, salt, iterations, NSEC3Hash.SHA1).lower()}.{draft.origin}"


def _windows(types: Iterable[str]) -> tuple[tuple[int, bytes], ...]:
    return tuple(Bitmap.from_rdtypes([dns.rdatatype.from_text(one) for one in types]).windows)
