"""How a resolver's cache treats the chain of trust: the measured terms that a vendor's file states.

Pure values: the timing model reads them.  What is meant by each is in docs/servers.md, with how it was measured.
"""

from __future__ import annotations

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
