"""Unbound (NLnet Labs)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from lab.cause import Cause, EdeCodes
from lab.errors import LabSick
from lab.resolver import Resolver
from lab.terms import CacheTerms, OddKsk, ValidationTerms


class Unbound:
    """Controlled over its remote-control port, inside the lab only."""

    name: str = "unbound"
    template: str = "unbound.conf.j2"
    ede: Mapping[Cause, EdeCodes] = {
        Cause.NO_KEY_FOR_DS: frozenset({6}),
        Cause.UNSIGNED_UNDER_DS: frozenset({9}),
        Cause.SIGNATURE_EXPIRED: frozenset({7}),
        Cause.SIGNATURE_NOT_YET_VALID: frozenset({8}),
        Cause.DNSKEY_UNREACHABLE: frozenset({9}),
        Cause.SIGNATURE_MISSING: frozenset({10}),
        Cause.SIGNATURE_WRONG: frozenset({6}),
        Cause.SIGNING_KEY_UNPUBLISHED: frozenset({9}),
        Cause.KSK_SIGNATURE_MISSING: frozenset({6}),
        Cause.DENIAL_UNPROVEN: frozenset({6}),
        Cause.DS_UNANSWERED: frozenset({23}),
        Cause.DENIAL_WITHOUT_PROOF: frozenset({12}),
        Cause.SIGNER_UNKNOWN: frozenset({9}),
        Cause.DS_KEY_SIGNS_NOTHING: frozenset({6}),
    }

    cache = CacheTerms(key_first=True, key_extra_seconds=1, bogus_ttl_seconds=60, max_ttl_seconds=86400)
    validation = ValidationTerms(
        nsec3_iterations=150, goes_by=frozenset({OddKsk.REVOKED}), denies_by_wildcard=True
    )

    def argv(self, config: str) -> Sequence[str]:
        """In the foreground, logging to its standard error."""
        return ("unbound", "-d", "-c", config)

    def version(self, resolver: Resolver) -> str:
        """From `unbound-control status`."""
        found = re.search(r"^version: (\S+)", _control(resolver, "status"), re.MULTILINE)
        if not found:
            raise LabSick(f"{resolver.name} did not say its version")
        return found[1]

    def clock(self, resolver: Resolver) -> datetime:
        """From its statistics: `time.now` is its wall clock."""
        found = re.search(r"^time\.now=([\d.]+)", _control(resolver, "stats_noreset"), re.MULTILINE)
        if not found:
            raise LabSick(f"{resolver.name} did not say its time")
        return datetime.fromtimestamp(float(found[1]), UTC)

    def flush(self, resolver: Resolver) -> None:
        """`flush_zone .` drops messages, RRsets, keys and bogus entries alike."""
        _control(resolver, "flush_zone", ".")


def _control(resolver: Resolver, *command: str) -> str:
    return resolver.daemon.tool("unbound-control", "-c", resolver.config, *command).check().stdout


VENDOR = Unbound()
