"""A firewall drops queries with EDNS."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.fault import Proof

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class EdnsDropped:
    """An old firewall in front of the zone's servers takes queries with an OPT record for malformed and drops them.

    DNSSEC needs EDNS (RFC 4035 3.2.1), and without DNSSEC resolvers use it all the same.  Since DNS flag day 2019 they no
    longer ask again without it when nothing comes back: the servers are down for them.
    """

    zone: str

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Put the rule in force on the path to the zone's server."""
        server = lab.serving(self.zone).host
        with lab.network.in_force("edns", lab.network.drop_edns(server)):
            yield

    def took_hold(self, lab: Lab) -> Proof:
        """A question with EDNS to the server itself is lost, and counted; the same question without is answered."""
        from lab.agent import PROBE_ADDRESS
        from lab.query import answered_plainly

        server = lab.serving(self.zone)
        dropped = lab.network.count("edns", "probed")
        with_edns = server.probe(self.zone, "SOA", tcp=False, timeout_seconds=0.3)
        lost = lab.network.count("edns", "probed") - dropped
        plainly = answered_plainly(
            lab.agent, server.host.address, self.zone, "SOA", source=PROBE_ADDRESS, timeout_seconds=2.0
        )
        return Proof(
            with_edns.failed is not None and lost > 0 and plainly is None,
            f"{server.host.name} asked with EDNS: {with_edns.failed or 'answers'}, {lost} queries dropped;"
            f" without: {plainly or 'answers'}",
        )
