"""What a lab is made of: frozen specifications of zones, policies and the tree they form.

The tree is always root → `lab.` → one victim zone and one bystander zone.  Light on purpose: scenario files
import this, and `chaindrill list` answers at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta

from lab.errors import UsageError

TLD = "lab."
"""Not a special-use name (RFC 6761, 8375 …): every resolver treats it like any delegated name."""

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\Z")


def check_zone_name(name: str) -> str:
    """The name itself where it is an absolute child of `lab.`; raises UsageError saying what is wrong with it."""
    labels = name.removesuffix(".").lower().split(".")
    if not name.endswith("."):
        raise UsageError(f"zone name {name!r} is not absolute: end it with a dot, as in 'shop.lab.'")
    for label in labels:
        if not _LABEL.match(label):
            raise UsageError(
                f"zone name {name!r} is not a host-style name: its label {label!r} must be 1 to 63 letters, digits,"
                " hyphens or underscores and neither start nor end with a hyphen"
            )
    if len(name) > 254:
        raise UsageError(
            f"zone name {name[:30]!r}… is longer than a domain name may be (255 octets, RFC 1035 3.1)"
        )
    if len(labels) != 2 or labels[1] != "lab":
        raise UsageError(
            f"zone name {name!r} is not a child of {TLD!r}: labs delegate names like 'shop.lab.'"
        )
    return name.lower()


@dataclass(frozen=True)
class Key:
    """A key of a dnssec-policy: `lifetime` None means unlimited."""

    algorithm: str = "ecdsap256sha256"
    bits: int | None = None
    lifetime: timedelta | None = None


@dataclass(frozen=True)
class Policy:
    """A `dnssec-policy` as BIND takes it; all durations are BIND's own options of that name."""

    name: str
    ksk: Key = Key()
    zsk: Key = Key()
    nsec3: bool = False
    dnskey_ttl: timedelta = timedelta(hours=1)
    max_zone_ttl: timedelta = timedelta(days=1)
    parent_ds_ttl: timedelta = timedelta(hours=1)
    parent_propagation_delay: timedelta = timedelta(hours=1)
    zone_propagation_delay: timedelta = timedelta(minutes=5)
    publish_safety: timedelta = timedelta(hours=1)
    retire_safety: timedelta = timedelta(hours=1)
    signatures_validity: timedelta = timedelta(days=14)
    signatures_refresh: timedelta = timedelta(days=5)
    signatures_jitter: timedelta = timedelta(hours=12)


SAAS = Policy("saas", ksk=Key(lifetime=timedelta(days=365)), zsk=Key(lifetime=timedelta(days=90)), nsec3=True)
"""What a hosted zone commonly runs: ECDSA P-256, a yearly KSK, a quarterly ZSK, NSEC3 as RFC 9276 wants it."""

REGISTRY = Policy("registry")
"""For the root and the TLD: keys that stay for the lab's life."""

BULKY = Policy("bulky", ksk=Key("rsasha256", 4096), zsk=Key("rsasha256", 4096))
"""RSA keys so large that the DNSKEY answer does not fit an Ethernet frame."""

POLICIES = {policy.name: policy for policy in (SAAS, REGISTRY, BULKY)}


def policy_named(name: str) -> Policy:
    """The built-in policy of that name; raises UsageError naming those there are."""
    try:
        return POLICIES[name]
    except KeyError:
        raise UsageError(
            f"no dnssec-policy is called {name!r}: there are {', '.join(sorted(POLICIES))}"
        ) from None


@dataclass(frozen=True)
class Zone:
    """A zone and how it is served.

    `policy` None: unsigned.  `hidden_primary`: the signer is not listed in the NS set, a plain secondary
    answers (as hosters do it).  `soa_minimum` bounds how long "no such DS" is cached (RFC 9077).
    """

    name: str
    policy: Policy | None = SAAS
    hidden_primary: bool = False
    record_ttl: timedelta = timedelta(minutes=30)
    soa_ttl: timedelta = timedelta(hours=1)
    soa_minimum: timedelta = timedelta(minutes=15)
    soa_expire: timedelta = timedelta(days=60)
    """Longer than any signature lives: else a secondary stops answering before signatures lapse."""


def _named_well(zone: Zone) -> Zone:
    name = check_zone_name(zone.name)
    return zone if name == zone.name else replace(zone, name=name)


@dataclass(frozen=True)
class RegistrarTerms:
    """How the victim's registrar works: the DS TTL at the parent, and what a change takes to be published."""

    ds_ttl: timedelta = timedelta(hours=1)
    publication_delay: timedelta = timedelta(minutes=10)
    checks_child: bool = False
    """Whether a DS that matches no DNSKEY of the child is refused.  Most registrars take anything well-formed."""


@dataclass(frozen=True)
class Topology:
    """A whole tree.  `victim` is what drills break, `bystander` what must stay healthy all along."""

    victim: Zone = Zone("shop.lab.")
    bystander: Zone | None = Zone("bystander.lab.")
    root: Zone = Zone(".", REGISTRY)
    tld: Zone = Zone(TLD, REGISTRY)
    registrar: RegistrarTerms = field(default_factory=RegistrarTerms)
    edns_buffer: int = 1232
    """EDNS buffer size of servers and resolvers (octets; 1232 is the DNS flag day 2020 value)."""

    def __post_init__(self) -> None:
        """Refuse what can't be built.  Raises UsageError."""
        object.__setattr__(self, "victim", _named_well(self.victim))
        object.__setattr__(self, "bystander", self.bystander and _named_well(self.bystander))
        if self.bystander and self.bystander.name == self.victim.name:
            raise UsageError(f"victim and bystander are both {self.victim.name!r}: give them different names")
        if not 512 <= self.edns_buffer <= 4096:
            raise UsageError(f"EDNS buffer size {self.edns_buffer} is outside 512 to 4096 octets")

    @property
    def leaves(self) -> tuple[Zone, ...]:
        """The zones below the TLD."""
        return (self.victim, self.bystander) if self.bystander else (self.victim,)

    @property
    def zones(self) -> tuple[Zone, ...]:
        """All zones, parents first."""
        return (self.root, self.tld, *self.leaves)

    def zone(self, name: str) -> Zone:
        """The zone of that name; raises UsageError naming those there are."""
        for zone in self.zones:
            if zone.name == name:
                return zone
        raise UsageError(f"the lab has no zone {name!r}: it has {', '.join(z.name for z in self.zones)}")


def parent_of(name: str) -> str:
    """The parent zone's name (labs delegate at every label)."""
    rest = name.split(".", 1)[1]
    return rest or "."
