"""`chaindrill lab`: labs that stay up, to work in by hand."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import click

from harness.cli import moments, options
from harness.cli.keep import detached

if TYPE_CHECKING:
    from harness.cli.keep import Kept
    from lab.engine import Engine
    from lab.lab import Lab
    from lab.topology import Topology

_NOT_KEPT = 3


@click.group("lab", short_help="Have labs that stay up, to work in by hand.")
def lab() -> None:
    """Have labs that stay up, to work in by hand: `up`, `ls`, `down`.

    `chaindrill clock` lets time pass in one, `chaindrill shell` goes inside.
    """


@lab.command("up", short_help="Start a lab and leave it up.")
@click.option(
    "--zone", default="shop.lab.", show_default=True, metavar="NAME", help="The zone to work on, below lab."
)
@click.option(
    "--resolver",
    "resolvers",
    multiple=True,
    metavar="NAME",
    help="A validator to have in it (may be repeated).",
)
@click.option(
    "--clock", "start", metavar="DATE", help="The lab time that it begins at.  [default: 2030-01-01]"
)
def up(zone: str, resolvers: tuple[str, ...], start: str | None) -> int:
    """Start a lab and leave it up, and print how to ask it, let its time pass, and remove it.

    DATE is 2031-03-01 or 2031-03-01T12:00Z (UTC where no zone is given).
    """
    from lab.clock import START
    from lab.topology import Topology, Zone

    topology = Topology(victim=Zone(zone))
    validators = options.check_resolvers(resolvers)
    begins = moments.instant(start) if start else START
    return detached(lambda let_go: _up(topology, validators, begins, let_go))


def _up(
    topology: Topology, validators: tuple[str, ...], start: datetime, let_go: Callable[[int], None]
) -> int:
    from rich.console import Console

    from harness.cli.keep import hold, name_for
    from harness.cli.signals import interruptible
    from lab.engine import Engine
    from lab.lab import Lab

    with interruptible():
        standing = Lab(topology, validators, engine=Engine.connect(), start=start)
        standing.name = name_for("lab")
        with standing:
            _tell_of_ds(standing)
            runs = [resolver.title for resolver in standing.resolvers.values()]
            names = ["root", *(zone.name for zone in topology.zones[1:])]
            click.echo(f"zones      {' · '.join(names)}")
            click.echo(f"resolvers  {' · '.join(runs)}")
            click.echo(f"lab time   {standing.clock.now():%Y-%m-%d %H:%M:%S}")
            return 0 if hold(standing, Console(file=sys.stdout), lambda: let_go(0)) else _NOT_KEPT


def _tell_of_ds(standing: Lab) -> None:
    """Tell each signer that its DS is published, as its operator would have: else no KSK ever comes to rest."""
    for zone in standing.topology.zones[1:]:
        standing.signer(zone.name).rndc("dnssec", "-checkds", "published", zone.name)


@lab.command("ls", short_help="List the labs that are up.")
def ls() -> None:
    """List the labs that stay up: name, since when (this machine's time zone), lab time."""
    from harness.cli.keep import kept_labs
    from lab.engine import Engine

    engine = Engine.connect()
    rows = [(one.name, *_times(engine, one)) for one in kept_labs(engine)]
    if not rows:
        click.echo("no lab is up")
        return
    width = max(len(name) for name, _, _ in rows)
    for name, since, now in rows:
        click.echo(f"{name:<{width}}  since {since}  lab time {now}")


def _times(engine: Engine, one: Kept) -> tuple[str, str]:
    from lab.errors import LabError
    from lab.shell import read_times

    try:
        since, now = read_times(engine, one.container.id)
    except LabError:
        return "?", "? (it does not answer)"
    return f"{since.astimezone():%Y-%m-%d %H:%M}", f"{now:%Y-%m-%d %H:%M:%S}"


@lab.command("down", short_help="Remove labs that are up.")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Remove every lab that stays up.")
def down(names: tuple[str, ...], every: bool) -> None:
    """Remove labs that stay up: those named, or the only one there is."""
    from harness.cli.keep import end, kept_labs, pick
    from lab.engine import Engine

    engine = Engine.connect()
    labs = kept_labs(engine)
    chosen = labs if every else [pick(labs, name, "NAME or --all") for name in names or (None,)]
    for one in {one.name: one for one in chosen}.values():
        end(engine, one)
        click.echo(f"removed the lab {one.name}")
    if every and not chosen:
        click.echo("no lab was up")
