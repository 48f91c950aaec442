"""Templates to text: the only module that imports jinja2."""

from __future__ import annotations

import functools
from datetime import timedelta
from typing import Any

import jinja2


def _seconds(duration: timedelta) -> int:
    return round(duration.total_seconds())


def _duration(duration: timedelta) -> str:
    """ISO 8601, as BIND's options take it."""
    return f"PT{_seconds(duration)}S"


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("lab"),
        undefined=jinja2.StrictUndefined,  # a forgotten value must not become an empty option
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - configuration files, not HTML
    )
    environment.filters.update(seconds=_seconds, duration=_duration)
    return environment


def render(template: str, **values: Any) -> str:
    """A template of `lab/templates/` filled in; raises jinja2.UndefinedError where a value is missing."""
    return _environment().get_template(template).render(**values)
