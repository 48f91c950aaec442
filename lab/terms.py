"""How a resolver's cache treats the chain of trust: the measured terms that a vendor's file states.

Pure values: the timing model reads them.  What is meant by each is in docs/servers.md, with how it was measured.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


@dataclass(frozen=True)
class CacheTerms:
    """What one vendor's validator does with DS and DNSKEY RRsets that it holds."""

    key_first: bool = False
    """Whether an unsigned answer is held against a DNSKEY RRset still cached, although its DS has left the cache."""
    key_extra_seconds: int = 0
    """How much longer than its TTL a validated DNSKEY RRset is used."""
    bogus_ttl_seconds: int = 0
    """How long a failure is remembered: one that was asked meanwhile fails so much longer."""
    max_ttl_seconds: int = 7 * 86400
    """The longest that anything is cached (as observers are configured)."""


class OddKsk(enum.Enum):
    """A KSK that a DS names and that may not vouch for a zone's keys; not every validator refuses it."""

    NO_ZONE_FLAG = "without the zone key flag"
    """RFC 4034 2.1.1: what has it not, no DNSKEY RRset is verified by."""
    REVOKED = "with the REVOKE flag"
    """RFC 5011 2.1: revoked, it is good for nothing but to tell so."""


@dataclass(frozen=True)
class ValidationTerms:
    """Where vendors draw lines of their own when they validate."""

    nsec3_iterations: int
    """Up to how many additional iterations NSEC3 proves anything; what needs more is insecure (RFC 9276 3.2)."""
    goes_by: frozenset[OddKsk] = frozenset()
    """Which KSKs that should not vouch for a zone do."""
    denies_by_wildcard: bool = False
    """Whether a wildcard's NSEC record in the cache denies a type at every name that the wildcard stands for (RFC 8198 5.3)."""
