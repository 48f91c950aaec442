"""The zone's servers stand behind something that speaks no EDNS."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from harness.fault import Proof

if TYPE_CHECKING:
    from lab.lab import Lab

_NAMED = {"ignored": "noedns", "refused": "ednsformerr"}
"""How named plays a server without EDNS: it takes no notice of OPT, or answers FORMERR (RFC 6891 7)."""


@dataclass(frozen=True)
class EdnsStripped:
    """A load balancer or a very old server answers for the zone without EDNS, so that its answers carry no signatures.

    It ignores the OPT record, or refuses it with FORMERR and is then asked without.  Either way DO is lost on it, and a
    validator has a DS at the parent and unsigned data below it.
    """

    zone: str
    how: Literal["ignored", "refused"] = "ignored"

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Start the zone's server as one without EDNS; start it as it was afterwards where nobody has."""
        from lab import operations

        server = lab.serving(self.zone)
        before = server.seat
        without = replace(before, flags=("-T", _NAMED[self.how]))
        server.stop()
        try:
            server.configure(without)
            server.start()
            yield
        finally:
            if server.seat == without:
                if server.running:
                    server.stop()
                server.configure(before)
            if not server.running:
                operations.start_again(server)

    def took_hold(self, lab: Lab) -> Proof:
        """The DNSKEY question, asked of the server itself with EDNS and DO, brings no signature, and it does answer."""
        from lab.agent import PROBE_ADDRESS
        from lab.query import answered_plainly

        server = lab.serving(self.zone)
        answer = server.ask(self.zone, "SOA")
        signatures = server.signatures(self.zone, "SOA")
        plainly = answered_plainly(
            lab.agent, server.host.address, self.zone, "SOA", source=PROBE_ADDRESS, timeout_seconds=2.0
        )
        return Proof(
            not signatures and answer.rcode is not None and plainly is None,
            f"{server.host.name} asked with EDNS and DO: {answer.rcode or answer.failed}, {len(signatures)} signatures;"
            f" without: {plainly or 'answers'}",
        )
