"""Two servers of a zone serve signatures of different keys."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.fault import Proof

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class SecondSignerApart:
    """Two servers sign the zone, each with a ZSK that only its own DNSKEY set has.

    The same KSK signs both sets, so that each server by itself is valid.  A validator that has the keys of the one
    refuses the signatures of the other, and gets by as long as it may ask the first.
    """

    zone: str

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Have the second server serve the zone signed with a ZSK of its own."""
        from lab import draft, rekeyed

        own = draft.make_key()
        edited = draft.take(lab, self.zone)
        rekeyed.publish(edited, [*rekeyed.own_keys(lab, self.zone, sep=True), own])
        rekeyed.resign(edited, own)
        with draft.served(lab, self.zone, edited, lab.second(self.zone)):
            yield

    def took_hold(self, lab: Lab) -> Proof:
        """Each server signs its SOA with a key that it publishes, and that the other does not."""
        from lab import rekeyed

        servers = (lab.serving(self.zone), lab.second(self.zone))
        keys = [set(rekeyed.tags(rekeyed.keys_served(one))) for one in servers]
        by = [{one.key_tag for one in server.signatures(self.zone, "SOA")} for server in servers]
        apart = all(by) and by[0] <= keys[0] - keys[1] and by[1] <= keys[1] - keys[0]
        words = [
            f"{server.host.name} signs with {', '.join(map(str, sorted(tags)))}"
            for server, tags in zip(servers, by, strict=True)
        ]
        return Proof(bool(apart), ", ".join(words))
