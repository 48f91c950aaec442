"""The oracle of a root key rollover: whether validators that track the root's keys (RFC 5011) ever lose it.

What is in question is a store of trust anchors, not a cache: so every look is taken with an empty cache, right before
and right after every change, and whenever the trackers have looked at the root's keys themselves.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import dns.dnssec
from dns.rdtypes.ANY.DNSKEY import DNSKEY

from harness.anchor_model import AnchorState, RootKeys, Tracker, TrackerTerms
from harness.cache_model import Opinion, Security, Window, union_seconds
from harness.edge import Course
from harness.finding import Findings, Found, VendorFinding
from harness.generation import Look
from harness.oracle import Change, Oracle, state_of
from harness.timing import rfc5011_active_refresh
from lab.anchors import RootSigner, Standing, Trackers
from lab.chain import KeyId, Published, Signed

if TYPE_CHECKING:
    from lab.chain import Target
    from lab.query import Answer
    from lab.resolver import Resolver

TERMS = {
    "unbound": TrackerTerms(looks_when_cold=True, without_anchor=Security.INSECURE),
    "bind": TrackerTerms(without_anchor=Security.BOGUS),
}
"""How each vendor tracks, measured."""

_MARGIN = timedelta(seconds=2)
"""How much after the instant at which all are due to look they are given the chance: their timers are not exact."""

_WATCHED_ON = timedelta(days=2)
"""How long it is watched on after the last change."""


class Holding(enum.Enum):
    """What a watched validator goes by."""

    TRACKED = "the trust anchor that it has tracked all along"
    SPARE = "an old trust anchor file, tracked only since it was switched on"
    STATIC = "the old trust anchor, configured for ever"


@dataclass
class Watched:
    """One validator, its model, and what was seen of it."""

    resolver: Resolver
    holding: Holding
    model: Tracker
    begins: float
    looks_next: float | None = None
    looked: float = 0.0
    stalled: bool = False
    """Whether it has stopped looking by an error of its own: its store stays as it is."""
    looks: list[Look] = field(default_factory=list)
    told: list[tuple[float, Opinion]] = field(default_factory=list)
    """What the model says of it from each instant on."""

    @property
    def vendor(self) -> str:
        """Whose it is."""
        return self.resolver.vendor.name

    def windows(self, end: float) -> list[Window]:
        """What the model says of it, as stretches of one state."""
        found: list[Window] = []
        for (start, opinion), (stop, _) in zip(
            self.told, [*self.told[1:], (end, Opinion(Security.SECURE))], strict=True
        ):
            if found and found[-1].state is opinion.state:
                found[-1] = Window(found[-1].start, stop, opinion.state, found[-1].why)
            else:
                found.append(Window(start, stop, opinion.state, opinion.why))
        return found


@dataclass
class AnchorOracle(Oracle):
    """Watches the root's trust anchors at validators that track them, and at the lab's own, which don't."""

    signer: RootSigner = field(kw_only=True)
    watched: list[Watched] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read what is served, and start one tracker of each vendor that begins with it."""
        self.trackers = Trackers(self.lab)
        self.begun = self.now()
        self.served, self._published = self._read()
        self._first_keys = self.served.keys
        self._later_changes = 1
        for one in self.lab.validators:
            model = Tracker(TERMS.get(one.vendor.name, TrackerTerms()), self._old(), tracks=False)
            self.watched.append(Watched(one, Holding.STATIC, model, self.begun))
        self.anchor = [made.record for name, made in self.signer.keys.items() if name in self.served.keys]
        self.start_trackers(Holding.TRACKED)

    def _old(self) -> dict[str, AnchorState]:
        return dict.fromkeys(self._first_keys, AnchorState.VALID)

    def start_trackers(self, holding: Holding) -> None:
        """Start a tracker of each vendor that begins with the keys of before the rehearsal."""
        new = [
            Watched(
                self.trackers.start(vendor, self.anchor),
                holding,
                Tracker(TERMS[vendor], self._old()),
                self.now(),
            )
            for vendor in self.vendors
            if vendor in TERMS
        ]
        self.watched += new
        for one in new:
            one.looks_next = 0.0
        self.look()

    # -- what is served ---------------------------------------------------------------------------------

    def _read(self) -> tuple[RootKeys, Published]:
        server = self.lab.signer(".")
        rrset, signatures = server.rrset(".", "DNSKEY"), server.signatures(".", "DNSKEY")
        keys = [key for key in rrset or () if isinstance(key, DNSKEY)]
        made = reversed([*self.signer.keys.items()])  # a revoked key comes last, and goes by its first name
        names = {one.record.key: name for name, one in made}
        sep = [key for key in keys if key.flags & 1]
        tags = {one.key_tag for one in signatures}
        ttl = rrset.ttl if rrset else 0
        served = RootKeys(
            frozenset(names[key.key] for key in sep),
            frozenset(names[key.key] for key in sep if key.flags & 0x80),
            frozenset(names[key.key] for key in sep if dns.dnssec.key_id(key) in tags),
            timedelta(seconds=ttl),
        )
        idents = {dns.dnssec.key_id(key): KeyId(dns.dnssec.key_id(key), int(key.algorithm)) for key in keys}
        self._zone_keys = frozenset(names[key.key] for key in keys)
        return served, Published(
            ds=frozenset(),
            ds_ttl_seconds=0,
            no_ds_ttl_seconds=0,
            keys=frozenset(idents.values()),
            dnskey=Signed(ttl, frozenset(idents[tag] for tag in tags if tag in idents)),
            targets={},
        )

    @property
    def key_names(self) -> frozenset[str]:
        """The keys that the root serves now, by name."""
        return self._zone_keys

    # -- the stage's questions --------------------------------------------------------------------------

    def open_generation(self, later_changes: int = 1) -> None:
        """A change is about to be made: look at how things stand before it."""
        self._later_changes = later_changes
        self._ask_all()

    def changed(self, label: str, begun: float) -> bool:
        """Read back what is served now, and look at once; returns whether anything has changed."""
        before, published = self.served, self._published
        self.served, self._published = self._read()
        if self.served == before:
            return False
        self.changes.append(Change(label, begun, self.now(), published, self._published))
        for one in self.watched:
            self._tell(one)
        self._ask_all()
        return True

    def next_due(self) -> float | None:
        """When every tracker is due to look at the root's keys again: never further than one active refresh."""
        last = self.changes[-1].served if self.changes else self.begun
        if self._later_changes == 0 and self.now() > last + _WATCHED_ON.total_seconds():
            return None
        refresh = rfc5011_active_refresh(self.served.ttl, timedelta(days=3650)).total_seconds()
        due = [max(one.looked + refresh, one.looks_next or 0.0) for one in self.watched if self._looks(one)]
        return max(min(due) + _MARGIN.total_seconds(), self.now()) if due else None

    def _looks(self, one: Watched) -> bool:
        """Whether it goes on looking at the keys, and can make something of what it sees."""
        return one.model.tracks and not one.stalled and bool(one.model.trusted & self.served.usable)

    def look(self) -> None:
        """Let the trackers look that are due to, hold their stores against the model, and ask all of them."""
        for one in self.watched:
            if one.model.tracks and one.looks_next is not None and one.looks_next <= self.now():
                self._looked(one)
        self._ask_all()

    def _looked(self, one: Watched) -> None:
        if not self._looks(one):
            one.model.look(self.now(), self.served)
            one.looks_next = None
            self.trackers.wait_up(one.resolver)
            self._tell(one)
            return
        standing = self._standing(one)
        one.looked = self.now()
        one.model.look(one.looked, self.served)
        self._tell(one)
        self._compare(one, standing)

    def _standing(self, one: Watched) -> Standing:
        standing = self.trackers.wait_looked(one.resolver)
        one.stalled = standing.looks_next is None
        one.looks_next = standing.looks_next.timestamp() if standing.looks_next else None
        return standing

    def _compare(self, one: Watched, standing: Standing) -> None:
        """Hold a tracker's store against the model's; where they differ that is a look that went wrong."""
        names = {made.ident.tag: name for name, made in self.signer.keys.items()}
        trusts = frozenset(names.get(tag, str(tag)) for tag in standing.trusted)
        if trusts != one.model.trusted:
            why = f"it trusts {', '.join(sorted(trusts))}, and is to trust {', '.join(sorted(one.model.trusted))}"
            opinion = Opinion(Security.SECURE, why)
            one.looks.append(
                self._look(one, self.now(), Security.SECURE, opinion, frozenset(), "its trust anchors")
            )

    # -- looks ------------------------------------------------------------------------------------------

    def _ask_all(self) -> None:
        for one, (at, target, answer) in zip(
            self.watched, self.lab.each(self._ask_cold, self.watched), strict=True
        ):
            opinion = one.model.judge(at, self.served)
            self._tell(one)
            states = frozenset({opinion.state})
            look = self._look(one, at, state_of(answer), opinion, states, target[0])
            one.looks.append(look)
            if one.model.terms.looks_when_cold and self._looks(one):
                self._standing(one)

    def _ask_cold(self, one: Watched) -> tuple[float, Target, Answer]:
        target = self.targets[len(one.looks) % len(self.targets)]
        one.resolver.flush()
        at = self.now()
        return at, target, one.resolver.answer(*target)

    def _look(
        self,
        one: Watched,
        at: float,
        state: Security,
        opinion: Opinion,
        tolerated: frozenset[Security],
        what: str,
    ) -> Look:
        generation = len(self.changes)
        return Look(at, one.vendor, generation, one.holding, state, (), opinion, tolerated, what)

    def _tell(self, one: Watched) -> None:
        """Note what the model says from now on."""
        opinion = one.model.fork().judge(self.now(), self.served)
        changes = [change.served for change in self.changes if change.served >= one.begins]
        at = changes[-1] if changes and self.now() - changes[-1] < 1 else self.now()
        if not one.told or one.told[-1][1].state is not opinion.state:
            one.told.append((at, opinion))

    def close(self) -> None:
        """The trackers go with the lab."""

    # -- results ----------------------------------------------------------------------------------------

    def findings(self) -> Findings:
        """Sum up; the lab's own validators are the counter-example, and not counted."""
        end = self.now()
        course = Course([(one.begun, one.served) for one in self.changes], end)
        vendors, examples = [], self._found(Holding.STATIC, None, course, end)
        for vendor in self.vendors:
            own = [one for one in self.watched if one.vendor == vendor and one.holding is not Holding.STATIC]
            found = self._found(None, vendor, course, end)
            insecure = [
                (window.start, window.end)
                for one in own
                for window in one.windows(end)
                if window.state is Security.INSECURE
            ]
            vendors.append(
                VendorFinding(
                    vendor,
                    len(own),
                    sum(len(one.looks) for one in own),
                    union_seconds([(one.window.start, one.window.end) for one in found]),
                    union_seconds(insecure),
                    tuple(found),
                )
            )
        wrong = [look for one in self.watched for look in one.looks if not look.as_predicted]
        return Findings(tuple(vendors), tuple(wrong), 0, counter_examples=tuple(examples))

    def _found(self, only: Holding | None, vendor: str | None, course: Course, end: float) -> list[Found]:
        found = [
            Found(
                one.vendor,
                len(self.changes),
                one.holding,
                window,
                *course.edges(window, one.looks, one.begins, goes_on=False),
            )
            for one in self.watched
            for window in one.windows(end)
            if window.state is Security.BOGUS
            and (one.holding is only if only else one.holding is not Holding.STATIC and one.vendor == vendor)
        ]
        return sorted(found, key=lambda one: -one.window.seconds)
