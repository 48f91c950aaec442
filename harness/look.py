"""Claims about the servers and the run so far: alarms that should ring, and how resolvers got by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from harness.expectation import Seen, State, classify, duration_text

if TYPE_CHECKING:
    from harness.history import History
    from lab.lab import Lab

THIRD = 1 / 3


@dataclass(frozen=True)
class ShortSignatureLife:
    """The alarm that pages in time: some signature of the zone has less than a third of its validity left."""

    zone: str
    below: float = THIRD
    within: timedelta = timedelta(0)

    def describe(self) -> str:
        """The claim in one sentence."""
        return f"a signature of {self.zone} has less than {self.below:.0%} of its validity left"

    def command(self) -> str:
        """Compare the two dates of the RRSIG with now."""
        return f"dig @SERVER {self.zone} AXFR | grep RRSIG   # expiration, then inception"

    def look(self, lab: Lab, history: History) -> Seen:
        """Look at all signatures that the zone's server serves."""
        now = lab.clock.now()
        signatures = lab.serving(self.zone).zone_signatures()
        shortest = min(signatures, key=lambda signature: signature.life_left(now))
        left = shortest.expiration - now
        return Seen(
            shortest.life_left(now) < self.below,
            f"the shortest-lived of {len(signatures)} signatures (over {shortest.covers}) has"
            f" {shortest.life_left(now):.1%} left, {duration_text(left)}",
            round(left.total_seconds()),
        )


@dataclass(frozen=True)
class AlarmedAhead:
    """The alarm rang at least so long before the outage could begin: the moment the first signature expires.

    The first bogus answer is *seen* later, as not every name's signature is the first to go; both are told.
    """

    alarm: ShortSignatureLife
    at_least: timedelta
    within: timedelta = timedelta(0)

    def describe(self) -> str:
        """The claim in one sentence."""
        return f"that alarm rang at least {duration_text(self.at_least)} before the first signature expired"

    def command(self) -> str:
        """In the monitoring's own log."""
        return ""

    def look(self, lab: Lab, history: History) -> Seen:
        """Compare the instants of the run so far."""
        rang = history.looks(self.alarm)
        failed = [
            event.lab_time
            for event in history.events
            if event.observation
            and event.observation.validates
            and classify(event.observation) is State.BOGUS
        ]
        if not rang or rang[0].value is None or not failed:
            return Seen(False, "the alarm or the outage did not come")
        lead, seen = timedelta(seconds=rang[0].value), failed[0] - rang[0].lab_time
        return Seen(
            lead >= self.at_least and seen >= lead,
            f"the alarm rang {duration_text(lead)} before the first signature expired, and"
            f" {duration_text(seen)} before a bogus answer was seen",
        )


@dataclass(frozen=True)
class FellBackToTcp:
    """Every validator fetched from the zone's server over TCP since the fault began."""

    zone: str
    within: timedelta = timedelta(0)

    def describe(self) -> str:
        """The claim in one sentence."""
        return f"every validator has turned to TCP for {self.zone}"

    def command(self) -> str:
        """On the path, or at the server."""
        return "tcpdump -n 'tcp port 53 and tcp[tcpflags] & tcp-syn != 0'"

    def look(self, lab: Lab, history: History) -> Seen:
        """Read the connection counters of the path."""
        from lab.network import counter_name

        counts = {r.name: lab.network.count("tcp", counter_name(r.host)) for r in lab.validators}
        said = ", ".join(f"{name} {count}" for name, count in counts.items())
        return Seen(all(counts.values()), f"TCP connections to {lab.serving(self.zone).host.name}: {said}")


@dataclass(frozen=True)
class FragmentsLost:
    """Fragments from the zone's server were dropped on the path since the last look of this kind; or none were."""

    zone: str
    any_more: bool = True
    within: timedelta = timedelta(0)

    def describe(self) -> str:
        """The claim in one sentence."""
        return f"{'' if self.any_more else 'no more '}fragments of {self.zone} answers are lost on the way"

    def command(self) -> str:
        """On the path."""
        return "tcpdump -n 'ip[6:2] & 0x3fff != 0'"

    def look(self, lab: Lab, history: History) -> Seen:
        """Read the path's counter and compare it with the look before, if there was one."""
        count = lab.network.count("fragments", "dropped")
        before = [event.value for event in history.looks(FragmentsLost(self.zone))]
        more = count - (before[-1] or 0) if before else count
        return Seen(
            (more > 0) is self.any_more,
            f"{count} fragments dropped so far, {more} since the last look",
            count,
        )
