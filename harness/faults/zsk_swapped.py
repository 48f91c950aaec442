"""The ZSK is replaced at once, and everything signed with the new one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.fault import Proof

if TYPE_CHECKING:
    from lab.lab import Lab

NEW_ZSK = "new-zsk"


@dataclass(frozen=True)
class ZskSwapped:
    """The ZSK was replaced in one step: the new one signs everything, though nobody had seen it before.

    Validators go by the DNSKEY set that they hold until its TTL has run out, and find none of its keys in the new
    signatures.  One that starts with an empty cache finds nothing wrong.
    """

    zone: str

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Serve the zone with a new ZSK in place of the old, signed with it."""
        from lab import draft, rekeyed

        new = draft.make_key()
        rekeyed.keep(lab, self.zone, NEW_ZSK, new)
        edited = draft.take(lab, self.zone)
        rekeyed.publish(edited, [*rekeyed.own_keys(lab, self.zone, sep=True), new])
        rekeyed.resign(edited, new)
        with draft.served(lab, self.zone, edited):
            yield

    def took_hold(self, lab: Lab) -> Proof:
        """The SOA is signed with keys that are in the zone, and none that the signer keeps."""
        from lab import rekeyed

        server = lab.serving(self.zone)
        served = set(rekeyed.tags(rekeyed.keys_served(server)))
        by = {one.key_tag for one in server.signatures(self.zone, "SOA")}
        old = {key.tag for key in rekeyed.own_keys(lab, self.zone, sep=False)}
        return Proof(
            bool(by) and by <= served and not old & (by | served),
            f"{server.host.name} serves {rekeyed.words('DNSKEY', served)}, its SOA is signed with"
            f" {', '.join(map(str, sorted(by))) or 'nothing'}; the old ZSK is {', '.join(map(str, sorted(old)))}",
        )
