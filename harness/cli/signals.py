"""Being interrupted: polite signals become one exception, raised in the main thread."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType

POLITE = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """A signal asked us to end; its text is what the user is told once all is cleaned up."""

    def __init__(self, number: int) -> None:
        super().__init__("interrupted; the lab is removed")
        self.number = number


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Inside `with`, SIGINT, SIGTERM and SIGHUP raise Interrupted; the second one ends the process at once.

    Whatever a process leaves that ends at once is removed by its watchdog (`lab.session`).  A signal that is
    ignored (as under nohup) stays so.
    """
    seen: list[int] = []

    def handle(number: int, frame: FrameType | None) -> None:
        if seen:
            sys.stderr.write("\nchaindrill: interrupted again; the watchdog removes the lab\n")
            sys.stderr.flush()
            os._exit(128 + number)
        seen.append(number)
        raise Interrupted(number)

    before = {number: signal.getsignal(number) for number in POLITE}
    try:
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, handle)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
