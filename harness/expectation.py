"""What a phase claims: values that say themselves, say the command to check them, and judge what was seen."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

from lab.cause import Cause, EdeCodes

if TYPE_CHECKING:
    from harness.history import History
    from lab.lab import Lab
    from lab.query import Observation
    from lab.resolver import Vendor


class State(enum.Enum):
    """What a resolver makes of a name: the states of RFC 4033 5, and `UNREACHABLE` for a plain outage."""

    SECURE = "secure"
    INSECURE = "insecure"
    BOGUS = "bogus"
    UNREACHABLE = "unreachable"
    UNCONFIRMED = "servfail"
    """SERVFAIL that was not asked again with CD=1, so as not to disturb a recovery that is being timed."""


def classify(seen: Observation) -> State:
    """The state behind an observation.

    Bogus means SERVFAIL *and* an answer to the same question with CD=1 (RFC 4035 3.2.2): an outage of the
    servers fails both ways, and can't pass for a validation failure.
    """
    if seen.answer.rcode in ("NOERROR", "NXDOMAIN"):
        return State.SECURE if seen.answer.ad else State.INSECURE
    if seen.answer.rcode != "SERVFAIL":
        return State.UNREACHABLE
    if seen.unchecked is None:
        return State.UNCONFIRMED
    return State.BOGUS if seen.unchecked.rcode in ("NOERROR", "NXDOMAIN") else State.UNREACHABLE


@dataclass(frozen=True)
class Observers:
    """Which validators an expectation is about: all, the one at a place in the order chosen, or all others.

    The control, which does not validate, is always watched too.
    """

    place: int | None = None
    others: bool = False

    def include(self, place: int) -> bool:
        """Whether the validator at this place is meant."""
        return self.place is None or (place == self.place) != self.others

    def describe(self) -> str:
        """In words."""
        if self.place is None:
            return "every validator"
        which = ("first", "second", "third")[self.place] if self.place < 3 else f"{self.place + 1}th"
        return f"every validator but the {which}" if self.others else f"the {which} validator"


EVERY = Observers()


def only(place: int) -> Observers:
    """The validator at this place (from 0) in the order chosen."""
    return Observers(place)


def others(place: int) -> Observers:
    """All validators but the one at this place."""
    return Observers(place, others=True)


class Match(enum.Enum):
    """How an observation compares to the claim; the middle one has its own colour everywhere."""

    MET = "met"
    OTHER_EDE = "state as expected, EDE unexpected"
    NOT_MET = "not met"


@dataclass(frozen=True)
class Judgement:
    """A comparison: how, and what differs (empty where nothing does)."""

    match: Match
    difference: str = ""


@dataclass(frozen=True)
class StateExpectation:
    """A claim about what resolvers make of a name.

    `within`: how much lab time it may take to come true (the runner looks again until then).  The control must
    answer whatever validators are to say, but for `Unreachable`: answering on is how these outages hide.

    `denied`: the name does not exist or has no such type, so that what is judged is the denial.  A denial of what is
    there, and records of what isn't, are as wrong as a wrong state.
    """

    qname: str
    qtype: str = "A"
    on: Observers = EVERY
    within: timedelta = timedelta(0)
    denied: bool = False
    state: ClassVar[State]

    @property
    def needs_confirmation(self) -> bool:
        """Whether a SERVFAIL must be asked again with CD=1 to be judged by this claim."""
        return self.state in (State.BOGUS, State.UNREACHABLE)

    def describe(self) -> str:
        """The claim in one sentence."""
        what = f"the denial of {self.qname} {self.qtype}" if self.denied else f"{self.qname} {self.qtype}"
        return f"{what} is {self.state.value} at {self.on.describe()}{_within(self.within)}"

    def command(self, resolver: str = "RESOLVER") -> str:
        """The command an operator would type to see it."""
        return f"dig @{resolver} {self.qname} {self.qtype} +dnssec"

    def judge(self, seen: Observation, ede: Mapping[Cause, EdeCodes]) -> Judgement:
        """Compare what was seen; `ede` is the vendor's own table."""
        state = classify(seen)
        if not seen.validates:
            return judge_control(
                seen, expected_down=self.state is State.UNREACHABLE, expected_denied=self.denied
            )
        if state is not self.state:
            return Judgement(Match.NOT_MET, f"{state.value}{_why(seen)} instead of {self.state.value}")
        if state in (State.SECURE, State.INSECURE) and seen.answer.has_data is self.denied:
            wanted = "a denial" if self.denied else "records"
            return Judgement(Match.NOT_MET, f"{state.value} with {_records(seen)} instead of {wanted}")
        return self._judge_ede(seen, ede)

    def at(self, vendor: Vendor) -> StateExpectation:
        """The claim as it is to be judged at a resolver of this vendor: the same, unless vendors are known to differ."""
        return self

    def _judge_ede(self, seen: Observation, ede: Mapping[Cause, EdeCodes]) -> Judgement:
        return Judgement(Match.MET)


@dataclass(frozen=True)
class Secure(StateExpectation):
    """Validated: an answer with AD."""

    state = State.SECURE

    def command(self, resolver: str = "RESOLVER") -> str:
        """`delv` validates by itself; the resolver's own verdict is the `ad` flag."""
        return f"dig @{resolver} {self.qname} {self.qtype} +dnssec   # flags: … ad"


