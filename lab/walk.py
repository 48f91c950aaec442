"""Walking a zone as a stranger can: names out of NSEC, hashes out of NSEC3."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dns.dnssec
import dns.name
import dns.rdatatype
from dns.rdtypes.ANY.NSEC3 import NSEC3

from lab.query import ask_raw

if TYPE_CHECKING:
    from lab.agent import Agent
    from lab.nameserver import NameServer

_QUESTIONS = 2000
"""A walk that takes more has gone astray (a lab's own zone has some forty names)."""

_CANDIDATES = 100_000
"""Names to try hashes of; with some forty names every gap is found within a few thousand."""

_USUAL = (
    "",
    "www",
    "mail",
    "ns",
    "ns1",
    "ftp",
    "api",
    "dev",
    "test",
    "vpn",
    "smtp",
    "imap",
    "webmail",
    "shop",
    "blog",
)
"""A very short list of names to guess by; a serious one has millions."""


@dataclass(frozen=True)
class Walked:
    """What a walk gave: names in clear, hashes, how many names the zone has, how many hashes the usual names explain."""

    names: frozenset[dns.name.Name]
    hashes: int
    present: int
    guessed: int
    questions: int

    @property
    def all_in_clear(self) -> bool:
        """Whether every name of the zone came out as it is."""
        return len(self.names) == self.present

    def told(self) -> str:
        """In words."""
        hashed = (
            f", {self.hashes} hashes ({self.guessed} of them guessed by {len(_USUAL)} usual names)"
            if self.hashes
            else ""
        )
        return f"{self.questions} questions gave {len(self.names)} of {self.present} names in clear{hashed}"


def walk(agent: Agent, server: NameServer) -> Walked:
    """Walk the zone of a server with ordinary questions; its transfer only counts what there is to be found."""
    apex = dns.name.from_text(server.zone.name)
    present = {
        one.name for one in server.transfer() if one.rdtype not in (dns.rdatatype.NSEC3, dns.rdatatype.RRSIG)
    }
    names, asked = _by_nsec(server, apex)
    if names:
        return Walked(names, 0, len(present), 0, asked)
    hashes, terms, asked = _by_nsec3(agent, server, apex)
    guesses = (
        {_hash(dns.name.from_text(f"{label}.{apex}" if label else str(apex)), terms) for label in _USUAL}
        if terms
        else set()
    )
    return Walked(frozenset(), len(hashes), len(present), len(hashes & guesses), asked)


def _by_nsec(server: NameServer, apex: dns.name.Name) -> tuple[frozenset[dns.name.Name], int]:
    """From the apex on, each name's NSEC tells the next, until it tells the apex again."""
    names: set[dns.name.Name] = set()
    name = apex
    for asked in range(1, _QUESTIONS):
        nsec = server.rrset(str(name), "NSEC")
        if nsec is None:
            return frozenset(), asked
        names.add(name)
        name = nsec[0].next
        if name in names:
            return frozenset(names), asked
    return frozenset(), _QUESTIONS


def _by_nsec3(agent: Agent, server: NameServer, apex: dns.name.Name) -> tuple[set[str], NSEC3 | None, int]:
    """Collect hashes until the ring is closed: each is the next one's predecessor.

    Only names whose hash falls into a gap are asked for: hashing costs the stranger nothing, questions are seen.
    """
    following: dict[str, str] = {}
    terms: NSEC3 | None = None
    asked = 0
    for number in range(_CANDIDATES):
        name = dns.name.from_text(f"no-such-name-{number}.{apex}")
        if terms and _covered(_hash(name, terms), following):
            continue
        asked += 1
        for owner, rdata in _denial(agent, server, name):
            following[owner], terms = _next(rdata), rdata
        if terms is None or set(following) == set(following.values()):
            break
    return set(following), terms, asked


def _covered(hashed: str, following: Mapping[str, str]) -> bool:
    """Whether a known NSEC3 covers this hash; the last one of the ring covers what lies beyond both its ends."""
    return any(
        owner < hashed < after if owner < after else hashed > owner or hashed < after
        for owner, after in following.items()
    )


def _denial(agent: Agent, server: NameServer, name: dns.name.Name) -> Iterator[tuple[str, NSEC3]]:
    message, _ = ask_raw(agent, server.host.address, str(name), "A", rd=False, tcp=True, payload=4096)
    for rrset in message.authority if message else ():
        if rrset.rdtype == dns.rdatatype.NSEC3:
            rdata = rrset[0]
            assert isinstance(rdata, NSEC3)
            yield rrset.name.labels[0].decode().upper(), rdata


def _next(rdata: NSEC3) -> str:
    return base64.b32hexencode(rdata.next).decode().rstrip("=")


def _hash(name: dns.name.Name, terms: NSEC3) -> str:
    return dns.dnssec.nsec3_hash(name, terms.salt, terms.iterations, terms.algorithm)
