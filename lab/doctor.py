"""Whether this machine can run drills: what is there, what is missing, and what would be inconclusive for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from lab import images
from lab.confinement import CAPABILITIES, CONFINED
from lab.engine import Engine, Owned
from lab.errors import EngineForbidden, EngineTooOld, LabError

State = Literal["ok", "warn", "missing"]
_ENOUGH_DISK_KIB = 2 * 1024 * 1024
_SHAPE: dict[str, Any] = {
    **CONFINED,
    "cap_add": list(CAPABILITIES),
    "network_mode": "none",
    "tmpfs": {"/lab": "size=16m"},
}
"""A lab's own confinement: what works in a container of this shape works in a lab."""


@dataclass(frozen=True)
class Check:
    """One thing looked at.  `inconclusive` names the drills that could not conclude; None where all could."""

    name: str
    state: State
    says: str
    inconclusive: str | None = None


@dataclass(frozen=True)
class _Feature:
    """Something of the engine's kernel, tried in a container by a shell command that fails without it."""

    name: str
    command: str
    works: str
    inconclusive: str


def _nft(rules: str) -> str:
    return f"echo 'table ip chaindrill {{ {rules}; }}' | nft -f - && nft delete table ip chaindrill"


_ALL = "every drill"
_FRAGMENTS = "drills that drop fragments"
_TCP = "drills that degrade TCP"
_FEATURES = (
    _Feature(
        "addresses",
        "ip addr add 10.53.0.1/32 dev lo && ip link set lo up",
        "a lab can have its addresses",
        _ALL,
    ),
    _Feature("mtu", "ip link set lo mtu 1500", "large answers are fragmented as on a real path", _FRAGMENTS),
    _Feature(
        "fragment rules",
        _nft(
            "chain c { type filter hook prerouting priority -450; ip frag-off & 0x3fff != 0 counter drop; }"
        ),
        "fragments can be dropped and counted before they are put together",
        _FRAGMENTS,
    ),
    _Feature(
        "tcp resets",
        _nft("chain c { type filter hook input priority 0; tcp dport 53 counter reject with tcp reset; }"),
        "TCP can be refused",
        "drills that block TCP",
    ),
    _Feature(
        "redirection",
        _nft("chain c { type nat hook output priority -100; tcp dport 53 counter dnat to 127.0.0.1:5300; }"),
        "TCP can be led through a proxy",
        _TCP,
    ),
    _Feature(
        "connection tracking",
        _nft("chain c { type filter hook input priority 0; ct state new counter; }"),
        "connections can be told apart",
        _TCP,
    ),
    _Feature(
        "clock shim",
        "LD_PRELOAD=/usr/lib/chaindrill/clockshim.so python3 -S -E -c pass 2>&1 | (! grep .)",
        "servers can be given lab time",
        _ALL,
    ),
)


def examine() -> list[Check]:
    """Look at everything; takes a second or so and leaves nothing behind.

    Raises nothing that a machine can be short of: that is a check's state.
    """
    try:
        engine = Engine.connect()
    except EngineForbidden as problem:
        return [Check("permission", "missing", str(problem), _ALL)]
    except EngineTooOld as problem:
        return [Check("engine version", "missing", str(problem), _ALL)]
    except LabError as problem:
        return [Check("engine", "missing", str(problem), _ALL)]
    checks = [
        Check("engine", "ok", f"Docker Engine {engine.version} answers at {engine.where}"),
        *_leftovers(engine),  # before anything of ours runs: that starts their removal
    ]
    try:
        found = images.find(engine)
    except LabError as problem:
        return [*checks, Check("lab image", "missing", str(problem), _ALL)]
    base = engine.image_labels(found.lab).get("chaindrill.base", "an unknown base")
    checks.append(Check("lab image", "ok", f"{found.lab} is there, built on {base}"))
    checks.append(_toxiproxy(found))
    return [*checks, *_inside(engine, found.lab)]


def _toxiproxy(found: images.Images) -> Check:
    if found.toxiproxy:
        return Check("toxiproxy image", "ok", f"{found.toxiproxy} is there")
    return Check("toxiproxy image", "warn", f"{found.why_no_toxiproxy}", _TCP)


def _leftovers(engine: Engine) -> Iterator[Check]:
    try:
        left = engine.leftovers()
    except LabError as problem:
        yield Check("leftovers", "warn", str(problem))
        return
    if not left:
        yield Check("leftovers", "ok", "no dead run left anything behind")
    else:
        yield Check("leftovers", "warn", f"a dead run left {_named(left)}: `chaindrill clean` removes that")


def _named(things: list[Owned]) -> str:
    shown = ", ".join(f"{thing.kind} {thing.name}" for thing in things[:3])
    return shown if len(things) <= 3 else f"{shown} and {len(things) - 3} more"


def _inside(engine: Engine, image: str) -> Iterator[Check]:
    """What can only be seen in a container of a lab's shape."""
    try:
        status, output = engine.run(image, ["sh", "-c", _script()], **_SHAPE)
    except LabError as problem:
        yield Check("container", "missing", str(problem), _ALL)
        return
    said = dict(line.partition("\t")[::2] for line in output.splitlines() if "\t" in line)
    if status or "disk" not in said:
        yield Check(
            "container", "missing", f"a container in a lab's shape failed: {output.strip()[-200:]}", _ALL
        )
        return
    yield _packages(said.get("packages", ""))
    for feature in _FEATURES:
        yield _feature(feature, said.get(feature.name, "it was not tried"), engine.kernel)
    yield _disk(said["disk"])


def _script() -> str:
    """Prints a line `name<tab>what it said` for each feature: nothing where it works."""
    lines = [
        "printf 'packages\\t%s\\n' \"$(cat /usr/lib/chaindrill/packages.differ 2>/dev/null | tr '\\n' ';')\""
    ]
    for feature in _FEATURES:
        lines.append(f'out=$( ({feature.command}) 2>&1 ) && out= || out="${{out:-it failed}}"')
        lines.append(f'printf \'{feature.name}\\t%s\\n\' "$(printf %s "$out" | head -n 1)"')
    lines.append("printf 'disk\\t%s\\n' \"$(df -Pk / | awk 'END { print $4 }')\"")
    return "\n".join(lines)


def _packages(differ: str) -> Check:
    if not differ:
        return Check("packages", "ok", "the image holds the locked versions of every package")
    what = "; ".join(part for part in differ.split(";") if part)
    return Check("packages", "warn", f"the image differs from the lock: {what}; verdicts may differ too")


def _feature(feature: _Feature, said: str, kernel: str) -> Check:
    if not said:
        return Check(feature.name, "ok", feature.works)
    return Check(feature.name, "missing", f"kernel {kernel}, in a lab: {said}", feature.inconclusive)


def _disk(free: str) -> Check:
    if not free.isdecimal():
        return Check("disk", "warn", "how much disk the engine has left can't be told")
    gib = int(free) / 1024 / 1024
    if int(free) < _ENOUGH_DISK_KIB:
        return Check("disk", "warn", f"the engine has only {gib:.1f} GiB of disk left: free some")
    return Check("disk", "ok", f"the engine has {gib:.0f} GiB of disk left")
