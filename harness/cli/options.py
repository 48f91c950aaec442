"""Options and checks that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from lab.errors import UsageError

if TYPE_CHECKING:
    from harness.rehearsal import Rehearsal
    from harness.scenario import Scenario

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T", bound="Scenario | Rehearsal")

STDOUT = Path("-")


def scenario_files(command: F) -> F:
    """`--file PATH`: scenario files of the user's own, beside those that come with chaindrill."""
    return click.option(
        "--file",
        "files",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="PATH",
        help="Also take what this scenario file has (may be repeated).",
    )(command)


def resolvers(command: F) -> F:
    """`--resolver NAME`: the validators to watch with."""
    return click.option(
        "--resolver",
        "resolvers",
        multiple=True,
        metavar="NAME",
        help="A validator to watch with (may be repeated).",
    )(command)


def json_file(command: F) -> F:
    """`--json FILE|-`: all of it for programs."""
    return click.option(
        "--json",
        "json_",
        type=click.Path(path_type=Path),
        metavar="FILE|-",
        help="Also write all of it as JSON; with - to standard output, and the rest to standard error.",
    )(command)


def monitors(command: F) -> F:
    """`--monitor CMD`: a check of the user's own, run in the lab."""
    return click.option(
        "--monitor",
        "monitors",
        multiple=True,
        metavar="'CMD {zone} {server}'",
        help="Have a check of your own watch the lab, and say when it first alarmed (may be repeated).",
    )(command)


def jobs(command: F) -> F:
    """`--jobs N`: how many labs at a time."""
    return click.option(
        "--jobs",
        type=click.IntRange(1, 64),
        metavar="N",
        default=min(2, os.cpu_count() or 1),
        help="Labs at a time.  [default: 2, or 1 on one processor]",
    )(command)


def evidence(command: F) -> F:
    """`--evidence DIR`: where the archives go."""
    return click.option(
        "--evidence",
        type=click.Path(path_type=Path),
        metavar="DIR",
        default=Path("chaindrill-evidence"),
        help="Where the logs and zones go of what did not pass.  [default: ./chaindrill-evidence]",
    )(command)


def drills(names: Sequence[str], files: Iterable[Path]) -> Mapping[str, Scenario]:
    """The drills named; without a name those of the files given, and without either all there are.

    Raises UsageError for what there isn't, or can't be read, or is a rehearsal.
    """
    from harness import discover

    return _chosen(names, tuple(files), (discover.discover, "scenario"), (discover.rehearsals, "rehearse"))


def rehearsals(names: Sequence[str], files: Iterable[Path]) -> Mapping[str, Rehearsal]:
    """The rehearsals named, likewise."""
    from harness import discover

    return _chosen(names, tuple(files), (discover.rehearsals, "rehearsal"), (discover.discover, "run"))


def both(names: Sequence[str], files: Iterable[Path]) -> Mapping[str, Scenario | Rehearsal]:
    """Drills and rehearsals of these names, drills first."""
    from harness import discover

    files = tuple(files)
    known: dict[str, Scenario | Rehearsal] = {**discover.discover(files), **discover.rehearsals(files)}
    return discover.select(names, known, "drill or rehearsal")


def _chosen(
    names: Sequence[str],
    files: tuple[Path, ...],
    wanted: tuple[Callable[..., Mapping[str, T]], str],
    other: tuple[Callable[..., Mapping[str, object]], str],
) -> Mapping[str, T]:
    """What was asked for of one kind (how it is found, its name), told apart from the other (its command)."""
    from harness.discover import select

    (find, kind), (find_others, command) = wanted, other
    known = find(files)
    if not names and files:
        shipped = find()
        own = {name: one for name, one in known.items() if shipped.get(name) is not one}
        if not own:
            raise UsageError(
                f"there is no {kind} in {', '.join(map(str, files))}: `chaindrill {command}` runs what is there"
            )
        return own
    if missing := [name for name in names if not _named(name, known)]:
        others = find_others(files)
        if elsewhere := [name for name in missing if _named(name, others)]:
            raise UsageError(f"{elsewhere[0]!r} is no {kind}: `chaindrill {command} {elsewhere[0]}` runs it")
    return select(names, known, kind)


def _named(name: str, known: Mapping[str, object]) -> bool:
    return any(full == name or full.split(":")[0] == name for full in known)


def check_resolvers(names: Sequence[str]) -> tuple[str, ...]:
    """The resolvers chosen, or the usual ones; raises UsageError for one that isn't there or comes twice."""
    from lab.resolver import DEFAULT_VALIDATORS, vendor_named

    for place, name in enumerate(names):
        vendor_named(name)
        if name in names[:place]:
            raise UsageError(f"the resolver {name!r} is chosen twice: name each once")
    return tuple(names) or DEFAULT_VALIDATORS


def check_writable(path: Path | None) -> None:
    """Raise UsageError for a file that could not be written: better before the drills than after them."""
    if path is None or path == STDOUT:
        return
    if path.is_dir():
        raise UsageError(f"{path} is a folder: name a file")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise UsageError(f"{path} can't be written: there is no folder {folder}")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise UsageError(f"{path} can't be written: this user may not write there")
