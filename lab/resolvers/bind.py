"""BIND 9 as a resolver (ISC)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from lab.cause import Cause, EdeCodes
from lab.errors import LabSick
from lab.nameserver import RNDC_KEY
from lab.query import cookie_time
from lab.resolver import Resolver
from lab.terms import CacheTerms, OddKsk, ValidationTerms


class Bind:
    """Controlled by rndc, inside the lab only."""

    name: str = "bind"
    template: str = "named.resolver.conf.j2"
    ede: Mapping[Cause, EdeCodes] = {
        Cause.NO_KEY_FOR_DS: frozenset({None}),
        Cause.UNSIGNED_UNDER_DS: frozenset({None}),
        Cause.SIGNATURE_EXPIRED: frozenset({7}),
        Cause.SIGNATURE_NOT_YET_VALID: frozenset({8}),
        Cause.DNSKEY_UNREACHABLE: frozenset({None}),
        Cause.SIGNATURE_MISSING: frozenset({None}),
        Cause.SIGNATURE_WRONG: frozenset({None}),
        Cause.SIGNING_KEY_UNPUBLISHED: frozenset({None}),
        Cause.KSK_SIGNATURE_MISSING: frozenset({None}),
        Cause.DENIAL_UNPROVEN: frozenset({None}),
        Cause.DS_UNANSWERED: frozenset({None}),
        Cause.DENIAL_WITHOUT_PROOF: frozenset({None}),
        Cause.SIGNER_UNKNOWN: frozenset({None}),
        Cause.DS_KEY_SIGNS_NOTHING: frozenset({None}),
    }

    cache = CacheTerms()
    validation = ValidationTerms(nsec3_iterations=50, goes_by=frozenset({OddKsk.NO_ZONE_FLAG}))

    def argv(self, config: str) -> Sequence[str]:
        """In the foreground, logging to its standard error, one thread."""
        return ("named", "-g", "-4", "-n", "1", "-c", config)

    def version(self, resolver: Resolver) -> str:
        """From `rndc status`."""
        found = re.search(r"^version: BIND (\d+\.\d+\.\d+)", _rndc(resolver, "status"), re.MULTILINE)
        if not found:
            raise LabSick(f"{resolver.name} did not say its version")
        return found[1]

    def clock(self, resolver: Resolver) -> datetime:
        """From its DNS cookie (RFC 9018); asked with RD=0, so it resolves nothing for it."""
        return cookie_time(resolver.agent, resolver.host.address, ".")

    def flush(self, resolver: Resolver) -> None:
        """`rndc flush` drops all caches of all views."""
        _rndc(resolver, "flush")


def _rndc(resolver: Resolver, *command: str) -> str:
    return resolver.daemon.tool("rndc", "-s", resolver.host.address, "-k", RNDC_KEY, *command).check().stdout


VENDOR = Bind()
