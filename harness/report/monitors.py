"""What monitors were good for, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from harness.alerts import signed
from harness.expectation import duration_text
from harness.monitors import Outcome

if TYPE_CHECKING:
    from harness.monitors import Watched
    from harness.verdict import Report


def lines(report: Report) -> Iterator[tuple[str, str]]:
    """One line for each monitor that has something to tell: its name and words.

    Alerts of ours that told nothing of this outage are put together: the words, and their names.
    """
    first_bogus = report.history.first_bogus
    together: dict[str, list[str]] = {"rang before the fault": [], "never paged": []}
    for watched in report.history.monitors:
        if not watched.looks:
            continue
        said = words(watched, first_bogus)
        if said in together and not watched.own:
            together[said].append(watched.check.title)
        else:
            yield watched.check.title, said
    yield from ((said, ", ".join(titles)) for said, titles in together.items() if titles)


def words(watched: Watched, first_bogus: datetime | None) -> str:
    """What became of one: `paged 4 d 15 h before the first bogus answer`."""
    outcome = watched.outcome(first_bogus)
    if outcome is Outcome.BLIND:
        return f"could not say: {watched.said}"
    if outcome is Outcome.NEVER:
        if not watched.blind:
            return "never paged"
        return f"never paged; could not say at {watched.blind} of {watched.looks} looks: {watched.said}"
    if outcome is Outcome.BEFORE_FAULT:
        return "rang before the fault" + (f" ({watched.said})" if watched.own else "")
    return _paged(watched, first_bogus, late=outcome is Outcome.LATE) + (
        f" ({watched.said})" if watched.own else ""
    )


def _paged(watched: Watched, first_bogus: datetime | None, *, late: bool) -> str:
    assert watched.rang_at is not None
    if first_bogus is None:
        return "paged; no validator gave a bogus answer"
    lead = duration_text(first_bogus - watched.rang_at)
    said = f"paged {lead} {'after' if late else 'before'} the first bogus answer"
    if watched.first_expiry is not None:
        said += f", {signed(watched.first_expiry - watched.rang_at)} the first signature expired"
    return said
