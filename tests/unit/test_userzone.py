"""Zone files read without BIND's tools: which zone they are of, and what a lab makes of their records."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import dns.rdatatype
import dns.zone
import pytest

from lab.agent import Agent, Ran
from lab.errors import UsageError
from lab.layout import seats
from lab.topology import SAAS, Topology
from lab.userzone import MOST_NAMES, Record, UserZone, describe, read_zone, zone_name_of
from lab.workbench import read_user_file, user_bytes

FILE = Path("example.com.zone")
NOBODY = cast("Agent", None)
SOA = Record("example.com.", 3600, "SOA", "ns1.example.com. hostmaster.example.com. 7 3600 600 864000 900")
NS = Record("example.com.", 7200, "NS", "ns1.example.org.")
APEX = [SOA, NS]


def a(owner: str, ttl: int = 300) -> Record:
    """An address record."""
    return Record(f"{owner}.example.com.", ttl, "A", "192.0.2.1")


def zone_of(*records: Record) -> UserZone:
    """What a lab makes of these beside an apex."""
    return describe(FILE, "example.com.", [*APEX, *records])


class Tools:
    """A workbench of cardboard, whose named-compilezone says what it is given."""

    def __init__(self, said: str, compiled: str = "") -> None:
        self.ran = Ran((), 0 if compiled else 1, said, "")
        self.compiled = compiled

    def write(self, files: dict[str, bytes]) -> None:
        """Take them."""

    def run(self, *_: object, **__: object) -> Ran:
        """The end that was given."""
        return self.ran

    def read(self, path: str) -> bytes:
        """The compiled zone."""
        return self.compiled.encode()


@pytest.mark.parametrize(
    ("text", "name", "zone"),
    [
        ("example.com. IN SOA a. b. 1 2 3 4 5", "x", "example.com."),
        ("; a comment SOA\nExample.COM. 3600 SOA a. b. (\n1 2 3 4 5)", "other.org.zone", "example.com."),
        ("$TTL 1h\n$ORIGIN example.com.\n@ 1h IN SOA", "x", "example.com."),
        ("$ORIGIN com.\nexample IN 3600 SOA a. b.", "x", "example.com."),
        ("$ORIGIN .\n$TTL 86400\nexample.com\tIN SOA a. b.", "x", "example.com."),
        ("@ IN SOA a. b.\n$ORIGIN sub.example.com.\n", "example.com.zone", "example.com."),
        ("@ SOA a. b.", "db.example.com", "example.com."),
        ("@ SOA a. b.", "example.co.uk.db", "example.co.uk."),
        (" IN SOA a. b.", "Example.Com", "example.com."),
        ("www A 192.0.2.1", "example.com.txt", "example.com."),
    ],
)
def test_a_file_says_which_zone_it_is_of(text: str, name: str, zone: str) -> None:
    """The owner of the SOA record counts, under the $ORIGIN before it, and then the file's name."""
    assert zone_name_of(text, Path(name)) == zone


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("@ SOA a. b.", "zonefile"),
        ("shop SOA a. b.", "example.com.zone"),
        ("$ORIGIN com\n@ SOA a. b.", "a.b"),
    ],
)
def test_a_file_that_does_not_say_is_asked_for(text: str, name: str) -> None:
    """Where a name would be a guess, the user is asked for it."""
    with pytest.raises(UsageError, match=r"does not say which zone it is of: .* say it with --zone NAME"):
        zone_name_of(text, Path(name))


def test_a_lab_serves_the_users_records_with_its_own_server(tmp_path: Path) -> None:
    """Of the file only the NS RRset, and what stands at the lab's server's name, are otherwise."""
    user = zone_of(a("www"), a("ns"), Record("ns.example.com.", 60, "AAAA", "2001:db8::1"))
    signer = next(s for s in seats(Topology(victim=user.zone(SAAS))) if s.zone.name == "example.com.")
    served = dns.zone.from_text(signer.zone_file(), origin="example.com.", relativize=False)
    assert {
        (str(name), dns.rdatatype.to_text(one.rdtype), one.ttl, str(one[0]))
        for name, one in served.iterate_rdatasets()
    } == {
        ("example.com.", "SOA", 3600, SOA.rdata),
        ("example.com.", "NS", 7200, "ns.example.com."),
        ("ns.example.com.", "A", 7200, signer.host.address),
        ("www.example.com.", "A", 300, "192.0.2.1"),
    }
    assert user.notes == (
        "its NS records (ns1.example.org.) are replaced by one, ns.example.com.: the lab's own server",
        "its records of ns.example.com. (A, AAAA) make place for that server's address",
    )


