"""Labs that stay up: a process in the background holds each (a lab ends with its agent's stream)."""

from __future__ import annotations

import contextlib
import math
import os
import re
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING

from harness.cli.signals import POLITE, Interrupted
from lab.errors import LabError, LabSick, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from lab.desk import Order
    from lab.engine import Engine, Owned
    from lab.lab import Lab

PREFIX = "chaindrill-kept-"
"""How the container of a lab that stays up is called; what follows is the name that commands take."""
_NAME = re.compile(re.escape(PREFIX) + r"(?P<name>(?P<drill>.+)-[0-9a-f]{4})\Z")
_END_SECONDS = 15.0
_LOOK_SECONDS = 2.0


# -- making one ----------------------------------------------------------------------------------


def detached(work: Callable[[Callable[[int], None]], int]) -> int:
    """Do `work` in a child in a session of its own; returns its exit status.

    `work` gets a function: called with an exit status, it lets this process go with that status while the
    child lives on, with nothing of the terminal left.  Until then signals are handed on to the child, and it
    ends if this process dies.  In the child, this returns when `work` does.

    Call it before there is a thread or a connection to the engine: neither survives a fork.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    status_read, status_write = os.pipe()
    alive_read, alive_write = os.pipe()
    child = os.fork()
    if child:
        os.close(status_write)
        os.close(alive_read)
        return _attend(child, status_read)
    os.close(status_read)
    os.close(alive_write)
    return _child(work, status_write, alive_read)


def _attend(child: int, status_read: int) -> int:
    """The parent: hand on signals until the child says its status or ends."""

    def hand_on(number: int, frame: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)

    for number in POLITE:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, hand_on)
    if status := os.read(status_read, 1):
        return status[0]
    _, ended = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(ended)
    return code if code >= 0 else 128 - code


def _child(work: Callable[[Callable[[int], None]], int], status_write: int, alive_read: int) -> int:
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    free = threading.Event()

    def watch_parent() -> None:
        os.read(alive_read, 1)
        if not free.is_set():
            os.kill(os.getpid(), signal.SIGTERM)

    def let_go(status: int) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        for stream in (1, 2):
            os.dup2(nowhere, stream)
        os.chdir("/")
        free.set()
        os.write(status_write, bytes([status]))
        os.close(status_write)

    threading.Thread(target=watch_parent, name="parent", daemon=True).start()
    return work(let_go)


def name_for(origin: str) -> str:
    """A new name for the container of a lab that is to stay up, left from that drill (or "lab")."""
    return f"{PREFIX}{re.sub(r'[^a-zA-Z0-9_.-]', '.', origin)}-{secrets.token_hex(2)}"


def hold(lab: Lab, console: Console, let_go: Callable[[], None]) -> bool:
    """Say how to use a lab and how to remove it, let the user go, and keep it until a signal or its end.

    Meanwhile its clock is moved for those who ask (`lab.desk`).  Where the lab can't be kept (its agent is
    gone), says so and returns False.
    """
    from lab.desk import open_desk
    from lab.forward import dns_port
    from lab.shell import furnish
    from lab.wait import until

    with contextlib.ExitStack() as stack:
        try:
            furnish(lab)
            open_desk(lab.agent)
            ports = {
                resolver.title: stack.enter_context(dns_port(lab.agent, resolver.host.address))
                for resolver in lab.resolvers.values()
            }
        except LabError as problem:
            console.print(
                f"the lab could not be kept: {problem}", soft_wrap=True, highlight=False, markup=False
            )
            return False
        for line in how_to_use(lab.name.removeprefix(PREFIX), f"www.{lab.topology.victim.name}", ports):
            console.print(line, soft_wrap=True, highlight=False, markup=False)
        let_go()
        with contextlib.suppress(Interrupted):
            until(lambda: _attend_desk(lab), "the lab's end", deadline_seconds=math.inf)
    return True


def _attend_desk(lab: Lab) -> bool:
    """Hear and do one order, and what has come due meanwhile; returns whether the lab is over."""
    from lab.desk import hear

    try:
        order = hear(lab.agent, _LOOK_SECONDS)
        if order is not None:
            _move(lab, order)
        lab.clock.run_due()
    except (
        LabError
    ):  # the lab is gone, or its user broke something in it: then it stays, and waits for better
        return _gone(lab)
    return False


def _move(lab: Lab, order: Order) -> None:
    """Move the lab's clock as ordered, and tell who ordered it."""
    from lab.desk import Said, say
    from lab.travel import travel

    def tell(kind: str, text: str = "") -> None:
        last = kind in ("done", "refused", "sick")
        say(lab.agent, order, Said(kind, lab.clock.now().isoformat(), text), last=last)

    try:
        instant = order.instant(lab.clock.now())
        tell("began")
        travel(lab, instant, lambda text: tell("news", text), lambda: tell("stop"))
    except UsageError as problem:
        tell("refused", str(problem))
    except LabError as problem:
        tell("sick", str(problem))
    else:
        tell("done")


