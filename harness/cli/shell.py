"""`chaindrill shell`: a shell inside a lab that stays up."""

from __future__ import annotations

import click


class _ThenCommand(click.Command):
    """What stands after `--` is a command of the lab's, none of our options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep it apart, as the context's object."""
        cut = args.index("--") if "--" in args else len(args)
        ctx.obj = tuple(args[cut + 1 :])
        return super().parse_args(ctx, args[:cut])

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """The usage line's words."""
        return ["[LAB]", "[-- COMMAND...]"]


@click.command("shell", cls=_ThenCommand, short_help="Open a shell inside a lab that stays up.")
@click.argument("lab", metavar="[LAB]", required=False)
@click.pass_obj
def shell(command: tuple[str, ...], lab: str | None) -> int:
    """Open a shell inside a lab that stays up (`lab up`, `run --keep`), or run one COMMAND there.

    dig, delv and rndc are inside, on lab time; delv has the lab's own trust anchor and rndc its key.  LAB may
    be left out where only one lab is up.  The exit status is the command's.
    """
    from harness.cli.keep import kept_labs, pick
    from lab.engine import Engine
    from lab.shell import enter

    engine = Engine.connect()
    return enter(engine, pick(kept_labs(engine), lab).container.id, command)
