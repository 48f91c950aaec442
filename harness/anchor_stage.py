"""The stage of the root's own key rollover."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from harness.anchor_oracle import AnchorOracle, Holding
from harness.conductor import Stage
from harness.timing import hand_terms
from lab.anchors import RootSigner

if TYPE_CHECKING:
    from harness.finding import Findings
    from harness.history import History
    from harness.rehearsal import Check, EndState, Rehearsal
    from lab.chain import Target
    from lab.lab import Lab


class AnchorStage(Stage):
    """A stage whose zone is the root and whose oracle watches trust anchors."""

    oracle: AnchorOracle

    def watch(self, targets: Sequence[Target]) -> None:
        """Begin to watch: validators that track begin with the keys that are served now."""
        assert isinstance(self.hand, RootSigner)
        vendors = [one.name for one in self.lab.validators]
        self.oracle = AnchorOracle(self.lab, ".", targets, vendors, signer=self.hand)
        self.watching = True

    def look_at(self, instant: datetime) -> None:
        """As any stage's, but with time running: a tracker looks at the root's keys in its own time."""
        self.lab.clock.advance_to(instant)
        self.oracle.look()

    def findings(self) -> Findings:
        """What it all comes to."""
        found = self.oracle.findings()
        for one in found.counter_examples:
            self.note(
                "counter-example",
                f"{one.vendor}, holding {one.priming.value}, {one.window.state.value}: {one.window.why}",
            )
        for watched in self.oracle.watched:
            if watched.stalled:
                self.note(
                    "tracker",
                    f"{watched.vendor} has stopped looking at the root's keys, by an error of its own",
                )
        return found

    def end_problem(self, end: EndState, checks: Iterable[Check] = ()) -> str | None:
        """How things are not as they are to be in the end; None where they are."""
        if end.keys is not None and self.oracle.key_names != end.keys:
            return (
                f"in the end the root serves {', '.join(sorted(self.oracle.key_names))}, and is to serve"
                f" {', '.join(sorted(end.keys))}"
            )
        for one in self.oracle.watched:
            if one.holding is not Holding.STATIC and one.looks[-1].state is not end.state:
                return f"in the end {one.vendor} says {one.looks[-1].state.value}, and is to say {end.state.value}"
        fixed = {one.vendor for one in self.oracle.findings().counter_examples}
        if missing := {one.name for one in self.lab.validators} - fixed:
            return f"{', '.join(sorted(missing))} with the old key configured for ever was to go bogus, and did not"
        return next((problem for check in checks if (problem := check.problem(self))), None)


def anchor_stage(rehearsal: Rehearsal, lab: Lab, history: History) -> AnchorStage:
    """The stage of a rehearsal, in a lab that is up."""
    terms = replace(hand_terms(rehearsal.topology), dnskey_ttl=timedelta(days=2))
    changing = sum(step.changes for step in rehearsal.steps)
    return AnchorStage(lab, ".", RootSigner(lab), history, terms, changing)
