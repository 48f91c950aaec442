"""Questions and what came back: dnspython makes and reads the messages, the agent carries them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypedDict, Unpack

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from lab.agent import AGENT_ADDRESS, Agent
from lab.errors import LabSick

PATIENCE_SECONDS = 5.0


@dataclass(frozen=True)
class ExtendedError:
    """An Extended DNS Error (RFC 8914)."""

    code: int
    text: str = ""


@dataclass(frozen=True)
class Answer:
    """One answer, as far as a verdict needs it; `rcode` None means that none came, and `failed` why."""

    rcode: str | None
    failed: str | None = None
    ad: bool = False
    aa: bool = False
    tc: bool = False
    tcp: bool = False
    records: tuple[str, ...] = ()
    min_ttl_seconds: int | None = None
    ede: tuple[ExtendedError, ...] = ()
    octets: int = 0
    elapsed_seconds: float = 0.0

    @property
    def has_data(self) -> bool:
        """Whether it answers the question with records."""
        return self.rcode == "NOERROR" and bool(self.records)


@dataclass(frozen=True)
class Observation:
    """What a resolver said to one question, and (asked after it, with CD=1) whether the data are there at all.

    `unchecked` is None where the first answer made the second question needless.  It does not judge.
    """

    resolver: str
    validates: bool
    qname: str
    qtype: str
    answer: Answer
    unchecked: Answer | None
    lab_time: datetime
    wall_seconds: float


def make_query(
    qname: str, qtype: str, *, cd: bool, rd: bool, payload: int, do: bool = True
) -> dns.message.Message:
    """A query with EDNS (RFC 6891); DO asks for signatures, CD for unvalidated data (RFC 4035 3.2)."""
    message = dns.message.make_query(qname, qtype, use_edns=0, want_dnssec=do, payload=payload)
    message.flags = (dns.flags.RD if rd else 0) | (dns.flags.CD if cd else 0) | (dns.flags.AD if rd else 0)
    return message


def read_answer(message: dns.message.Message, octets: int, tcp: bool, elapsed_seconds: float) -> Answer:
    """An answer's facts, signatures left out of its records."""
    rrsets = [rrset for rrset in message.answer if rrset.rdtype != dns.rdatatype.RRSIG]
    return Answer(
        rcode=dns.rcode.to_text(message.rcode()),
        ad=bool(message.flags & dns.flags.AD),
        aa=bool(message.flags & dns.flags.AA),
        tc=bool(message.flags & dns.flags.TC),
        tcp=tcp,
        records=tuple(
            f"{rrset.name} {dns.rdatatype.to_text(rrset.rdtype)} {rd}" for rrset in rrsets for rd in rrset
        ),
        min_ttl_seconds=min((rrset.ttl for rrset in message.answer), default=None),
        ede=tuple(
            ExtendedError(int(option.code), option.text or "")
            for option in message.options
            if isinstance(option, dns.edns.EDEOption)
        ),
        octets=octets,
        elapsed_seconds=elapsed_seconds,
    )


class How(TypedDict, total=False):
    """How a question is put: flags, transport, from which address, and for how long its answer is waited for."""

    cd: bool
    rd: bool
    tcp: bool
    payload: int
    source: str
    timeout_seconds: float


def ask(agent: Agent, address: str, qname: str, qtype: str = "A", **how: Unpack[How]) -> Answer:
    """Ask one question once.  A missing or unreadable answer is an Answer too: rcode None, `failed` says why."""
    return ask_raw(agent, address, qname, qtype, **how)[1]


def ask_raw(
    agent: Agent, address: str, qname: str, qtype: str, **how: Unpack[How]
) -> tuple[dns.message.Message | None, Answer]:
    """As `ask`, with the whole message beside the answer (None where there is none)."""
    tcp = how.get("tcp", False)
    query = make_query(
        qname, qtype, cd=how.get("cd", False), rd=how.get("rd", True), payload=how.get("payload", 1232)
    )
    got = agent.exchange(
        query.to_wire(),
        address,
        source=how.get("source", AGENT_ADDRESS),
        tcp=tcp,
        timeout_seconds=how.get("timeout_seconds", PATIENCE_SECONDS),
    )
    if got.failed:
        return None, Answer(None, failed=got.failed, elapsed_seconds=got.elapsed_seconds)
    try:
        message = dns.message.from_wire(got.wire)
    except (dns.exception.DNSException, ValueError) as problem:
        return None, Answer(None, failed=f"unreadable: {problem}", elapsed_seconds=got.elapsed_seconds)
    return message, read_answer(message, len(got.wire), tcp, got.elapsed_seconds)


def read_message(wire: bytes, what: str, *, xfr: bool = False) -> dns.message.Message:
    """A message that must be readable, as a server's of ours; raises LabSick where it is not, naming `what` it is."""
    try:
        return dns.message.from_wire(wire, xfr=xfr, one_rr_per_rrset=xfr)
    except (dns.exception.DNSException, ValueError) as problem:
        raise LabSick(f"{what} is unreadable: {problem}") from problem


def find_rrset(message: dns.message.Message | None, name: str, rdtype: str) -> dns.rrset.RRset | None:
    """An RRset of the answer section, or None."""
    if message is None:
        return None
    return message.get_rrset(
        message.answer, dns.name.from_text(name), dns.rdataclass.IN, dns.rdatatype.from_text(rdtype)
    )


def wall_now() -> float:
    """Wall-clock seconds for stamping observations (monotonic: only differences mean something)."""
    return time.monotonic()


def cookie_time(agent: Agent, address: str, qname: str) -> datetime:
    """A server's own clock, read from the server cookie that it gives (RFC 9018 4.3: seconds, 32 bits).

    Raises LabSick where the server gives no such cookie.
    """
    query = make_query(qname, "SOA", cd=False, rd=False, payload=1232, do=False)
    query.use_edns(0, payload=1232, options=[dns.edns.CookieOption(b"chaindri", b"")])
    got = agent.exchange(query.to_wire(), address)
    why = got.failed or "no server cookie"
    try:
        options = () if got.failed else dns.message.from_wire(got.wire).options
    except (dns.exception.DNSException, ValueError) as problem:
        options, why = (), f"unreadable: {problem}"
    for option in options:
        if isinstance(option, dns.edns.CookieOption) and len(option.server) == 16 and option.server[0] == 1:
            return datetime.fromtimestamp(int.from_bytes(option.server[4:8], "big"), UTC)
    raise LabSick(f"the server at {address} gives no cookie with its time: {why}")


def answered_plainly(
    agent: Agent, address: str, qname: str, qtype: str, *, source: str, timeout_seconds: float
) -> str | None:
    """Ask without EDNS, as resolvers did before it; None where that was answered, else why it was not."""
    query = dns.message.make_query(qname, qtype, use_edns=False)
    return agent.exchange(query.to_wire(), address, source=source, timeout_seconds=timeout_seconds).failed
