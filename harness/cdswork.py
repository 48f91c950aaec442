"""Steps of rehearsals in which the parent takes the DS set over by itself, from CDS and CDNSKEY (RFC 7344, 8078)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from harness.handwork import ConfirmDs
from lab.errors import UsageError

if TYPE_CHECKING:
    from harness.conductor import Stage

_POLLS = 2
"""So many polls an operator waits before he holds the automation for broken and goes on."""

_SOON = timedelta(seconds=1)
"""After a poll: what came of it is served."""


@dataclass(frozen=True)
class PublishCds:
    """Ask the parent, in the zone itself, for the DS of these keys; or for none any more."""

    changes: ClassVar[int] = 1  # of the parent's DS set; of what is asked for, no validator takes notice

    keys: tuple[str, ...] = ()
    delete: bool = False

    def describe(self) -> str:
        """What is asked for."""
        if self.delete:
            return "publish CDS and CDNSKEY that ask for the DS to be deleted"
        return f"publish CDS and CDNSKEY of {' and '.join(self.keys)}"

    def command(self) -> str:
        """By BIND's tools."""
        return "dnssec-dsfromkey -C KEY >> zone; dnssec-signzone -o ZONE zone KEYS…; rndc reload ZONE"

    def perform(self, stage: Stage) -> str:
        """Sign and serve."""
        stage.hand.serve(replace(stage.hand.serves, cds=frozenset(self.keys), cds_delete=self.delete))
        return self.describe()


@dataclass(frozen=True)
class WithdrawCds:
    """Stop asking."""

    changes: ClassVar[int] = 0

    def describe(self) -> str:
        """What goes."""
        return "withdraw CDS and CDNSKEY"

    def command(self) -> str:
        """By BIND's tools."""
        return "dnssec-signzone -o ZONE zone KEYS…; rndc reload ZONE"

    def perform(self, stage: Stage) -> str:
        """Sign and serve."""
        stage.hand.serve(replace(stage.hand.serves, cds=frozenset(), cds_delete=False))
        return self.describe()


@dataclass(frozen=True)
class AwaitParent(ConfirmDs):
    """Wait until the parent has polled and serves what CDS and CDNSKEY ask for."""

    def describe(self) -> str:
        """What is waited for."""
        return "wait until the parent serves the DS set that CDS and CDNSKEY ask for"

    def perform(self, stage: Stage) -> str:
        """Look until it is there, over two polls at most; where nothing is asked for there is nothing to wait for."""
        serves = stage.hand.serves
        if not serves.cds and not serves.cds_delete:
            return "nothing is asked for: nothing to wait for"
        every = stage.lab.topology.registrar.polls_every
        if every is None:
            raise UsageError("the parent of this rehearsal does not poll: give its registrar a polls_every")
        wanted = {stage.hand.keys[name].ident for name in serves.cds}
        terms = stage.lab.topology.registrar
        last = stage.lab.clock.now() + _POLLS * every + terms.publication_delay + timedelta(seconds=1)
        while {(one.key_tag, one.algorithm) for one in stage.lab.registrar.published(stage.zone)} != {
            (one.tag, one.algorithm) for one in wanted
        }:
            due = stage.lab.clock.next_due()
            if due is None or due > last:
                return f"the parent has not taken it over in {_POLLS} polls"
            stage.pass_until(due + _SOON)
        return f"the parent serves {'no DS any more' if serves.cds_delete else 'what was asked for'}"