def _gone(lab: Lab) -> bool:
    try:
        lab.agent.servers()
    except LabSick:
        return True
    return False


def how_to_use(name: str, qname: str, ports: dict[str, int]) -> list[str]:
    """What the user of a kept lab must know: a port for each resolver, by its title."""
    asks = [f"dig @127.0.0.1 -p {port} {qname} +dnssec" for port in ports.values()]
    width = max(map(len, asks), default=0)
    lines = [f"    {ask:<{width}}   # {title}" for ask, title in zip(asks, ports, strict=True)]
    return [
        f"The lab stays up as {name}, on lab time, until you remove it.  Ask its resolvers:",
        *lines,
        "Look around inside, with dig, delv and rndc:",
        f"    chaindrill shell {name}",
        "Let lab time pass:",
        f"    chaindrill clock +3d --lab {name}",
        "Remove it:",
        f"    chaindrill lab down {name}",
    ]


# -- finding and ending them ---------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """A lab that stays up: its name, the drill it is left from (as the name spells it), its container."""

    name: str
    drill: str
    container: Owned


def kept_labs(engine: Engine) -> list[Kept]:
    """All labs that stay up on an engine, by name."""
    found = [(_NAME.match(thing.name), thing) for thing in engine.owned() if thing.kind == "container"]
    labs = [Kept(match["name"], match["drill"], thing) for match, thing in found if match]
    return sorted(labs, key=lambda lab: lab.name)


def pick(labs: Sequence[Kept], wanted: str | None, how: str = "NAME") -> Kept:
    """The lab of that name, or the only one of that drill; without a name, the only one there is.

    Raises UsageError where there is none, or several; `how` is how the command at hand takes a name.
    """
    if not labs:
        raise UsageError(
            "no lab is up: `chaindrill lab up` starts one, and `chaindrill run NAME --keep` leaves one up"
        )
    exact = [lab for lab in labs if wanted in (lab.name, PREFIX + lab.name)]
    if exact:
        return exact[0]
    drill = None if wanted is None else wanted.replace(":", ".")
    fitting = [lab for lab in labs if drill in (None, lab.drill)]
    names = ", ".join(lab.name for lab in fitting or labs)
    if not fitting:
        raise UsageError(f"no lab is called {wanted!r}: there is {names}")
    if len(fitting) > 1:
        raise UsageError(f"several labs are up: say which with {how}, one of {names}")
    return fitting[0]


def end(engine: Engine, lab: Kept) -> None:
    """Have the process that holds a lab remove it, and see that nothing is left.

    Raises LabError where the process may not be told, or something stays.
    """
    from lab import session
    from lab.wait import until

    label = lab.container.session

    def alive() -> bool:
        return session.liveness(label, local_engine=engine.local) is session.Liveness.ALIVE

    if alive():  # the label tells the process's start too: an id that was given anew is not taken for it
        try:
            os.kill(session.parse(label).pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        except PermissionError:
            raise LabError(
                f"the lab {lab.name} is another user's: only they, or root, may remove it"
            ) from None
        with contextlib.suppress(LabSick):
            until(
                lambda: not alive(),
                "its process to end",
                deadline_seconds=_END_SECONDS,
                interval_seconds=0.02,
            )
    engine.remove(engine.owned(label))
