"""The root's KSK is rolled, and validators trust the old one alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.fault import Proof

if TYPE_CHECKING:
    from lab.lab import Lab

ROOT = "."


@dataclass(frozen=True)
class RootKskReplaced:
    """The root's KSK was rolled, and the resolver has the old one as a static trust anchor that nothing keeps up to date.

    The new key was published long before, for those who follow it (RFC 5011); a `static-key`, or an anchor file that no
    process may write, follows nothing.  It goes on until the root's DNSKEY set leaves the cache; then every name fails.
    """

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Publish a new KSK in the root, which signs alone; at the end the old one signs again where it is still trusted."""
        from lab import draft, rekeyed

        new = draft.make_key(sep=True)
        edited = draft.take(lab, ROOT)
        old, zsks = (rekeyed.own_keys(lab, ROOT, sep=sep) for sep in (True, False))
        rekeyed.publish(edited, [new, *zsks], more=[key.dnskey for key in old])
        try:
            draft.serve(lab, ROOT, edited)
            yield
        finally:
            if draft.is_ours(lab, lab.serving(ROOT), edited) and not lab.trusts(new.dnskey):
                draft.serve_signers(lab, ROOT)

    def took_hold(self, lab: Lab) -> Proof:
        """None of the keys that are trusted signs the root's DNSKEY set."""
        from lab import rekeyed

        server = lab.serving(ROOT)
        signs = {one.key_tag for one in server.signatures(ROOT, "DNSKEY")}
        served = rekeyed.keys_served(server)
        trusted = {tag for key in served if lab.trusts(key) for tag in rekeyed.tags([key])}
        return Proof(
            bool(signs) and not signs & trusted,
            f"the root's DNSKEY set is signed by {', '.join(map(str, sorted(signs))) or 'nobody'};"
            f" of its keys {', '.join(map(str, sorted(trusted))) or 'none'} is trusted",
        )
