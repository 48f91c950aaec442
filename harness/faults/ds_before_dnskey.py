"""The DS arrives at the parent before its DNSKEY is in the zone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.fault import Proof

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class DsBeforeDnskey:
    """The DS of a key was given to the registrar before the zone published that key.

    On first enablement the zone is not signed yet; in a rollover it still shows only the old key, whose DS the
    new one replaced.  Either way the parent vouches for a key that nobody can fetch.
    """

    zone: str

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Publish the DS of a key that exists only on the operator's desk."""
        from lab.registrar import ds_of, unpublished_key

        before = lab.registrar.published(self.zone)
        premature = (ds_of(self.zone, unpublished_key()),)
        lab.registrar.publish_now(self.zone, premature)
        try:
            yield
        finally:
            if lab.registrar.published(self.zone) == premature:
                lab.registrar.publish_now(self.zone, before)

    def took_hold(self, lab: Lab) -> Proof:
        """The parent serves a DS, and no key that the zone serves matches any."""
        from lab.operations import key_tags

        published = {ds.key_tag for ds in lab.registrar.published(self.zone)}
        served = set(key_tags(lab.serving(self.zone).ksks()))
        names = ", ".join(f"DS {tag}" for tag in sorted(published)) or "no DS"
        keys = ", ".join(map(str, sorted(served))) or "no key at all"
        server = lab.serving(self.zone).host.name
        return Proof(
            bool(published) and not published & served, f"the parent serves {names}; {server} serves {keys}"
        )
