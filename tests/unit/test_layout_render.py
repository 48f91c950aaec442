"""Where a topology's servers stand, and what their configurations say."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import dns.rdatatype
import dns.zone
import jinja2
import pytest

import lab.render
from lab.agent import AGENT_ADDRESS, PROBE_ADDRESS
from lab.errors import UsageError
from lab.host import SMALL_DISK, Host
from lab.layout import ROOT, Seat, resolver_hosts, seats
from lab.render import render
from lab.resolver import vendors
from lab.topology import BULKY, REGISTRY, Key, Policy, Topology, Zone

HIDDEN = Zone("shop.lab.", hidden_primary=True)
TOPOLOGIES = {
    "plain": Topology(),
    "hidden": Topology(victim=HIDDEN),
    "both-hidden": Topology(victim=HIDDEN, bystander=Zone("bystander.lab.", hidden_primary=True)),
    "root-hidden": Topology(victim=Zone("gov."), root=Zone(".", REGISTRY, hidden_primary=True)),
    "alone": Topology(bystander=None),
    "unsigned": Topology(victim=Zone("shop.lab.", policy=None)),
    "elsewhere": Topology(victim=Zone("shop.example.co.uk.")),
    "tld": Topology(victim=Zone("de.")),
    "nic": Topology(victim=Zone("nic.de.", hidden_primary=True)),
    "bulky": Topology(victim=Zone("shop.lab.", policy=BULKY), edns_buffer=4096),
}
TEMPLATES = sorted(path.name for path in (Path(lab.render.__file__).parent / "templates").iterdir())
RESOLVER_VALUES = {
    "host": Host("one", "10.53.0.20"),
    "validating": True,
    "hints": "/lab/root.hints",
    "anchor": "/lab/root.ds",
    "root_keys": [{"flags": 257, "protocol": 3, "algorithm": 13, "key_base64": "a2V5"}],
    "control_secret": "c2VjcmV0",
    "edns_buffer": 1400,
    "observing": False,
    "forward_to": None,
    "track_anchor": None,
}

every_topology = pytest.mark.parametrize("topology", TOPOLOGIES.values(), ids=TOPOLOGIES)


def seat_of(topology: Topology, name: str) -> Seat:
    """The seat of a host."""
    return next(seat for seat in seats(topology) if seat.host.name == name)


def read_zone(seat: Seat) -> dns.zone.Zone:
    """A zone's source, as dnspython reads it."""
    return dns.zone.from_text(seat.zone_file(), origin=seat.zone.name, relativize=False)


@every_topology
def test_names_and_addresses_are_unique(topology: Topology) -> None:
    """No two hosts of a lab share a name, an address or a folder, those of the agent included."""
    resolvers = resolver_hosts([f"vendor{number}" for number in range(12)], "control")
    hosts = [*(seat.host for seat in seats(topology)), *resolvers.values()]
    addresses = [*(host.address for host in hosts), AGENT_ADDRESS, PROBE_ADDRESS]
    assert len(set(addresses)) == len(addresses)
    assert len({host.name for host in hosts}) == len({host.folder for host in hosts}) == len(hosts)


def test_resolvers_stand_in_the_order_chosen_and_the_control_last() -> None:
    """A validator's place is its place in the list; without a control there is none."""
    assert list(resolver_hosts(["b", "a"], "control")) == ["b", "a", "control"]
    assert list(resolver_hosts(["a"], None)) == ["a"]


@every_topology
def test_every_zone_is_delegated_to_the_server_that_its_ns_names(topology: Topology) -> None:
    """A parent's NS record and glue lead to a host that has a seat for that zone, under the name that zone gives it."""
    placed = seats(topology)
    for parent in placed:
        for zone, host in parent.children:
            source = read_zone(parent)
            assert [str(rdata) for rdata in source.find_rdataset(zone, "NS")] == [host.nsname]
            assert [str(rdata) for rdata in source.find_rdataset(host.nsname, "A")] == [host.address]
            child = next(seat for seat in placed if seat.host == host)
            assert child.zone.name == zone
            signer = next(seat for seat in placed if seat.zone.name == zone and seat.primary is None)
            assert [str(rdata) for rdata in read_zone(signer).find_rdataset(zone, "NS")] == [host.nsname]
    assert {zone for seat in placed for zone, _ in seat.children} == {
        zone.name for zone in topology.zones[1:]
    }


@every_topology
def test_every_zone_has_one_primary(topology: Topology) -> None:
    """Each zone is signed in one place, and only secondaries name a primary."""
    primaries = [seat.zone.name for seat in seats(topology) if seat.primary is None]
    assert primaries == [zone.name for zone in topology.zones]


