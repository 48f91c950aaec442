"""What a fault is: a value with two methods, in a file of its own below `harness/faults/`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class Proof:
    """Whether a fault took hold, and what was seen of it, in words."""

    holds: bool
    seen: str


class Fault(Protocol):
    """Something that goes wrong in production.  The class docstring is the runbook's "Likely cause".

    A frozen dataclass whose parameters are names and numbers, so that its `repr` tells all.  It does not wait,
    retry, ask a resolver or expect anything.
    """

    def inject(self, lab: Lab) -> contextlib.AbstractContextManager[None]:
        """Break it; at the end undo what is still one's own (the remedy may have repaired it already)."""

    def took_hold(self, lab: Lab) -> Proof:
        """Look (only look) at authoritative servers, processes or packet counters, never at resolvers."""


@dataclass(frozen=True)
class SwitchedOff:
    """Nothing goes wrong: a fault that is only looked for.  Its drill must end inconclusive."""

    fault: Fault

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Do nothing."""
        yield

    def took_hold(self, lab: Lab) -> Proof:
        """Look for the fault that wasn't made."""
        return self.fault.took_hold(lab)


@dataclass(frozen=True)
class Together:
    """Two things went wrong at once, each of them harmless as long as it was alone.

    Whoever finds one of them should not stop looking.
    """

    first: Fault
    second: Fault

    @contextlib.contextmanager
    def inject(self, lab: Lab) -> Iterator[None]:
        """Make both, the first one first; undo them in the opposite order."""
        with self.first.inject(lab), self.second.inject(lab):
            yield

    def took_hold(self, lab: Lab) -> Proof:
        """Look for both."""
        proofs = (self.first.took_hold(lab), self.second.took_hold(lab))
        return Proof(all(proof.holds for proof in proofs), "; ".join(proof.seen for proof in proofs))
