"""The pytest plugin: labs and drills for a user's own tests.

    @pytest.mark.chaindrill(topology=Topology(victim=Zone("shop.lab.", hidden_primary=True)))
    def test_something(lab):
        assert lab.validators[0].ask("www.shop.lab.").answer.ad

    def test_my_drill(run_drill):
        assert run_drill(MY_SCENARIO).verdict is Verdict.PASS

Each test has a lab of its own.  Nothing heavy is imported before a test asks for one: this module is loaded by
every pytest that finds chaindrill installed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from harness.scenario import Scenario
    from harness.verdict import Report
    from lab.lab import Lab
    from lab.topology import Topology

_MARK = "chaindrill"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--resolver`."""
    parser.getgroup(_MARK, "chaindrill: labs for DNSSEC drills").addoption(
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
    """A whole lab for one test; its topology comes from the marker `chaindrill`, its validators from `--resolver`.

    A lab that can't be had is an error of the test, in one sentence: never a skip, which CI would show green.
    """
    from lab.errors import LabError
    from lab.lab import Lab

    try:
        made = Lab(_topology(request), _validators(request)).__enter__()
    except LabError as problem:
        pytest.fail(str(problem), pytrace=False)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def run_drill(request: pytest.FixtureRequest) -> Callable[[Scenario], Report]:
    """A function that runs a scenario in a lab of its own and returns its Report; `--resolver` counts here too."""
    from lab.errors import LabError

    def one(scenario: Scenario) -> Report:
        from harness.runner import run
        from lab.lab import Lab

        try:
            validators = _validators(request)
            return run(request.node.name, scenario, lambda: Lab(scenario.topology, validators))
        except LabError as problem:
            pytest.fail(str(problem), pytrace=False)

    return one


def _validators(request: pytest.FixtureRequest) -> tuple[str, ...]:
    from lab.resolver import DEFAULT_VALIDATORS

    return tuple(request.config.getoption("--resolver")) or DEFAULT_VALIDATORS


def _topology(request: pytest.FixtureRequest) -> Topology | None:
    """What the marker says.  Raises UsageError for a marker that isn't written as `chaindrill(topology=…)`."""
    from lab.errors import UsageError
    from lab.topology import Topology

    marker = request.node.get_closest_marker(_MARK)
    if marker is None:
        return None
    topology = marker.kwargs.get("topology")
    if marker.args or set(marker.kwargs) - {"topology"} or not isinstance(topology, Topology | None):
        raise UsageError(f"the marker {_MARK} is written {_MARK}(topology=Topology(…)), with nothing else in it")
    return topology
