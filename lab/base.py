"""The image that ours start from: Debian trixie, pulled where a registry answers, else made from a mirror alone."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from lab import apt
from lab.engine import Engine
from lab.errors import BuildFailed
from lab.mirror import RELEASE, Mirror, host_mirror

PUBLIC = "debian:trixie-slim"
OWN = "chaindrill/base:trixie"
"""A home-made base has a name of its own: other work on this machine may mean Debian's by the public one."""
_KEYRINGS = Path("/usr/share/keyrings")
_PIECE = 1 << 18


def ensure(engine: Engine, on_line: Callable[[str], None]) -> str:
    """The tag of a base image that is there; pulled or made if need be.

    Raises BuildFailed where neither is possible, with what to do about it.
    """
    for tag in (PUBLIC, OWN):
        if engine.has_image(tag):
            return tag
    on_line(f"asking a registry for {PUBLIC}")
    if engine.pull(PUBLIC):
        return PUBLIC
    on_line(f"no registry answers: making {OWN} from Debian's mirror")
    _prepare(on_line)
    engine.import_base(_root_file_system(host_mirror(), on_line), OWN, ['CMD ["bash"]'])
    return OWN


def _prepare(on_line: Callable[[str], None]) -> None:
    """Have mmdebstrap, and the key that signs trixie."""
    if not shutil.which("mmdebstrap"):
        if not apt.usable():
            raise BuildFailed(
                f"no registry answers, so there is no {PUBLIC}; a base can be made from Debian's mirror, "
                "but not without mmdebstrap (as root: apt-get install mmdebstrap); "
                f"or load {PUBLIC} into the engine"
            )
        apt.install(on_line, "mmdebstrap", "debian-archive-keyring")
    if not _keyring_knows_release() and apt.usable():
        apt.install(on_line, "debian-archive-keyring")
    if not _keyring_knows_release():
        raise BuildFailed(
            f"the keys in {_KEYRINGS} do not verify Debian {RELEASE}: install a debian-archive-keyring "
            f"of 2023.3+deb12u2 or newer, or load {PUBLIC} into the engine"
        )


def _keyring_knows_release(folder: Path = _KEYRINGS) -> bool:
    return any(folder.glob(f"debian-archive-{RELEASE}-*"))


def _root_file_system(mirror: Mirror, on_line: Callable[[str], None]) -> Iterator[bytes]:
    """A minimal Debian as a tar, in pieces.  Raises BuildFailed, so that nothing half-made is imported."""
    argv = [
        "mmdebstrap",
        "--variant=minbase",
        "--dpkgopt=path-exclude=/usr/share/doc/*",
        "--dpkgopt=path-exclude=/usr/share/man/*",
        "--dpkgopt=path-exclude=/usr/share/locale/*",
        "--dpkgopt=path-include=/usr/share/doc/*/copyright",
        "--dpkgopt=force-unsafe-io",
        "--format=tar",
        RELEASE,
        "-",
        f"deb {mirror.main} {RELEASE} main",
    ]
    on_line(" ".join(argv))
    with subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        os.set_blocking(process.stderr.fileno(), False)
        said = b""
        while piece := process.stdout.read(_PIECE):
            said = (said + (process.stderr.read() or b""))[-4000:]
            yield piece
        os.set_blocking(process.stderr.fileno(), True)
        said += process.stderr.read()
        if process.wait():
            last = [line for line in said.decode(errors="replace").splitlines() if line.startswith("E:")][-1:]
            raise BuildFailed(
                f"mmdebstrap could not make a Debian {RELEASE} from {mirror.main}: {' '.join(last)}"
            )
