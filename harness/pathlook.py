"""Claims about the path to a zone's servers, about resolvers that neither answer nor refuse, and about what a zone gives away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from harness.expectation import (
    Judgement,
    Match,
    Seen,
    State,
    StateExpectation,
    classify,
    ede_text,
    judge_control,
)
from lab.cause import Cause, EdeCodes

if TYPE_CHECKING:
    from harness.history import History
    from lab.lab import Lab
    from lab.query import Observation

STALE = frozenset({3, 19})
"""Stale Answer, Stale NXDOMAIN Answer (RFC 8914 4.4, 4.20)."""

_LOST: Mapping[str, tuple[str, str]] = {
    "large": ("large UDP answers", "tcpdump -n 'udp src port 53 and udp[4:2] > 520'"),
    "edns": ("queries with EDNS", "tcpdump -n 'udp dst port 53 and udp[18:2] != 0'"),
    "hole": ("large packets", "tcpdump -n 'src port 53 and ip[2:2] > 1200'"),
    "loss": ("packets", "mtr --report -u -P 53 SERVER"),
}
"""What can be lost on a path: what it is called, and how an operator looks for it."""


@dataclass(frozen=True)
class LostOnPath:
    """Something was lost on the path to the zone's server since the last look of this kind; or nothing was.

    `what`: `large` (UDP answers), `edns` (queries), `hole` (packets above a size), `loss` (packets).
    """

    zone: str
    what: str
    any_more: bool = True
    within: timedelta = timedelta(0)

    def describe(self) -> str:
        """The claim in one sentence."""
        return f"{'' if self.any_more else 'no more '}{_LOST[self.what][0]} are lost on the way to or from {self.zone}"

    def command(self) -> str:
        """On the path, at the servers' side of it."""
        return _LOST[self.what][1]

    def look(self, lab: Lab, history: History) -> Seen:
        """Read the path's counter and compare it with the look before, if there was one; none where no rule is left."""
        called, _ = _LOST[self.what]
        count = lab.network.count(self.what, "dropped")
        before = [event.value for event in history.looks(LostOnPath(self.zone, self.what))]
        more = max(count - (before[-1] or 0), 0) if before else count
        return Seen((more > 0) is self.any_more, f"{called} lost: {more} since the last look", count)


@dataclass(frozen=True)
class Dark(StateExpectation):
    """SERVFAIL or, within the client's patience, nothing; the same question with CD=1 is answered, and the control answers.

    Where packets vanish without a word a validator may go on trying for longer than any client waits.
    """

    state = State.UNREACHABLE

    def describe(self) -> str:
        """The claim in one sentence."""
        return f"{self.qname} {self.qtype} gets SERVFAIL, or nothing in time, at {self.on.describe()}; with CD=1 it is answered"

    def command(self, resolver: str = "RESOLVER") -> str:
        """Fails or takes too long as it is, answers with CD."""
        return f"dig @{resolver} {self.qname} {self.qtype}; dig @{resolver} {self.qname} {self.qtype} +cd"

    def judge(self, seen: Observation, ede: Mapping[Cause, EdeCodes]) -> Judgement:
        """By both answers; a time-out comes without an EDE, so that none is judged."""
        if not seen.validates:
            return judge_control(seen)
        if classify(seen) is State.BOGUS:
            return Judgement(Match.MET)
        there = seen.unchecked is not None and seen.unchecked.rcode in ("NOERROR", "NXDOMAIN")
        if seen.answer.failed == "timeout" and there:
            return Judgement(Match.MET)
        why = f" ({seen.answer.failed}), with CD=1 too" if seen.answer.failed else ""
        return Judgement(Match.NOT_MET, f"{classify(seen).value}{why} instead of dark")


@dataclass(frozen=True)
class Masked(StateExpectation):
    """A name that expired in the cache is answered all the same, and says so (EDE 3), where the vendor does that.

    Whether a validator falls back on what it had when the new data are *bogus* differs by vendor, and stands in its table
    under `Cause.MASKED`: EDE 3, or no EDE for one that answers SERVFAIL.  A vendor not measured is shown, not judged.
    """

    state = State.SECURE
    cause: ClassVar[Cause] = Cause.MASKED

    def describe(self) -> str:
        """The claim in one sentence."""
        return f"{self.qname} {self.qtype} is still answered, from expired data, at {self.on.describe()} that masks an outage so"

    def command(self, resolver: str = "RESOLVER") -> str:
        """The EDE tells a stale answer from a fresh one."""
        return f"dig @{resolver} {self.qname} {self.qtype}   # EDE: 3 (Stale Answer)"

    def judge(self, seen: Observation, ede: Mapping[Cause, EdeCodes]) -> Judgement:
        """By the vendor's own habit."""
        if not seen.validates:
            return judge_control(seen)
        allowed = ede.get(self.cause)
        if allowed is None:
            return Judgement(Match.MET)
        codes: set[int | None] = {error.code for error in seen.answer.ede}
        state = classify(seen)
        if allowed & STALE:
            if seen.answer.has_data and codes & allowed:
                return Judgement(Match.MET)
            return Judgement(
                Match.NOT_MET,
                f"{state.value}, {ede_text(codes or {None})}, instead of answered from expired data",
            )
        met = seen.answer.rcode == "SERVFAIL"
        return (
            Judgement(Match.MET) if met else Judgement(Match.NOT_MET, f"{state.value} instead of not masked")
        )


@dataclass(frozen=True)
class AnswerSize:
    """The zone's answer of a type at its apex is larger than so many octets, or (`larger` off) is not."""

    zone: str
    rdtype: str
    octets: int
    larger: bool = True
    within: timedelta = timedelta(0)

    def describe(self) -> str:
        """The claim in one sentence."""
        how = "larger" if self.larger else "no larger"
        return f"the {self.rdtype} answer of {self.zone} is {how} than {self.octets} octets"

    def command(self) -> str:
        """The last line tells."""
        return f"dig @SERVER {self.zone} {self.rdtype} +dnssec +tcp   # MSG SIZE rcvd"

    def look(self, lab: Lab, history: History) -> Seen:
        """Ask the server itself over TCP."""
        answer = lab.serving(self.zone).ask(self.zone, self.rdtype, tcp=True)
        records = f"{len(answer.records)} records"
        return Seen(
            (answer.octets > self.octets) is self.larger, f"{answer.octets} octets, {records}", answer.octets
        )


@dataclass(frozen=True)
class ZoneWalked:
    """How much of a zone's names a stranger gets by asking its server for names that aren't there.

    `in_clear` on: all of them, from NSEC (RFC 4034 4).  Off: none as they are, only their hashes, from NSEC3; how many of
    those a list of the most usual names gives away is told beside it (RFC 9276 2.1: a hash hides no guessable name).
    """

    zone: str
    in_clear: bool
    within: timedelta = timedelta(0)

    def describe(self) -> str:
        """The claim in one sentence."""
        return f"walking {self.zone} from outside gives {'every name' if self.in_clear else 'no name, only hashes'}"

    def command(self) -> str:
        """NSEC: name after name.  NSEC3: collect, then guess."""
        return (
            f"ldns-walk @SERVER {self.zone}"
            if self.in_clear
            else f"nsec3map {self.zone}   # then hashcat -m 8300"
        )

    def look(self, lab: Lab, history: History) -> Seen:
        """Walk it with ordinary questions, and compare with the zone itself."""
        from lab.walk import walk

        walked = walk(lab.agent, lab.serving(self.zone))
        holds = walked.all_in_clear if self.in_clear else not walked.names and walked.hashes > 0
        return Seen(holds, walked.told(), len(walked.names))
