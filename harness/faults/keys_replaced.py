"""A signer was rebuilt and made itself new keys; the DS is of the old ones."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.fault import Proof

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class KeysReplaced:
    """The signer was rebuilt without its keys (a lost disk, a backup that left them out) and made new ones.

    The zone is signed, and well; but the parent goes on vouching for a key that is gone.
    """

    zone: str

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Rebuild the signer without its keys; bring them back where their DS is still published."""
        from lab import operations

        named = lab.registrar.published(self.zone)
        with operations.keys_aside(
            lab, self.zone, still_wanted=lambda: lab.registrar.published(self.zone) == named
        ):
            yield

    def took_hold(self, lab: Lab) -> Proof:
        """The zone is served signed, and none of its keys is one that a DS names."""
        from lab.operations import key_tags

        server = lab.serving(self.zone)
        served, named = (
            set(key_tags(server.ksks())),
            {ds.key_tag for ds in lab.registrar.published(self.zone)},
        )
        signing = {one.key_tag for one in server.signatures(self.zone, "DNSKEY")}
        return Proof(
            bool(named) and bool(served & signing) and not served & named,
            f"{server.host.name} serves {self.zone} signed by {', '.join(map(str, sorted(served))) or 'no key'};"
            f" the parent serves {', '.join(f'DS {tag}' for tag in sorted(named)) or 'no DS'}",
        )
