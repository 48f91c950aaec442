"""Running drills in worker threads, each in a lab of its own, and stopping all of them at once."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from harness.cli.keep import PREFIX
from harness.history import History
from harness.report.progress import Progress
from harness.runner import run
from harness.scenario import Scenario
from harness.verdict import Report, Verdict
from lab.engine import Engine
from lab.errors import LabError, UsageError
from lab.lab import Lab


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
    """Worker threads that run drills.  Whatever ends its `with`, every lab is removed at its end.

    A worker's lab is closed under it, and the worker fails on its own; what it makes of that is not heard.
    With `keep`, the lab of the (only) drill stays up until then.
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
        self._pool = ThreadPoolExecutor(self.jobs, thread_name_prefix="drill")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def reports(self, drills: Mapping[str, Scenario]) -> Iterator[Report]:
        """Run drills; their reports come in the order asked for."""
        futures = [self._pool.submit(self._one, name, scenario) for name, scenario in drills.items()]
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

    def _one(self, name: str, scenario: Scenario) -> Report:
        def say(stage: str) -> None:
            if self._stopped:
                raise _Stopped
            self.progress.building(name, stage)

        lab = Lab(scenario.topology, self.validators, engine=self.engine, say=say)
        with self._lock:
            self._labs.add(lab)
        manager: contextlib.AbstractContextManager[Lab] = lab
        if self.keep:
            lab.name = f"{PREFIX}{_slug(name)}-{secrets.token_hex(2)}"
            manager = self._kept = _Kept(lab)
        try:
            report = run(name, scenario, lambda: manager, lambda event: self.progress.happened(name, event))
        except UsageError:
            raise
        except Exception as problem:  # a bug, perhaps in a fault of the user's own: the other drills go on
            if self._stopped or os.environ.get("CHAINDRILL_DEBUG"):
                raise
            bug = f"{type(problem).__name__}: {problem} (CHAINDRILL_DEBUG=1 shows where)"
            reason = f"a bug in chaindrill or in a scenario file stopped the drill: {bug}"
            report = Report(name, scenario.title, Verdict.INCONCLUSIVE, reason, [], History())
        with self._lock:
            if not self.keep:
                self._labs.discard(lab)
        self.progress.ended(name)
        return report


def _slug(name: str) -> str:
    """A drill's name as the engine allows it in a container's."""
    return re.sub(r"[^a-zA-Z0-9_.-]", ".", name)
