"""Finding drills, rehearsals and faults: a file dropped into the right folder is found, nothing is registered."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import importlib
import importlib.util
import inspect
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar, cast

from harness.rehearsal import Rehearsal
from harness.scenario import Scenario
from lab.errors import UsageError

if TYPE_CHECKING:
    from harness.fault import Fault

T = TypeVar("T", bound="Scenario | Rehearsal")

_SINGLE = ("SCENARIO", "REHEARSAL")
"""A file with one of either has it under this name."""

USER_PREFIX = "chaindrill_user_scenario_"


def discover(files: Iterable[Path] = ()) -> Mapping[str, Scenario]:
    """Every drill there is, by name, in order: those of `scenarios/`, and those of the files given.

    A file with `SCENARIO` gives one drill under the file's name (`signer_stalled.py` → `signer-stalled`); one
    with `VARIANTS` gives `name:variant` for each.  Raises UsageError for a file that can't be read as such.
    """
    import scenarios

    return _only(Scenario, _package(scenarios, "scenarios/") | _files(files))


def rehearsals(files: Iterable[Path] = ()) -> Mapping[str, Rehearsal]:
    """Every rehearsal there is, likewise: those of `scenarios/rehearsals/` (`REHEARSAL`), and those of the files."""
    import scenarios.rehearsals

    return _only(Rehearsal, _package(scenarios.rehearsals, "scenarios/rehearsals/") | _files(files))


def select(names: Iterable[str], known: Mapping[str, T], kind: str = "scenario") -> Mapping[str, T]:
    """Those named of a `kind`; `name` alone means all its variants, no name at all means all there are.

    Raises UsageError for a name that isn't known, with the nearest that is.
    """
    wanted = list(names)
    if not wanted:
        return known
    chosen: dict[str, T] = {}
    for name in wanted:
        matching = {full: s for full, s in known.items() if full == name or full.split(":")[0] == name}
        if not matching:
            raise UsageError(
                f"no {kind} is called {name!r}{_nearest(name, known)}: `chaindrill list` shows them all"
            )
        chosen |= matching
    return chosen


@functools.cache
def faults() -> Mapping[str, type[Fault]]:
    """Every fault there is, by class name."""
    import harness.faults

    found: dict[str, type[Fault]] = {}
    for module in pkgutil.iter_modules(harness.faults.__path__):
        loaded = importlib.import_module(f"harness.faults.{module.name}")
        for name, thing in inspect.getmembers(loaded, inspect.isclass):
            if (
                thing.__module__ == loaded.__name__
                and dataclasses.is_dataclass(thing)
                and hasattr(thing, "took_hold")
            ):
                found[name] = cast("type[Fault]", thing)
    return found


def _nearest(name: str, known: Iterable[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _only(kind: type[T], found: Mapping[str, Scenario | Rehearsal]) -> Mapping[str, T]:
    return {name: one for name, one in found.items() if isinstance(one, kind)}


def _package(package: ModuleType, folder: str) -> dict[str, Scenario | Rehearsal]:
    """What a package's modules define; one that begins with _ is what others of them share."""
    found: dict[str, Scenario | Rehearsal] = {}
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        if not module.ispkg and not module.name.startswith("_"):
            with _told_by(f"{folder}{module.name}.py"):
                loaded = importlib.import_module(f"{package.__name__}.{module.name}")
            found |= _defined(loaded, module.name)
    return found


def _files(paths: Iterable[Path]) -> dict[str, Scenario | Rehearsal]:
    found: dict[str, Scenario | Rehearsal] = {}
    for path in paths:
        found |= _read_file(path)
    return found


def _read_file(path: Path) -> Mapping[str, Scenario | Rehearsal]:
    if not path.is_file():
        raise UsageError(f"there is no scenario file {path}")
    spec = importlib.util.spec_from_file_location(USER_PREFIX + path.stem, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} is not a Python file: a scenario file ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    with _told_by(path.name):
        spec.loader.exec_module(module)
    return _defined(module, path.stem)


@contextlib.contextmanager
def _told_by(file: str) -> Iterator[None]:
    """Turn whatever a scenario file raises on import into one sentence."""
    try:
        yield
    except UsageError as problem:
        raise UsageError(f"{file}: {problem}") from None
    except (Exception, SystemExit) as problem:  # whatever a user's file raises is one sentence
        line = _line_in(problem, file)
        raise UsageError(
            f"the scenario file {file} can't be imported: {type(problem).__name__}: {problem}{line}"
        ) from problem


def _line_in(problem: BaseException, file: str) -> str:
    trace, line = problem.__traceback__, ""
    while trace:
        if trace.tb_frame.f_code.co_filename.endswith(file):
            line = f" (line {trace.tb_lineno})"
        trace = trace.tb_next
    if isinstance(problem, SyntaxError) and problem.lineno:
        line = f" (line {problem.lineno})"
    return line


def _defined(module: ModuleType, stem: str) -> Mapping[str, Scenario | Rehearsal]:
    name, several = stem.replace("_", "-"), getattr(module, "VARIANTS", None)
    singles = [getattr(module, word) for word in _SINGLE if hasattr(module, word)]
    if len(singles) == 1 and several is None and isinstance(singles[0], Scenario | Rehearsal):
        return {name: singles[0]}
    if isinstance(several, Mapping) and several and not singles:
        for kind in (Scenario, Rehearsal):
            if all(isinstance(one, kind) for one in several.values()):
                return {f"{name}:{variant}": one for variant, one in several.items()}
    raise UsageError(
        f"the scenario file {stem}.py must define either SCENARIO, a Scenario, or REHEARSAL, a Rehearsal,"
        " or VARIANTS, a dict by name of the one or of the other"
    )
