"""Watchers: what they take down, how it is summed up beside the generations', and how it is told."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from typing import cast

import pytest

from harness.cache_model import Security
from harness.cli import options
from harness.cli.rehearse import Order, rehearse
from harness.finding import Findings
from harness.report.rehearsal import asked_again
from harness.watchers import Sight, Watched, Watchers, came_stale
from lab.observers import Heard, Observers, Question
from lab.query import Answer, ExtendedError
from lab.resolver import Resolver
from tests.unit.rehearsed import REHEARSAL, START, vendor, window

DARK = [window("bind", 100, 200), window("bind", 150, 300)]


@dataclasses.dataclass
class FakeObservers:
    """Observers that answer what they are told to, one look after the other."""

    answers: list[Answer]
    started: list[tuple[str, int, bool]] = dataclasses.field(default_factory=list)
    asked: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    ended: list[object] = dataclasses.field(default_factory=list)

    def start(self, name: str, count: int, *, serve_stale: bool) -> list[Resolver]:
        """Note it."""
        self.started.append((name, count, serve_stale))
        return [cast("Resolver", object())] * count

    def ask(self, questions: Sequence[Question]) -> list[Heard]:
        """The next answer for all; a look every 100 s."""
        self.asked += [(one.qname, one.qtype) for one in questions]
        number = len(self.asked) // len(questions)
        return [Heard(one, self.answers[number - 1], START + 100 * (number - 1)) for one in questions]

    def end(self, resolvers: Sequence[Resolver]) -> None:
        """Note it."""
        self.ended += resolvers


def watching(observers: FakeObservers, *, serve_stale: bool = False) -> Watchers:
    """Watchers of both vendors."""
    target = ("www.shop.lab.", "A")
    return Watchers(cast("Observers", observers), ["unbound", "bind"], target, serve_stale=serve_stale)


GOOD = Answer("NOERROR", ad=True)
STALE = Answer("NOERROR", ad=True, ede=(ExtendedError(3, "resolver failure"),))
BAD = Answer("SERVFAIL", ede=(ExtendedError(6),))
NONE = Answer(None, failed="timeout")


@pytest.mark.parametrize(
    ("codes", "stale"), [((), False), ((3,), True), ((19,), True), ((6, 3), True), ((4, 22), False)]
)
def test_a_stale_answer_is_known_by_its_ede(codes: tuple[int, ...], stale: bool) -> None:
    """Stale Answer and Stale NXDOMAIN Answer, beside whatever else it says (RFC 8914 4.4, 4.20)."""
    assert came_stale(Answer("NOERROR", ede=tuple(map(ExtendedError, codes)))) is stale


def test_one_of_each_vendor_is_asked_for_the_same_name_each_time_and_ended_once() -> None:
    """A client does not ask for a fresh name either; what it serves is asked for at its start."""
    observers = FakeObservers([GOOD, GOOD])
    watchers = watching(observers, serve_stale=True)
    watchers.ask()
    watchers.ask()
    watchers.close()
    watchers.close()
    assert observers.started == [("unbound", 1, True), ("bind", 1, True)]
    assert observers.asked == [("www.shop.lab.", "A")] * 4
    assert len(observers.ended) == 2


def test_what_they_said_stands_beside_the_generations_and_changes_nothing_there() -> None:
    """An answer that does not come is no error: watchers count for nothing."""
    watchers = watching(FakeObservers([GOOD, STALE, BAD, NONE]), serve_stale=True)
    for _ in range(4):
        watchers.ask()
    before = Findings((vendor("unbound"), vendor("bind", *DARK)), (), 0)
    after = watchers.beside(before)
    assert (
        dataclasses.replace(
            after, vendors=tuple(dataclasses.replace(one, watched=None) for one in after.vendors)
        )
        == before
    )
    good, dark = (one.watched for one in after.vendors)
    assert good is not None
    assert dark is not None
    states = (Security.SECURE, Security.SECURE, Security.BOGUS, None)
    assert tuple(one.state for one in dark.sights) == states
    assert (len(dark.stale), len(dark.bogus), dark.unanswered) == (1, 1, 1)
    assert (good.in_outage(good.sights), dark.in_outage(dark.sights)) == (0, 2)
    assert (dark.in_outage(dark.bogus), dark.in_outage(dark.stale)) == (1, 1)
    assert dark.first_bogus is not None
    assert dark.first_bogus.timestamp() == START + 200


def sights(*states: Security | None, stale: Sequence[int] = ()) -> tuple[Sight, ...]:
    """A look every 100 s; those of these numbers were answered with stale data."""
    return tuple(Sight(START + 100 * at, state, at in stale) for at, state in enumerate(states))


@pytest.mark.parametrize(
    ("watched", "said"),
    [
        (Watched(sights(*[Security.SECURE] * 3)), "asked again and again: not bogus at any of 3 looks"),
        (
            Watched(sights(*[Security.SECURE] * 3), ((START + 100, START + 200),)),
            "asked again and again: not bogus at any of 3 looks (1 of them in an outage)",
        ),
        (
            Watched(sights(Security.SECURE, Security.BOGUS, None), ((START, START + 300),)),
            "asked again and again: bogus at 1 of 3 looks (3 of them in an outage), first 2030-01-01 00:01:40,"
            " 1 without an answer",
        ),
        (
            Watched(sights(Security.SECURE, Security.SECURE, stale=[1]), serve_stale=True),
            "asked again and again and serving stale: not bogus at any of 2 looks, 1 answered with stale data",
        ),
        (
            Watched(sights(Security.SECURE, Security.INSECURE), serve_stale=True),
            "asked again and again and serving stale: not bogus at any of 2 looks, none answered with stale data",
        ),
    ],
    ids=["good", "hides it", "bogus", "stale", "nothing stale"],
)
def test_it_is_told_in_a_line(watched: Watched, said: str) -> None:
    """How many looks, how many of them while others were in the dark, and what was stale."""
    assert asked_again(watched) == said


@pytest.mark.parametrize("asked_for", [True, False])
def test_the_option_reaches_every_rehearsal_and_every_wrong_way(
    asked_for: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those derived from its steps, and those that it brings itself."""
    orders: list[Order] = []
    module = sys.modules["harness.cli.rehearse"]  # its name in the package is the command's
    monkeypatch.setattr(module, "_rehearse", orders.append)
    monkeypatch.setattr(
        options, "rehearsals", lambda names, files: {"mine": REHEARSAL.but(mutants={"brought": REHEARSAL})}
    )
    rehearse.main(["mine", "--mutants", *["--serve-stale"] * asked_for], standalone_mode=False)
    (order,) = orders
    played = [*order.rehearsals.values(), *order.wrong["mine"].values()]
    assert "brought" in order.wrong["mine"]
    assert {one.serve_stale for one in played} == {asked_for}
