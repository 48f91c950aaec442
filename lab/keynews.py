"""What became of a zone's keys between two looks at its key manager, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.nameserver import KeyState

_WORDS = {
    ("goal", "hidden"): "is to be retired",
    ("dnskey", "rumoured"): "is published",
    ("dnskey", "omnipresent"): "is known to every cache",
    ("dnskey", "unretentive"): "has left the zone, caches may still hold it",
    ("dnskey", "hidden"): "is in no cache any more",
    ("zone rrsig", "rumoured"): "signs the zone",
    ("zone rrsig", "omnipresent"): "has signed all that caches hold",
    ("zone rrsig", "unretentive"): "signs the zone no more",
    ("zone rrsig", "hidden"): "has no signature in any cache any more",
    ("key rrsig", "rumoured"): "signs the keys",
    ("key rrsig", "omnipresent"): "has its signature over the keys in every cache",
    ("key rrsig", "unretentive"): "signs the keys no more",
    ("key rrsig", "hidden"): "has no signature over the keys in any cache any more",
    ("ds", "rumoured"): "is ready for its DS at the parent",
    ("ds", "omnipresent"): "has its DS in every cache",
    ("ds", "unretentive"): "needs its DS at the parent no more",
    ("ds", "hidden"): "has its DS in no cache any more",
}
"""The states of RFC 7583's records as BIND's key manager names them."""


def news(before: Sequence[KeyState], after: Sequence[KeyState], *, parent: bool = True) -> list[str]:
    """A line for every key of which something changed: `ZSK 40949 is published, signs the zone`.

    Without a `parent` (the root), BIND's states of the DS mean nothing.
    """
    known = {(key.tag, key.algorithm): key for key in before}
    lines = []
    for key in after:
        old = known.pop((key.tag, key.algorithm), None)
        states = dict(old.states) if old else {}
        changes = [
            _WORDS.get((what, state), f"{what} {state}")
            for what, state in key.states
            if state != states.get(what, "hidden")
            and (what, state) != ("goal", "omnipresent")
            and (parent or what != "ds")
        ]
        if changes:
            lines.append(f"{key.role} {key.tag} {', '.join(changes)}")
    return [*lines, *(f"{key.role} {key.tag} is forgotten" for key in known.values())]