def test_a_hidden_primary_is_named_nowhere_in_the_dns() -> None:
    """The NS set names the secondary only; the signer feeds it and nobody else hears of it."""
    topology = TOPOLOGIES["hidden"]
    signer, serving = seat_of(topology, "signer.shop"), seat_of(topology, "ns.shop")
    assert (signer.secondaries, serving.primary) == ((serving.host,), signer.host)
    everything = "".join(seat.zone_file() for seat in seats(topology) if seat.primary is None)
    assert signer.host.nsname not in everything
    assert signer.host.address not in everything
    assert f"also-notify {{ {serving.host.address}; }};" in signer.config("secret")
    assert re.search(rf"allow-transfer \{{ .*{re.escape(serving.host.address)}; ", signer.config("secret"))
    assert f"primaries {{ {signer.host.address}; }};" in serving.config("secret")


def test_the_root_may_have_a_hidden_primary() -> None:
    """Resolvers know the secondary; DS sets are taken by the primary, that nobody else hears of."""
    topology = TOPOLOGIES["root-hidden"]
    signer, serving = seat_of(topology, "signer.root"), seat_of(topology, "root")
    assert (signer.secondaries, serving.primary, serving.host) == ((ROOT,), signer.host, ROOT)
    assert "allow-update" in signer.config("secret")
    assert "allow-update" not in serving.config("secret")
    assert signer.host.address not in "".join(
        seat.zone_file() for seat in seats(topology) if not seat.primary
    )


@pytest.mark.parametrize("hidden", [False, True])
def test_a_second_server_is_listed_and_delegated_to_beside_the_first(hidden: bool) -> None:
    """The zone and its parent name both, with their addresses, and the primary feeds each that is a secondary."""
    topology = Topology(victim=Zone("shop.lab.", hidden_primary=hidden, second_server=True))
    placed = [seat for seat in seats(topology) if seat.zone.name == "shop.lab."]
    assert [seat.second for seat in placed] == [False] * (1 + hidden) + [True]
    names = {"ns.shop.lab.", "ns2.shop.lab."}
    for source in (read_zone(placed[0]), read_zone(seat_of(topology, "tld"))):
        assert {str(rdata) for rdata in source.find_rdataset("shop.lab.", "NS")} == names
        assert all(source.find_rdataset(name, "A") for name in names)
    fed = {seat.host for seat in placed if seat.primary}
    assert set(placed[0].secondaries) == fed
    assert all(seat.primary == placed[0].host for seat in placed[1:])


def test_a_new_provider_signs_by_itself_and_nobody_refers_to_it_yet() -> None:
    """It has a policy and lists itself; neither the parent nor the present servers name it."""
    topology = Topology(victim=Zone("shop.lab.", new_provider=True))
    new = seat_of(topology, "ns.shop2")
    assert (new.primary, new.second) == (None, True)
    assert "dnssec-policy" in new.config("secret")
    assert [str(rdata) for rdata in read_zone(new).find_rdataset("shop.lab.", "NS")] == ["ns2.shop.lab."]
    others = [seat for seat in seats(topology) if seat is not new and seat.host != new.host]
    assert not any("ns2.shop.lab." in seat.zone_file() for seat in others)


def test_a_primary_that_refuses_transfers_still_gives_its_operator_the_zone() -> None:
    """Only the agent is left on the list; NOTIFY goes out as before."""
    seat = replace(seat_of(TOPOLOGIES["hidden"], "signer.shop"), refuses_transfers=True)
    allowed = re.search(r"allow-transfer \{ (.*?)\};", seat.config("secret"))
    assert allowed is not None
    assert allowed[1].split() == [f"{AGENT_ADDRESS};"]
    assert f"also-notify {{ {seat.secondaries[0].address}; }};" in seat.config("secret")


def test_a_signer_on_a_small_disk_keeps_all_it_writes_there() -> None:
    """Its folder is on that disk, and nobody else's is."""
    topology = Topology(victim=Zone("shop.lab.", hidden_primary=True, small_disk=True))
    small = {seat.host.name for seat in seats(topology) if seat.folder.startswith(SMALL_DISK)}
    assert small == {"signer.shop"}
    assert f'directory "{SMALL_DISK}/signer.shop";' in seat_of(topology, "signer.shop").config("secret")


def test_a_secondary_neither_signs_nor_holds_a_policy() -> None:
    """Only the signer's configuration has a dnssec-policy."""
    topology = TOPOLOGIES["hidden"]
    assert "dnssec-policy" not in seat_of(topology, "ns.shop").config("secret")
    assert 'dnssec-policy "saas";' in seat_of(topology, "signer.shop").config("secret")