def test_a_zone_has_the_files_terms() -> None:
    """The TTLs that timing is computed from are the user's."""
    zone = zone_of(a("www", 86400)).zone(SAAS, hidden_primary=True)
    assert (zone.record_ttl, zone.soa_ttl, zone.ns_ttl) == (
        timedelta(days=1),
        timedelta(hours=1),
        timedelta(hours=2),
    )
    assert (zone.soa_minimum, zone.soa_expire) == (timedelta(minutes=15), timedelta(days=10))
    assert (zone.policy, zone.hidden_primary) == (SAAS, True)


def test_questions_are_those_that_the_zone_answers_for() -> None:
    """What it delegates away, what a DNAME covers, and wildcards are not asked as they stand."""
    user = zone_of(
        *(a("www"), Record("www.example.com.", 60, "TXT", '"x"'), a("*.wild"), a("ns.sub"), a(r"not\.sub")),
        Record("sub.example.com.", 60, "NS", "ns.sub.example.com."),
        Record("old.example.com.", 60, "DNAME", "example.org."),
        Record("alias.example.com.", 60, "CNAME", "example.org."),
        *(a("x.old"), Record("odd.example.com.", 60, "NOSUCHTYPE", "x"), a("b.a\\.sub"), a("a\\\\.sub")),
    )
    assert set(user.rrsets) == {
        ("example.com.", "SOA"),
        ("www.example.com.", "A"),
        ("www.example.com.", "TXT"),
        (r"not\.sub.example.com.", "A"),
        (r"b.a\.sub.example.com.", "A"),
        ("old.example.com.", "DNAME"),
        ("alias.example.com.", "CNAME"),
    }
    assert user.wildcards == (("*.wild.example.com.", "A"),)
    assert ("www.example.com.", "A") in user.questions
    assert ("www.example.com.", "TXT") not in user.questions
    assert user.delegations == 1


def test_a_ttl_beyond_the_policys_is_refused() -> None:
    """BIND would not load the zone, so the record and both figures are named."""
    user = zone_of(a("www", 172_800))
    with pytest.raises(
        UsageError, match=r"www\.example\.com\. A has the TTL 172800 s, .* max-zone-ttl 86400 s"
    ):
        user.zone(SAAS)
    assert user.zone(replace(SAAS, max_zone_ttl=timedelta(0))).record_ttl == timedelta(days=2)
    assert user.zone(None).policy is None


def test_the_server_of_a_made_up_zone_keeps_to_the_policys_longest_ttl() -> None:
    """A short max-zone-ttl does not keep the lab's own records from being loaded."""
    topology = Topology()
    policy = replace(SAAS, max_zone_ttl=timedelta(hours=1))
    short = replace(topology, victim=replace(topology.victim, policy=policy))
    signer = next(s for s in seats(short) if s.zone.name == "shop.lab.")
    assert "@ 3600 IN NS ns.shop.lab." in signer.zone_file()


def test_more_names_than_a_lab_signs_in_time_are_refused() -> None:
    """The sentence names both figures."""
    most = [a(f"h{number}") for number in range(MOST_NAMES - 1)]
    assert zone_of(*most).names == MOST_NAMES
    with pytest.raises(UsageError, match=f"has {MOST_NAMES + 1:,} names, and a lab takes {MOST_NAMES:,}"):
        zone_of(*most, a("more"))


def test_a_dname_at_the_apex_is_refused() -> None:
    """It would cover the lab's own server."""
    with pytest.raises(UsageError, match=r"a DNAME at the apex example\.com\."):
        zone_of(Record("example.com.", 60, "DNAME", "example.org."))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"a\n\xff\x00", ":2: this is no text"),
        (b"$TTL 1h\n$include keys.db ; mine\n", ":2: $INCLUDE names 'keys.db'"),
        (b"$ORIGIN shop.test.\n@ SOA a. b.", "special-use name"),
        (b"$ORIGIN a\\.b.com.\n@ SOA a. b.", "has an escape"),
    ],
)
def test_files_that_no_tool_need_look_at_are_refused(tmp_path: Path, content: bytes, complaint: str) -> None:
    """What can't be a zone for a lab is told before anything is started for it."""
    path = tmp_path / "example.com.zone"
    path.write_bytes(content)
    with pytest.raises(UsageError) as refused:
        read_zone(path, NOBODY)
    assert complaint in str(refused.value)
    assert str(path) in str(refused.value) or "zone name" in str(refused.value)