@dataclass(frozen=True)
class Insecure(StateExpectation):
    """Answered without AD: there is no chain of trust to this name, provably."""

    state = State.INSECURE


@dataclass(frozen=True)
class Bogus(StateExpectation):
    """SERVFAIL, while the same question with CD=1 is answered; `cause` names why, and so each vendor's EDE."""

    cause: Cause | None = None
    state = State.BOGUS

    def describe(self) -> str:
        """The claim in one sentence."""
        because = f" because {self.cause.value}" if self.cause else ""
        return f"{super().describe()}{because}"

    def command(self, resolver: str = "RESOLVER") -> str:
        """Fails as it is, answers with CD."""
        return f"dig @{resolver} {self.qname} {self.qtype}; dig @{resolver} {self.qname} {self.qtype} +cd"

    def _judge_ede(self, seen: Observation, ede: Mapping[Cause, EdeCodes]) -> Judgement:
        allowed = ede.get(self.cause) if self.cause else None
        if allowed is None:
            return Judgement(Match.MET)
        given: set[int | None] = {error.code for error in seen.answer.ede} or {None}
        if given <= allowed:
            return Judgement(Match.MET)
        return Judgement(Match.OTHER_EDE, f"{ede_text(given)} where {ede_text(allowed)} was measured")


@dataclass(frozen=True)
class WronglyDenied(StateExpectation):
    """Denied with AD, while the control has the data: what was signed denies what is there."""

    state = State.SECURE

    def describe(self) -> str:
        """The claim in one sentence."""
        return f"{self.qname} {self.qtype}, which exists, is denied, validated, at {self.on.describe()}{_within(self.within)}"

    def command(self, resolver: str = "RESOLVER") -> str:
        """No records, and `ad`; the servers have them."""
        return f"dig @{resolver} {self.qname} {self.qtype}; dig @SERVER {self.qname} {self.qtype}"

    def judge(self, seen: Observation, ede: Mapping[Cause, EdeCodes]) -> Judgement:
        """Compare what was seen: at validators as a denial, at the control as an answer."""
        return Secure(self.qname, self.qtype, denied=seen.validates).judge(seen, ede)


@dataclass(frozen=True)
class Unreachable(StateExpectation):
    """No usable answer, with CD=1 neither: a plain outage, and the control feels it too."""

    state = State.UNREACHABLE


@dataclass(frozen=True)
class Seen:
    """What a look at the lab showed: whether the claim holds, in words, and the number read, if one was."""

    holds: bool
    text: str
    value: int | None = None


@runtime_checkable
class LabExpectation(Protocol):
    """A claim about the lab's servers or the run so far, looked at rather than asked of resolvers."""

    @property
    def within(self) -> timedelta:
        """How much lab time it may take to come true."""

    def describe(self) -> str:
        """The claim in one sentence."""

    def command(self) -> str:
        """The command an operator would type to see it."""

    def look(self, lab: Lab, history: History) -> Seen:
        """Look, once."""


def ede_text(codes: frozenset[int | None] | set[int | None]) -> str:
    """EDE codes in words: `EDE 6 or 9`, `no EDE`."""
    numbers = sorted(code for code in codes if code is not None)
    parts = [f"EDE {' or '.join(map(str, numbers))}"] if numbers else []
    if None in codes:
        parts.append("no EDE")
    return " or ".join(parts)


def _records(seen: Observation) -> str:
    return "records" if seen.answer.has_data else f"a denial ({seen.answer.rcode})"


def judge_control(
    seen: Observation, *, expected_down: bool = False, expected_denied: bool = False
) -> Judgement:
    """Compare what the resolver that doesn't validate said with what it must: the data, unless told otherwise."""
    answers, data = seen.answer.rcode in ("NOERROR", "NXDOMAIN"), seen.answer.has_data
    if expected_down:
        return Judgement(Match.NOT_MET, "answers") if answers else Judgement(Match.MET)
    if not answers or (not data and not expected_denied):
        return Judgement(Match.NOT_MET, f"the control does not answer{_why(seen)}")
    if data and expected_denied:
        return Judgement(Match.NOT_MET, "the control has records of what does not exist")
    return Judgement(Match.MET)


def _why(seen: Observation) -> str:
    if seen.answer.rcode is None:
        return f" ({seen.answer.failed})"
    codes = ", ".join(f"EDE {error.code}" for error in seen.answer.ede)
    return f" ({seen.answer.rcode}{', ' + codes if codes else ''})"


def _within(duration: timedelta) -> str:
    return f" within {duration_text(duration)}" if duration else ""


def duration_text(duration: timedelta) -> str:
    """A duration for people: `3 d 4 h`, `1 h 5 min`, `61 s`; at most two units, the rest rounded away."""
    seconds = round(abs(duration.total_seconds()))
    if seconds < 120:
        return f"{seconds} s"
    size, unit, smaller, small_unit = 60, "min", 1, "s"
    for larger in ((3600, "h", 60, "min"), (86400, "d", 3600, "h")):
        if round(seconds / smaller) * smaller >= larger[0]:  # rounded: 23 h 59 min 50 s is a day
            size, unit, smaller, small_unit = larger
    whole, rest = divmod(round(seconds / smaller) * smaller, size)
    return f"{whole} {unit}" + (f" {rest // smaller} {small_unit}" if rest else "")
