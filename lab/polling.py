"""The parent asks the child: DS sets by CDS and CDNSKEY records (RFC 7344, RFC 8078).

Every so often the registrar asks the zone's own server over DNS, and hands in what it finds, as far as the rules
let it.  The rules are pure (`decide`); a child without a DS is not enrolled this way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import dns.dnssec
import dns.exception
import dns.name
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rrset
from dns.dnssectypes import DSDigest
from dns.rdtypes.ANY.CDNSKEY import CDNSKEY
from dns.rdtypes.ANY.CDS import CDS
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS
from dns.rdtypes.ANY.RRSIG import RRSIG

from lab.errors import LabSick, RegistrarRefused
from lab.query import ask_raw
from lab.registrar import ds_of, parse_dnskey, parse_ds

if TYPE_CHECKING:
    from lab.clock import Clock
    from lab.lab import Lab
    from lab.registrar import Registrar

_PAYLOAD = 4096


@dataclass(frozen=True)
class Fetched:
    """An RRset as the child serves it, with its signatures."""

    rrset: dns.rrset.RRset
    signatures: dns.rrset.RRset


@dataclass(frozen=True)
class Child:
    """What the parent was told at one poll; None: there is no such RRset."""

    dnskey: Fetched | None = None
    cds: Fetched | None = None
    cdnskey: Fetched | None = None

    @property
    def inception(self) -> int:
        """When the newest of the signatures over CDS and CDNSKEY was made."""
        return max(
            (
                one.inception
                for asked in (self.cds, self.cdnskey)
                if asked
                for one in asked.signatures
                if isinstance(one, RRSIG)
            ),
            default=0,
        )


@dataclass(frozen=True)
class Decision:
    """What comes of a poll: a new DS set (empty: none any more), or None, all stays as it is; and why."""

    ds: tuple[DS, ...] | None
    why: str


def decide(zone: str, current: Iterable[DS], child: Child, now: float, newest: int = 0) -> Decision:
    """Hold what the child publishes against RFC 7344 4.1 and 6.1, and RFC 8078 4.

    `now` in seconds since the epoch.  `newest`: the inception of what was taken over last; anything older is a
    replay (RFC 7344 6.2).
    """
    current = tuple(current)
    if problem := _untrusted(zone, current, child, now):
        return Decision(None, problem)
    if child.inception < newest:
        return Decision(None, "its signatures are older than what was taken over before")
    try:
        wanted = _wanted(zone, child)
    except RegistrarRefused as refused:
        return Decision(None, str(refused))
    if set(wanted) == set(current):
        return Decision(None, "the parent publishes that already")
    if not wanted:
        return Decision((), "the child asks for its DS to be deleted")
    if not _vouched_for(zone, child.dnskey, _named(zone, child, wanted), now):
        return Decision(None, "under the new DS set the child's DNSKEY RRset would not validate")
    return Decision(wanted, f"the child asks for DS {', '.join(str(one.key_tag) for one in wanted)}")


def _untrusted(zone: str, current: tuple[DS, ...], child: Child, now: float) -> str | None:
    """Why nothing that the child publishes can be believed."""
    published = [one for one in (child.cds, child.cdnskey) if one]
    if not published:
        return "the child publishes neither CDS nor CDNSKEY"
    if not current:
        return "there is no DS to validate by: enrolment is not automatic here"
    trusted = _named(zone, child, current)
    if not _vouched_for(zone, child.dnskey, trusted, now):
        return "the child's DNSKEY RRset does not validate by the present DS set"
    for one in published:
        if not _vouched_for(zone, one, trusted, now):
            kind = dns.rdatatype.to_text(one.rrset.rdtype)
            return f"the {kind} RRset is not signed by a key that the present DS set names"
    return None


def _named(zone: str, child: Child, ds: Iterable[DS]) -> list[DNSKEY]:
    """The child's zone keys that a DS set names; a revoked one vouches for nothing (RFC 5011 2.1)."""
    keys = child.dnskey.rrset if child.dnskey else ()
    live = [key for key in keys if isinstance(key, DNSKEY) and key.flags & 0x100 and not key.flags & 0x80]
    return [key for key in live if any(one == _digest(zone, key, one) for one in ds)]


def _digest(zone: str, key: DNSKEY, like: DS) -> DS | None:
    try:
        return dns.dnssec.make_ds(dns.name.from_text(zone), key, DSDigest(like.digest_type), validating=True)
    except (dns.exception.DNSException, ValueError):
        return None  # a digest type that nobody here knows


