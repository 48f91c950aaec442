"""`chaindrill setup`: an engine that runs, and the images that labs need."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

if TYPE_CHECKING:
    from rich.console import Console

_STEPS = ("building ", "asking ", "no registry ")
"""How lines begin that name a step; all others are what builders and apt say meanwhile."""


@click.command("setup", short_help="Have a Docker Engine and the labs' images.")
@click.option("--verbose", is_flag=True, help="Show all that builders say.")
def setup(verbose: bool) -> None:
    """Have a Docker Engine that answers, and build the images that are missing.

    An engine is installed and started only where none answers, as root on Debian or Ubuntu; one that runs is
    left as it is.  What is there already is not built again.
    """
    from rich.console import Console

    from lab import images, provision
    from lab.engine import Engine

    console = Console()
    with Steps(console, verbose) as steps:
        steps.begin("looking for a Docker Engine")
        provision.ensure_engine(steps.begin)
        engine = Engine.connect()
        steps.begin("looking for the images")
        found = images.ensure(engine, steps.hear)
    click.echo(f"Docker Engine {engine.version} at {engine.where}; labs run {found.lab}")
    if found.why_no_toxiproxy:
        click.echo(f"Drills that degrade TCP will be inconclusive: {found.why_no_toxiproxy}")


class Steps:
    """Shows steps as they begin, and how long each took; on a terminal also what is said meanwhile."""

    def __init__(self, console: Console, verbose: bool) -> None:
        self._console = console
        self._verbose = verbose
        self._status = console.status("") if console.is_terminal and not verbose else None
        self._step = ""
        self._since = time.monotonic()

    def __enter__(self) -> Self:
        if self._status:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status:
            self._status.stop()
        if kind is None:
            self._done()

    def begin(self, step: str) -> None:
        """A step begins; the one before it is done."""
        self._done()
        self._step, self._since = step, time.monotonic()
        if not self._show(step):
            self._print(f"… {step}")

    def hear(self, line: str) -> None:
        """A line of what is going on: a step of its own, or a detail of the one that runs."""
        if line.startswith(_STEPS):
            self.begin(line)
        elif self._verbose:
            self._print(f"    {line}")
        else:
            self._show(f"{self._step}: {line}")

    def _done(self) -> None:
        if self._step:
            self._print(f"{time.monotonic() - self._since:>7.1f} s  {self._step}")
        self._step = ""

    def _show(self, text: str) -> bool:
        """Show what goes on just now; False where there is no terminal to show it on."""
        from rich.text import Text

        if self._status:
            self._status.update(Text(text, no_wrap=True, overflow="ellipsis"))
        return self._status is not None

    def _print(self, text: str) -> None:
        self._console.print(text, soft_wrap=True, highlight=False, markup=False)
