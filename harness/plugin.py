"""The pytest plugin: labs, drills and rehearsals for a user's own tests.

    @pytest.mark.chaindrill(topology=Topology(victim=Zone("shop.lab.", hidden_primary=True)))
    def test_something(lab):
        assert lab.validators[0].ask("www.shop.lab.").answer.ad

    def test_my_drill(run_drill):
        assert run_drill(MY_SCENARIO).verdict is Verdict.PASS

    def test_my_rollover(run_rehearsal):
        assert run_rehearsal(MY_REHEARSAL).verdict is Verdict.PASS

Each test has a lab of its own.  Nothing heavy is imported before a test asks for one: every
pytest that finds chaindrill installed loads this module.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from harness.rehearsal import Rehearsal
    from harness.rehearse import RehearsalReport
    from harness.scenario import Scenario
    from harness.verdict import Report
    from lab.lab import Lab
    from lab.topology import Topology

_MARK = "chaindrill"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--resolver` and `--chaindrill-monitor`."""
    group = parser.getgroup(_MARK, "chaindrill: labs for DNSSEC drills")
    group.addoption(
        "--chaindrill-monitor",
        action="append",
        default=[],
        metavar="'CMD {zone} {server}'",
        help="a check of your own to watch every drill with (may be repeated)",
    )
    group.addoption(
        "--resolver",
        action="append",
        default=[],
        metavar="NAME",
        help="a validator for labs of chaindrill to watch with (may be repeated; default: unbound and bind)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", f"{_MARK}(topology=None): the Topology of the lab that this test gets")


@pytest.fixture
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A whole lab for one test: its topology is the marker's, its validators are those of `--resolver`.

    A lab that can't be had is an error of the test, in one sentence: never a skip, which CI would show green.
    """
    from lab.lab import Lab

    with _one_sentence():
        made = Lab(_topology(request), _validators(request)).__enter__()
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def run_drill(request: pytest.FixtureRequest) -> Callable[[Scenario], Report]:
    """A function that runs a scenario in a lab of its own, with the validators chosen: its Report."""

    def one(scenario: Scenario) -> Report:
        from harness.monitor_command import parse
        from harness.runner import run
        from lab.lab import Lab

        with _one_sentence():
            validators = _validators(request)
            monitors = [parse(text) for text in request.config.getoption("--chaindrill-monitor")]
            return run(
                request.node.name,
                scenario,
                lambda: Lab(scenario.topology, validators),
                monitors=monitors,
            )

    return one


@pytest.fixture
def run_rehearsal(request: pytest.FixtureRequest) -> Callable[..., RehearsalReport]:
    """A function that plays a rehearsal in a lab of its own, with the validators chosen: its RehearsalReport.

    With `wrong=True` it is a way to get one wrong: then it passes where the lab shows what the model says of it.
    """

    def one(rehearsal: Rehearsal, *, wrong: bool = False) -> RehearsalReport:
        from harness.rehearse import rehearse
        from lab.lab import Lab

        with _one_sentence():
            validators = _validators(request)
            make_lab = partial(Lab, rehearsal.topology, validators, control=False)
            return rehearse(request.node.name, rehearsal, make_lab, wrong=wrong)

    return one


@contextlib.contextmanager
def _one_sentence() -> Iterator[None]:
    """Make a LabError the test's own failure, without a traceback."""
    from lab.errors import LabError

    try:
        yield
    except LabError as problem:
        raise pytest.fail.Exception(str(problem), pytrace=False) from None


def _validators(request: pytest.FixtureRequest) -> tuple[str, ...]:
    from lab.resolver import DEFAULT_VALIDATORS

    return tuple(request.config.getoption("--resolver")) or DEFAULT_VALIDATORS


def _topology(request: pytest.FixtureRequest) -> Topology | None:
    """What the marker says.  Raises UsageError where it isn't written as `chaindrill(topology=…)`."""
    from lab.errors import UsageError
    from lab.topology import Topology

    marker = request.node.get_closest_marker(_MARK)
    if marker is None:
        return None
    topology = marker.kwargs.get("topology")
    if marker.args or set(marker.kwargs) - {"topology"} or not isinstance(topology, Topology | None):
        raise UsageError(
            f"the marker {_MARK} is written {_MARK}(topology=Topology(…)), with nothing else in it"
        )
    return topology