def _vouched_for(zone: str, fetched: Fetched | None, keys: Iterable[DNSKEY], now: float) -> bool:
    apex = dns.name.from_text(zone)
    known = dns.rdataset.Rdataset(dns.rdataclass.IN, dns.rdatatype.DNSKEY)
    for key in keys:
        known.add(key, 0)
    if fetched is None or not known:
        return False
    try:
        dns.dnssec.validate(fetched.rrset, fetched.signatures, {apex: known}, now=now)
    except (dns.exception.DNSException, ValueError):
        return False
    return True


def _wanted(zone: str, child: Child) -> tuple[DS, ...]:
    """The DS set that the records ask for; raises RegistrarRefused where they contradict themselves or each other."""
    cds = [one for one in (child.cds.rrset if child.cds else ()) if isinstance(one, CDS)]
    cdnskey = [one for one in (child.cdnskey.rrset if child.cdnskey else ()) if isinstance(one, CDNSKEY)]
    deletions = [*(one.algorithm == 0 for one in cds), *(one.algorithm == 0 for one in cdnskey)]
    if any(deletions):
        if not all(deletions) or len(cds) > 1 or len(cdnskey) > 1:
            raise RegistrarRefused("a deletion stands beside other CDS or CDNSKEY records")
        return ()
    keys = [parse_dnskey(zone, str(one)) for one in cdnskey]
    asked = [parse_ds(zone, str(one)) for one in cds]
    if not asked:
        return tuple(ds_of(zone, key) for key in keys)
    if keys and not (
        all(any(one == _digest(zone, key, one) for key in keys) for one in asked)
        and all(any(one == _digest(zone, key, one) for one in asked) for key in keys)
    ):
        raise RegistrarRefused("CDS and CDNSKEY name different keys")
    return tuple(asked)


class Poller:
    """Asks the child at an interval of lab time, from when it begins to the lab's end."""

    def __init__(
        self,
        registrar: Registrar,
        clock: Clock,
        zone: str,
        every: timedelta,
        ask_child: Callable[[], Child],
    ) -> None:
        self.every = every
        self.decisions: list[tuple[datetime, Decision]] = []
        """What came of each poll, and when."""
        self._registrar = registrar
        self._clock = clock
        self._zone = zone
        self._ask_child = ask_child
        self._newest = 0

    def begin(self) -> None:
        """Poll at one interval from now, and so on."""
        self._clock.at(self._clock.now() + self.every, self._poll)

    def _poll(self) -> None:
        self.begin()
        now = self._clock.now()
        try:
            child = self._ask_child()
        except LabSick as problem:
            self.decisions.append((now, Decision(None, str(problem))))
            return
        current = self._registrar.published(self._zone)
        decision = decide(self._zone, current, child, now.timestamp(), self._newest)
        if decision.ds is not None:
            try:
                self._registrar.submit_ds(self._zone, *decision.ds)
                self._newest = child.inception
            except RegistrarRefused as refused:
                decision = Decision(None, str(refused))
        self.decisions.append((now, decision))


def ask_child(lab: Lab, zone: str) -> Child:
    """Ask the server that the zone's NS RRset names.  Raises LabSick where it does not answer."""
    server = lab.serving(zone)
    found: dict[str, Fetched | None] = {}
    for kind in ("DNSKEY", "CDS", "CDNSKEY"):
        message, answer = ask_raw(
            lab.agent, server.host.address, zone, kind, rd=False, tcp=True, payload=_PAYLOAD
        )
        if message is None:
            raise LabSick(f"{server.host.name} did not answer for {zone} {kind}: {answer.failed}")
        apex, wanted = dns.name.from_text(zone), dns.rdatatype.from_text(kind)
        rrset = message.get_rrset(message.answer, apex, dns.rdataclass.IN, wanted)
        signatures = message.get_rrset(
            message.answer, apex, dns.rdataclass.IN, dns.rdatatype.RRSIG, wanted
        ) or dns.rrset.RRset(apex, dns.rdataclass.IN, dns.rdatatype.RRSIG, wanted)
        found[kind.lower()] = Fetched(rrset, signatures) if rrset else None
    return Child(**found)


def poller_for(lab: Lab, zone: str, every: timedelta) -> Poller:
    """The poller of one zone of a lab."""
    return Poller(lab.registrar, lab.clock, zone, every, lambda: ask_child(lab, zone))
