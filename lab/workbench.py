"""A throwaway lab without servers: where BIND's own tools look at what a user wrote."""

from __future__ import annotations

import codecs
import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from lab import images, session
from lab.agent import Agent
from lab.container import LabContainer
from lab.engine import Engine
from lab.errors import UsageError


@contextlib.contextmanager
def workbench(engine: Engine) -> Iterator[Agent]:
    """The agent of a container with BIND's tools and nothing that runs; gone afterwards.

    Raises what `images.find` and `LabContainer` raise.
    """
    name = f"chaindrill-{os.getpid()}-bench-{secrets.token_hex(4)}"
    labels = {session.LABEL: session.current(), "chaindrill.lab": name}
    container = LabContainer(engine, images.find(engine).lab, name=name, labels=labels)
    try:
        yield container.agent
    finally:
        container.close()


def read_user_file(path: Path, what: str, most_bytes: int) -> str:
    """A text file of the user's; raises UsageError where there is none, or what is there can't be one.

    Octets outside ASCII come out one character each: `user_bytes` turns them back.
    """
    try:
        if path.is_dir():
            raise UsageError(f"{path} is a folder: name the {what} in it")
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except FileNotFoundError:
        raise UsageError(f"there is no {what} {path}") from None
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise UsageError(f"the {what} {path} can't be read: {reason}") from None
    if not data.strip():
        raise UsageError(f"the {what} {path} is empty")
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise UsageError(f"{path}:{line}: this is no text, so it is not a {what}")
    if len(data) > most_bytes:
        raise UsageError(f"the {what} {path} is larger than {most_bytes >> 20} MB: labs take none that large")
    return data.removeprefix(codecs.BOM_UTF8).decode(
        "latin-1"
    )  # some editors put it there, BIND takes it for a name


def user_bytes(text: str) -> bytes:
    """The octets of what `read_user_file` returned."""
    return text.encode("latin-1")