def test_files_that_are_not_there_are_told(tmp_path: Path) -> None:
    """A missing file and a folder are each one sentence."""
    with pytest.raises(UsageError, match="there is no zone file"):
        read_zone(tmp_path / "nosuch", NOBODY)
    with pytest.raises(UsageError, match="is a folder: name the zone file in it"):
        read_zone(tmp_path, NOBODY)


def test_a_name_given_counts_with_or_without_its_dot(tmp_path: Path) -> None:
    """`--zone example.com` and `--zone example.com.` are the same, and go before what the file says."""
    path = tmp_path / "x"
    path.write_text("@ SOA a. b.\n")
    compiled = f"{SOA}\n{NS}\n"
    for name in ("example.com", "example.com."):
        assert read_zone(path, cast("Agent", Tools("", compiled)), name).name == "example.com."


def test_octets_reach_bind_as_they_are_but_for_an_editors_mark(tmp_path: Path) -> None:
    """A name in UTF-8 is BIND's to judge; a byte order mark would be taken for a part of the first name."""
    path = tmp_path / "x"
    path.write_bytes(b"\xef\xbb\xbf" + "ü SOA\r\n".encode())
    assert user_bytes(read_user_file(path, "zone file", 100)) == "ü SOA\r\n".encode()


LOST = "zone example.com/IN: not loaded due to errors.\n"


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (
            f"/lab/user.zone:5: unknown RR type 'FOO'\nzone x: loading from master file /lab/user.zone failed: x\n{LOST}",
            "FILE:5: unknown RR type 'FOO': named-checkzone does not load",
        ),
        (
            "/lab/user.zone:1: no TTL specified; using SOA MINTTL instead\n"
            f"dns_rdata_fromtext: /lab/user.zone:5: near 'x': bad\ndns_rdata_fromtext: /lab/user.zone:6: y\n{LOST}",
            "FILE:5: near 'x': bad (and 1 more): named-checkzone",
        ),
        (f"zone example.com/IN: has 0 SOA records\n{LOST}", "FILE has no SOA record"),
        (f"zone example.com/IN: has no NS records\n{LOST}", "FILE has no NS record at the apex example.com."),
        (
            f"/lab/user.zone:3: ignoring out-of-zone data (a.org)\nzone example.com/IN: has 0 SOA records\n{LOST}",
            "it holds other data (FILE:3: ignoring out-of-zone data (a.org)) and not its SOA",
        ),
        (LOST, "can't be loaded as zone example.com."),
        ("", "named-checkzone says nothing of why"),
    ],
)
def test_named_checkzone_s_words_reach_the_user(tmp_path: Path, said: str, complaint: str) -> None:
    """They are shown under the user's own file and line, without what merely follows from them."""
    path = tmp_path / "example.com.zone"
    path.write_text("@ SOA a. b.\n")
    with pytest.raises(UsageError) as refused:
        read_zone(path, cast("Agent", Tools(said)))
    assert complaint in str(refused.value).replace(str(path), "FILE")
    assert "/lab/" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("@ SOA a. b.\n; DNSKEY here\n@ 3600 IN DNSKEY 257 3 13 AAAA\n", ":3:"),
        ("@ SOA a. b.\n\tRRSIG SOA 13 2\n", ":2:"),
        ('@ SOA a. b.\nx TXT "a NSEC b"\n', ":"),
    ],
)
def test_a_zone_that_is_signed_already_is_refused(tmp_path: Path, text: str, line: str) -> None:
    """The first such record's line is told, and how to be rid of them."""
    path = tmp_path / "example.com.zone"
    path.write_text(text)
    compiled = f"{SOA}\n{NS}\nexample.com. 3600 IN DNSKEY 257 3 13 AAAA\na.example.com. 1 IN NSEC b. A\n"
    with pytest.raises(UsageError) as refused:
        read_zone(path, cast("Agent", Tools("", compiled)))
    assert str(refused.value).startswith(f"{path}{line} the zone has DNSSEC records already (DNSKEY, NSEC)")


def test_what_named_checkzone_found_odd_is_told(tmp_path: Path) -> None:
    """Warnings of a zone that loads are notes, and that it was loaded is none."""
    path = tmp_path / "example.com.zone"
    path.write_text("@ SOA a. b.\n")
    said = "/lab/user.zone:1: no TTL specified\nzone example.com/IN: loaded serial 7\ndump zone to x...done\nOK\n"
    notes = read_zone(path, cast("Agent", Tools(said, f"{SOA}\n{NS}\n"))).notes
    assert notes[1:] == (f"{path}:1: no TTL specified",)
