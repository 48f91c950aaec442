"""The continuity oracle: whether any validator, in any cache phase, goes bogus while keys change.

It keeps the recorded history of what was published, starts a generation of observers before every change, asks
each member at the instants that matter, and holds every answer against the reference model.  It neither changes
anything nor moves the clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.cache_model import Authority, Forwarder, Security, Source, Validator
from harness.generation import EDGE_SECONDS, TOLERANCE_SECONDS, Look, Member, Priming
from lab.chain import Published, Target
from lab.errors import LabSick
from lab.observers import Heard, Observers, Question
from lab.published import read_published
from lab.resolver import vendor_named

if TYPE_CHECKING:
    from lab.lab import Lab
    from lab.query import Answer
    from lab.resolver import Resolver

_TOGETHER_SECONDS = 0.2
"""Looks due within this of one another are taken at once."""

_PROCESSES = {
    Priming.DS: 4,
    Priming.FULL: 3,
    Priming.LATE: 3,
    Priming.BEHIND_DNSKEY: 4,
    Priming.BEHIND_NAMES: 4,
}
"""How many processes (behind a forwarder: forwarders) each needs for the ends of what it holds."""

_LOOKS_PER_CHANGE = 3
"""Before it, after it, and half-way to the end of what is held."""

_MOST_LATER_CHANGES = 3


@dataclass(frozen=True)
class Change:
    """A change as read back: begun after one instant, served whole at the other (seconds of lab time)."""

    label: str
    begun: float
    served: float
    before: Published
    published: Published
    opened: float | None = None
    """When the looks before it were taken: priming takes a while after that.  None: nobody looked."""


@dataclass
class Oracle:
    """Watches one zone of a lab with observers of the chosen vendors."""

    lab: Lab
    zone: str
    targets: Sequence[Target]
    vendors: Sequence[str]
    authority: Authority = field(default_factory=Authority)
    changes: list[Change] = field(default_factory=list)
    open: list[Member] = field(default_factory=list)
    closed: list[Member] = field(default_factory=list)
    generations: int = 0
    opened: float = 0.0
    """When the newest generation's priming began."""
    _spent: list[Resolver] = field(default_factory=list)
    """Forwarders that a look went through: they hold more than they were primed with."""

    def __post_init__(self) -> None:
        """Read what is published at first."""
        self.observers = Observers(self.lab)
        self.begun = self.now()
        self.authority.record(self.begun, read_published(self.lab, self.zone, self.targets))

    def now(self) -> float:
        """Lab time in seconds since the epoch."""
        return self.lab.clock.now().timestamp()

    # -- before and after a change ----------------------------------------------------------------------

    def open_generation(self, later_changes: int = 1) -> None:
        """Start a generation and prime it: a change is about to be made.

        `later_changes`: how many more may come while it holds what it holds; it has processes to be asked then.
        """
        if not self.vendors:
            return
        self.opened = now = self.now()
        for member in self.open:
            member.plan_before_change(now)
        self.look()
        self.generations += 1
        more = _LOOKS_PER_CHANGE * min(later_changes, _MOST_LATER_CHANGES)
        direct, through = [], []
        for vendor in self.vendors:
            for priming in (Priming.DS, Priming.FULL, Priming.LATE):
                member = self._member(vendor, priming)
                count = _PROCESSES[priming] + (0 if priming is Priming.FULL else more)
                member.idle = self.observers.start(vendor, count)
                direct.append(member)
        for priming in (Priming.BEHIND_DNSKEY, Priming.BEHIND_NAMES):
            through.append((priming, self.observers.start_forwarders(_PROCESSES[priming] + more)))
        asked = [Question(one, *self._first(m.priming)) for m in direct for one in m.idle]
        asked += [
            Question(one, *question)
            for priming, forwarders in through
            for one in forwarders
            for question in self._forwarded(priming)
        ]
        heard: dict[str, list[Heard]] = {}
        for answer in self._ask(asked):
            heard.setdefault(answer.question.observer.name, []).append(answer)
        for member in direct:
            self._primed(member, [heard[one.name][0] for one in member.idle])
        self.open += direct
        for priming, forwarders in through:
            at = max(answer.at for one in forwarders for answer in heard[one.name])
            self.open += self._behind(priming, forwarders, at)

    def _first(self, priming: Priming) -> Target:
        """What a direct member is primed with.

        That there is no DS, some keep for their own use only where they looked for it themselves.
        """
        by_name = priming is Priming.FULL or not self.authority.published[-1].ds
        return self.targets[0] if by_name else (self.zone, "DS")

    def _forwarded(self, priming: Priming) -> Sequence[Target]:
        """What a forwarder is primed with."""
        return self.targets if priming is Priming.BEHIND_NAMES else [(self.zone, "DNSKEY")]

    def _member(self, vendor: str, priming: Priming, source: Source | None = None) -> Member:
        model = Validator(vendor_named(vendor).cache, source or self.authority)
        return Member(vendor, self.generations, priming, primed=model)

    def _primed(self, member: Member, heard: Sequence[Heard]) -> None:
        """Take over into the model what its processes have fetched, and see that they agree."""
        at = min(one.at for one in heard)
        if heard[0].question.qtype != "DS":
            for one in heard:
                self._judge(member, one)
            member.usable = member.primed.look(at, self.targets[0]).state is not Security.BOGUS
            return
        for one in heard:
            if one.answer.rcode != "NOERROR":
                raise LabSick(
                    f"{member.vendor} could not be primed with the DS of {self.zone}:"
                    f" {one.answer.rcode or one.answer.failed}"
                )
        ds = member.primed.fetch_ds(at)
        if member.priming is Priming.LATE and ds.until - 1 > at + EDGE_SECONDS:
            member.late_at = ds.until - 1

    def _behind(self, priming: Priming, forwarders: list[Resolver], at: float) -> list[Member]:
        """One member for each vendor; their looks at an instant go through one forwarder, each time another."""
        cache = Forwarder(self.authority)
        for target in self._forwarded(priming):
            if priming is Priming.BEHIND_NAMES:
                cache.rrset(at, target)
            else:
                cache.keys(at)
        members = [self._member(vendor, priming, cache) for vendor in self.vendors]
        for member in members:
            member.forwarders = forwarders
        return members

    def changed(self, label: str, begun: float) -> bool:
        """Read back what is served now, after something was done; returns whether a validator can see it.

        Where it can't, the generation that was opened for it is given up.
        """
        published = read_published(self.lab, self.zone, self.targets)
        before, served = self.authority.published[-1], self.now()
        self.authority.record(begun, published)
        newest = [
            member for member in self.open if member.generation == self.generations and not member.begins
        ]
        if published.chain == before.chain:
            self._close(newest)
            return False
        self.changes.append(Change(label, begun, served, before, published, self.opened if newest else None))
        if not newest and published.chain_to(self.targets[1]) == before.chain_to(self.targets[1]):
            return True  # nobody was primed for it, and what is asked for is as it was
        for vendor in self.vendors:
            cold = self._member(vendor, Priming.COLD)
            self.open.append(cold)
            newest.append(cold)
        for member in newest:
            member.begins = served
            if member.late_at is None:
                member.plan_ends(served)
        for member in self.open:
            member.plan_change(served)
        return True

    # -- looks ------------------------------------------------------------------------------------------

    def next_due(self) -> float | None:
        """The next instant at which a look is to be taken; None: no cache holds anything that could matter."""
        return min((at for member in self.open if (at := member.next_due) is not None), default=None)

    def look(self) -> None:
        """Take the looks that are due now, all at once."""
        until = self.now() + _TOGETHER_SECONDS
        late = [one for one in self.open if one.late_at is not None and one.late_at <= until]
        due = [member for member in self.open if any(at <= until for at in member.due)]
        asked = [(member, Question(one, *self.targets[0])) for member in late for one in member.idle]
        for member, question in self._take([(member, member.strike_off(until)) for member in due]):
            if question is None:
                member.unasked += 1
            else:
                asked.append((member, question))
        heard = self._ask([question for _, question in asked])
        for (member, _), one in zip(asked, heard, strict=True):
            self._judge(member, one)
        for member in late:
            at = min(one.at for (other, _), one in zip(asked, heard, strict=True) if other is member)
            member.usable = member.primed.look(at, self.targets[0]).state is not Security.BOGUS
            member.late_at, member.begins = None, at
            member.plan_ends(at)
        self._close([member for member in self.open if member.done and member.begins])

    def _take(self, due: Sequence[tuple[Member, bool]]) -> Iterator[tuple[Member, Question | None]]:
        """For each (and whether its look is vital) what may be asked now; None where no process is left for it."""
        through: dict[int, Resolver | None] = {}
        for member, vital in due:
            if not member.priming.behind and member.priming is not Priming.COLD:
                yield member, self._take_direct(member, vital=vital)
                continue
            forward_to = None
            if member.priming.behind:
                pool = member.forwarders
                if id(pool) not in through:
                    through[id(pool)] = pool.pop() if member.spares(len(pool), vital=vital) else None
                    self._spent += [one for one in [through[id(pool)]] if one]
                if (forwarder := through[id(pool)]) is None:
                    yield member, None
                    continue
                forward_to = forwarder.host
            one = self.observers.start(member.vendor, 1, forward_to=forward_to)[0]
            member.used.append(one)
            yield member, Question(one, *self.targets[1])

    def _take_direct(self, member: Member, *, vital: bool) -> Question | None:
        signed = bool(self.authority.published[-1].targets[self.targets[1]].signers)
        if not member.primed.untouched_at(self.now() + TOLERANCE_SECONDS, signed):
            fresh = member.take(vital=vital)
            return None if fresh is None else Question(fresh, *self.targets[1])
        if member.shared is None or member.shared_names >= len(self.targets):
            member.shared, member.shared_names = member.take(vital=vital), 1
        if member.shared is None:
            return None
        member.shared_names += 1
        return Question(member.shared, *self.targets[member.shared_names - 1])

    def _ask(self, questions: Sequence[Question]) -> list[Heard]:
        heard = self.observers.ask(questions)
        for one in heard:
            if one.answer.rcode is None:
                raise LabSick(
                    f"the observer {one.question.observer.vendor.name} did not answer for {one.question.qname}:"
                    f" {one.answer.failed}; {one.question.observer.daemon.last_words()}"
                )
        return heard

    def _judge(self, member: Member, heard: Heard) -> None:
        """Hold an answer against the model: what a validator that was primed so, and silent since, must say."""
        target = (heard.question.qname, heard.question.qtype)
        instants = (heard.at, heard.at - TOLERANCE_SECONDS, heard.at + TOLERANCE_SECONDS)
        opinions = [member.primed.fork().look(at, target) for at in instants]
        member.looks.append(
            Look(
                at=heard.at,
                vendor=member.vendor,
                generation=member.generation,
                priming=member.priming,
                state=state_of(heard.answer),
                ede=heard.answer.ede,
                predicted=opinions[0],
                tolerated=frozenset(opinion.state for opinion in opinions),
                qname=heard.question.qname,
            )
        )

    # -- ends -------------------------------------------------------------------------------------------

    def _close(self, members: Sequence[Member]) -> None:
        """End the processes of members that have nothing more to say."""
        for member in members:
            self.open.remove(member)
            self.closed.append(member)
        alive = {id(member.forwarders) for member in self.open}
        ended, self._spent = self._spent, []
        for member in members:
            ended += [*member.idle, *member.used]
            member.idle, member.used = [], []
            if id(member.forwarders) not in alive:
                ended += member.forwarders
                member.forwarders.clear()
        if ended:
            self.observers.end(ended)

    def close(self) -> None:
        """End all observers; what is left unlooked at stays so."""
        self._close(list(self.open))


def state_of(answer: Answer) -> Security:
    """A validator's answer as a security state.

    SERVFAIL is bogus here: the servers were just seen to answer, and the model must say bogus too.
    """
    if answer.rcode == "SERVFAIL":
        return Security.BOGUS
    return Security.SECURE if answer.ad else Security.INSECURE
