"""The command line.  What a command needs is imported when it runs: `list` and `show` must answer at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from harness.cli.clean import clean
from harness.cli.clock import clock
from harness.cli.doctor import doctor
from harness.cli.lab_ import lab
from harness.cli.list_ import list_
from harness.cli.recover import recover
from harness.cli.rehearse import rehearse
from harness.cli.run import run
from harness.cli.search import search
from harness.cli.setup import setup
from harness.cli.shell import shell
from harness.cli.show import show
from lab.errors import LabError, UsageError

PASS, FAIL, USAGE, NOTHING_CONCLUDED = 0, 1, 2, 3
BROKEN_PIPE = 141
"""As the shell reports a process that SIGPIPE ended."""


class _InOrder(click.Group):
    """Shows its commands in the order in which they are added, not the alphabet's."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands' names."""
        return list(self.commands)


@click.group(
    cls=_InOrder,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 all passed, 1 a drill or rehearsal failed, 2 the command was not understood, 3 nothing could be"
    " concluded (the lab was sick, a fault did not take hold, no engine, no image), 130 interrupted.",
)
@click.version_option(package_name="chaindrill", prog_name="chaindrill", message="%(prog)s %(version)s")
def cli() -> None:
    """Break DNSSEC in a private lab, on purpose, and see what validators make of it."""


for command in (list_, show, run, recover, rehearse, search, lab, clock, shell, clean, doctor, setup):
    cli.add_command(command)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status.  Whatever goes wrong is one sentence on standard error."""
    if "_CHAINDRILL_COMPLETE" in os.environ:
        cli.main(prog_name="chaindrill")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a log of another encoding must not end a drill
    try:
        return _invoke(list(sys.argv[1:] if argv is None else argv))
    except BrokenPipeError:
        _close_output()
        return BROKEN_PIPE
    except KeyboardInterrupt as interrupt:
        _say(str(interrupt) or "interrupted")
        return 128 + int(getattr(interrupt, "number", 2))
    except Exception as problem:
        if os.environ.get("CHAINDRILL_DEBUG"):
            raise
        _say(
            f"this is a bug in chaindrill or in a scenario file: {type(problem).__name__}: {problem}"
            " (CHAINDRILL_DEBUG=1 shows where)"
        )
        return NOTHING_CONCLUDED


def _invoke(argv: list[str]) -> int:
    try:
        with cli.make_context("chaindrill", argv) as context:
            status = cli.invoke(context)
        sys.stdout.flush()
        return int(status or PASS)
    except click.exceptions.NoArgsIsHelpError as problem:
        problem.show()
        return USAGE
    except click.UsageError as problem:
        where = f" (see `{problem.ctx.command_path} --help`)" if problem.ctx else ""
        _say(f"{problem.format_message().rstrip('.')}{where}")
        return USAGE
    except click.ClickException as problem:
        _say(problem.format_message())
        return USAGE
    except click.exceptions.Exit as done:
        return done.exit_code
    except LabError as problem:
        if os.environ.get("CHAINDRILL_DEBUG"):
            raise
        _say(str(problem))
        return USAGE if isinstance(problem, UsageError) else NOTHING_CONCLUDED


def _say(sentence: str) -> None:
    print(f"chaindrill: {sentence}", file=sys.stderr)


def _close_output() -> None:
    """Nobody reads on: what Python flushes at exit goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
