"""Why a Docker Engine can't be used: the system's own reason, dug out of what libraries wrap around it."""

from __future__ import annotations

from collections.abc import Iterator

import requests.exceptions

from lab.errors import EngineForbidden, EngineMissing, LabError


def _causes(problem: BaseException) -> Iterator[BaseException]:
    """An exception and all that it wraps: requests and urllib3 hide the system's error in their arguments."""
    waiting: list[BaseException] = [problem]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            inner = (*one.args, one.__cause__, one.__context__, getattr(one, "reason", None))
            waiting += [other for other in inner if isinstance(other, BaseException)]


def why_not(where: str, problem: Exception, waited_seconds: int) -> LabError:
    """One sentence on why no engine could be reached."""
    for cause in _causes(problem):
        if isinstance(cause, PermissionError):
            return EngineForbidden(
                f"the Docker Engine at {where} may not be used by this user: "
                "join the group docker (`sudo usermod -aG docker $USER`, then log in again), or become root"
            )
        if isinstance(cause, FileNotFoundError) and where.startswith("ssh:"):
            return EngineMissing(f"DOCKER_HOST is {where} and there is no ssh command: install an SSH client")
        if isinstance(cause, FileNotFoundError):
            return EngineMissing(
                f"no Docker Engine at {where}: install or start one (`make setup`), or set DOCKER_HOST"
            )
        if isinstance(cause, ConnectionRefusedError):
            return EngineMissing(f"nothing answers at {where}: start the Docker Engine (`make setup`)")
        if isinstance(cause, TimeoutError | requests.exceptions.Timeout):
            return EngineMissing(
                f"the Docker Engine at {where} did not answer in {waited_seconds} s: restart it"
            )
    if where.startswith("ssh:"):
        return EngineMissing(
            f"no Docker Engine answers over {where}: try `ssh` to it, and `docker version` there"
        )
    text = in_short(problem)
    if "Invalid" in text or "scheme" in text or "bind address" in text or isinstance(problem, ValueError):
        return EngineMissing(f"DOCKER_HOST is {where!r}, which names no engine ({text}): correct or unset it")
    return EngineMissing(f"no Docker Engine answers at {where} ({text}): start one, or set DOCKER_HOST")


def in_short(problem: BaseException) -> str:
    """What an exception says, in one line."""
    said = getattr(problem, "explanation", None) or str(problem) or type(problem).__name__
    return " ".join(str(said).split())[:400]
