"""The root's own key rolled under RFC 5011: a root that is signed by hand, and validators that track its keys.

Each tracker keeps a trust anchor store of its own on its disk.  When it looks next, and what it trusts, it is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lab.byhand import HandSigner, MadeKey
from lab.errors import UsageError
from lab.host import Host
from lab.nameserver import RNDC_KEY
from lab.query import ask
from lab.registrar import parse_dnskey
from lab.resolver import Resolver, vendor_named
from lab.wait import until

if TYPE_CHECKING:
    from dns.rdtypes.ANY.DNSKEY import DNSKEY
    from dns.rdtypes.ANY.DS import DS

    from lab.lab import Lab

_DEADLINE_SECONDS = 20.0
_DS_TTL_SECONDS = 86400


class RootSigner(HandSigner):
    """Signs the root by hand, in place of the key manager that the lab started it with."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab, ".")
        self._delegated: Mapping[str, Sequence[DS]] = {}

    def take_over(self) -> None:
        """Take the zone from the key manager: its keys are gone then, the DS sets of its children stay."""
        server = self._server
        self._delegated = {zone: self._lab.registrar.published(zone) for zone, _ in server.seat.children}
        server.stop()
        server.daemon.tool("sh", "-c", f"rm -f {self._folder}/.zone* {self._folder}/K*").check()
        server.configure(replace(server.seat, zone=replace(server.zone, policy=None), by_hand=True))
        self._lab.agent.write({f"{self._folder}/.zone": server.seat.zone_file()})
        server.start()
        until(server.serial, "the root to be served", deadline_seconds=_DEADLINE_SECONDS)

    def revoked(self, name: str, as_name: str) -> None:
        """Make the revoked form of a key (RFC 5011 2.1), a key of another tag, known as `as_name`."""
        if as_name in self.keys:
            return
        known = self.keys[name]
        path = f"{self._folder}/{known.file}.key"
        ran = self._server.daemon.tool("dnssec-revoke", "-K", self._folder, path).check()
        file = ran.stdout.strip().rsplit("/", 1)[-1]
        text = self._lab.agent.read(f"{self._folder}/{file}.key").decode()
        record = next(line for line in text.splitlines() if not line.startswith(";"))
        self.keys = {**self.keys, as_name: MadeKey(known.key, file, parse_dnskey(".", record))}

    def _source(self, wanted: object) -> str:
        children = (
            f"{zone} {_DS_TTL_SECONDS} IN DS {one}\n"
            for zone, delegated in self._delegated.items()
            for one in delegated
        )
        return super()._source(wanted) + "".join(children)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Standing:
    """How a tracker stands: when it looks at the root's keys next (None: never again), and which it trusts, by key tag."""

    looks_next: datetime | None
    trusted: frozenset[int]


class Trackers:
    """Starts validators that track the root's keys, beside those of the lab."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._started = 0

    def start(self, vendor: str, keys: Sequence[DNSKEY]) -> Resolver:
        """Start one that begins with these keys, and wait until it has looked at the root's for the first time.

        Raises UsageError for a vendor that does not track.
        """
        if vendor not in _STANDING:
            raise UsageError(f"{vendor} keeps no trust anchor up to date here: {', '.join(_STANDING)} do")
        self._started += 1
        host = Host(f"tracker{self._started}.{vendor}", f"10.54.250.{self._started}")
        resolver = Resolver(self._lab.agent, host, vendor_named(vendor), self._lab.clock.now, validates=True)
        anchor = f"{host.folder}/root.anchor"
        self._lab.network.add_addresses([host])
        self._lab.agent.write(
            {
                host.skew_file: bytes(8),
                anchor: "".join(f". 172800 IN DNSKEY {key}\n" for key in keys),
                resolver.config: self._lab.resolver_config(resolver, track_anchor=anchor),
            }
        )
        resolver.daemon.start()
        return resolver

    def wait_looked(self, resolver: Resolver) -> Standing:
        """Wait until a tracker has looked as it was due to, and say how it stands."""

        def looked() -> Standing | None:
            standing = _STANDING[resolver.vendor.name](resolver)
            if standing is None or standing.looks_next is None or standing.looks_next > self._lab.clock.now():
                return standing
            return replace(standing, looks_next=None) if _stalled(resolver) else None

        return until(
            looked, f"{resolver.name} to look at the root's keys", deadline_seconds=_DEADLINE_SECONDS
        )

    def wait_up(self, resolver: Resolver) -> None:
        """Wait until a tracker that has nothing to go by answers at all (without having it resolve anything)."""
        until(
            lambda: ask(resolver.agent, resolver.host.address, ".", "SOA", rd=False).rcode is not None,
            f"{resolver.name} to answer",
            deadline_seconds=_DEADLINE_SECONDS,
        )


_PROBE = re.compile(r"^;;next_probe_time: (\d+)", re.MULTILINE)
_UNBOUND_KEY = re.compile(r"IN\s+DNSKEY\s+(.*?);\{id = (\d+) .*;;state=(\d) ", re.MULTILINE)
_VALID, _MISSING = "2", "3"


def read_unbound(text: str) -> Standing | None:
    """Its anchor file, as it writes it after each look; None before the first."""
    found = _PROBE.search(text)
    if not found:
        return None
    trusted = (int(tag) for _, tag, state in _UNBOUND_KEY.findall(text) if state in (_VALID, _MISSING))
    return Standing(datetime.fromtimestamp(int(found[1]), UTC), frozenset(trusted))


_BIND_KEY = re.compile(r"^\s+keyid: (\d+)$(.*?)(?=^\s+keyid: |\Z)", re.MULTILINE | re.DOTALL)
_STALLED = b"error during managed-keys processing"
"""Measured: named 9.20.30 says so when a revoked key is withdrawn, and does not look again after that."""
_BIND_NEXT = re.compile(r"^\s+next refresh: (.+)$", re.MULTILINE)


def read_bind(text: str) -> Standing | None:
    """What `rndc managed-keys status` tells; None before its first look."""
    keys = _BIND_KEY.findall(text)
    dates = [_gmt(one[1]) for _, about in keys if (one := _BIND_NEXT.search(about))]
    if not dates:
        return None
    trusted = (int(tag) for tag, about in keys if "trusted since" in about)
    return Standing(min(dates), frozenset(trusted))


def _gmt(text: str) -> datetime:
    return datetime.strptime(text.strip(), "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)


def _ask_unbound(resolver: Resolver) -> Standing | None:
    return read_unbound(resolver.agent.read(f"{resolver.host.folder}/root.anchor").decode())


def _stalled(resolver: Resolver) -> bool:
    """Whether it has given up looking after an error of its own."""
    return resolver.vendor.name == "bind" and _STALLED in resolver.agent.read(resolver.host.log)


def _ask_bind(resolver: Resolver) -> Standing | None:
    ran = resolver.daemon.tool("rndc", "-s", resolver.host.address, "-k", RNDC_KEY, "managed-keys", "status")
    return read_bind(ran.stdout) if ran.exit == 0 else None


_STANDING: Mapping[str, Callable[[Resolver], Standing | None]] = {
    "unbound": _ask_unbound,
    "bind": _ask_bind,
}
"""How each vendor that tracks is asked."""
