"""Observers: many short-lived resolvers beside the lab's own, each asked a few times and thrown away.

A rehearsal needs validators whose caches are in one known state each.  They are processes, a hundredth of a
second apiece, on addresses of a network of their own on the lab's loopback.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dns.exception
import dns.message

from lab.agent import Agent
from lab.host import Host
from lab.query import PATIENCE_SECONDS, Answer, make_query, read_answer
from lab.resolver import FORWARDER_VENDOR, Resolver, vendor_named

if TYPE_CHECKING:
    from lab.lab import Lab

_MOST = 60_000
"""As many as there are addresses for."""

_ENVIRONMENT_OF = Host("observers", "10.54.0.0")
"""All observers share one clock file: none is skewed."""


@dataclass(frozen=True)
class Question:
    """What one observer is asked."""

    observer: Resolver
    qname: str
    qtype: str = "A"


@dataclass(frozen=True)
class Heard:
    """An answer, and when it came (seconds of lab time since the epoch)."""

    question: Question
    answer: Answer
    at: float


class Observers:
    """Starts observers, asks them all at once, and ends them."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._agent: Agent = lab.agent
        self._free: list[int] = []
        self._used = 0
        self._started = 0
        self._agent.write({_ENVIRONMENT_OF.skew_file: bytes(8)})

    @property
    def started(self) -> int:
        """How many were started so far."""
        return self._started

    def start(
        self,
        vendor: str,
        count: int,
        *,
        forward_to: Host | None = None,
        validating: bool = True,
        serve_stale: bool = False,
    ) -> list[Resolver]:
        """Start fresh ones; they come up while the caller goes on (the first question waits for them).

        `serve_stale`: they answer with expired data where they can get no others (RFC 8767).  Raises UsageError for a vendor that there isn't.
        """
        if not count:
            return []
        resolvers = [
            Resolver(self._agent, seat, vendor_named(vendor), self._lab.clock.now, validates=validating)
            for seat in self._seats(count)
        ]
        self._agent.write(
            {
                one.config: self._lab.resolver_config(
                    one, observing=True, forward_to=forward_to, serve_stale=serve_stale
                )
                for one in resolvers
            }
        )
        self._agent.spawn_many(
            [(one.host.name, one.daemon.argv, one.host.log) for one in resolvers], env=_ENVIRONMENT_OF.env
        )
        self._started += count
        return resolvers

    def start_forwarders(self, count: int) -> list[Resolver]:
        """Start caching forwarders that don't validate."""
        return self.start(FORWARDER_VENDOR, count, validating=False)

    def _seats(self, count: int) -> list[Host]:
        """Hosts with addresses; those of ended observers first."""
        again = [self._free.pop() for _ in range(min(count, len(self._free)))]
        fresh = range(self._used + 1, self._used + 1 + count - len(again))
        self._used += len(fresh)
        assert self._used < _MOST
        self._lab.network.add_addresses([_seat(number) for number in fresh])
        return [_seat(number) for number in (*again, *fresh)]

    def end(self, resolvers: Sequence[Resolver]) -> None:
        """Kill some; their addresses are used again."""
        self._agent.kill([one.host.name for one in resolvers])
        self._free += [int(one.host.name.removeprefix("observer")) for one in resolvers]

    def ask(self, questions: Sequence[Question], *, timeout_seconds: float = PATIENCE_SECONDS) -> list[Heard]:
        """Ask all at once; an observer that is only starting is waited for."""
        wires = [
            make_query(one.qname, one.qtype, cd=False, rd=True, payload=1232).to_wire() for one in questions
        ]
        asked_at = self._lab.clock.now().timestamp()
        got = self._agent.exchange_many(
            [(wire, one.observer.host.address) for wire, one in zip(wires, questions, strict=True)],
            patient=True,
            timeout_seconds=timeout_seconds,
        )
        passed = 0 if self._lab.clock.stands else 1
        return [
            Heard(
                one,
                _read(fate.wire, fate.failed, fate.elapsed_seconds),
                asked_at + passed * fate.elapsed_seconds,
            )
            for one, fate in zip(questions, got, strict=True)
        ]


def _seat(number: int) -> Host:
    return Host(f"observer{number}", f"10.54.{number >> 8}.{number & 255}")


def _read(wire: bytes, failed: str | None, elapsed_seconds: float) -> Answer:
    if failed:
        return Answer(None, failed=failed, elapsed_seconds=elapsed_seconds)
    try:
        return read_answer(dns.message.from_wire(wire), len(wire), False, elapsed_seconds)
    except (dns.exception.DNSException, ValueError) as problem:
        return Answer(None, failed=f"unreadable: {problem}", elapsed_seconds=elapsed_seconds)
