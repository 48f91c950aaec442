"""A user's own zone and policy: what BIND says of them reaches the user, and a lab serves them as they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from lab.agent import Agent
from lab.engine import Engine
from lab.errors import UsageError
from lab.lab import Lab
from lab.topology import SAAS, Key, Topology
from lab.userpolicy import read_policy
from lab.userzone import MOST_NAMES, read_zone
from lab.workbench import workbench

APEX = """$TTL 1800
$ORIGIN example.com.
@ 3600 IN SOA ns1.example.org. hostmaster 2026112401 3600 600 1209600 900
@ 7200 NS ns1.example.org.
@ 7200 NS ns
ns AAAA 2001:db8::1
"""
OWN = (
    APEX
    + """www A 192.0.2.80
\\*odd\\.name A 192.0.2.81
xn--shp-tna A 192.0.2.82
_tcp.host A 192.0.2.83
*.wild TXT "any; name"
sub NS ns.elsewhere.net.
$GENERATE 1-40 host$ A 192.0.2.$
"""
)
POLICY = """// mine
dnssec-policy "mine" {
    keys { csk lifetime P1Y algorithm ecdsa256; }; // one key
    dnskey-ttl 1h; parent-ds-ttl 1h; nsec3param iterations 0 optout no salt-length 0;
};
zone "example.com" { type primary; file "nowhere"; dnssec-policy "mine"; };
"""


@pytest.fixture(scope="module")
def tools() -> Iterator[Agent]:
    """A workbench for all of them: nothing of one look stays for the next."""
    with workbench(Engine.connect()) as agent:
        yield agent


def file(folder: Path, text: str, name: str = "example.com.zone") -> Path:
    """A file of that text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_users_zone_and_policy_are_served_and_validated(tools: Agent, tmp_path: Path) -> None:
    """Odd names, underscores, wildcards and delegations included, under the user's own policy, behind every validator."""
    user = read_zone(file(tmp_path, OWN), tools)
    policy = read_policy(file(tmp_path, POLICY, "named.conf"), None, tools).policy
    assert policy.keys == (("csk", Key("ecdsap256sha256", lifetime=timedelta(days=365))),)
    asked = [*user.rrsets, ("random.wild.example.com.", "TXT"), ("ns.example.com.", "A")]
    with Lab(Topology(victim=user.zone(policy))) as lab:
        assert [state.role for state in lab.signer("example.com.").key_states()] == ["CSK"]
        for resolver in lab.validators:
            answers = {question: resolver.answer(*question) for question in asked}
            assert [
                question for question, answer in answers.items() if not (answer.ad and answer.has_data)
            ] == []
        assert lab.signer("example.com.").ask("ns.example.com.", "AAAA").records == ()
    assert len(user.rrsets) == 45
    assert [note.split(" ")[1] for note in user.notes] == ["NS", "records"]  # an underscore is no oddity
    assert user.wildcards == (("*.wild.example.com.", "TXT"),)


def test_a_tld_and_a_deep_name_are_delegated_and_validated(tools: Agent, tmp_path: Path) -> None:
    """The root delegates a TLD itself, and a parent of several labels in one cut."""
    for name in ("nic.", "shop.example.co.uk."):
        user = read_zone(file(tmp_path, OWN.replace("example.com.", name), "z"), tools)
        with Lab(Topology(victim=user.zone(SAAS))) as lab:
            assert lab.topology.bystander is not None
            names = (f"www.{name}", f"www.{lab.topology.bystander.name}")
            assert all(resolver.answer(one, "A").ad for resolver in lab.validators for one in names)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (f"{APEX}x FOO bar\n", ":7: unknown RR type 'FOO': named-checkzone does not load"),
        (f"{APEX}x A 192.0.2\n", ":7: near '192.0.2': bad dotted quad"),
        (f"{APEX}x CNAME y\nx A 192.0.2.1\n", "x.example.com: CNAME and other data"),
        ("$ORIGIN example.com.\nwww 60 A 192.0.2.1\n", "has no SOA record"),
        (APEX.replace("NS", "TXT"), "has no NS record at the apex example.com."),
        (APEX.replace("@ 3600 IN SOA", "a.org. 3600 IN SOA"), "is of another zone than a.org., as it holds"),
        (f"{APEX}@ DNSKEY 257 3 13 AAAA\n", ":7: the zone has DNSSEC records already (DNSKEY)"),
        (f"{APEX}@ CDS 0 0 0 00\n", ":7: the zone has DNSSEC records already (CDS)"),
        (
            f"{APEX}$GENERATE 1-{MOST_NAMES} h$ A 192.0.2.1\n",
            f"has {MOST_NAMES + 2:,} names, and a lab takes",
        ),
    ],
    ids=lambda value: value[-25:],
)
def test_a_zone_that_no_lab_can_serve_is_refused(
    tools: Agent, tmp_path: Path, text: str, complaint: str
) -> None:
    """BIND's own words, under the user's file and line, and what chaindrill asks besides."""
    path = file(tmp_path, text)
    with pytest.raises(UsageError) as refused:
        read_zone(path, tools)
    assert complaint in str(refused.value)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("\n\ndnssec-policy x { dnskey-ttl 1x; };", ":3: expected ISO 8601 duration or TTL value near '1x'"),
        ("\ndnssec-policy x { foo 1; };", ":2: unknown option 'foo'"),
        (
            "dnssec-policy x { keys { ksk lifetime P1D algorithm 13; zsk lifetime P1D algorithm 13; }; };",
            "key lifetime is shorter than the time it takes to do a rollover",
        ),
        ("dnssec-policy x { keys { csk algorithm 13 lifetime 0 }; };", ":1: "),
        ('dnssec-policy "default" { };', "built-in policies"),
    ],
)
def test_a_policy_that_bind_refuses_is_refused_in_its_words(
    tools: Agent, tmp_path: Path, text: str, complaint: str
) -> None:
    """named-checkconf's words, with the line of the user's own file, also for a policy that can never finish."""
    path = file(tmp_path, text, "named.conf")
    with pytest.raises(UsageError) as refused:
        read_policy(path, None, tools)
    assert complaint in str(refused.value)
    assert str(refused.value).startswith(str(path))
    assert "\n" not in str(refused.value)


def test_binds_own_policy_is_as_this_bind_has_it(tools: Agent, tmp_path: Path) -> None:
    """A user's empty policy and the built-in default have the same terms."""
    empty = read_policy(file(tmp_path, "dnssec-policy x { };", "named.conf"), "x", tools).policy
    default = read_policy(None, "default", tools).policy
    assert (empty.keys, empty.parent_ds_ttl) == (default.keys, default.parent_ds_ttl)
    assert default.keys == (("csk", Key("ecdsap256sha256")),)
    assert default.parent_ds_ttl == timedelta(days=1)
    with Lab(Topology(victim=read_zone(file(tmp_path, OWN), tools).zone(default)), ["unbound"]) as lab:
        assert lab.validators[0].answer("www.example.com.", "A").ad
