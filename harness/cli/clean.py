"""`chaindrill clean`: remove labs that stay up, and what dead sessions left."""

from __future__ import annotations

import click


@click.command("clean", short_help="Remove labs that stay up and leftovers.")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Remove every lab that stays up.")
def clean(names: tuple[str, ...], every: bool) -> None:
    """Remove labs that stay up (`lab up`, `run --keep`), and whatever killed runs left behind.

    NAME is the name that was printed with the lab, or its drill's where only one lab of that is up.  Without any,
    only the leftovers go.  Labs of runs that are still going on are left alone.
    """
    from harness.cli.keep import end, kept_labs, pick
    from lab.engine import Engine

    engine = Engine.connect()
    labs = kept_labs(engine)
    chosen = labs if every else list({lab.name: lab for lab in (pick(labs, name) for name in names)}.values())
    for lab in chosen:
        end(engine, lab)
        click.echo(f"removed the lab {lab.name}")
    leftovers = engine.sweep()
    for thing in leftovers:
        click.echo(f"removed the {thing.kind} {thing.name}, left by a run that was killed")
    if not chosen and not leftovers:
        click.echo("nothing was left behind")
    if left := [lab.name for lab in kept_labs(engine)]:
        click.echo(f"still up: {', '.join(left)} (`chaindrill clean --all` removes all)")
