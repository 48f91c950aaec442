"""Claims that come out differently at vendors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import pytest

from harness.expectation import Bogus, Insecure, Secure, StateExpectation, WronglyDenied, others
from harness.vendorwise import DeniedByWildcard, ProvedByNsec3, VouchedBy
from lab.resolver import Vendor
from lab.terms import OddKsk, ValidationTerms

NAME = "nosuch.shop.lab."


@dataclass(frozen=True)
class SomeVendor:
    """As far as these claims look at one."""

    validation: ValidationTerms


def vendor(**terms: object) -> Vendor:
    """A vendor with these lines of its own."""
    return cast("Vendor", SomeVendor(ValidationTerms(**({"nsec3_iterations": 50} | terms))))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("iterations", "kind"), [(0, Secure), (50, Secure), (51, Insecure), (2500, Insecure)]
)
def test_nsec3_proves_up_to_the_vendors_limit(iterations: int, kind: type[StateExpectation]) -> None:
    """The limit itself is still followed; all else of the claim stays."""
    claim = ProvedByNsec3(NAME, "TXT", others(1), denied=True, iterations=iterations)
    assert claim.at(vendor()) == kind(NAME, "TXT", others(1), denied=True)
    assert f"{iterations} iterations" in claim.describe()
    assert claim.describe().startswith(f"the denial of {NAME} TXT")


@pytest.mark.parametrize("odd", OddKsk)
def test_an_odd_ksk_vouches_where_the_vendor_goes_by_it(odd: OddKsk) -> None:
    """Refusing it is the rule, going by it what was measured of some."""
    claim = VouchedBy(NAME, odd=odd)
    assert claim.at(vendor()) == Bogus(NAME)
    assert claim.at(vendor(goes_by=frozenset({odd}))) == Secure(NAME)
    assert claim.at(vendor(goes_by=frozenset(OddKsk) - {odd})) == Bogus(NAME)
    assert odd.value in claim.describe()
    assert "+cd" in claim.command()


def test_a_wildcards_record_denies_where_the_vendor_goes_by_it() -> None:
    """Elsewhere the name is asked for, and answered."""
    claim = DeniedByWildcard(NAME, "A", others(1))
    assert claim.at(vendor(denies_by_wildcard=True)) == WronglyDenied(NAME, "A", others(1))
    assert claim.at(vendor()) == Secure(NAME, "A", others(1))
    assert "wildcard" in claim.describe()
    assert NAME in claim.command()


def test_other_claims_are_the_same_at_every_vendor() -> None:
    """Nothing to resolve."""
    assert Bogus(NAME).at(vendor()) == Bogus(NAME)
