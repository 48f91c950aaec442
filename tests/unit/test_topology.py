"""Specifications of zones, policies and trees: what they take and what they refuse."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lab.errors import UsageError
from lab.topology import (
    POLICIES,
    SAAS,
    Key,
    Policy,
    RegistrarTerms,
    Topology,
    Zone,
    policy_named,
)


@pytest.mark.parametrize("name", ["shop.test.", "shop.lab", "-.lab."])
def test_a_topology_checks_the_names_of_both_zones(name: str) -> None:
    """Neither the victim nor the bystander may have a name that isn't one."""
    with pytest.raises(UsageError, match="zone name"):
        Topology(victim=Zone(name))
    with pytest.raises(UsageError, match="zone name"):
        Topology(bystander=Zone(name))


@pytest.mark.parametrize("name", ["bystander.lab.", "Bystander.LAB."])
def test_victim_and_bystander_must_differ(name: str) -> None:
    """The zone that is broken can't be the one that must stay healthy, whatever its case."""
    with pytest.raises(UsageError, match="different names"):
        Topology(victim=Zone(name))


def test_zones_in_capitals_are_the_zones_in_small_letters() -> None:
    """A tree holds its names in lower case, so that every later comparison with them is right."""
    topology = Topology(victim=Zone("SHOP.Lab.", policy=None))
    assert topology.victim == Zone("shop.lab.", policy=None)
    assert topology.zone("shop.lab.") is topology.victim


@pytest.mark.parametrize("octets", [511, 4097, 0, -1])
def test_edns_buffers_out_of_bounds_are_refused(octets: int) -> None:
    """Below 512 octets DNS ends (RFC 6891 6.2.3), above 4096 no resolver goes."""
    with pytest.raises(UsageError, match=f"EDNS buffer size {octets} "):
        Topology(edns_buffer=octets)


@pytest.mark.parametrize("octets", [512, 1232, 4096])
def test_edns_buffers_at_the_bounds_are_taken(octets: int) -> None:
    """The bounds themselves are allowed."""
    assert Topology(edns_buffer=octets).edns_buffer == octets


def test_zones_are_listed_parents_first() -> None:
    """Every zone's parent stands before it, with and without a bystander."""
    assert [zone.name for zone in Topology().zones] == [".", "lab.", "shop.lab.", "bystander.lab."]
    assert [zone.name for zone in Topology(bystander=None).zones] == [".", "lab.", "shop.lab."]


def test_a_zone_that_is_not_there_is_a_usage_error_that_names_those_that_are() -> None:
    """Asking a tree for an unknown zone says which zones it has."""
    with pytest.raises(
        UsageError, match=r"no zone 'nosuch\.lab\.': it has \., lab\., shop\.lab\., bystander\.lab\."
    ):
        Topology().zone("nosuch.lab.")


def test_policies_are_found_by_their_own_name() -> None:
    """Every built-in policy is known by the name that its configuration uses."""
    assert {name: policy_named(name).name for name in POLICIES} == {name: name for name in POLICIES}
    assert policy_named("saas") is SAAS


def test_an_unknown_policy_is_a_usage_error_that_names_those_there_are() -> None:
    """Asking for an unknown policy lists the known ones."""
    with pytest.raises(UsageError, match="'nosuch': there are bulky, registry, saas"):
        policy_named("nosuch")


@pytest.mark.parametrize("policy", POLICIES.values(), ids=lambda policy: policy.name)
def test_signatures_are_renewed_before_they_lapse(policy: object) -> None:
    """A policy that let signatures expire before their renewal would break a healthy zone by itself."""
    assert policy.signatures_refresh + policy.signatures_jitter < policy.signatures_validity  # type: ignore[attr-defined]


def test_the_secondary_outlives_every_signature() -> None:
    """SOA expire exceeds the signatures' validity, or a stalled signer would look like an outage."""
    zone = Zone("shop.lab.")
    assert zone.policy is not None
    assert zone.soa_expire > zone.policy.signatures_validity


def test_the_default_registrar_takes_anything_well_formed_after_a_while() -> None:
    """Most registrars neither look at the child nor publish at once."""
    terms = RegistrarTerms()
    assert not terms.checks_child
    assert terms.publication_delay > timedelta(0)


@pytest.mark.parametrize(
    ("victim", "zones"),
    [
        ("shop.lab.", {".": "", "lab.": ".", "shop.lab.": "lab.", "bystander.lab.": "lab."}),
        ("example.com.", {".": "", "com.": ".", "example.com.": "com.", "bystander.com.": "com."}),
        (
            "shop.example.co.uk.",
            {
                ".": "",
                "example.co.uk.": ".",
                "shop.example.co.uk.": "example.co.uk.",
                "bystander.example.co.uk.": "example.co.uk.",
            },
        ),
        ("de.", {".": "", "lab.": ".", "de.": ".", "bystander.lab.": "lab."}),
    ],
)
def test_a_tree_has_the_parents_that_its_victim_needs(victim: str, zones: dict[str, str]) -> None:
    """Any name can be rehearsed: its parent is made below the root, and the bystander stands beside it."""
    topology = Topology(victim=Zone(victim))
    assert [zone.name for zone in topology.zones] == list(zones)
    assert {name: topology.parent_of(name) for name in list(zones)[1:]} == dict(list(zones.items())[1:])


def test_a_tree_follows_a_victim_that_is_replaced() -> None:
    """A copy with another victim has that one's parent, and its own kinds of zones all the same."""
    first = Topology(victim=Zone("example.com."), bystander=Zone("bystander.lab.", hidden_primary=True))
    second = replace(first, victim=Zone("example.org."))
    assert second.tld.name == "org."
    assert second.bystander == Zone("bystander.org.", hidden_primary=True)


def test_an_unknown_zone_has_no_parent() -> None:
    """Asking for the parent of a zone that isn't there says which zones there are."""
    with pytest.raises(UsageError, match=r"no zone 'com\.'"):
        Topology().parent_of("com.")


def test_a_bystander_elsewhere_is_refused() -> None:
    """A bystander under another parent would share too little with the victim to prove anything."""
    with pytest.raises(UsageError, match=r"call the bystander 'something\.com\.'"):
        Topology(victim=Zone("example.com."), bystander=Zone("other.lab."))


def test_the_labs_own_tld_is_no_victim() -> None:
    """`lab.` holds the bystander where a TLD is rehearsed, so it can't be the one."""
    with pytest.raises(UsageError, match=r"'lab\.' is what labs call their own TLD"):
        Topology(victim=Zone("lab."))


def test_a_policy_has_a_csk_or_a_pair() -> None:
    """A CSK takes the place of both other keys."""
    csk = Key("ed25519")
    assert Policy("pair").keys == (("ksk", Key()), ("zsk", Key()))
    assert Policy("single", csk=csk).keys == (("csk", csk),)


def test_what_users_wrote_is_not_in_what_is_printed_of_it() -> None:
    """A report names a zone and a policy, and does not print a zone file of megabytes."""
    assert "MX" not in repr(Zone("shop.lab.", Policy("own", source="MX"), source="shop.lab. 1 IN MX 1 a."))
