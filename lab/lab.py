"""A lab: a whole private DNS tree with resolvers that watch it, up inside `with` and gone after it."""

from __future__ import annotations

import base64
import contextlib
import itertools
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar

from dns.rdtypes.ANY.DNSKEY import DNSKEY

from lab import images, session
from lab.agent import Agent
from lab.clock import START, STOPPED, Clock
from lab.container import LabContainer
from lab.engine import Engine
from lab.errors import LabSick, UsageError
from lab.host import CLOCK, LAB, SMALL_DISK, Host
from lab.layout import ROOT, resolver_hosts, seats
from lab.nameserver import RNDC_KEY, NameServer
from lab.network import Network
from lab.polling import Poller, poller_for
from lab.query import ask
from lab.registrar import Registrar, ds_of
from lab.render import render
from lab.resolver import (
    ANCHOR_DS,
    CONTROL,
    CONTROL_VENDOR,
    DEFAULT_VALIDATORS,
    HINTS,
    Resolver,
    Vendor,
    vendor_named,
)
from lab.topology import Topology
from lab.wait import until

T = TypeVar("T")
R = TypeVar("R")

_START_SECONDS = 20.0
_SETTLE_SECONDS = 20.0
_NUMBERS = itertools.count(1)


class Lab:
    """Builds a topology with its resolvers, owns all of it, and removes all of it.

    Raises LabSick where something does not come up, UsageError for a resolver that doesn't exist, and what
    `Engine.connect` and `images.find` raise.
    """

    def __init__(
        self,
        topology: Topology | None = None,
        validators: Sequence[str] = DEFAULT_VALIDATORS,
        *,
        control: bool = True,
        start: datetime = START,
        engine: Engine | None = None,
        say: Callable[[str], None] = lambda stage: None,
    ) -> None:
        self.topology = topology or Topology()
        self._vendors: dict[str, Vendor] = {name: vendor_named(name) for name in validators}
        if len(self._vendors) != len(validators):
            raise UsageError(f"a resolver is chosen twice in {', '.join(validators)}")
        self._hosts = resolver_hosts(validators, CONTROL if control else None)
        self._begins = start
        self._engine = engine
        self._say = say
        self._secret = base64.b64encode(secrets.token_bytes(24)).decode()
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="lab")
        self._container: LabContainer | None = None
        self.poller: Poller | None = None
        self.name = f"chaindrill-{os.getpid()}-{next(_NUMBERS)}-{secrets.token_hex(2)}"

    # -- coming and going -----------------------------------------------------------------------------

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:  # Ctrl-C included: nothing half-built is left
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove everything; twice is harmless."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        container, self._container = self._container, None
        if container is not None:
            container.close()

    def _start(self) -> None:
        self._say("container")
        engine = self._engine or Engine.connect()
        self._images = images.find(engine)
        self._container = LabContainer(
            engine,
            self._images.lab,
            name=self.name,
            labels={session.LABEL: session.current(), "chaindrill.lab": self.name},
        )
        self.agent: Agent = self._container.agent
        self._say("servers")
        self._furnish()
        self._start_servers()
        self._say("chain of trust")
        self._anchor()
        self._say("resolvers")
        self._start_resolvers()
        self.check_clocks()
        if self.topology.registrar.polls_every:
            zone = self.topology.victim.name
            self.poller = poller_for(self, zone, self.topology.registrar.polls_every)
            self.poller.begin()

    def _furnish(self) -> None:
        """Addresses, the clock, and every file of the authoritative servers."""
        self.servers = {
            seat.host.name: NameServer(self.agent, seat, self._secret) for seat in seats(self.topology)
        }
        self.hosts: tuple[Host, ...] = (
            *(server.host for server in self.servers.values()),
            *self._hosts.values(),
        )
        files: dict[str, str | bytes] = {
            CLOCK: STOPPED,
            RNDC_KEY: f'key "lab" {{ algorithm hmac-sha256; secret "{self._secret}"; }};\n',
            HINTS: render("hints.j2", root=ROOT),
        }
        files |= {host.skew_file: bytes(8) for host in self.hosts}
        for server in self.servers.values():
            files[server.config] = server.seat.config(self._secret)
            if server.primary:
                files |= server.seat.files
        self.network = Network(self.agent)
        self.network.bring_up(self.hosts)
        self.agent.write(files)
        self.clock = Clock(self.agent, self.settle, self._begins)
        self.registrar = Registrar(
            self.agent, self.clock, self.topology.registrar, self.signer, self.topology.parent_of
        )

    def _start_servers(self) -> None:
        for server in self.servers.values():
            server.start()
        self.each(self._wait_served, self.servers.values())

    def _wait_served(self, server: NameServer) -> None:
        zone = server.zone

        def served() -> bool:
            if not server.running:
                raise LabSick(f"the server {server.host.name} ended at once: {server.daemon.last_words()}")
            return server.signed() if zone.policy else server.ask(zone.name, "SOA").aa

        until(served, f"{zone.name} to be served at {server.host.name}", deadline_seconds=_START_SECONDS)

    def _anchor(self) -> None:
        """Put each signed zone's DS into its parent, and the root's keys into the resolvers' anchor."""
        signed = [zone for zone in self.topology.zones[1:] if zone.policy]
        self.each(
            lambda zone: self.registrar.publish_now(
                zone.name, [ds_of(zone.name, key) for key in self.signer(zone.name).ksks()]
            ),
            signed,
        )
        if self.topology.root.hidden_primary:
            self.settle()  # else a resolver may ask the secondary before it has those

    def _start_resolvers(self) -> None:
        self._anchor_to(self.signer(".").ksks())
        self.resolvers = {
            name: Resolver(
                self.agent,
                host,
                self._vendors.get(name) or vendor_named(CONTROL_VENDOR),
                self.clock.now,
                validates=name in self._vendors,
            )
            for name, host in self._hosts.items()
        }
        self.agent.write({r.config: self.resolver_config(r) for r in self.resolvers.values()})
        for resolver in self.resolvers.values():
            resolver.daemon.start()
        self.each(self.wait_ready, self.resolvers.values())

    def _anchor_to(self, keys: Iterable[DNSKEY]) -> None:
        keys = tuple(keys)
        self._root_keys = [
            {
                "flags": key.flags,
                "protocol": key.protocol,
                "algorithm": int(key.algorithm),
                "key_base64": base64.b64encode(key.key).decode(),
            }
            for key in keys
        ]
        self.agent.write({ANCHOR_DS: "".join(f". IN DS {ds_of('.', key)}\n" for key in keys)})

    def trust(self, keys: Iterable[DNSKEY]) -> None:
        """Have the resolvers trust these keys of the root, for ever, and wait until they resolve by them."""
        self._anchor_to(keys)
        self.agent.write({r.config: self.resolver_config(r) for r in self.resolvers.values()})
        for resolver in self.resolvers.values():
            resolver.daemon.stop()
            resolver.daemon.start()
        self.each(self.wait_ready, self.resolvers.values())

    def trusts(self, key: DNSKEY) -> bool:
        """Whether this key of the root is among those that the resolvers are configured to trust."""
        own = base64.b64encode(key.key).decode()
        return any(known["key_base64"] == own and known["flags"] == key.flags for known in self._root_keys)

    def wait_ready(self, resolver: Resolver) -> None:
        """Wait until a resolver that was just started answers for the root (and, validating, with AD)."""

        def ready() -> bool:
            answer = resolver.answer(".", "SOA", timeout_seconds=2.0)
            if answer.rcode is None and not resolver.daemon.running:
                raise LabSick(f"the resolver {resolver.name} ended at once: {resolver.daemon.last_words()}")
            return answer.has_data and answer.ad == resolver.validates

        until(ready, f"{resolver.name} to resolve the root", deadline_seconds=_START_SECONDS)

    # -- parts ----------------------------------------------------------------------------------------

    @property
    def validators(self) -> tuple[Resolver, ...]:
        """The validating resolvers, in the order chosen."""
        return tuple(resolver for resolver in self.resolvers.values() if resolver.validates)

    def signer(self, zone: str) -> NameServer:
        """The primary of a zone, which signs it; raises UsageError for a zone that isn't there."""
        self.topology.zone(zone)
        return next(s for s in self.servers.values() if s.primary and s.zone.name == zone)

    def serving(self, zone: str) -> NameServer:
        """The server that the zone's NS records name (the first of two)."""
        return self._listed(zone, second=False)

    def second(self, zone: str) -> NameServer:
        """The second server that the zone's NS records name, or the new provider's; IndexError where there is neither."""
        return self._listed(zone, second=True)

    def _listed(self, zone: str, *, second: bool) -> NameServer:
        self.topology.zone(zone)
        return [s for s in self.servers.values() if s.zone.name == zone and s.seat.second is second][-1]

    def parent(self, zone: str) -> NameServer:
        """The primary of the zone's parent."""
        return self.signer(self.topology.parent_of(zone))

    def resolver_config(
        self,
        resolver: Resolver,
        *,
        observing: bool = False,
        forward_to: Host | None = None,
        track_anchor: str | None = None,
    ) -> str:
        """A resolver's configuration as it is to be now.

        `observing`: as the silent observers of rehearsals have it (no control channel, nothing renewed before
        its time).  `forward_to`: it asks that resolver instead of the servers.  `track_anchor`: it keeps its trust
        anchor up to date by itself (RFC 5011), in this file where it is told of one.
        """
        return render(
            resolver.vendor.template,
            host=resolver.host,
            validating=resolver.validates,
            hints=HINTS,
            anchor=ANCHOR_DS,
            root_keys=self._root_keys,
            control_secret=self._secret,
            edns_buffer=self.topology.edns_buffer,
            observing=observing,
            forward_to=forward_to.address if forward_to else None,
            track_anchor=track_anchor,
        )

    @contextlib.contextmanager
    def tcp_toxic(self, server: Host, kind: str, attributes: Mapping[str, int]) -> Iterator[None]:
        """Lead TCP/53 of a server through Toxiproxy with one toxic; raises LabSick where there is no image for it."""
        from lab import toxics

        def start() -> None:
            assert self._container is not None
            image = self._images.toxiproxy
            if image is None:
                raise LabSick("no toxiproxy image")
            self._container.beside(image, toxics.server_argv(server), name=f"{self.name}-tcp")

        with toxics.toxic(self.agent, self.network, server, start, kind, attributes):
            yield

    def restart(self, resolver: Resolver) -> None:
        """Stop and start a resolver in place, and wait until it answers (without having it resolve anything)."""
        resolver.daemon.stop()
        resolver.daemon.start()
        until(
            lambda: ask(self.agent, resolver.host.address, ".", "SOA", rd=False).rcode is not None,
            f"{resolver.name} to answer again",
            deadline_seconds=_START_SECONDS,
        )

    def each(self, do: Callable[[T], R], things: Iterable[T]) -> list[R]:
        """Do the same to several things at once; raises the first error after all have ended."""
        futures = [self._pool.submit(do, thing) for thing in things]
        errors = [error for future in futures if (error := future.exception())]
        if errors:
            raise errors[0]
        return [future.result() for future in futures]

    # -- time -----------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Wait until no signer has anything due and every secondary has followed its primary."""
        self.each(self._settle_one, [server for server in self.servers.values() if server.primary])

    def _settle_one(self, signer: NameServer) -> None:
        def settled() -> bool:
            if not signer.settled(self.clock.now() + self.clock.skew(signer.host)):
                return False
            if not signer.running or signer.seat.refuses_transfers:
                return True
            followers = [
                s for s in self.servers.values() if s.zone.name == signer.zone.name and not s.primary
            ]
            return all(
                follower.seat.drafted or not follower.running or follower.serial() == signer.serial()
                for follower in followers
            )

        until(
            settled,
            f"{signer.host.name} to settle after a jump of the clock",
            deadline_seconds=_SETTLE_SECONDS,
        )

    def next_due(self) -> datetime | None:
        """The earliest instant at which a signer has something to do, or None.

        A stop there after a stop lets lab time pass as it would by itself: no key event comes late.
        """

        def due(signer: NameServer) -> datetime | None:
            skew = self.clock.skew(signer.host)
            own = signer.next_due(self.clock.now() + skew)
            return None if own is None else own - skew

        signers = [server for server in self.servers.values() if server.primary]
        return min((instant for instant in self.each(due, signers) if instant), default=None)

    def check_alive(self) -> None:
        """Raise LabSick where a server or resolver died that should run: what it would say proves nothing."""
        states = self.agent.servers()
        expected = [s.daemon for s in self.servers.values() if s.expected_up]
        for daemon in (*expected, *(r.daemon for r in self.resolvers.values())):
            if states[daemon.host.name].exit is not None:
                raise LabSick(f"{daemon.host.name} died in the middle of the drill: {daemon.last_words()}")

    def check_clocks(self) -> None:
        """Raise LabSick where a server or resolver is not on its host's lab time."""

        def check(one: NameServer | Resolver) -> None:
            self.clock.check(one.host, one.clock())

        watched: list[NameServer | Resolver] = [*self.servers.values(), *self.resolvers.values()]
        self.each(check, watched)

    def collect(self) -> bytes:
        """The lab's logs, configurations, zones and key states (private keys left out), as a gzipped tar."""
        archive = "/tmp/evidence.tar.gz"  # noqa: S108 - a tmpfs of the lab's container
        leave_out = ("--exclude=*.private", "--warning=no-file-changed")
        self.agent.run(
            ["tar", "-czf", archive, *leave_out, "-C", LAB, ".", "-C", SMALL_DISK, "."],
            env={},
        )
        return self.agent.read(archive)
