"""What every resolver must do in a lab, whichever vendor's: one file in `lab/resolvers/` is enough to be tested here."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, TypeGuard

import pytest

from harness.discover import discover
from harness.expectation import Bogus, LabExpectation, State, StateExpectation, classify
from harness.history import History
from harness.pathlook import Masked
from harness.runner import HOLD_SECONDS
from harness.scenario import Scenario
from lab.cause import Cause
from lab.errors import LabSick
from lab.lab import Lab
from lab.resolver import CONTROL, Resolver, vendors
from lab.wait import until

WWW = "www.shop.lab."
MEASURED = [(name, cause) for name, vendor in vendors().items() for cause in vendor.ede]
RECORD_TTL_SECONDS = 1800

each_vendor = pytest.mark.parametrize("name", vendors())


def state(resolver: Resolver, qname: str) -> State:
    """What it makes of a name."""
    return classify(resolver.ask(qname))


@each_vendor
def test_a_resolver_validates_the_good_zone_and_says_who_it_is(name: str) -> None:
    """AD, with data and without; its version; lab time; caches that a flush empties; and a control without AD."""
    with Lab(validators=[name]) as lab:
        resolver, control = lab.resolvers[name], lab.resolvers[CONTROL]
        assert resolver.validates
        assert re.fullmatch(r"\d+(\.\d+)+[a-z0-9.-]*", resolver.version)
        assert resolver.title == f"{name} {resolver.version}"
        lab.clock.check(resolver.host, resolver.clock())

        for qname in (WWW, "www.bystander.lab."):
            assert state(resolver, qname) is State.SECURE
        missing = resolver.answer("nosuch.shop.lab.")
        assert (missing.rcode, missing.ad) == ("NXDOMAIN", True)
        assert not resolver.answer(WWW, cd=True).ede

        lab.clock.advance(timedelta(minutes=10))
        aged = resolver.answer(WWW).min_ttl_seconds
        assert aged is not None
        assert aged <= RECORD_TTL_SECONDS - 600
        resolver.flush()
        assert resolver.answer(WWW).min_ttl_seconds == RECORD_TTL_SECONDS

        for qname in (WWW, "www.bystander.lab.", "nosuch.shop.lab.", "."):
            answer = control.answer(qname, "A" if qname != "." else "SOA")
            assert answer.rcode in ("NOERROR", "NXDOMAIN")
            assert not answer.ad


@each_vendor
def test_a_resolver_lives_on_its_host_s_clock(name: str) -> None:
    """Forty days ahead the good zone is bogus to it and to nobody else, CD=1 answers, and a flush heals it afterwards."""
    with Lab(validators=[name]) as lab:
        resolver, control = lab.resolvers[name], lab.resolvers[CONTROL]
        lab.clock.set_skew(resolver.host, timedelta(days=40))
        lab.restart(resolver)
        lab.clock.check(resolver.host, resolver.clock())
        assert state(resolver, WWW) is State.BOGUS
        unchecked = resolver.answer(WWW, cd=True)
        assert unchecked.has_data
        assert not unchecked.ad
        assert control.answer(WWW).has_data

        lab.clock.set_skew(resolver.host, timedelta(0))
        lab.clock.check(resolver.host, resolver.clock())
        resolver.flush()
        assert state(resolver, WWW) is State.SECURE
        lab.check_clocks()


def story(cause: Cause) -> Scenario:
    """The first drill with a claim that tells of this cause; a cause that no drill shows can't be measured."""
    for drill in discover().values():
        if any(shows(item, cause) for item in drill.impact):
            return drill
    pytest.fail(f"no drill claims anything bogus because {cause.value}")


def shows(item: Any, cause: Cause) -> TypeGuard[Bogus | Masked]:
    """Whether a claim is about this cause: bogus for it, or masked."""
    return isinstance(item, Bogus | Masked) and item.cause is cause


def go_through(item: Any, lab: Lab, resolver: Resolver) -> None:
    """Ask, look or do what a drill has there."""
    if isinstance(item, StateExpectation):
        resolver.ask(item.qname, item.qtype)
    elif isinstance(item, LabExpectation):
        until(lambda: item.look(lab, History()).holds, item.describe(), deadline_seconds=HOLD_SECONDS)
    else:
        item.perform(lab)


@pytest.mark.parametrize(("name", "cause"), MEASURED)
def test_the_ede_of_a_cause_is_as_the_vendor_s_file_says(name: str, cause: Cause) -> None:
    """Each entry of the table is measured anew, in the drill that shows its cause, up to the claim about it."""
    drill = story(cause)
    with Lab(drill.topology, [name]) as lab:
        (resolver,) = lab.validators
        for item in drill.steady_state:  # it warms the caches that some causes need
            go_through(item, lab, resolver)
        with drill.fault.inject(lab):
            until(lambda: drill.fault.took_hold(lab).holds, "the fault", deadline_seconds=HOLD_SECONDS)
            for item in drill.impact:
                if shows(item, cause):
                    claim = item
                    seen = resolver.ask(item.qname, item.qtype)
                    break
                go_through(item, lab, resolver)
        assert isinstance(claim, Masked) or classify(seen) is State.BOGUS
        given: set[int | None] = {error.code for error in seen.answer.ede} or {None}
        assert given <= vendors()[name].ede[cause]


def test_every_cause_is_measured_somewhere() -> None:
    """A cause that no vendor's file lists would never be judged."""
    assert {cause for _, cause in MEASURED} == set(Cause)


@each_vendor
def test_a_resolver_that_is_dead_is_not_taken_for_one_that_says_no(name: str) -> None:
    """Without its process it answers nothing, and what it might have proved is refused."""
    with Lab(validators=[name]) as lab:
        resolver = lab.resolvers[name]
        lab.check_alive()
        resolver.daemon.stop()
        assert state(resolver, WWW) is State.UNREACHABLE
        with pytest.raises(LabSick, match=f"^{name} died in the middle of the drill"):
            lab.check_alive()
        lab.restart(resolver)
        lab.check_alive()
        assert state(resolver, WWW) is State.SECURE
