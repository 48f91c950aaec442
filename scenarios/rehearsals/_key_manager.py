"""What the rehearsals under a `dnssec-policy` share: a policy that is honest, and quick to roll."""

from dataclasses import replace
from datetime import timedelta

from lab.topology import Key, Policy, RegistrarTerms, Topology, Zone

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAYS_30 = 30 * DAY
HONEST = Policy("honest", parent_ds_ttl=2 * HOUR)
"""Its terms are those of the lab: DS TTL 2 h at the parent, and the registrar's delay within what it allows for."""

INSECURE = Policy("insecure", source="")
"""BIND has it built in: the zone is unsigned in the end, once no cache can hold its DS."""

REGISTRAR = RegistrarTerms(ds_ttl=2 * HOUR, publication_delay=timedelta(minutes=10))


def topology(policy: Policy | None, registrar: RegistrarTerms = REGISTRAR) -> Topology:
    """The tree, its victim under this policy."""
    return Topology(victim=Zone("shop.lab.", policy=policy), registrar=registrar)


def rolling(policy: Policy = HONEST, *, ksk: timedelta | None = None, zsk: timedelta | None = None) -> Policy:
    """A policy with lifetimes for its keys."""
    return replace(policy, ksk=Key(lifetime=ksk), zsk=Key(lifetime=zsk))
