"""Specifications of zones, policies and trees: what they take and what they refuse."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lab.errors import UsageError
from lab.topology import (
    POLICIES,
    SAAS,
    RegistrarTerms,
    Topology,
    Zone,
    check_zone_name,
    parent_of,
    policy_named,
)

LONGEST_LABEL = "a" * 63
TOO_LONG = ".".join([LONGEST_LABEL] * 4) + ".lab."


@pytest.mark.parametrize(
    "name", ["shop.lab.", "my-shop.lab.", "_dmarc.lab.", "7.lab.", "a--b.lab.", f"{LONGEST_LABEL}.lab."]
)
def test_good_names_are_taken_as_they_are(name: str) -> None:
    """A host-style child of the TLD is returned unchanged."""
    assert check_zone_name(name) == name


def test_names_are_compared_without_case() -> None:
    """A name in capitals is the same name (RFC 4343), so it is turned to lower case."""
    assert check_zone_name("ShOp.LAB.") == "shop.lab."


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("shop.lab", "is not absolute"),
        ("", "is not absolute"),
        ("-shop.lab.", "neither start nor end with a hyphen"),
        ("shop-.lab.", "neither start nor end with a hyphen"),
        ("sh op.lab.", "'sh op'"),
        ("sh/op.lab.", "'sh/op'"),
        ("shöp.lab.", "'shöp'"),
        ("shop.lab.\n", "is not absolute"),
        ("shop\n.lab.", "is not a host-style name"),
        ("shop..lab.", "label ''"),
        (".", "label ''"),
        (f"a{LONGEST_LABEL}.lab.", "1 to 63"),
        (TOO_LONG, "longer than a domain name may be"),
        ("shop.com.", "is not a child of 'lab.'"),
        ("lab.", "is not a child of 'lab.'"),
        ("www.shop.lab.", "is not a child of 'lab.'"),
    ],
    ids=repr,
)
def test_bad_names_are_refused_with_what_is_wrong(name: str, complaint: str) -> None:
    """A name that can't be a zone below the TLD is refused in one sentence that says why."""
    with pytest.raises(UsageError) as refused:
        check_zone_name(name)
    assert complaint in str(refused.value)


@pytest.mark.parametrize("name", ["shop.com.", "shop.lab", "-.lab."])
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


@pytest.mark.parametrize(("name", "parent"), [("lab.", "."), ("shop.lab.", "lab.")])
def test_parents(name: str, parent: str) -> None:
    """The parent is what is left of a name without its first label."""
    assert parent_of(name) == parent
