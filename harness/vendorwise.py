"""Claims that come out differently at vendors, by what was measured of each: a limit, a rule that not all follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from harness.expectation import Bogus, Insecure, Secure, Seen, State, StateExpectation, WronglyDenied
from lab.terms import OddKsk

if TYPE_CHECKING:
    from harness.history import History
    from lab.lab import Lab
    from lab.resolver import Vendor


@dataclass(frozen=True)
class ProvedByNsec3(StateExpectation):
    """What NSEC3 proves after so many additional iterations: secure where a vendor follows them, insecure elsewhere.

    That goes for denials (`denied`) and for answers from a wildcard, which need a proof too.
    """

    iterations: int = 0
    state = State.SECURE

    def describe(self) -> str:
        """The claim in one sentence."""
        what = f"the denial of {self.qname}" if self.denied else self.qname
        return (
            f"{what} {self.qtype}, proved with {self.iterations} iterations, is secure at validators that follow so"
            " many and insecure at others"
        )

    def command(self, resolver: str = "RESOLVER") -> str:
        """With the NSEC3 records that prove it."""
        return f"dig @{resolver} {self.qname} {self.qtype} +dnssec   # flags: … ad, or not"

    def at(self, vendor: Vendor) -> StateExpectation:
        """Secure up to the vendor's limit, insecure above it."""
        followed = self.iterations <= vendor.validation.nsec3_iterations
        claim = Secure if followed else Insecure
        return claim(self.qname, self.qtype, self.on, self.within, self.denied)


@dataclass(frozen=True)
class VouchedBy(StateExpectation):
    """A name below a KSK that a DS names but that may not vouch: bogus, but secure where a vendor goes by that key."""

    odd: OddKsk = OddKsk.NO_ZONE_FLAG
    state = State.BOGUS

    def describe(self) -> str:
        """The claim in one sentence."""
        return (
            f"{self.qname} {self.qtype}, vouched for by a KSK {self.odd.value}, is bogus at validators that refuse"
            " such a key and secure at others"
        )

    def command(self, resolver: str = "RESOLVER") -> str:
        """Fails as it is, answers with CD."""
        return Bogus(self.qname, self.qtype).command(resolver)

    def at(self, vendor: Vendor) -> StateExpectation:
        """Bogus, or secure where this vendor goes by such a key."""
        claim = Secure if self.odd in vendor.validation.goes_by else Bogus
        return claim(self.qname, self.qtype, self.on, self.within, self.denied)


@dataclass(frozen=True)
class DeniedByWildcard(StateExpectation):
    """A name that a wildcard answers for, once the wildcard's NSEC record is cached and leaves out the type asked for.

    A validator that goes by such a record denies what is there (RFC 8198 5.3); another asks, and answers.
    """

    state = State.SECURE

    def describe(self) -> str:
        """The claim in one sentence."""
        return (
            f"{self.qname} {self.qtype}, which a wildcard has, is denied, validated, at validators that go by a cached"
            " wildcard's NSEC record, and secure at others"
        )

    def command(self, resolver: str = "RESOLVER") -> str:
        """No records, and `ad`; the servers have them."""
        return WronglyDenied(self.qname, self.qtype).command(resolver)

    def at(self, vendor: Vendor) -> StateExpectation:
        """Wrongly denied, or answered, as this vendor does it."""
        claim = WronglyDenied if vendor.validation.denies_by_wildcard else Secure
        return claim(self.qname, self.qtype, self.on, self.within)


@dataclass(frozen=True)
class HashedOnce:
    """The zone denies by NSEC3 without additional iterations and without salt (RFC 9276 3.1)."""

    zone: str
    within: timedelta = timedelta(0)

    def describe(self) -> str:
        """The claim in one sentence."""
        return f"{self.zone} is denied by NSEC3 without additional iterations and without salt"

    def command(self) -> str:
        """Its last two fields."""
        return f"dig @SERVER {self.zone} NSEC3PARAM +short   # 1 0 0 -"

    def look(self, lab: Lab, history: History) -> Seen:
        """Look at the parameters that the zone's server serves."""
        found = lab.serving(self.zone).rrset(self.zone, "NSEC3PARAM")
        said = [str(one) for one in found or ()]
        iterations = found[0].iterations if found else None
        return Seen(
            said == ["1 0 0 -"], f"NSEC3PARAM of {self.zone}: {'; '.join(said) or 'none'}", iterations
        )
