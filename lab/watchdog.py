"""What the watchdog's process runs (see `lab.session`): waits for its starter's end, then removes what it left.

Run as `python -I -S watchdog.py SESSION PATH…`.  Until there is something to do it imports next to nothing:
every process that uses a lab pays for its start.
"""

import os
import signal
import sys


def main() -> None:
    """Wait for "done" or the end of standard input; only the latter has work for us."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    session, *path = sys.argv[1:]
    if os.read(0, 4):
        return
    sys.path[:] = path
    from lab.engine import Engine

    Engine.connect().remove_session(session)


if __name__ == "__main__":
    main()
