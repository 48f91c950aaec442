"""Orders to a lab that stays up: which instant is meant, and which are refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from lab.agent import Agent, Ran
from lab.desk import Order, hear
from lab.errors import UsageError

NOW = datetime(2030, 1, 1, tzinfo=UTC)
IDENT = "0123456789abcdef"


@dataclass
class FakeAgent:
    """An agent in whose lab somebody wrote a line to the desk."""

    line: str

    def run(self, argv: Any, **_: Any) -> Ran:
        """The line, as the tool that reads it prints it."""
        return Ran(tuple(argv), 0, self.line, "")


def test_an_order_means_an_instant() -> None:
    """So much ahead of now, or an instant."""
    assert Order(IDENT, by_seconds=90.0).instant(NOW) == NOW + timedelta(seconds=90)
    assert Order(IDENT, to="2030-02-01T00:00:00+00:00").instant(NOW) == datetime(2030, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("order", "says"),
    [
        (Order(IDENT, to="2029-12-31T23:59:59+00:00"), "can't go back: it is 2030-01-01 00:00:00"),
        (Order(IDENT, by_seconds=-1.0), "can't go back"),
        (Order(IDENT, to="never"), "names no instant"),
        (Order(IDENT, to="2030-02-01"), "names no instant"),
        (Order(IDENT, by_seconds=1e30), "names no instant"),
        (Order(IDENT, by_seconds=cast("float", "x")), "names no instant"),
    ],
    ids=str,
)
def test_an_order_that_can_not_be_done_is_refused(order: Order, says: str) -> None:
    """Back, or nowhere: one sentence, and the lab goes on."""
    with pytest.raises(UsageError, match=says):
        order.instant(NOW)


@pytest.mark.parametrize(
    "line",
    ["", "x", "3", "{}", '{"ident": "../../x"}', '{"ident": 3}', f'{{"ident": "{IDENT}", "more": 1}}'],
)
def test_what_is_no_order_is_not_heard(line: str) -> None:
    """Anybody inside may write to the desk: what isn't an order is passed over."""
    assert hear(cast("Agent", FakeAgent(line)), 1.0) is None


def test_an_order_is_heard() -> None:
    """An order comes with its ident, which names where its answer goes."""
    agent = FakeAgent(f'{{"ident": "{IDENT}", "by_seconds": 60.0, "to": null}}')
    assert hear(cast("Agent", agent), 1.0) == Order(IDENT, 60.0)
