"""Long ways through lab time, stop by stop: as if every signer had lived through all of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from lab.keynews import news

if TYPE_CHECKING:
    from lab.lab import Lab
    from lab.nameserver import KeyState


def travel(
    lab: Lab,
    instant: datetime,
    tell: Callable[[str], None],
    stopped: Callable[[], None] = lambda: None,
) -> None:
    """Let lab time pass until `instant`, with a stop wherever a signer or the registrar has something to do.

    `tell` gets what became of keys, in plain words; `stopped` is called at each stop.  Others may have given
    the servers commands before.  Raises LabSick where a signer does not settle; lab time stays there then.
    """
    for server in lab.servers.values():
        server.forget_duties()
    lab.clock.run_due()
    keys = _keys(lab)
    while (due := lab.next_due()) is not None and due < instant:
        if due <= lab.clock.now():
            lab.settle()
        else:
            lab.clock.advance_to(due)
        keys = _compare(lab, keys, tell)
        stopped()
    lab.clock.advance_to(instant)
    _compare(lab, keys, tell)
    stopped()


def _keys(lab: Lab) -> dict[str, tuple[KeyState, ...]]:
    """Of every zone with a signer that runs, its keys."""
    signers = [s for s in lab.servers.values() if s.primary and s.zone.policy and s.running]
    states = lab.each(lambda signer: signer.key_states(), signers)
    return {signer.zone.name: state for signer, state in zip(signers, states, strict=True)}


def _compare(
    lab: Lab, before: dict[str, tuple[KeyState, ...]], tell: Callable[[str], None]
) -> dict[str, tuple[KeyState, ...]]:
    after = _keys(lab)
    for zone, keys in after.items():
        for line in news(before.get(zone, ()), keys, parent=zone != "."):
            tell(f"{zone}  {line}")
    return {**before, **after}
