"""A zone's chain of trust as values: what its parent and its servers serve at one instant, as far as validators go by it.

Light: rehearsals and the timing model name these, `lab.published` reads them from servers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

Target = tuple[str, str]
"""An RRset that validators are asked for: owner name and type."""


@dataclass(frozen=True, order=True)
class KeyId:
    """A key as DS and RRSIG records name it: key tag and algorithm (RFC 4034 5.1, 3.1)."""

    tag: int
    algorithm: int

    def __str__(self) -> str:
        """The tag, as operators say it."""
        return str(self.tag)


@dataclass(frozen=True)
class Signed:
    """An answer's TTL, the keys whose signatures it carries, and when the first of those expires (None: unsigned).

    `denied_by`: that there is no such RRset is the answer, proven by NSEC or NSEC3 (empty: it is there).
    """

    ttl_seconds: int
    signers: frozenset[KeyId] = frozenset()
    signed_until: datetime | None = None
    denied_by: str = ""

    @property
    def without_date(self) -> tuple[object, ...]:
        """All but when its signatures expire."""
        return (self.ttl_seconds, self.signers, self.denied_by)


@dataclass(frozen=True)
class Published:
    """One zone's chain of trust as served.

    `no_ds_ttl_seconds`: how long the parent's denial of a DS may be cached (RFC 9077).  `dnskey` and a target are
    None where there is no answer.
    """

    ds: frozenset[KeyId]
    ds_ttl_seconds: int
    no_ds_ttl_seconds: int
    keys: frozenset[KeyId]
    dnskey: Signed | None
    targets: Mapping[Target, Signed]
    dnskey_octets: int = 0
    """The size of the answer that has the DNSKEY RRset: what must fit a packet."""

    @property
    def algorithms(self) -> frozenset[int]:
        """The algorithms that its keys have."""
        return frozenset(key.algorithm for key in self.keys)

    @property
    def chain(self) -> tuple[object, ...]:
        """All of it but for when signatures expire: what re-signing with the same keys leaves as it is."""
        return tuple((target, self.chain_to(target)) for target in self.targets)

    def chain_to(self, target: Target) -> tuple[object, ...]:
        """The part of `chain` that an answer for this target depends on."""
        return (
            self.ds,
            self.ds_ttl_seconds,
            self.no_ds_ttl_seconds,
            self.keys,
            self.dnskey and self.dnskey.without_date,
            one.without_date if (one := self.targets.get(target)) else None,
        )
