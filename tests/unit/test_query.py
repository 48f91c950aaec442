"""Messages read: what of an answer counts, and a server's time out of its cookie."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from lab.agent import AGENT_ADDRESS, PROBE_ADDRESS, Agent, Exchanged
from lab.errors import LabSick
from lab.query import Answer, ExtendedError, ask, ask_raw, cookie_time, find_rrset, make_query, read_answer

NAME = "www.shop.lab."
RRSIG = f"A 13 3 1800 20300115000000 20300101000000 4711 shop.lab. {'A' * 86}=="
SERVER_TIME = datetime(2030, 3, 4, 5, 6, 7, tzinfo=UTC)


def answered(
    *rrsets: dns.rrset.RRset, options: tuple[dns.edns.Option, ...] = (), **sections: object
) -> bytes:
    """An answer as a server would send it."""
    message = dns.message.make_response(make_query(NAME, "A", cd=False, rd=True, payload=1232))
    message.answer.extend(rrsets)
    message.use_edns(0, payload=1232, options=list(options))
    message.set_rcode(cast("dns.rcode.Rcode", sections.get("rcode", dns.rcode.NOERROR)))
    message.flags |= cast("int", sections.get("flags", 0))
    return message.to_wire()


def read(wire: bytes) -> Answer:
    """It, read."""
    return read_answer(dns.message.from_wire(wire), len(wire), False, 0.25)


@dataclass
class FakeAgent:
    """Gives one answer to every question, and keeps the questions."""

    wire: bytes = b""
    failed: str | None = None
    asked: list[tuple[bytes, str, dict[str, object]]] = field(default_factory=list)

    def exchange(self, wire: bytes, address: str, **how: object) -> Exchanged:
        """The answer, with the question's id."""
        self.asked.append((wire, address, how))
        return Exchanged(wire[:2] + self.wire[2:] if self.wire else b"", self.failed, 0.125)


A_RECORDS = dns.rrset.from_text(NAME, 1800, "IN", "A", "192.0.2.2", "192.0.2.3")
SIGNATURE = dns.rrset.from_text(NAME, 1700, "IN", "RRSIG", RRSIG)


def test_records_are_read_without_their_signatures() -> None:
    """Every record is told with owner and type; signatures are no data of the zone."""
    answer = read(answered(A_RECORDS, SIGNATURE))
    assert sorted(answer.records) == [f"{NAME} A 192.0.2.2", f"{NAME} A 192.0.2.3"]
    assert answer.has_data
    assert (answer.rcode, answer.failed) == ("NOERROR", None)


def test_the_least_ttl_of_an_answer_counts() -> None:
    """A cache may hold an answer no longer than its shortest-lived record, signatures included."""
    assert read(answered(A_RECORDS, SIGNATURE)).min_ttl_seconds == 1700
    assert read(answered()).min_ttl_seconds is None


def test_an_answer_of_signatures_alone_has_no_data() -> None:
    """Signatures without what they sign answer nothing."""
    assert not read(answered(SIGNATURE)).has_data


@pytest.mark.parametrize("rcode", [dns.rcode.NXDOMAIN, dns.rcode.SERVFAIL, dns.rcode.REFUSED])
def test_only_noerror_answers_with_data(rcode: dns.rcode.Rcode) -> None:
    """Records under another RCODE are no answer."""
    answer = read(answered(A_RECORDS, rcode=rcode))
    assert not answer.has_data
    assert answer.rcode == dns.rcode.to_text(rcode)


@pytest.mark.parametrize("flag", ["AD", "AA", "TC"])
def test_flags_are_read_each_from_its_own_bit(flag: str) -> None:
    """AD, AA and TC are told apart."""
    answer = read(answered(A_RECORDS, flags=int(dns.flags.Flag[flag])))
    assert {name: getattr(answer, name.lower()) for name in ("AD", "AA", "TC")} == {
        name: name == flag for name in ("AD", "AA", "TC")
    }


def test_sizes_and_times_are_those_of_the_message() -> None:
    """An answer says its octets, how it came and how long it took."""
    wire = answered(A_RECORDS)
    answer = read_answer(dns.message.from_wire(wire), len(wire), True, 0.25)
    assert (answer.octets, answer.tcp, answer.elapsed_seconds) == (len(wire), True, 0.25)


def test_extended_errors_are_read_all_in_order() -> None:
    """Several EDE options, with text and without (RFC 8914 2), are all read; other options are not."""
    options = (
        dns.edns.EDEOption(dns.edns.EDECode.SIGNATURE_EXPIRED, "expired"),
        dns.edns.CookieOption(b"chaindri", b"12345678"),
        dns.edns.EDEOption(dns.edns.EDECode.OTHER),
    )
    answer = read(answered(options=options, rcode=dns.rcode.SERVFAIL))
    assert answer.ede == (ExtendedError(7, "expired"), ExtendedError(0, ""))


def test_no_extended_error_is_none() -> None:
    """A message without EDNS, and one without the option, have no EDE."""
    bare = dns.message.make_response(dns.message.make_query(NAME, "A"))
    assert read(bare.to_wire()).ede == ()
    assert read(answered(A_RECORDS)).ede == ()


