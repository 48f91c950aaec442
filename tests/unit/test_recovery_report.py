"""What is said of remedies that were measured: the table, and JSON."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rich.console import Console

from harness.expectation import State
from harness.offer import Offer
from harness.recovery import Played, Recovery, Remedy, measure, to_json
from harness.recovery_time import Healed, Point, Watcher, Where, Window, Worse
from harness.report.recovery import block
from harness.report.terminal import show
from tests.unit.stage import Do, Stage, drill, heal

WARM, FRESH, COLD = (Watcher("unbound", where) for where in (Where.WARM, Where.FRESH, Where.COLD))
PRIMED = Watcher("unbound", Where.PRIMED_LATE)
REMEDY = Remedy(
    "old-ds-back",
    Offer("the old DS again", [Do(heal, "publish it")], warning="Not while a rollover goes on."),
    Played(steps=[(0.1, "publish it")]),
    {
        WARM: Healed(4200.0, 4199.0, 12.34, ill=True),
        FRESH: Healed(None, 172800.0, None, ill=True),
        COLD: Healed(1.0, 0.0, 0.2, ill=True, relapsed=86401.0),
    },
    (),
    2,
    40.25,
)
WORSE = replace(REMEDY, name="unsign-first", worse=(Worse(PRIMED, 0.5, 3500.0),))


def printed(*remedies: Remedy) -> str:
    """The table, as a terminal without colours shows it."""
    out = io.StringIO()
    show(Console(file=out, width=200), block(Recovery("a-story", "It fails", ("unbound",), remedies)))
    return out.getvalue()


def test_the_table_has_a_row_for_remedy_and_validator() -> None:
    """Warm, new names and cold in lab time, and what passed on the wall until warm."""
    (row,) = [line for line in printed(REMEDY).splitlines() if line.startswith("  old-ds-back   s")]
    assert row.split() == (
        [
            "old-ds-back",
            "secure",
            "unbound",
            "1",
            "h",
            "10",
            "min",
            "not",
            "within",
            "2",
            "d",
            "1",
            "s,",
            "dark",
            "again",
            "after",
            "1",
            "d",
            "12.3",
            "s",
        ]
    )


def test_warnings_and_what_got_worse_stand_below_it() -> None:
    """What is known, and what was seen, each with the remedy's name."""
    text = printed(REMEDY, WORSE)
    assert "Not while a rollover goes on." in text
    assert text.count("makes it worse:") == 1
    assert (
        "unbound that still held the keys under the DS of before the fault is dark from 0 s to 58 min 20 s"
        in text
    )


def test_a_sick_lab_s_figures_are_not_shown() -> None:
    """A question mark, and why."""
    text = printed(replace(REMEDY, played=Played(sick="bind died"), healed={}))
    assert "4 min" not in text
    assert " ? " in text
    assert "nothing could be concluded: bind died" in text


def test_json_has_every_figure() -> None:
    """Seconds as numbers, null where there is none."""
    document = json.loads(json.dumps(to_json(Recovery("a-story", "It fails", ("unbound",), (REMEDY, WORSE)))))
    assert (document["schema"], document["limit_seconds"]) == (1, 172800)
    first, second = document["remedies"]
    assert first["steps"] == [{"what": "publish it", "command": ""}]
    assert first["done"] == [{"at_seconds": 0.1, "what": "publish it"}]
    assert first["validators"]["unbound"]["warm"] == {
        "seconds": 4200.0,
        "not_before_seconds": 4199.0,
        "wall_seconds": 12.34,
        "ill": True,
        "relapsed_seconds": None,
        "after": None,
    }
    assert first["validators"]["unbound"]["new_names"]["seconds"] is None
    assert first["validators"]["unbound"]["cold"]["relapsed_seconds"] == 86401
    assert (first["makes_it_worse"], second["makes_it_worse"]) == (False, True)
    assert (second["worse"][0]["view"], second["worse"][0]["to_seconds"]) == ("primed late", 3500)


def test_what_healed_between_far_looks_is_played_again_and_held_against_doing_nothing() -> None:
    """Only the offers that need it, in labs of their own, with a window; what is sick is not played again."""
    dark, well = State.UNCONFIRMED, State.SECURE
    rounds = []

    def play_all(todo: Mapping[str, tuple[Offer, Sequence[Window]]]) -> Mapping[str, Played]:
        rounds.append({name: len(windows) for name, (_, windows) in todo.items()})
        seen = {}
        for name, (_, windows) in todo.items():
            at = [0.0, 600.0, 601.0, 630.0] if windows else [0.0, 540.0, 660.0]
            healed_at = {"slow": 601.0}.get(name, 1e9)
            points = [Point(one, one, well if one >= healed_at else dark) for one in at]
            seen[name] = Played(
                points={WARM: points}, sick="it died" if name == "ill" else "", wall_seconds=2.0
            )
        return seen

    offers = {name: Offer(name, []) for name in ("slow", "ill", "wait")}
    found = measure("a-story", drill(Stage()), ("unbound",), offers, play_all)
    assert rounds == [{"slow": 0, "ill": 0, "wait": 0}, {"slow": 1}]
    slow, _, waited = found.remedies
    assert (slow.healed[WARM].seconds, slow.labs, slow.wall_seconds) == (601, 2, 4.0)
    assert waited.healed[WARM].seconds is None
    assert found.sick
