"""What a lab is made of: frozen specifications of zones, policies and the tree they form.

The tree is always root → one parent zone → one victim zone and one bystander zone; the parent is `lab.` unless the
victim has a name elsewhere.  Light on purpose: scenario files import this, and `chaindrill list` answers at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from lab.errors import UsageError
from lab.zonename import check_zone_name, under

TLD = "lab."
"""Not a special-use name (RFC 6761, 8375 …): every resolver treats it like any delegated name."""


@dataclass(frozen=True)
class Key:
    """A key of a dnssec-policy: `lifetime` None means unlimited."""

    algorithm: str = "ecdsap256sha256"
    bits: int | None = None
    lifetime: timedelta | None = None


@dataclass(frozen=True)
class Policy:
    """A `dnssec-policy` as BIND takes it; all durations are BIND's own options of that name.

    `csk`: the one key of a zone that has neither KSK nor ZSK.  `source`: a user's own block, put into named.conf as
    it is (the other fields then only tell of it); empty: BIND has a policy of that name built in.
    """

    name: str
    ksk: Key = Key()
    zsk: Key = Key()
    csk: Key | None = None
    nsec3: bool = False
    opt_out: bool = False
    """Whether unsigned delegations have no NSEC3 record of their own (RFC 5155 6)."""
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
    source: str | None = field(default=None, repr=False)

    @property
    def unsigns(self) -> bool:
        """Whether it is BIND's built-in `insecure`: a zone under it is, in the end, not signed."""
        return self.name == "insecure"

    @property
    def keys(self) -> tuple[tuple[str, Key], ...]:
        """Its keys with their roles: (csk), or (ksk, zsk)."""
        return (("csk", self.csk),) if self.csk else (("ksk", self.ksk), ("zsk", self.zsk))


SAAS = Policy("saas", ksk=Key(lifetime=timedelta(days=365)), zsk=Key(lifetime=timedelta(days=90)), nsec3=True)
"""What a hosted zone commonly runs: ECDSA P-256, a yearly KSK, a quarterly ZSK, NSEC3 as RFC 9276 wants it."""

REGISTRY = Policy("registry")
"""For the root and the TLD: keys that stay for the lab's life."""

BULKY = Policy("bulky", ksk=Key("rsasha256", 4096), zsk=Key("rsasha256", 4096))
"""RSA keys so large that the DNSKEY answer does not fit an Ethernet frame."""

STOUT = Policy("stout", ksk=Key("rsasha256", 2048), zsk=Key("rsasha256", 2048))
"""RSA keys of the usual size: the DNSKEY answer fits any path's packets, and not the 512 octets of old."""

SAAS_NSEC = replace(SAAS, name="saas-nsec", nsec3=False)
"""As `SAAS`, with plain NSEC: whoever asks can walk the zone."""

