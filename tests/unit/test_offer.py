"""Offers as values: their names, what they heal to, and what every drill has on offer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from harness.discover import discover
from harness.expectation import Bogus, Insecure, Secure, State
from harness.offer import RESERVED, Offer
from harness.recovery import BASELINE, chosen, offers_of
from harness.recovery_watch import Names, retried
from harness.step import Wait
from lab.errors import UsageError
from tests.unit.stage import OTHER, WWW, Do, Stage, drill, heal

HOUR = timedelta(hours=1)


def test_every_drill_has_the_offers_that_need_no_saying() -> None:
    """And its own beside them; each says what it does, and can be typed."""
    for scenario in discover().values():
        known = offers_of(scenario)
        assert set(known) == {*RESERVED, *scenario.offers}
        for offer in known.values():
            assert offer.title
            assert all(step.describe() for step in (*offer.steps, *offer.afterwards))


def test_a_drill_s_own_remedy_is_its_steps_without_its_claims() -> None:
    """What it heals to is what the recovery claims of the victim."""
    repaired = Do(heal)
    known = offers_of(drill(Stage(), remedy=[repaired, Secure(WWW), Wait(HOUR)]))
    assert known["remedy"].steps == (repaired, Wait(HOUR))
    assert known["remedy"].healthy is State.SECURE
    to_insecure = offers_of(drill(Stage(), recovery=[Insecure(WWW), Secure(OTHER)]))
    assert {to_insecure[name].healthy for name in RESERVED} == {State.INSECURE}


@pytest.mark.parametrize("name", [*RESERVED, "", "Re-sign", "re sign", "re--sign"])
def test_a_name_that_is_taken_or_can_t_be_typed_is_refused(name: str) -> None:
    """When the scenario is built, so that its file is told of it."""
    with pytest.raises(UsageError, match="the offer"):
        drill(Stage(), offers={name: Offer("something", [])})


def test_nothing_heals_to_bogus() -> None:
    """Secure or insecure."""
    with pytest.raises(UsageError, match="heals to bogus"):
        Offer("something", [], State.BOGUS)


def test_doing_nothing_is_always_among_those_chosen() -> None:
    """The others are held against it; one that isn't there is refused with those that are."""
    scenario = drill(Stage(), offers={"re-sign": Offer("sign anew", [Do(heal)])})
    assert list(chosen(scenario, ["re-sign"])) == ["re-sign", BASELINE]
    assert list(chosen(scenario, [])) == list(offers_of(scenario))
    with pytest.raises(UsageError, match=r"no offer is called 'nosuch'.*re-sign"):
        chosen(scenario, ["nosuch"])


def test_clients_go_on_asking_for_what_failed() -> None:
    """The last name of the victim that was claimed bogus; without one the last that was asked for."""
    assert retried(
        drill(Stage(), impact=[Bogus("w1.shop.lab."), Bogus("w2.shop.lab.", "MX"), Secure(OTHER)])
    ) == (
        "w2.shop.lab.",
        "MX",
    )
    assert retried(drill(Stage(), impact=[Secure("w1.shop.lab."), Secure(OTHER)])) == ("w1.shop.lab.", "A")


def test_names_are_new_until_caches_have_forgotten_them() -> None:
    """Addresses first; what others ask for is left alone; after its time a name is as good as new."""
    names = Names("shop.lab.", frozenset({"w31.shop.lab."}), HOUR)
    begun = datetime(2030, 1, 1, tzinfo=UTC)
    asked = [names.fresh(begun) for _ in range(1000)]
    assert asked[:2] == [("w32.shop.lab.", "A"), ("w30.shop.lab.", "A")]
    assert all(name != "w31.shop.lab." for name, _ in asked)
    assert len(set(asked)) == 1000
    assert names.fresh(begun + 2 * HOUR) == asked[0]
