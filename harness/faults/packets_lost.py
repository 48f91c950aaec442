"""A congested link loses packets."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.fault import Proof

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class PacketsLost:
    """The link to the zone's servers is congested and loses one packet in a few, of all that it carries.

    Each client loses the same share, evenly: of three packets to it one, and never two in a row.  Resolvers ask again, and
    what suffers is the time that a first answer takes.
    """

    zone: str
    one_in: int = 3

    MILD: ClassVar[Mapping[str, Sequence[object]]] = {"one_in": (10, 5, 4, 3, 2)}

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Put the rule in force on the path from the zone's server."""
        clients = [resolver.host for resolver in lab.resolvers.values()]
        rules = lab.network.lose(lab.serving(self.zone).host, clients, self.one_in)
        with lab.network.in_force("loss", rules):
            yield

    def took_hold(self, lab: Lab) -> Proof:
        """Of as many questions in a row, asked of the server itself, at least one stays without an answer, and is counted."""
        server = lab.serving(self.zone)
        dropped = lab.network.count("loss", "probed")
        answers = [server.probe(self.zone, "SOA", tcp=False, timeout_seconds=0.3) for _ in range(self.one_in)]
        lost = lab.network.count("loss", "probed") - dropped
        silent = sum(answer.failed is not None for answer in answers)
        return Proof(
            lost > 0 and 0 < silent < self.one_in,
            f"of {self.one_in} answers of {server.host.name} {silent} did not come, {lost} packets dropped",
        )
