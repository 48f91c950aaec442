"""The zone's only key is rolled, and the parent is not told."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.fault import Proof

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class CskRolledUnannounced:
    """A CSK was rolled like a ZSK: no new DS was submitted, and a script told the key manager that all was done.

    BIND waits for the DS for as long as it takes, unless it is told with `rndc dnssec -checkds` that the new one is
    published and the old one withdrawn.  It believes that, and takes the old key out once its signatures are replaced.
    """

    zone: str

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Roll the key, and say at once that the parent has followed."""
        from lab import keyfiles, operations, rekeyed

        keyfiles.back_up(lab, self.zone)
        signer = lab.signer(self.zone)
        before = rekeyed.keys_served(signer)
        try:
            old, new = operations.roll(lab, self.zone, "CSK")
            for tag, said in ((new[0], "published"), (old[0], "withdrawn")):
                with signer.key_manager_told():
                    signer.rndc("dnssec", "-checkds", "-key", str(tag), said, self.zone)
            yield
        finally:
            vouched = {ds.key_tag for ds in lab.registrar.published(self.zone)}
            if vouched <= set(rekeyed.tags(before)):
                keyfiles.restore(lab, self.zone)

    def took_hold(self, lab: Lab) -> Proof:
        """The key manager takes the DS of a key for gone that the parent still has, and it alone."""
        vouched = {ds.key_tag for ds in lab.registrar.published(self.zone)}
        keys = {key.tag: dict(key.states) for key in lab.signer(self.zone).key_states()}
        given_up = {
            tag
            for tag, states in keys.items()
            if states.get("goal") == "hidden" and states.get("ds") in ("unretentive", "hidden")
        }
        taken_for = sorted((str(states.get("ds")), tag) for tag, states in keys.items())
        words = ", ".join(f"the DS of {tag} for {state}" for state, tag in taken_for)
        return Proof(
            bool(vouched) and vouched <= given_up,
            f"the parent serves DS {', '.join(map(str, sorted(vouched))) or 'of no key'}; the key manager takes {words}",
        )
