"""The DS at the parent was entered wrongly."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.fault import Proof

if TYPE_CHECKING:
    from dns.rdtypes.ANY.DS import DS

    from lab.lab import Lab


@dataclass(frozen=True)
class DsWrong:
    """The DS was copied into the registrar's form with a slip in one of its fields, and the form took it.

    A wrong tag, algorithm or digest vouches for a key that is not there.  An algorithm or a digest type that nobody
    supports vouches for nothing: the zone is then insecure, without a word (RFC 4035 5.2).
    """

    zone: str
    algorithm: int = 0
    """The algorithm number that it has instead (0: the right one)."""
    digest_type: int = 0
    """The digest type that it has instead (0: the right one)."""
    tag_off_by: int = 0
    digit_wrong: int = 0
    """Which hexadecimal digit of the digest is wrong, from 1 (0: none)."""

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Publish the DS with the slip in place of the right one."""
        from lab.registrar import parse_ds

        before = lab.registrar.published(self.zone)
        slip = [parse_ds(self.zone, self._miscopied(one)) for one in before]
        try:
            lab.registrar.publish_now(self.zone, slip)
            yield
        finally:
            if set(lab.registrar.published(self.zone)) == set(slip):
                lab.registrar.publish_now(self.zone, before)

    def _miscopied(self, ds: DS) -> str:
        tag = (ds.key_tag + self.tag_off_by) % 0x10000
        algorithm = self.algorithm or int(ds.algorithm)
        digest_type = self.digest_type or int(ds.digest_type)
        digits = list(ds.digest.hex())
        if place := self.digit_wrong:
            digits[place - 1] = "0" if digits[place - 1] == "f" else "f"
        return f"{tag} {algorithm} {digest_type} {''.join(digits)}"

    def took_hold(self, lab: Lab) -> Proof:
        """The parent serves a DS, and none is that of a key which the zone serves."""
        from lab.registrar import ds_of

        published = lab.registrar.published(self.zone)
        right = [ds_of(self.zone, key) for key in lab.serving(self.zone).ksks()]
        said = "; ".join(f"DS {one}" for one in published) or "no DS"
        wanted = "; ".join(map(str, right)) or "none"
        return Proof(
            bool(published) and not set(published) & set(right),
            f"the parent serves {said}; right would be {wanted}",
        )
