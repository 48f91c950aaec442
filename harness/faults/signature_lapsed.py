"""The signature over one RRset alone has expired."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from harness.drafting import ServedOtherwise
from harness.expectation import duration_text
from harness.fault import Proof

if TYPE_CHECKING:
    from lab.draft import Draft
    from lab.lab import Lab


@dataclass(frozen=True)
class SignatureLapsed(ServedOtherwise):
    """One RRset was passed over when the zone was signed again, and its signature expired since.

    All else is fresh, the SOA included, so that a monitor which looks at the apex alone sees nothing.
    """

    owner: str
    since: timedelta
    rdtype: str = "A"

    def edit(self, lab: Lab, draft: Draft) -> None:
        """Sign the RRset by the key that signs it, with dates that have passed."""
        from lab.draft import keys_over

        keys = keys_over(lab, self.zone, self.owner, self.rdtype)
        expired = lab.clock.now() - self.since
        draft.sign(self.owner, self.rdtype, *keys, inception=expired - timedelta(days=14), expiration=expired)

    def took_hold(self, lab: Lab) -> Proof:
        """All signatures over the RRset have expired, those over the SOA have not."""
        server, now = lab.serving(self.zone), lab.clock.now()
        signatures = server.signatures(self.owner, self.rdtype)
        if not signatures:
            return Proof(False, f"{self.owner} {self.rdtype} is served unsigned")
        left = max(one.expiration for one in signatures) - now
        fresh = any(one.expiration > now for one in server.signatures(self.zone, "SOA"))
        when = "ago" if left < timedelta(0) else "from now"
        return Proof(
            left < timedelta(0) and fresh,
            f"the signature over {self.owner} {self.rdtype} expires {duration_text(left)} {when};"
            f" that over the SOA is {'valid' if fresh else 'not valid'}",
        )
