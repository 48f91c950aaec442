"""Installing what is missing on a Debian or Ubuntu, from the distribution."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable

from lab.errors import BuildFailed


def usable() -> bool:
    """Whether packages can be installed here: there is apt-get, and we are root."""
    return shutil.which("apt-get") is not None and os.geteuid() == 0


def install(say: Callable[[str], None], *packages: str) -> None:
    """Install packages after an update of the lists; raises BuildFailed with apt-get's last line."""
    _run(say, "update")  # a broken source of someone else's must not stop us: the next step tells
    ran = _run(say, "install", "-y", "--no-install-recommends", *packages)
    if ran.returncode:
        last = (ran.stderr.strip() or ran.stdout.strip()).splitlines()[-1:] or ["it does not say why"]
        raise BuildFailed(f"apt-get could not install {' '.join(packages)}: {last[0]}")


def _run(say: Callable[[str], None], *words: str) -> subprocess.CompletedProcess[str]:
    say(f"apt-get {' '.join(words)}")
    return subprocess.run(
        ["apt-get", "-q", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        check=False,
    )
