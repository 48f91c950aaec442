"""The registrar: the only way a DS set gets into a parent zone."""

from __future__ import annotations

import base64
import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING

import dns.dnssec
import dns.exception
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.update
from cryptography.hazmat.primitives.asymmetric import ec
from dns.dnssectypes import Algorithm, DSDigest
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS

from lab.errors import LabSick, RegistrarRefused
from lab.query import read_message
from lab.topology import RegistrarTerms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lab.agent import Agent
    from lab.clock import Clock
    from lab.nameserver import NameServer

_DIGEST_TYPES = {1, 2, 4}
"""DS digest types in use (RFC 4034, 4509, 6605).  That a digest is as long as its type says, dnspython checks."""

_ALGORITHMS = {5, 7, 8, 10, 13, 14, 15, 16}
"""DNSSEC algorithm numbers that sign zones today (IANA registry, "zone signing" column)."""


def parse_ds(zone: str, text: str) -> DS:
    """A DS from "TAG ALGORITHM DIGESTTYPE DIGEST" or a whole record line.  Raises RegistrarRefused."""
    rdata = _parse(zone, text, "DS")
    assert isinstance(rdata, DS)
    return rdata


def parse_dnskey(zone: str, text: str) -> DNSKEY:
    """A DNSKEY from "FLAGS 3 ALGORITHM KEY" or a whole record line.  Raises RegistrarRefused."""
    rdata = _parse(zone, text, "DNSKEY")
    assert isinstance(rdata, DNSKEY)
    return rdata


def _parse(zone: str, text: str, kind: str) -> dns.rdata.Rdata:
    words = text.split()
    try:
        if kind in words:
            owner, words = words[0], words[words.index(kind) + 1 :]
            if dns.name.from_text(owner) != dns.name.from_text(zone):
                raise RegistrarRefused(f"this {kind} is for {owner}, not for {zone}: submit it there")
        rdata = dns.rdata.from_text("IN", kind, " ".join(words))
        if isinstance(rdata, DNSKEY):  # dnspython passes over characters that are no base64
            base64.b64decode("".join(words[3:]).split(";")[0].strip("()"), validate=True)
        return rdata
    except (dns.exception.DNSException, ValueError) as problem:
        raise RegistrarRefused(f"not a {kind} record for {zone}: {problem}") from None


def ds_of(zone: str, key: DNSKEY) -> DS:
    """The SHA-256 DS of a DNSKEY (RFC 4509)."""
    return dns.dnssec.make_ds(dns.name.from_text(zone), key, "SHA256", validating=True)


def unpublished_key() -> DNSKEY:
    """A new KSK (ECDSA P-256) that no zone publishes: one that was only just generated."""
    return dns.dnssec.make_dnskey(
        ec.generate_private_key(ec.SECP256R1()).public_key(), Algorithm.ECDSAP256SHA256, flags=257
    )


