"""Authoritative servers: one running BIND each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import dns.name
import dns.rdata
import dns.rdatatype
import dns.rrset

from lab.agent import Agent, Ran
from lab.errors import LabSick
from lab.host import LAB, Daemon, Host
from lab.query import Answer, ask, ask_raw, cookie_time, find_rrset
from lab.topology import Policy, Zone

RNDC_KEY = f"{LAB}/rndc.key"
_ALL_OF_IT = 4096
"""EDNS buffer for looks at a server: with TCP beside it, no answer is cut."""

_EVENTS = re.compile(r"^(next resign time|next key event): (.+)$", re.MULTILINE)
_KEY_HEADING = re.compile(r"^key: (\d+) \(([^)]+)\), (\w+)$", re.MULTILINE)
_KEY_STATE = re.compile(r"^\s+- (goal|dnskey|ds|zone rrsig|key rrsig):\s+(\w+)$", re.MULTILINE)


@dataclass(frozen=True)
class KeyState:
    """A key as named's key manager sees it: role (KSK, ZSK, CSK) and the states of its records."""

    tag: int
    algorithm: str
    role: str
    states: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Signature:
    """An RRSIG's terms (RFC 4034 3.1), in lab time."""

    covers: str
    key_tag: int
    inception: datetime
    expiration: datetime

    def life_left(self, now: datetime) -> float:
        """What is left of its validity period, as a fraction of the whole (negative once expired)."""
        return (self.expiration - now) / (self.expiration - self.inception)


class NameServer:
    """One running BIND: `zones` are what it is authoritative for, as primary (and signer) or as secondary."""

    def __init__(self, agent: Agent, host: Host, zones: Sequence[Zone], *, primary: bool = True) -> None:
        self.host = host
        self.zones = tuple(zones)
        self.primary = primary
        self._agent = agent
        self.config = f"{host.folder}/named.conf"
        argv = ("named", "-g", "-4", "-n", "1", "-c", self.config)
        self.daemon = Daemon(agent, host, argv)

    # -- looking --------------------------------------------------------------------------------------

    def ask(self, qname: str, qtype: str, *, tcp: bool = False, payload: int = _ALL_OF_IT) -> Answer:
        """Ask this server itself (RD=0)."""
        return ask(self._agent, self.host.address, qname, qtype, rd=False, tcp=tcp, payload=payload)

    def rrset(self, name: str, rdtype: str) -> dns.rrset.RRset | None:
        """An RRset as served (asked over TCP, so that no size stands in the way), or None."""
        message, _ = ask_raw(self._agent, self.host.address, name, rdtype, rd=False, tcp=True, payload=_ALL_OF_IT)
        return find_rrset(message, name, rdtype)

    def signatures(self, name: str, rdtype: str) -> tuple[Signature, ...]:
        """The signatures over an RRset as served, in the order served; none where it isn't signed."""
        message, _ = ask_raw(self._agent, self.host.address, name, rdtype, rd=False, tcp=True, payload=_ALL_OF_IT)
        if message is None:
            return ()
        covered = dns.rdatatype.from_text(rdtype)
        owner = dns.name.from_text(name)
        return tuple(
            Signature(
                rdtype,
                rrsig.key_tag,
                datetime.fromtimestamp(rrsig.inception, UTC),
                datetime.fromtimestamp(rrsig.expiration, UTC),
            )
            for rrset in message.answer
            if rrset.name == owner and rrset.rdtype == dns.rdatatype.RRSIG
            for rrsig in rrset
            if rrsig.type_covered == covered
        )

    def signed(self, zone: Zone) -> bool:
        """Whether the zone is served, signed, and its DNSKEY set too."""
        return bool(self.signatures(zone.name, "SOA") and self.signatures(zone.name, "DNSKEY"))

    def ksks(self, zone: str) -> tuple[dns.rdata.Rdata, ...]:
        """The DNSKEYs with the SEP flag (RFC 4034 2.1.1) that the zone serves."""
        keys = self.rrset(zone, "DNSKEY")
        return tuple(key for key in keys or () if key.flags & 1 and not key.flags & 0x80)

    def key_states(self, zone: str) -> tuple[KeyState, ...]:
        """The key manager's view of the zone's keys (`rndc dnssec -status`)."""
        text = self.rndc("dnssec", "-status", zone).stdout
        parts = list(_KEY_HEADING.finditer(text))
        ends = [part.start() for part in parts[1:]] + [len(text)]
        return tuple(
            KeyState(
                int(part[1]), part[2], part[3], tuple(_KEY_STATE.findall(text, part.end(), end))  # type: ignore[arg-type]
            )
            for part, end in zip(parts, ends, strict=True)
        )

    def clock(self) -> datetime:
        """What this server's own clock says, from its DNS cookie (RFC 9018)."""
        return cookie_time(self._agent, self.host.address, self.zones[0].name)

    @property
    def running(self) -> bool:
        """Whether its process is alive."""
        return self.daemon.running

    def settled(self, now: datetime) -> bool:
        """Whether nothing is due: each signed zone's next key event and next re-signing lie after `now`.

        `now` is this server's own time.  A server that doesn't run is settled.
        """
        if not (self.primary and self.running):
            return True
        for zone in self.zones:
            if zone.policy is None:
                continue
            status = self.rndc("zonestatus", zone.name, check=False)
            if status.exit != 0:
                return False
            for _, when in _EVENTS.findall(status.stdout):
                if _rndc_time(when) <= now:
                    return False
        return True

    # -- doing ----------------------------------------------------------------------------------------

    def rndc(self, *command: str, check: bool = True) -> Ran:
        """Run an `rndc` command; raises LabSick with its words where it fails, unless told not to."""
        ran = self.daemon.tool("rndc", "-s", self.host.address, "-k", RNDC_KEY, *command)
        return ran.check() if check else ran

    def write_config(self, text: str) -> None:
        """Write a new named.conf; it counts from the next start or `rndc reconfig`."""
        self._agent.write({self.config: text})

    def start(self) -> None:
        """Start it."""
        self.daemon.start()

    def stop(self) -> None:
        """Stop it; its zones, keys and journals stay on its disk."""
        self.daemon.stop()

    def forget_signed(self, *, keys: bool) -> None:
        """Remove what a stopped signer wrote (signed zones, journals; its keys too where asked)."""
        if self.running:
            raise LabSick(f"{self.host.name} still runs: its files can't be taken from under it")
        patterns = [f"{self.host.folder}/*.signed*", f"{self.host.folder}/*.jnl", f"{self.host.folder}/*.jbk"]
        if keys:
            patterns.append(f"{self.host.folder}/K*")
        self.daemon.tool("sh", "-c", f"rm -f {' '.join(patterns)}").check()

    def replace_policy(self, zone: str, policy: Policy | None) -> None:
        """Note that a zone is now run under another policy (its configuration is the lab's to write)."""
        self.zones = tuple(replace(z, policy=policy) if z.name == zone else z for z in self.zones)


def _rndc_time(text: str) -> datetime:
    return datetime.strptime(text.strip(), "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
