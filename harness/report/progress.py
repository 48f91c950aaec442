"""What goes on while drills and rehearsals run: a live view on a terminal, plain lines in a log."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from harness.report import plain
from harness.report.terminal import show

if TYPE_CHECKING:
    from harness.history import Event


_MOST_NAME = 48
"""A longer name is cut in the live view, to leave room for what happens."""


@dataclass
class _Running:
    """Where one of them is."""

    phase: str
    text: str = ""
    lab_time: datetime | None = None
    started: float = field(default_factory=time.monotonic)

    def line(self, name: str, width: int) -> Text:
        lab = f"{self.lab_time:%Y-%m-%d %H:%M:%S}" if self.lab_time else ""
        elapsed = time.monotonic() - self.started
        return Text.assemble(
            (f"{_cut(name, width):<{width}}", "bold"),
            f"  {self.phase:<14} {lab:<19} {elapsed:>6.1f} s  ",
            (plain(self.text), "dim"),
            no_wrap=True,
            overflow="ellipsis",
        )


class Progress:
    """Shows what runs; `print` puts finished lines above it.  Told from any thread.

    `kind`: what they are.  In a log nothing is said of those that are `quiet` before they are done.
    """

    def __init__(
        self, console: Console, names: Sequence[str], *, kind: str = "drills", quiet: Collection[str] = ()
    ) -> None:
        self._console = console
        self._live = (
            Live(self, console=console, transient=True, refresh_per_second=8) if console.is_terminal else None
        )
        self._width = min(max(map(len, names), default=0), _MOST_NAME)
        self._kind, self._quiet = kind, frozenset(quiet)
        self._total, self._ended = len(names), 0
        self._running: dict[str, _Running] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Take the live view away; twice is harmless."""
        if self._live:
            self._live.stop()

    def __rich__(self) -> Text:
        """The live view."""
        with self._lock:
            lines = [running.line(name, self._width) for name, running in self._running.items()]
        if self._total > 1:
            lines.append(Text(f"{self._ended} of {self._total} {self._kind} done", "dim"))
        return Text("\n", no_wrap=True, overflow="ellipsis").join(lines)

    def print(self, lines: Sequence[Text]) -> None:
        """Print finished lines."""
        show(self._console, lines)

    def building(self, name: str, stage: str) -> None:
        """Its lab is being built and has come to a stage of that."""
        with self._lock:
            running = self._running.setdefault(name, _Running("building lab"))
            running.text = stage
        if stage == "container":
            self._log(name, "building its lab")

    def happened(self, name: str, event: Event) -> None:
        """An event of it."""
        with self._lock:
            running = self._running.setdefault(name, _Running(""))
            phase = event.phase.replace("_", " ")
            news = phase != running.phase
            running.phase, running.text, running.lab_time = phase, _words(event), event.lab_time
        if news:
            self._log(name, f"{phase}, lab time {event.lab_time:%Y-%m-%d %H:%M:%S}")

    def ended(self, name: str) -> None:
        """It is over."""
        with self._lock:
            self._running.pop(name, None)
            self._ended += 1

    def _log(self, name: str, words: str) -> None:
        if self._live is None and name not in self._quiet:
            show(self._console, [Text(f"… {name}: {words}")])


def _cut(name: str, width: int) -> str:
    return name if len(name) <= width else f"{name[: width - 1]}…"


def _words(event: Event) -> str:
    if event.observation is not None:
        return f"{event.observation.qname} at {event.observation.resolver}: {event.text}"
    return event.text
