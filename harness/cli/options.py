"""Options and checks that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from lab.errors import UsageError

if TYPE_CHECKING:
    from harness.scenario import Scenario

F = TypeVar("F", bound=Callable[..., Any])

STDOUT = Path("-")


def scenario_files(command: F) -> F:
    """`--file PATH`: scenario files of the user's own, beside those that come with chaindrill."""
    return click.option(
        "--file",
        "files",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="PATH",
        help="Also take drills from this scenario file (may be repeated).",
    )(command)


def drills(names: Sequence[str], files: Iterable[Path]) -> Mapping[str, Scenario]:
    """The drills named; without a name those of the files given, and without either all there are.

    Raises UsageError for what there isn't, or can't be read.
    """
    from harness.discover import discover, select

    files = tuple(files)
    known = discover(files)
    if names or not files:
        return select(names, known)
    shipped = discover()
    return {name: drill for name, drill in known.items() if shipped.get(name) is not drill}


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