@pytest.mark.parametrize(
    ("cd", "rd", "do", "flags"),
    [
        (False, True, True, dns.flags.RD | dns.flags.AD),
        (True, True, True, dns.flags.RD | dns.flags.AD | dns.flags.CD),
        (False, False, True, 0),
        (True, False, False, dns.flags.CD),
    ],
)
def test_queries_set_the_flags_asked_for(cd: bool, rd: bool, do: bool, flags: int) -> None:
    """RD and AD go together (RFC 6840 5.7), CD stands alone, DO and the buffer are EDNS'."""
    query = dns.message.from_wire(make_query(NAME, "MX", cd=cd, rd=rd, payload=4096, do=do).to_wire())
    assert (int(query.flags), query.edns, query.payload) == (int(flags), 0, 4096)
    assert bool(query.ednsflags & dns.flags.DO) is do
    assert query.question[0].to_text() == f"{NAME} IN MX"


def test_a_question_goes_to_whom_and_how_it_was_told() -> None:
    """Address, source, transport and patience reach the agent; the answer's time comes from there."""
    agent = FakeAgent(answered(A_RECORDS))
    answer = ask(cast("Agent", agent), "10.53.0.3", NAME, tcp=True, source=PROBE_ADDRESS, timeout_seconds=0.5)
    ((_, address, how),) = agent.asked
    assert (address, how) == ("10.53.0.3", {"source": PROBE_ADDRESS, "tcp": True, "timeout_seconds": 0.5})
    assert (answer.tcp, answer.elapsed_seconds, answer.has_data) == (True, 0.125, True)


def test_questions_come_from_the_agent_s_own_address_unless_told() -> None:
    """The default source is the one that packet rules spare."""
    agent = FakeAgent(answered(A_RECORDS))
    ask(cast("Agent", agent), "10.53.0.3", NAME)
    assert agent.asked[0][2]["source"] == AGENT_ADDRESS


@pytest.mark.parametrize(
    ("agent", "failed"),
    [
        (FakeAgent(failed="timeout"), "timeout"),
        (FakeAgent(b"\0\0\x81"), "unreadable"),
        (FakeAgent(answered(A_RECORDS)[:-3]), "unreadable"),
    ],
    ids=["timeout", "short", "cut"],
)
def test_a_missing_or_unreadable_answer_is_an_answer_that_says_so(agent: FakeAgent, failed: str) -> None:
    """Nothing raises: there is no RCODE, no data, and a reason."""
    message, answer = ask_raw(cast("Agent", agent), "10.53.0.3", NAME, "A")
    assert message is None
    assert (answer.rcode, answer.has_data, answer.elapsed_seconds) == (None, False, 0.125)
    assert answer.failed is not None
    assert answer.failed.startswith(failed)


def test_an_rrset_is_found_by_name_and_type() -> None:
    """Only the very name and type are found, and nothing in no message."""
    message = dns.message.from_wire(answered(A_RECORDS, SIGNATURE))
    assert find_rrset(message, NAME.upper(), "A") == A_RECORDS
    assert find_rrset(message, NAME, "AAAA") is None
    assert find_rrset(message, "shop.lab.", "A") is None
    assert find_rrset(None, NAME, "A") is None


def cookie(version: int = 1, size: int = 16) -> bytes:
    """A server cookie as RFC 9018 4 lays it out: version, reserved, time, hash."""
    return (bytes([version, 0, 0, 0]) + int(SERVER_TIME.timestamp()).to_bytes(4, "big") + b"hashhash")[:size]


def with_cookie(server: bytes) -> bytes:
    """An answer that carries it."""
    return answered(options=(dns.edns.CookieOption(b"chaindri", server),))


def test_a_server_s_time_is_read_from_its_cookie() -> None:
    """The timestamp of the server cookie (RFC 9018 4.3) is the server's own clock; the question asks for a cookie."""
    agent = FakeAgent(with_cookie(cookie()))
    assert cookie_time(cast("Agent", agent), "10.53.0.3", "shop.lab.") == SERVER_TIME
    query = dns.message.from_wire(agent.asked[0][0])
    assert [type(option) for option in query.options] == [dns.edns.CookieOption]
    assert not query.flags & dns.flags.RD


@pytest.mark.parametrize(
    "agent",
    [
        FakeAgent(failed="timeout"),
        FakeAgent(answered(A_RECORDS)),
        FakeAgent(with_cookie(cookie(version=2))),
        FakeAgent(with_cookie(cookie(size=8))),
        FakeAgent(with_cookie(b"")),
    ],
    ids=["timeout", "no-cookie", "another-version", "short", "client-part-only"],
)
def test_without_a_cookie_of_that_kind_there_is_no_time(agent: FakeAgent) -> None:
    """A server that gives no such cookie makes the lab sick instead of being taken to be on time."""
    with pytest.raises(
        LabSick, match=r"10\.53\.0\.3 gives no cookie with its time: (timeout|no server cookie)"
    ):
        cookie_time(cast("Agent", agent), "10.53.0.3", "shop.lab.")


def test_a_cookie_that_can_t_be_read_gives_no_time_either() -> None:
    """Garbage instead of an answer is a sick lab, not an error of dnspython's."""
    with pytest.raises(LabSick, match="gives no cookie with its time"):
        cookie_time(cast("Agent", FakeAgent(with_cookie(cookie())[:-5])), "10.53.0.3", "shop.lab.")
