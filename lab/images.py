"""The two images of a lab, tagged with a hash of what they are built from: a tag that is there is up to date."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lab import base, mirror
from lab.engine import Engine
from lab.errors import BuildFailed, ImageMissing, LabError

LAB = "chaindrill/lab"
TOXIPROXY = "chaindrill/toxiproxy"
TOXIPROXY_PUBLIC = "ghcr.io/shopify/toxiproxy:2.12.0"
STAGE_LABEL = "chaindrill.stage"
_LAB_FILES = (
    "Dockerfile",
    "install.sh",
    "packages.lock",
    "clockshim/Makefile",
    "clockshim/*.[ch]",
    "agent/*.py",
)
_TOXIPROXY_FILES = ("toxiproxy/Dockerfile", "toxiproxy/go.mod", "toxiproxy/go.sum", "install.sh")


@dataclass(frozen=True)
class Images:
    """What labs run: tags that are on the engine.  Without a toxiproxy image, `why_no_toxiproxy` says why."""

    lab: str
    toxiproxy: str | None
    why_no_toxiproxy: str | None = None


def find(engine: Engine) -> Images:
    """The images as they are now; raises ImageMissing where the lab's is not built."""
    lab, toxiproxy = tags()
    if not engine.has_image(lab):
        raise ImageMissing(
            f"the image {lab} is not on the Docker Engine: run `make setup` (or `chaindrill setup`)"
        )
    if engine.has_image(toxiproxy):
        return Images(lab, toxiproxy)
    return Images(
        lab, None, f"the image {toxiproxy} is missing: `make setup` builds it, or says why it can't"
    )


def ensure(engine: Engine, on_line: Callable[[str], None]) -> Images:
    """The images, built where they are missing; ours of older sources are removed after that.

    `on_line` gets the builds' output line by line.  Raises BuildFailed where the lab's image can't be built;
    a missing toxiproxy image is not fatal: the result says why.
    """
    lab, toxiproxy = tags()
    if not engine.has_image(lab):
        _build(engine, lab, _LAB_FILES, "Dockerfile", on_line)
    why = None
    if not engine.has_image(toxiproxy):
        why = _get_toxiproxy(engine, toxiproxy, on_line)
    for old in {*engine.tags(LAB), *engine.tags(TOXIPROXY)} - {lab, toxiproxy}:
        engine.untag(old)
    return Images(lab, None if why else toxiproxy, why)


def remove(engine: Engine) -> list[str]:
    """Remove every image of ours, of whatever age, and their build stages; returns the tags removed.

    The public base stays: others may use it.
    """
    found = [*engine.tags(LAB), *engine.tags(TOXIPROXY), *engine.tags(base.OWN.rpartition(":")[0])]
    gone = [tag for tag in found if engine.untag(tag)]
    engine.prune(STAGE_LABEL)
    return gone


@cache
def tags() -> tuple[str, str]:
    """The tags of the lab's and the toxiproxy image for the sources as they are now."""
    return (
        f"{LAB}:{content_hash(read_files(_LAB_FILES))}",
        f"{TOXIPROXY}:{content_hash(read_files(_TOXIPROXY_FILES))}",
    )


def content_hash(files: Mapping[str, bytes]) -> str:
    """Twelve hex digits that change when a file's path or content does."""
    whole = hashlib.sha256()
    for path, content in sorted(files.items()):
        whole.update(f"{path}\0{len(content)}\0".encode() + content)
    return whole.hexdigest()[:12]


def compose_folder() -> Path:
    """Where the images' sources are: beside the package in a checkout, inside it in an installed wheel."""
    inside = Path(__file__).resolve().parent / "compose"
    return inside if inside.is_dir() else inside.parent.parent / "compose"


def read_files(patterns: tuple[str, ...], folder: Path | None = None) -> dict[str, bytes]:
    """The files of the compose folder that match; raises BuildFailed where a pattern finds none."""
    top = folder or compose_folder()
    found: dict[str, bytes] = {}
    for pattern in patterns:
        matching = {str(file.relative_to(top)): file.read_bytes() for file in top.glob(pattern)}
        if not matching:
            raise BuildFailed(
                f"{top / pattern} is missing: reinstall chaindrill, or restore it in the checkout"
            )
        found |= matching
    return found


def packages_locked(folder: Path | None = None) -> dict[str, str]:
    """The Debian packages that the lab's image is to hold, with their versions."""
    lock = read_files(("packages.lock",), folder)["packages.lock"].decode()
    lines = [line.split() for line in lock.splitlines() if line and not line.startswith("#")]
    return {line[0]: line[1] for line in lines}


def _build(
    engine: Engine, tag: str, patterns: tuple[str, ...], dockerfile: str, on_line: Callable[[str], None]
) -> None:
    beneath = base.ensure(engine, on_line)
    here = mirror.host_mirror()
    wants_certificates = here.https or dockerfile.startswith("toxiproxy")
    context = {
        **read_files(patterns),
        "host/mirror.list": here.sources().encode(),
        "host/go.env": mirror.go_settings().encode(),
        "host/ca-certificates.crt": mirror.certificates() if wants_certificates else b"",
    }
    on_line(f"building {tag} on {beneath}")
    engine.build(
        context,
        dockerfile,
        tag,
        {"BASE": beneath, **mirror.proxies()},
        on_line,
        host_network=mirror.needs_host_network(),
    )


def _get_toxiproxy(engine: Engine, tag: str, on_line: Callable[[str], None]) -> str | None:
    """Pull or build the toxiproxy image; returns why there is none, or None where there is one."""
    on_line(f"asking a registry for {TOXIPROXY_PUBLIC}")
    if engine.pull(TOXIPROXY_PUBLIC):
        engine.tag(TOXIPROXY_PUBLIC, tag)
        return None
    try:
        _build(engine, tag, _TOXIPROXY_FILES, "toxiproxy/Dockerfile", on_line)
    except BuildFailed as problem:
        return f"no toxiproxy image: no registry answers, and {problem}"
    return None


def main(argv: list[str]) -> int:
    """`remove`: remove all images of ours."""
    if argv != ["remove"]:
        print("usage: python -m lab.images remove", file=sys.stderr)
        return 2
    try:
        for tag in remove(Engine.connect()):
            print(f"removed the image {tag}")
    except LabError as problem:
        print(f"chaindrill: {problem}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
