"""Running drills and rehearsals in worker threads, each in a lab of its own, and stopping all of them at once."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from harness.cli.keep import name_for
from harness.cli.signals import interruptible
from harness.history import Event, History
from harness.recovery import Played, play
from harness.rehearsal import Rehearsal
from harness.rehearse import RehearsalReport, rehearse
from harness.report.progress import Progress
from harness.runner import run
from harness.scenario import Scenario
from harness.verdict import Report, Verdict
from lab import images
from lab.clock import START
from lab.engine import Engine
from lab.errors import LabError, UsageError
from lab.lab import Lab

if TYPE_CHECKING:
    from harness.monitor_command import Command
    from harness.offer import Offer
    from harness.recovery_time import Window
    from lab.topology import Topology

R = TypeVar("R")
MakeLab = Callable[[], contextlib.AbstractContextManager[Lab]]
Tell = Callable[[Event], None]


@dataclass(frozen=True)
class Task(Generic[R]):
    """Something to play in a lab of its own, and the report of it where a bug (told in a sentence) stops it.

    `control`: whether a resolver that does not validate stands beside the validators.  `begins`: its lab time then.
    """

    topology: Topology
    control: bool
    begins: datetime
    play: Callable[[MakeLab, Tell], R]
    stopped: Callable[[str], R]


def drill(name: str, scenario: Scenario, monitors: Sequence[Command] = ()) -> Task[Report]:
    """A drill as a task, watched by checks of the user's own too."""
    return Task(
        scenario.topology,
        True,
        START,
        lambda make_lab, tell: run(name, scenario, make_lab, tell, monitors=monitors),
        lambda why: Report(name, scenario.title, Verdict.INCONCLUSIVE, why, [], History()),
    )


def rehearsal(name: str, one: Rehearsal, *, wrong: bool = False) -> Task[RehearsalReport]:
    """A rehearsal, or with `wrong` a way to get it wrong, as a task."""
    return Task(
        one.topology,
        False,
        one.begins or START,
        lambda make_lab, tell: rehearse(name, one, make_lab, tell, wrong=wrong),
        lambda why: RehearsalReport(name, one.title, Verdict.INCONCLUSIVE, why, History()),
    )


def recovery(scenario: Scenario, offer: Offer, windows: Sequence[Window]) -> Task[Played]:
    """A remedy on offer as a task, to be looked at closely in these windows."""
    return Task(
        scenario.topology,
        True,
        START,
        lambda make_lab, tell: play(scenario, offer, windows, make_lab, tell),
        lambda why: Played(sick=why),
    )


class _Stopped(Exception):
    """The crew was told to stop; what a drill was about to do is not done."""


@dataclass
class _Kept:
    """A lab that outlives its `with`."""

    lab: Lab
    up: bool = False

    def __enter__(self) -> Lab:
        lab = self.lab.__enter__()
        self.up = True
        return lab

    def __exit__(self, *error: object) -> None:
        pass


@dataclass
class Crew:
    """Worker threads that play tasks.  Whatever ends its `with`, every lab is removed at its end.

    A worker's lab is closed under it, and the worker fails on its own; what it makes of that is not heard.
    With `keep`, the lab of the (only) task stays up until then.
    """

    engine: Engine
    validators: Sequence[str]
    progress: Progress
    jobs: int = 1
    keep: bool = False
    _kept: _Kept | None = None
    _labs: set[Lab] = field(default_factory=set)
    _stopped: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(self.jobs, thread_name_prefix="crew")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def reports(self, tasks: Mapping[str, Task[R]]) -> Iterator[R]:
        """Play tasks; their reports come in the order asked for."""
        futures = [self._pool.submit(self._one, name, task) for name, task in tasks.items()]
        for future in futures:
            yield future.result()

    @property
    def kept(self) -> Lab | None:
        """The lab that stays up; None where none came up."""
        return self._kept.lab if self._kept and self._kept.up else None

    def stop(self) -> None:
        """Remove every lab and wait for the workers.  Raises the first LabError of a removal, at the end."""
        with self._lock:
            self._stopped = True
            labs = list(self._labs)
        problems: list[LabError] = []
        for lab in labs:
            try:
                lab.close()
            except LabError as problem:
                problems.append(problem)
        self._pool.shutdown(wait=True, cancel_futures=True)
        if problems:
            raise problems[0]

    def _one(self, name: str, task: Task[R]) -> R:
        def say(stage: str) -> None:
            if self._stopped:
                raise _Stopped
            self.progress.building(name, stage)

        lab = Lab(
            task.topology,
            self.validators,
            control=task.control,
            start=task.begins,
            engine=self.engine,
            say=say,
        )
        with self._lock:
            self._labs.add(lab)
        manager: contextlib.AbstractContextManager[Lab] = lab
        if self.keep:
            lab.name = name_for(name)
            manager = self._kept = _Kept(lab)
        try:
            report = task.play(lambda: manager, lambda event: self.progress.happened(name, event))
        except UsageError:
            raise
        except Exception as problem:  # a bug, perhaps in a file of the user's own: the other tasks go on
            if self._stopped or os.environ.get("CHAINDRILL_DEBUG"):
                raise
            bug = f"{type(problem).__name__}: {problem} (CHAINDRILL_DEBUG=1 shows where)"
            report = task.stopped(f"a bug in chaindrill or in a scenario file stopped it: {bug}")
        with self._lock:
            if not self.keep:
                self._labs.discard(lab)
        self.progress.ended(name)
        return report


@contextlib.contextmanager
def mustered(
    validators: Sequence[str], progress: Progress, jobs: int, *, keep: bool = False
) -> Iterator[Crew]:
    """A crew at work on an engine that has the images; signals that end it are one exception."""
    with interruptible():
        engine = Engine.connect()
        images.find(engine)
        with Crew(engine, validators, progress, jobs, keep) as crew:
            yield crew
