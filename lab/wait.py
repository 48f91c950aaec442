"""Waiting in wall-clock time: the only loop with a sleep in the repository.

Lab time is not waited for: `lab.clock` moves it.  What is waited for here is a real process or a real answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from lab.errors import LabSick

T = TypeVar("T")


def until(
    look: Callable[[], T | None], what: str, *, deadline_seconds: float, interval_seconds: float = 0.005
) -> T:
    """Look until there is something to see, and return it.

    `look` returns None (or False) while there is nothing yet.  Raises LabSick at the deadline, naming `what`
    was waited for.
    """
    end = time.monotonic() + deadline_seconds
    while True:
        seen = look()
        if seen is not None and seen is not False:
            return seen
        if time.monotonic() >= end:
            raise LabSick(f"waited {deadline_seconds:g} s in vain for {what}")
        time.sleep(interval_seconds)
