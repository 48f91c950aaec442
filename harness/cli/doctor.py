"""`chaindrill doctor`: whether this machine can run drills."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from lab.doctor import Check

_STYLES = {"ok": "green", "warn": "yellow", "missing": "red"}
_NOTHING_CONCLUDED = 3


@click.command("doctor", short_help="Check whether this machine can run drills.")
@click.option(
    "--json", "as_json", is_flag=True, help="As a JSON list of objects: name, state, says, inconclusive."
)
def doctor(as_json: bool) -> int:
    """Check the engine, the images and the kernel, and say which drills would be inconclusive here.

    Exit status: 0 drills can run (a warning may say which can't conclude), 3 something is missing.
    """
    from lab.doctor import examine

    checks = examine()
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(check) for check in checks], indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(as_text(checks)))
    return _NOTHING_CONCLUDED if any(check.state == "missing" for check in checks) else 0


def as_text(checks: Sequence[Check]) -> list[str]:
    """A line per check, and what would be inconclusive."""
    width = max(len(check.name) for check in checks)
    lines = [
        f"{click.style(f'{check.state:<7}', fg=_STYLES[check.state])}  {check.name:<{width}}  {check.says}"
        for check in checks
    ]
    doubtful = list(dict.fromkeys(check.inconclusive for check in checks if check.inconclusive))
    return [*lines, f"Inconclusive here: {', '.join(doubtful) or 'no drill'}"]