class Registrar:
    """Takes DS sets for the children of the lab and has the parent publish them, by dynamic update.

    Its terms: `publication_delay` and `ds_ttl` in lab time, and whether it looks at the child first.
    """

    def __init__(
        self,
        agent: Agent,
        clock: Clock,
        terms: RegistrarTerms,
        primaries: Callable[[str], NameServer],
        parent_of: Callable[[str], str],
    ) -> None:
        self.terms = terms
        self._agent = agent
        self._clock = clock
        self._primaries = primaries
        self._parent_of = parent_of
        self._submitted: dict[str, tuple[DS, ...]] = {}

    def published(self, zone: str) -> tuple[DS, ...]:
        """The DS set that the parent serves now (none: the delegation is insecure)."""
        rrset = self._primaries(self._parent_of(zone)).rrset(zone, "DS")
        return tuple(ds for ds in rrset or () if isinstance(ds, DS))

    def submit_ds(self, zone: str, *ds: DS, key: DNSKEY | None = None) -> None:
        """Have the parent publish this DS set in place of what it publishes, after the publication delay.

        `key`: the DNSKEY that the DS is said to be of, checked against it.  Raises RegistrarRefused for a wrong
        key tag, digest or digest length, unknown algorithm or digest type.
        """
        for one in ds:
            self._check(zone, one, key)
        self._later(zone, ds)

    def submit_dnskey(self, zone: str, *keys: DNSKEY) -> None:
        """As `submit_ds`, with the DS computed here (SHA-256), as many registries do."""
        for key in keys:
            if not key.flags & 0x100 or key.protocol != 3:
                raise RegistrarRefused(
                    f"this DNSKEY of {zone} is not a zone key: flags {key.flags}, protocol {key.protocol}"
                )
            if key.flags & 0x80:
                raise RegistrarRefused(
                    f"this DNSKEY of {zone} is revoked (RFC 5011 2.1): a DS of it would vouch for nothing"
                )
            if key.algorithm not in _ALGORITHMS:
                raise RegistrarRefused(_unknown_algorithm(zone, key.algorithm))
        self.submit_ds(zone, *(ds_of(zone, key) for key in keys))

    def withdraw(self, zone: str) -> None:
        """Have the parent publish no DS for the zone, after the publication delay."""
        self._later(zone, ())

    def pending(self, zone: str) -> bool:
        """Whether the parent does not serve yet what was submitted last."""
        submitted = self._submitted.get(zone)
        return submitted is not None and set(submitted) != set(self.published(zone))

    def publish_now(self, zone: str, ds: Iterable[DS]) -> None:
        """Replace the parent's DS set at once: a DNS UPDATE (RFC 2136), signed by the parent as it takes it."""
        parent = self._parent_of(zone)
        update = dns.update.UpdateMessage(parent)
        child = dns.name.from_text(zone)
        update.delete(child, dns.rdatatype.DS)
        for one in ds:
            update.add(child, round(self.terms.ds_ttl.total_seconds()), one)
        server = self._primaries(parent)
        got = self._agent.exchange(update.to_wire(), server.host.address)
        if got.failed:
            raise LabSick(f"the parent {parent} did not answer the registrar: {got.failed}")
        rcode = read_message(got.wire, f"the answer of {parent} to the registrar").rcode()
        if rcode != dns.rcode.NOERROR:
            raise LabSick(f"the parent {parent} refused the registrar's update: {dns.rcode.to_text(rcode)}")

    def _later(self, zone: str, ds: tuple[DS, ...]) -> None:
        self._submitted[zone] = ds
        if self.terms.publication_delay > timedelta(0):
            self._clock.at(
                self._clock.now() + self.terms.publication_delay, lambda: self.publish_now(zone, ds)
            )
        else:
            self.publish_now(zone, ds)

    def _check(self, zone: str, ds: DS, key: DNSKEY | None) -> None:
        if ds.algorithm not in _ALGORITHMS:
            raise RegistrarRefused(_unknown_algorithm(zone, ds.algorithm))
        if ds.digest_type not in _DIGEST_TYPES:
            raise RegistrarRefused(
                f"DS {ds.key_tag} of {zone} has digest type {ds.digest_type}; taken are 1, 2 and 4"
            )
        if key is not None and ds.key_tag != (tag := dns.dnssec.key_id(key)):
            raise RegistrarRefused(
                f"the DS submitted for {zone} has key tag {ds.key_tag}; the key given has {tag}"
            )
        if key is not None and ds != _digest(zone, key, ds.digest_type):
            raise RegistrarRefused(
                f"DS {ds.key_tag} of {zone} has another digest than the key given has under that name"
            )
        if self.terms.checks_child:
            self._check_child(zone, ds)

    def _check_child(self, zone: str, ds: DS) -> None:
        live = []
        with contextlib.suppress(LabSick):
            live = [dns.dnssec.key_id(key) for key in self._primaries(zone).ksks()]
        if ds.key_tag not in live:
            raise RegistrarRefused(
                f"DS {ds.key_tag} matches no key that {zone} serves (it serves"
                f" {', '.join(map(str, live)) or 'none'}): publish the DNSKEY first"
            )


def _digest(zone: str, key: DNSKEY, digest_type: int) -> DS:
    return dns.dnssec.make_ds(dns.name.from_text(zone), key, DSDigest(digest_type), validating=True)


def _unknown_algorithm(zone: str, algorithm: int) -> str:
    known = ", ".join(map(str, sorted(_ALGORITHMS)))
    return f"algorithm {algorithm} is not one that {zone} can be signed with: taken are {known}"