def test_an_unsigned_zone_has_no_policy() -> None:
    """Without a policy the configuration does not speak of DNSSEC signing."""
    assert "dnssec-policy" not in seat_of(TOPOLOGIES["unsigned"], "ns.shop").config("secret")


def test_a_policy_reaches_the_configuration_whole() -> None:
    """Every duration and key of a policy stands in named.conf, in BIND's own terms."""
    names = [field.name for field in fields(Policy) if isinstance(field.default, timedelta)]
    values: dict[str, Any] = {name: timedelta(seconds=1000 + number) for number, name in enumerate(names)}
    policy = Policy("odd", ksk=Key("rsasha256", 4096, timedelta(days=7)), zsk=Key(), nsec3=True, **values)
    seat = replace(
        seat_of(TOPOLOGIES["plain"], "ns.shop"), zone=Zone("shop.lab.", policy=policy), edns_buffer=1400
    )
    config = seat.config("secret")
    for number, name in enumerate(names):
        assert f"\t{name.replace('_', '-')} PT{1000 + number}S;" in config
    assert "ksk lifetime PT604800S algorithm rsasha256 4096;" in config
    assert "zsk lifetime unlimited algorithm ecdsap256sha256;" in config
    assert "nsec3param iterations 0 optout no salt-length 0;" in config
    assert "max-udp-size 1400;" in config


def test_a_csk_stands_alone_in_the_configuration() -> None:
    """A policy with a CSK has neither KSK nor ZSK."""
    policy = Policy("single", csk=Key("ed25519"))
    config = replace(seat_of(TOPOLOGIES["plain"], "ns.shop"), zone=Zone("shop.lab.", policy)).config("secret")
    assert "csk lifetime unlimited algorithm ed25519;" in config
    assert not re.search(r"\b[kz]sk lifetime", config)


@pytest.mark.parametrize("source", ['dnssec-policy "own" { dnskey-ttl 7; };', ""])
def test_a_users_policy_stands_in_the_configuration_as_it_is(source: str) -> None:
    """The user's block takes the place of a rendered one; an empty one is a policy that BIND has built in."""
    seat = replace(
        seat_of(TOPOLOGIES["plain"], "ns.shop"), zone=Zone("shop.lab.", Policy("own", source=source))
    )
    config = seat.config("secret")
    assert source in config
    assert config.count("dnssec-policy") == 1 + bool(source)
    assert '\tdnssec-policy "own";' in config


def test_a_users_zone_is_signed_in_few_batches() -> None:
    """It may be large; the lab's own zones are signed as BIND does it unasked."""
    seat = seat_of(TOPOLOGIES["plain"], "ns.shop")
    own = replace(seat, zone=Zone("shop.lab.", source="shop.lab. 1 IN SOA a. b. 1 2 3 4 5\n"))
    assert own.config("secret").count("sig-signing-") == 2
    assert "sig-signing-" not in seat.config("secret")


def test_a_parents_server_has_no_name_below_a_cut() -> None:
    """Where `nic` is a zone of its own, the parent's server is called otherwise."""
    for victim, server in (("shop.de.", "a.nic.de."), ("nic.de.", "a.registry.de.")):
        topology = Topology(victim=Zone(victim))
        assert seat_of(topology, "tld").host.nsname == server


def test_only_parents_take_updates_and_only_from_the_agent() -> None:
    """The registrar updates parents; nobody updates a leaf."""
    for seat in seats(TOPOLOGIES["plain"]):
        expected = f"allow-update {{ {AGENT_ADDRESS}; }};" if seat.children else None
        assert (
            (expected in seat.config("secret")) if expected else ("allow-update" not in seat.config("secret"))
        )


@every_topology
def test_leaves_have_a_name_for_every_claim(topology: Topology) -> None:
    """Each leaf has www and enough numbered names that no two claims need the same one, all with its TTL."""
    for seat in seats(topology):
        if seat.children or seat.primary is not None:
            continue
        source = read_zone(seat)
        for label in ("www", *(f"w{number}" for number in range(1, 33))):
            assert source.find_rdataset(f"{label}.{seat.zone.name}", "A").ttl == 1800
        soa = source.find_rdataset(seat.zone.name, "SOA")
        assert (soa.ttl, soa[0].minimum, soa[0].expire) == (3600, 900, 60 * 86400)


@every_topology
def test_no_address_of_the_world_is_in_a_zone(topology: Topology) -> None:
    """Records lead to documentation addresses (RFC 5737) or to the lab's own."""
    for seat in seats(topology):
        if seat.primary is None:
            for _, _, rdata in read_zone(seat).iterate_rdatas(dns.rdatatype.A):
                assert str(rdata).startswith(("192.0.2.", "10.53.0."))


