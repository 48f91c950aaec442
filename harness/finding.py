"""What a rehearsal's looks come to: windows in which a validator was bogus, each held against the model, and the sums.

Pure: it reads the oracle's record and asks nobody.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from harness.cache_model import Authority, Security, Validator, Window, union_seconds, windows
from harness.edge import SHORT_SECONDS, Course, Edge
from harness.generation import EDGE_SECONDS, Look, Member, Priming
from lab.chain import Target
from lab.terms import CacheTerms

if TYPE_CHECKING:
    from harness.watchers import Watched


@dataclass(frozen=True)
class Found:
    """A window that the model gives one member, and the looks that enclose its ends."""

    vendor: str
    generation: int
    priming: enum.Enum
    window: Window
    start: Edge
    end: Edge

    @property
    def shown(self) -> bool:
        """Whether a look fell into it at all."""
        return self.start.after is not None

    @property
    def good_before(self) -> float | None:
        """The last look before it that was not bogus."""
        return self.start.before

    @property
    def first(self) -> float | None:
        """The first look into it."""
        return self.start.after

    @property
    def last(self) -> float | None:
        """The last look into it."""
        return self.end.before

    @property
    def good_after(self) -> float | None:
        """The first look after it that was not bogus."""
        return self.end.after

    @property
    def problem(self) -> str | None:
        """Why it was not found as the model has it; None where it was."""
        if not self.shown and self.window.seconds > SHORT_SECONDS:
            return "no look was taken in it"
        for edge, name in ((self.start, "start"), (self.end, "end")):
            if not edge.enclosed:
                return f"the looks next to its {name} were at {_at(edge.before)} and {_at(edge.after)}"
        return None


@dataclass(frozen=True)
class VendorFinding:
    """One vendor's sums over all its members: seconds of lab time, as the union of their windows."""

    vendor: str
    members: int
    looks: int
    bogus_seconds: float
    insecure_seconds: float
    windows: tuple[Found, ...]
    """The bogus windows, the longest first."""
    watched: Watched | None = None
    """What the one that is asked again and again said beside them; it counts for nothing."""


@dataclass(frozen=True)
class Findings:
    """All of it.  `disagreements`: looks at which the lab and the model differ; there must be none."""

    vendors: tuple[VendorFinding, ...]
    disagreements: tuple[Look, ...]
    unasked: int
    counter_examples: tuple[Found, ...] = ()
    """Windows of validators that are there to show what becomes of the careless: they count for nothing."""

    @property
    def resolution_seconds(self) -> float:
        """How far apart the looks that enclose an edge of a window lie at most (0: there is no window)."""
        return max((one.resolution_seconds or 0.0 for one in self._edges if not one.not_sought), default=0.0)

    @property
    def not_sought(self) -> Mapping[str, int]:
        """How many edges of windows were not looked for more closely, by the reason."""
        return Counter(edge.not_sought for edge in self._edges if edge.not_sought)

    @property
    def _edges(self) -> list[Edge]:
        return [edge for one in self.vendors for found in one.windows for edge in (found.start, found.end)]

    @property
    def bogus(self) -> bool:
        """Whether any validator was bogus at any look, or must have been by the model."""
        return any(one.bogus_seconds for one in self.vendors)


def findings(
    authority: Authority,
    members: Sequence[Member],
    terms: dict[str, CacheTerms],
    target: Target,
    course: Course,
) -> Findings:
    """Sum up a rehearsal."""
    begin = course.changes[0][1] if course.changes else course.ended
    vendors = []
    for vendor, vendor_terms in terms.items():
        own = [member for member in members if member.vendor == vendor and member.begins]
        found: list[Found] = []
        insecure: list[tuple[float, float]] = []
        for member, looks, until in _spans(vendor, vendor_terms, authority, own, begin, course.ended):
            beyond = min(until + EDGE_SECONDS, course.ended)
            for whole in windows(member.primed, target, member.begins, beyond, authority.instants):
                if whole.start >= until:
                    continue
                window = replace(whole, end=min(whole.end, until))
                if window.state is Security.BOGUS:
                    edges = course.edges(window, looks, member.begins, goes_on=whole.end > until)
                    told = replace(window, why=_told(window, looks))
                    found.append(Found(vendor, member.generation, member.priming, told, *edges))
                elif window.state is Security.INSECURE:
                    insecure.append((window.start, window.end))
        vendors.append(
            VendorFinding(
                vendor,
                len(own),
                sum(len(member.looks) for member in own),
                union_seconds([(one.window.start, one.window.end) for one in found]),
                union_seconds(insecure),
                tuple(sorted(found, key=lambda one: -one.window.seconds)),
            )
        )
    looks_taken = [look for member in members for look in member.looks]
    return Findings(
        tuple(vendors),
        tuple(look for look in looks_taken if not look.as_predicted),
        sum(member.unasked for member in members),
    )


def _spans(
    vendor: str,
    terms: CacheTerms,
    authority: Authority,
    members: Sequence[Member],
    begin: float,
    end: float,
) -> Iterator[tuple[Member, list[Look], float]]:
    """Each member of a vendor with its looks, and until when it has something to say; all cold ones as one.

    A priming by name is a look by a cold one.
    """
    cold = Member(vendor, 0, Priming.COLD, Validator(terms, authority), begins=begin)
    primings = [
        look for one in members if not one.priming.behind for look in one.looks if look.at < one.begins
    ]
    asked = [look for one in members if one.priming is Priming.COLD for look in one.looks]
    yield cold, [*asked, *primings], end
    for member in members:
        last = max(member.ends(member.begins), default=0.0)
        if member.priming is not Priming.COLD and last > member.begins:
            yield member, member.looks, min(last + terms.key_extra_seconds, end)


def _told(window: Window, looks: Iterable[Look]) -> str:
    """The cause, as of the first look into it: what is fetched in it is held until another time at each instant."""
    seen = [one for one in looks if one.state is Security.BOGUS and window.start - 1 <= one.at <= window.end]
    return min(seen, key=lambda look: look.at).predicted.why or window.why if seen else window.why


def _at(instant: float | None) -> str:
    return "no time" if instant is None else f"{datetime.fromtimestamp(instant, UTC):%Y-%m-%d %H:%M:%S}"
