"""The operator beside BIND's key manager: hands DS sets in, and says what the parent serves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from harness.conductor import Foreseen, Stage
from harness.keymanager import Habits
from lab import operations
from lab.duties import TIMER_SPREAD
from lab.keynews import news

if TYPE_CHECKING:
    from dns.rdtypes.ANY.DNSKEY import DNSKEY

    from lab.lab import Lab
    from lab.nameserver import KeyState

_SEP_ROLES = ("KSK", "CSK")
_SOON = timedelta(seconds=2)
_APART = timedelta(hours=1)
_SHARE = 0.8
"""How much of the time that signatures are renewed ahead of their end may pass between two stops."""


@dataclass
class Attendant:
    """Attends to the key manager of one zone: hands DS sets in, and tells it what the parent serves."""

    lab: Lab
    zone: str
    habits: Habits
    known: tuple[KeyState, ...] = ()
    told: set[tuple[str, int]] = field(default_factory=set)
    wanted: frozenset[int] = frozenset()
    say_at: datetime | None = None

    def __post_init__(self) -> None:
        """Begin with the keys as they are."""
        self.stopped = self.lab.clock.now()
        self.signer = self.lab.signer(self.zone)
        self.known = self.signer.key_states() if self.signer.zone.policy else ()

    def foreseen(self) -> list[Foreseen]:
        """The zone's next key event and re-signing, and the last moment for other signers to sign anew."""
        from harness.conductor import (
            Foreseen,
        )  # imported late: rehearsals name this module's steps, and are listed

        now, coming = self.lab.clock.now(), list[Foreseen]()
        if now - self.stopped > _APART:
            self.stopped = now
        if (due := self.signer.due(now)) is not None:
            if due.key_event is not None:
                label = f"a key event of {self.zone}"
                coming.append(Foreseen(due.key_event - TIMER_SPREAD, due.key_event, label, seen=True))
            label = f"{self.zone} is signed anew"
            resigned = Foreseen(due.resign - TIMER_SPREAD, due.resign, label, seen=False, attended=False)
            coming.append(resigned)
        if self.say_at is not None:
            coming.append(Foreseen(self.say_at, self.say_at, "the key manager is told of the DS", seen=False))
        return [*coming, self._others()]

    def _others(self) -> Foreseen:
        """The last moment for another stop: at every one, the other zones sign anew what is due.

        So nothing need be asked of them as long as stops are less far apart than signatures are renewed ahead.
        """
        policies = [server.zone.policy for server in self.lab.servers.values() if server is not self.signer]
        refresh = min(policy.signatures_refresh for policy in policies if policy)
        at = self.stopped + refresh * _SHARE
        return Foreseen(at, at, "other zones sign anew", seen=False, attended=False)

    def news(self) -> str:
        """What became of the zone's keys since the last time."""
        if not self.signer.zone.policy:
            return ""
        before, self.known = self.known, self.signer.key_states()
        return "; ".join(news(before, self.known))

    def attend(self, stage: Stage) -> None:
        """Hand in what the parent is to publish now, and tell the key manager what it publishes.

        By the keys as `news` found them.
        """
        if not self.signer.zone.policy:
            return
        states = [key for key in self.known if key.role in _SEP_ROLES]
        pointed = frozenset(k.tag for k in states if _state(k, "ds") in ("rumoured", "omnipresent"))
        served = frozenset(ds.key_tag for ds in self.lab.registrar.published(self.zone))
        leaving = bool(states) and all(_state(k, "goal") == "hidden" for k in states)
        if self.habits.hands_in and pointed != self.wanted and (pointed or leaving):
            self.wanted = pointed
            if pointed != served:
                self._hand_in(stage, pointed)
        early = self.say_at is not None and self.say_at <= self.lab.clock.now()
        if early:
            self.say_at = None
        said = self.wanted if early else served
        for key in states:
            ds = _state(key, "ds")
            if ds == "rumoured" and key.tag in said:
                self._tell("published", key.tag)
            elif ds == "unretentive" and key.tag not in said:
                self._tell("withdrawn", key.tag)

    def _hand_in(self, stage: Stage, tags: frozenset[int]) -> None:
        keys: list[DNSKEY] = [k for k in self.signer.ksks() if operations.key_tags([k])[0] in tags]
        self.lab.registrar.submit_dnskey(self.zone, *keys)
        due = self.lab.clock.next_due()
        if self.habits.says_early is not None and due is not None:
            self.say_at = max(due - self.habits.says_early, self.lab.clock.now() + _SOON)
        what = f"the DS of {', '.join(map(str, sorted(tags)))}" if tags else "that no DS is to be published"
        stage.note("step", f"handed in: {what}")

    def _tell(self, what: str, tag: int) -> None:
        if (what, tag) not in self.told:
            self.told.add((what, tag))
            with self.signer.key_manager_told():
                self.signer.rndc("dnssec", "-checkds", "-key", str(tag), what, self.zone)


def _state(key: KeyState, record: str) -> str:
    return dict(key.states).get(record, "")
