"""Claims about the path and the run so far: how resolvers got by.  Those about alarms are in `harness.alerts`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from harness.expectation import Seen

if TYPE_CHECKING:
    from harness.history import History
    from lab.lab import Lab


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