POLICIES = {policy.name: policy for policy in (SAAS, REGISTRY, BULKY, STOUT, SAAS_NSEC)}


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
    answers (as hosters do it, and the root; the victim's parent has none).  `second_server`: another plain secondary is
    listed too.  `new_provider`: somebody else has the zone as well, signs it with keys of its own, and is not listed yet.
    `soa_minimum` bounds how long "no such DS" is cached (RFC 9077).  `small_disk`: what its signer writes is on a disk
    that is soon full.
    """

    name: str
    policy: Policy | None = SAAS
    hidden_primary: bool = False
    second_server: bool = False
    new_provider: bool = False
    small_disk: bool = False
    record_ttl: timedelta = timedelta(minutes=30)
    ns_ttl: timedelta = timedelta(days=1)
    soa_ttl: timedelta = timedelta(hours=1)
    soa_minimum: timedelta = timedelta(minutes=15)
    soa_expire: timedelta = timedelta(days=60)
    """Longer than any signature lives: else a secondary stops answering before signatures lapse."""
    source: str | None = field(default=None, repr=False)
    """The user's own records, one a line as `lab.userzone` writes them, in place of made-up ones.  Served unchanged but
    for two things: the NS RRset names the lab's server, and `ns.<zone>` is that server and nothing else."""
    more: tuple[str, ...] = ()
    """Records beside the made-up ones, as a zone file has them, names relative to the zone."""
    unsigned_child: str | None = None
    """The label of an unsigned zone below this one, on the same server: `www` in it has an address."""


def _named_well(zone: Zone) -> Zone:
    name = check_zone_name(zone.name)
    return zone if name == zone.name else replace(zone, name=name)


def _beside(bystander: Zone, parent: str) -> Zone:
    label, above = bystander.name.split(".", 1) if "." in bystander.name else (bystander.name, "")
    if label.lower() == "bystander" and above:
        return replace(bystander, name=f"bystander.{parent}")
    if above.lower() != parent and bystander.name.endswith("."):
        raise UsageError(
            f"zone name {bystander.name!r} is not beside the victim: call the bystander 'something.{parent}'"
        )
    return bystander


@dataclass(frozen=True)
class RegistrarTerms:
    """How the victim's registrar works: the DS TTL at the parent, and what a change takes to be published."""

    ds_ttl: timedelta = timedelta(hours=1)
    publication_delay: timedelta = timedelta(minutes=10)
    checks_child: bool = False
    """Whether a DS that matches no DNSKEY of the child is refused.  Most registrars take anything well-formed."""
    polls_every: timedelta | None = None
    """How often the child is asked for CDS and CDNSKEY records (RFC 7344); None: never."""


@dataclass(frozen=True)
class Topology:
    """A whole tree.  `victim` is what drills break, `bystander` what must stay healthy all along."""

    victim: Zone = Zone("shop.lab.")
    bystander: Zone | None = Zone("bystander.lab.")
    """Stands beside the victim; one called `bystander.…` follows it under whatever parent it has."""
    root: Zone = Zone(".", REGISTRY)
    tld: Zone = Zone(TLD, REGISTRY)
    """The victim's parent, called by the victim's name without its first label: `com.`, or `example.co.uk.` straight
    below the root.  A victim that is a TLD itself has the root as its parent; this one then holds the bystander."""
    registrar: RegistrarTerms = field(default_factory=RegistrarTerms)
    edns_buffer: int = 1232
    """EDNS buffer size of servers and resolvers (octets; 1232 is the DNS flag day 2020 value)."""
    serve_stale: bool = False
    """Whether validators answer with expired data where they can get no others (RFC 8767)."""

    def __post_init__(self) -> None:
        """Refuse what can't be built.  Raises UsageError."""
        victim = _named_well(self.victim)
        above = victim.name.split(".", 1)[1] or TLD
        if victim.name == TLD:
            raise UsageError(
                f"zone name {TLD!r} is what labs call their own TLD: rehearse another TLD's name in its place"
            )
        bystander = self.bystander and _named_well(_beside(self.bystander, above))
        if bystander and bystander.name.split(".", 1)[0] == victim.name.split(".", 1)[0]:
            raise UsageError(
                f"victim and bystander are {victim.name!r} and {bystander.name!r}: give them different names"
            )
        if victim.unsigned_child and victim.hidden_primary:
            raise UsageError(
                f"{victim.name!r} has an unsigned child and a hidden primary: nobody would serve the child"
            )
        object.__setattr__(self, "victim", victim)
        object.__setattr__(self, "bystander", bystander)
        object.__setattr__(self, "tld", replace(self.tld, name=above))
        if not 512 <= self.edns_buffer <= 4096:
            raise UsageError(f"EDNS buffer size {self.edns_buffer} is outside 512 to 4096 octets")

    @property
    def leaves(self) -> tuple[Zone, ...]:
        """The victim, and the bystander if there is one."""
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

    def parent_of(self, name: str) -> str:
        """The name of the zone that delegates this one: a cut may span labels.  Raises UsageError as `zone` does."""
        zone = self.zone(name)
        return self.tld.name if zone is not self.tld and under(zone.name, self.tld.name) else "."
