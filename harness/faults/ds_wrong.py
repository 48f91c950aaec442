"""The DS at the parent was entered wrongly."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.fault import Proof

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class DsWrong:
    """The DS was copied into the registrar's form with a slip in one of its fields, and the form took it.

    A wrong tag, algorithm or digest vouches for a key that is not there.  An algorithm or a digest type that nobody
    supports vouches for nothing: the zone is then insecure, without a word (RFC 4035 5.2).
    """

    zone: str
    algorithm: int | None = None
    digest_type: int | None = None
    tag_off_by: int = 0
    digit_wrong: int | None = None
    """Which hexadecimal digit of the digest is wrong, from 0."""

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Publish the DS with the slip in place of the right one."""
        before = lab.registrar.published(self.zone)
        slip = tuple(
            one.replace(
                key_tag=(one.key_tag + self.tag_off_by) % 0x10000,
                algorithm=one.algorithm if self.algorithm is None else self.algorithm,
                digest_type=one.digest_type if self.digest_type is None else self.digest_type,
                digest=_other_digit(one.digest, self.digit_wrong),
            )
            for one in before
        )
        try:
            lab.registrar.publish_now(self.zone, slip)
            yield
        finally:
            if lab.registrar.published(self.zone) == slip:
                lab.registrar.publish_now(self.zone, before)

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


def _other_digit(digest: bytes, place: int | None) -> bytes:
    if place is None:
        return digest
    changed = bytearray(digest)
    changed[place // 2] ^= 1 if place % 2 else 16
    return bytes(changed)
