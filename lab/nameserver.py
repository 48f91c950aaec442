"""Authoritative servers: one running BIND each."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.rrset
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.RRSIG import RRSIG

from lab import duties
from lab.agent import PROBE_ADDRESS, Agent, Ran
from lab.errors import LabSick
from lab.host import LAB, Daemon
from lab.layout import Seat
from lab.query import Answer, ask, ask_raw, cookie_time, find_rrset, read_message
from lab.topology import Policy, Zone
from lab.wait import until

RNDC_KEY = f"{LAB}/rndc.key"
_TOLD_SECONDS = 20.0
_ALL_OF_IT = 4096
"""EDNS buffer for looks at a server: with TCP beside it, no answer is cut."""

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
    """One running BIND, authoritative for one zone: as its primary (and signer) or as a secondary."""

    def __init__(self, agent: Agent, seat: Seat, control_secret: str) -> None:
        self.host = seat.host
        self.seat = seat
        self.primary = seat.primary is None
        self._agent = agent
        self._secret = control_secret
        self._quiet_until: datetime | None = None
        self._due: duties.Due | None = None
        self.config = f"{seat.host.folder}/named.conf"
        self.daemon = Daemon(agent, seat.host, ("named", "-g", "-4", "-n", "1", "-c", self.config))
        self.expected_up = False

    @property
    def zone(self) -> Zone:
        """The zone, as it is configured now."""
        return self.seat.zone

    # -- looking --------------------------------------------------------------------------------------

    def ask(self, qname: str, qtype: str, *, tcp: bool = False) -> Answer:
        """Ask this server itself (RD=0), as its operator does."""
        return ask(self._agent, self.host.address, qname, qtype, rd=False, tcp=tcp, payload=_ALL_OF_IT)

    def probe(self, qname: str, qtype: str, *, tcp: bool, timeout_seconds: float) -> Answer:
        """As `ask`, from where resolvers are: packet rules on the path hold for it."""
        return ask(
            self._agent,
            self.host.address,
            qname,
            qtype,
            rd=False,
            tcp=tcp,
            payload=_ALL_OF_IT,
            source=PROBE_ADDRESS,
            timeout_seconds=timeout_seconds,
        )

    def rrset(self, name: str, rdtype: str) -> dns.rrset.RRset | None:
        """An RRset as served (asked over TCP, so that no size stands in the way), or None."""
        message, _ = ask_raw(
            self._agent, self.host.address, name, rdtype, rd=False, tcp=True, payload=_ALL_OF_IT
        )
        return find_rrset(message, name, rdtype)

    def signatures(self, name: str, rdtype: str) -> tuple[Signature, ...]:
        """The signatures over an RRset as served, in the order served; none where it isn't signed."""
        message, _ = ask_raw(
            self._agent, self.host.address, name, rdtype, rd=False, tcp=True, payload=_ALL_OF_IT
        )
        if message is None:
            return ()
        covered = dns.rdatatype.from_text(rdtype)
        owner = dns.name.from_text(name)
        return tuple(
            _signature(rdata)
            for rrset in message.answer
            if rrset.name == owner and rrset.rdtype == dns.rdatatype.RRSIG
            for rdata in rrset
            if rdata.type_covered == covered
        )

    def transfer(self) -> tuple[dns.rrset.RRset, ...]:
        """The whole zone as served, one record each, by zone transfer (RFC 5936).  Raises LabSick where refused."""
        query = dns.message.make_query(self.zone.name, "AXFR")
        got = self._agent.exchange(query.to_wire(), self.host.address, tcp=True)
        if got.failed:
            raise LabSick(f"{self.host.name} did not transfer {self.zone.name}: {got.failed}")
        message = read_message(got.wire, f"{self.host.name}'s transfer", xfr=True)
        if message.rcode() != dns.rcode.NOERROR or message.answer[-1].rdtype != dns.rdatatype.SOA:
            raise LabSick(f"{self.host.name} did not transfer {self.zone.name} in one message")
        return tuple(message.answer)

    def zone_signatures(self) -> tuple[Signature, ...]:
        """Every signature of the zone as served."""
        return tuple(_signature(one[0]) for one in self.transfer() if one.rdtype == dns.rdatatype.RRSIG)

    def signed(self) -> bool:
        """Whether the zone is served with every RRset signed and a whole chain of denial.

        BIND signs a new zone in batches, and builds its NSEC3 chain after that: signatures over the SOA and the
        keys say nothing of the rest.  A user's own zone may be too large for one look at all of it: of that BIND is asked
        whether it has done.
        """
        if not self.signatures(self.zone.name, "DNSKEY"):
            return False
        if self.primary and self.zone.source is not None:
            return self._says_signed()
        with contextlib.suppress(LabSick):
            return wholly_signed(self.zone.name, self.transfer())
        return False

    def _says_signed(self) -> bool:
        told = self._look("signing", "-list", self.zone.name).stdout.splitlines()
        hashed = self.zone.policy is not None and self.zone.policy.nsec3
        return (
            bool(told)
            and all(line.startswith("Done signing") for line in told)
            and bool(self.rrset(self.zone.name, "NSEC3PARAM")) == hashed
        )

    def ksks(self) -> tuple[DNSKEY, ...]:
        """The DNSKEYs with the SEP flag (RFC 4034 2.1.1), revoked ones (RFC 5011) left out, that the zone serves."""
        keys = self.rrset(self.zone.name, "DNSKEY")
        return tuple(
            key for key in keys or () if isinstance(key, DNSKEY) and key.flags & 1 and not key.flags & 0x80
        )

    def ttl_seconds(self, rdtype: str) -> int:
        """The TTL of one of the apex RRsets as served; raises LabSick where there is none."""
        rrset = self.rrset(self.zone.name, rdtype)
        if rrset is None:
            raise LabSick(f"{self.zone.name} has no {rdtype} RRset at {self.host.name}")
        return int(rrset.ttl)

    def negative_ttl_seconds(self) -> int:
        """How long this zone's denials may be cached: the lesser of its SOA's TTL and minimum (RFC 9077)."""
        soa = self.rrset(self.zone.name, "SOA")
        if soa is None:
            raise LabSick(f"{self.zone.name} has no SOA at {self.host.name}")
        return int(min(soa.ttl, soa[0].minimum))

    def serial(self) -> int | None:
        """The SOA serial it serves; None where it does not answer."""
        soa = self.rrset(self.zone.name, "SOA")
        return None if soa is None else int(soa[0].serial)

    def key_states(self) -> tuple[KeyState, ...]:
        """The key manager's view of the zone's keys (`rndc dnssec -status`)."""
        text = self._look("dnssec", "-status", self.zone.name).check().stdout
        parts = list(_KEY_HEADING.finditer(text))
        ends = [part.start() for part in parts[1:]] + [len(text)]
        return tuple(
            KeyState(int(part[1]), part[2], part[3], tuple(_KEY_STATE.findall(text, part.end(), end)))
            for part, end in zip(parts, ends, strict=True)
        )

    def clock(self) -> datetime:
        """What this server's own clock says, from its DNS cookie (RFC 9018)."""
        return cookie_time(self._agent, self.host.address, self.zone.name)

    @property
    def running(self) -> bool:
        """Whether its process is alive."""
        return self.daemon.running

    def settled(self, now: datetime) -> bool:
        """Whether nothing is due: the zone's next key event and next re-signing lie after `now`.

        `now` is this server's own time.  Between two events nothing is asked of the server; what we do to it
        (`rndc`, start) makes it be asked again.  A server that doesn't run, or doesn't sign, is settled.
        """
        if not self.primary or self.zone.policy is None or self.seat.drafted or not self.running:
            return True
        if self._quiet_until is not None and now < self._quiet_until:
            return True
        status = self._look("zonestatus", self.zone.name)
        told = duties.read(status.stdout) if status.exit == 0 else None
        if told is None:  # all is done under a policy that unsigns; else it has only just begun
            return status.exit == 0 and self.zone.policy.unsigns
        if told.first <= now:
            return False
        self._quiet_until = told.first
        return True

    def next_due(self, now: datetime) -> datetime | None:
        """When it has something to do next; None where it doesn't run, or doesn't sign.

        All in this server's own time.  BIND's hourly looks at keys that are at rest don't count, and a batch of
        re-signings counts once.  Raises LabSick where the server does not say.
        """
        due = self.due(now)
        return due.first if due else None

    def due(self, now: datetime) -> duties.Due | None:
        """As `next_due`, with what is due."""
        policy = self.zone.policy
        if not self.primary or policy is None or self.seat.drafted or not self.running:
            return None
        if self._due is None or self._due.first <= now:
            self._due = self._look_ahead(now, policy)
        return self._due

    def _look_ahead(self, now: datetime, policy: Policy) -> duties.Due | None:
        told = duties.read(self._look("zonestatus", self.zone.name).check().stdout)
        if told is None and policy.unsigns:
            return None
        if told is None:
            raise LabSick(f"{self.host.name} does not say when it signs {self.zone.name} next")
        resigned = told.resigned_by(policy)
        if told.key_event <= now + duties.LOOK_INTERVAL and self._keys_at_rest():
            status = self._look("dnssec", "-status", self.zone.name).check().stdout
            rollover = duties.planned(status, now)  # found at one of those looks
            return duties.Due(max(rollover, told.acted_by) if rollover else None, resigned)
        return duties.Due(told.acted_by, resigned)

    def _keys_at_rest(self) -> bool:
        files = self.daemon.tool("sh", "-c", f"ls {self.host.folder}/K*.state").stdout.split()
        return all(duties.at_rest(self._agent.read(file).decode(errors="replace")) for file in files)

    @contextlib.contextmanager
    def key_manager_told(self) -> Iterator[None]:
        """Tell the key manager something inside; leaves once it has gone through the zone's keys for it.

        `rndc` comes back before that, and the dates told until then are those of before.  Raises LabSick where it
        does not.
        """
        before = self._key_manager_runs()
        yield
        until(
            lambda: self._key_manager_runs() > before,
            f"the key manager of {self.zone.name} to act on what it was told",
            deadline_seconds=_TOLD_SECONDS,
        )
        self.forget_duties()

    def _key_manager_runs(self) -> int:
        """How often it has gone through the zone's keys: it logs the date of the next time at the end of each."""
        return int(self.daemon.tool("grep", "-c", "next key event: ", self.host.log).stdout)

    def forget_duties(self) -> None:
        """Ask again what is due: others may have given this server commands."""
        self._quiet_until = self._due = None

    # -- doing ----------------------------------------------------------------------------------------

    def rndc(self, *command: str, check: bool = True) -> Ran:
        """Run an `rndc` command; raises LabSick with its words where it fails, unless told not to."""
        self.forget_duties()
        ran = self._look(*command)
        return ran.check() if check else ran

    def _look(self, *command: str) -> Ran:
        """An `rndc` command that changes nothing."""
        return self.daemon.tool("rndc", "-s", self.host.address, "-k", RNDC_KEY, *command)

    def configure(self, seat: Seat) -> None:
        """Write a new named.conf; it counts from the next start or `rndc reconfig`."""
        self.seat = seat
        self._agent.write({self.config: seat.config(self._secret)})

    def set_policy(self, policy: Policy | None) -> None:
        """Put the zone under another dnssec-policy, as `configure`."""
        self.configure(replace(self.seat, zone=replace(self.zone, policy=policy)))

    def start(self) -> None:
        """Start it."""
        self.forget_duties()
        self.expected_up = True
        self.daemon.start()

    def stop(self) -> None:
        """Stop it; its zones, keys and journals stay on its disk."""
        self.daemon.stop()
        self.expected_up = False

    def forget_signed(self, *, keys: bool) -> None:
        """Remove what a stopped server wrote (signed zones, copies, journals; a signer's keys too where asked)."""
        if self.running:
            raise LabSick(f"{self.host.name} still runs: its files can't be taken from under it")
        patterns = [f"{self.host.folder}/*.signed*", f"{self.host.folder}/*.jnl", f"{self.host.folder}/*.jbk"]
        if not self.primary:
            patterns.append(f"{self.host.folder}/*secondary")
        if keys:
            patterns.append(f"{self.host.folder}/K*")
        self.daemon.tool("sh", "-c", f"rm -f {' '.join(patterns)}").check()