def test_hints_name_the_lab_s_own_root() -> None:
    """The hints file has one server, the lab's."""
    assert render("hints.j2", root=ROOT).split() == [
        *(".", "3600000", "IN", "NS", ROOT.nsname),
        *(ROOT.nsname, "3600000", "IN", "A", ROOT.address),
    ]


@pytest.mark.parametrize("name", vendors())
@pytest.mark.parametrize("validating", [True, False])
def test_resolver_templates_use_what_they_are_given(name: str, validating: bool) -> None:
    """A resolver stands at its own address, knows the private root only, and has the lab's EDNS buffer."""
    vendor = vendors()[name]
    text = render(vendor.template, **(RESOLVER_VALUES | {"validating": validating}))
    assert text.count("10.53.0.20") >= 2
    assert "/lab/root.hints" in text
    assert "1400" in text
    assert "4711" not in text


@pytest.mark.parametrize("name", vendors())
@pytest.mark.parametrize("missing", sorted(RESOLVER_VALUES))
def test_a_value_that_a_resolver_s_template_uses_must_be_given(name: str, missing: str) -> None:
    """A forgotten value raises, instead of leaving an option empty, wherever the template uses it."""
    template = vendors()[name].template
    source = (Path(lab.render.__file__).parent / "templates" / template).read_text()
    values = {key: value for key, value in RESOLVER_VALUES.items() if key != missing}
    if re.search(rf"\{{[{{%][^}}]*\b{missing}\b", source):
        with pytest.raises(jinja2.UndefinedError, match=missing):
            render(template, **values)
    else:
        assert render(template, **values) == render(template, **RESOLVER_VALUES)


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_refuses_to_be_filled_with_nothing(template: str) -> None:
    """No template renders without its values."""
    with pytest.raises(jinja2.UndefinedError):
        render(template)


@pytest.mark.parametrize("vendor", ["bind", "unbound"])
def test_a_resolver_tracks_its_trust_anchor_where_it_is_to(vendor: str) -> None:
    """BIND tracks an `initial-key` only under `dnssec-validation auto`; Unbound writes to the file that it is given."""
    template = vendors()[vendor].template
    fixed = render(template, **RESOLVER_VALUES)
    tracking = render(template, **(RESOLVER_VALUES | {"track_anchor": "/lab/x/root.anchor"}))
    words = {
        "bind": ("static-key", "dnssec-validation yes;", "initial-key", "dnssec-validation auto;"),
        "unbound": (
            "\ttrust-anchor-file:",
            "",
            '\tauto-trust-anchor-file: "/lab/x/root.anchor"',
            "cache-max-ttl",
        ),
    }[vendor]
    assert all(word in fixed for word in words[:2])
    assert all(word in tracking for word in words[2:])
    assert words[0] not in tracking
    assert words[2] not in fixed


def test_a_zone_may_have_more_records_and_an_unsigned_child_on_its_server() -> None:
    """The child is delegated to the server that has its zone too, drafted or not; no DS is in sight."""
    zone = Zone("shop.lab.", more=("*.wild IN A 192.0.2.4",), unsigned_child="child")
    seat = seat_of(Topology(victim=zone), "ns.shop")
    source = read_zone(seat)
    assert source.find_rdataset("*.wild.shop.lab.", "A")
    assert str(source.find_rdataset("child.shop.lab.", "NS")[0]) == "ns.shop.lab."
    assert source.get_rdataset("child.shop.lab.", "DS") is None
    for one in (seat, replace(seat, drafted=True)):
        assert 'zone "child.shop.lab." {' in one.config("secret")
    child = dns.zone.from_text(
        seat.files[f"{seat.host.folder}/child"], origin="child.shop.lab.", relativize=False
    )
    assert all(child.find_rdataset(f"{label}.child.shop.lab.", "A") for label in ("www", "w1", "w9"))
    assert len(seat_of(Topology(), "ns.shop").files) == 1


def test_a_hidden_primary_has_no_child() -> None:
    """The child's zone would be where nobody asks for it."""
    with pytest.raises(UsageError, match="unsigned child"):
        Topology(victim=Zone("shop.lab.", hidden_primary=True, unsigned_child="child"))


def test_opt_out_is_the_policys_to_say() -> None:
    """Off unless the policy has it."""
    for opt_out, word in ((False, "optout no"), (True, "optout yes")):
        policy = Policy("some", nsec3=True, opt_out=opt_out)
        assert word in seat_of(Topology(victim=Zone("shop.lab.", policy)), "ns.shop").config("secret")
