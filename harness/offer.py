"""A remedy that somebody may reach for: what is done, and what it is to lead to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.expectation import State
from lab.errors import UsageError

if TYPE_CHECKING:
    from harness.step import Step

RESERVED = ("remedy", "wait", "flush", "restart", "nta", "pull-ds")
"""Names of the offers that every drill has without saying so (`harness.recovery`)."""


@dataclass(frozen=True)
class Offer:
    """A remedy on offer.

    `steps` are done one after the other.  `healthy` is the state it is to heal to: secure; or insecure where it takes
    the chain of trust away (a validator that sees the zone as secure is healthy then too).  `warning`: what is known
    to speak against it, in one sentence; whether it makes things worse is measured all the same.  `afterwards`: what
    must be taken back once the zone is repaired; it is done after the last look.
    """

    title: str
    steps: Sequence[Step]
    healthy: State = State.SECURE
    warning: str = ""
    afterwards: Sequence[Step] = ()

    def __post_init__(self) -> None:
        """Hold tuples, and refuse what nothing heals to.  Raises UsageError."""
        for name in ("steps", "afterwards"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if self.healthy not in (State.SECURE, State.INSECURE):
            raise UsageError(
                f"the offer {self.title!r} heals to {self.healthy.value}: it must be secure or insecure"
            )


def check_name(name: str) -> None:
    """Raise UsageError for a name that is taken, or can't be typed."""
    if name in RESERVED:
        raise UsageError(f"the offer {name!r} is one that every drill has: give it another name")
    if not name or not all(word.isalnum() and word.islower() for word in name.split("-")):
        raise UsageError(f"the offer {name!r} must be named in small letters and hyphens")