def wholly_signed(zone: str, records: Sequence[dns.rrset.RRset]) -> bool:
    """Whether every authoritative RRset has an RRSIG, and every authoritative name its NSEC or NSEC3.

    Delegations' NS RRsets and what lies below them (glue) are not signed (RFC 4035 2.2).
    """
    apex = dns.name.from_text(zone)
    cuts = {one.name for one in records if one.rdtype == dns.rdatatype.NS and one.name != apex}
    owned = [
        one for one in records if not any(one.name != cut and one.name.is_subdomain(cut) for cut in cuts)
    ]
    signed = {(one.name, one[0].type_covered) for one in owned if one.rdtype == dns.rdatatype.RRSIG}
    wanted = {
        (one.name, one.rdtype)
        for one in owned
        if one.rdtype != dns.rdatatype.RRSIG and not (one.name in cuts and one.rdtype == dns.rdatatype.NS)
    }
    hashed = sum(one.rdtype == dns.rdatatype.NSEC3 for one in owned)
    plain = {one.name for one in owned if one.rdtype == dns.rdatatype.NSEC}
    names = {one.name for one in owned if one.rdtype not in (dns.rdatatype.NSEC3, dns.rdatatype.RRSIG)}
    return wanted <= signed and (names <= plain or hashed >= len(names))


def _signature(rrsig: dns.rdata.Rdata) -> Signature:
    assert isinstance(rrsig, RRSIG)
    return Signature(
        dns.rdatatype.to_text(rrsig.type_covered),
        rrsig.key_tag,
        datetime.fromtimestamp(rrsig.inception, UTC),
        datetime.fromtimestamp(rrsig.expiration, UTC),
    )
