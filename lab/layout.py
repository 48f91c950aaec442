"""Where a topology's servers and resolvers stand: hosts, addresses, and each server's configuration files.

Pure: no container is touched here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab.agent import AGENT_ADDRESS
from lab.host import SMALL_DISK, Host
from lab.render import render
from lab.topology import Topology, Zone

ROOT = Host("root", "10.53.0.1", "a.root.")
ROOT_SIGNER = Host("signer.root", "10.53.0.11", "signer.root.")
"""The root's hidden primary, in topologies that have one."""


@dataclass(frozen=True)
class Seat:
    """One authoritative server: its host, its zone, and what its configuration depends on."""

    host: Host
    zone: Zone
    children: tuple[tuple[str, Host], ...] = ()
    """Delegations: (zone, the host its NS record names)."""
    primary: Host | None = None
    """The primary that this secondary copies; None: it is the primary, and the signer."""
    secondaries: tuple[Host, ...] = ()
    listed: tuple[Host, ...] = ()
    """Whom the zone's NS set names; none given: the first secondary, or itself."""
    second: bool = False
    """Whether it is the second server of its zone, or the new provider's."""
    refuses_transfers: bool = False
    """Whether it refuses its secondaries the zone, as one does that doesn't know them."""
    edns_buffer: int = 1232
    drafted: bool = False
    """Whether it serves a fixed copy of its zone (`lab.draft`), and neither signs nor follows its primary."""
    by_hand: bool = False
    """Whether its zone file is written by hand: a zone that takes updates reloads none."""

    @property
    def folder(self) -> str:
        """Where its server's files are: zones, journals, keys."""
        return (
            f"{SMALL_DISK}/{self.host.name}"
            if self.zone.small_disk and not self.primary
            else self.host.folder
        )

    def config(self, control_secret: str) -> str:
        """Its named.conf."""
        return render(
            "named.auth.conf.j2",
            host=self.host,
            zone=self.zone,
            primary_address=self.primary.address if self.primary and not self.drafted else None,
            drafted=self.drafted,
            secondaries=[host.address for host in self.secondaries],
            refuses_transfers=self.refuses_transfers,
            folder=self.folder,
            updatable=bool(self.children) and not self.by_hand and not self.drafted,
            edns_buffer=self.edns_buffer,
            agent_address=AGENT_ADDRESS,
            control_secret=control_secret,
        )

    @property
    def files(self) -> Mapping[str, str]:
        """The zone files it starts with, by path: its own zone's, unsigned, and that of an unsigned child."""
        files = {f"{self.folder}/{self.zone.name}zone": self.zone_file()}
        if self.zone.unsigned_child:
            files[f"{self.host.folder}/child"] = render("child.j2", zone=self.zone, server=self.host)
        return files

    def zone_file(self) -> str:
        """Its zone's source, unsigned."""
        listed = self.listed or (self.secondaries[0] if self.secondaries else self.host,)
        children = [
            {"zone": zone, "nsname": host.nsname, "address": host.address} for zone, host in self.children
        ]
        policy = self.zone.policy
        longest = policy.max_zone_ttl if policy and policy.max_zone_ttl else self.zone.ns_ttl
        return render(
            "zone.j2",
            zone=self.zone,
            servers=listed,
            ns_ttl=min(self.zone.ns_ttl, longest),  # BIND loads no zone with a longer TTL than its policy's
            children=children,
        )


def seats(topology: Topology) -> tuple[Seat, ...]:
    """The authoritative servers of a topology, parents first."""
    size = topology.edns_buffer
    leaves: list[Seat] = []
    delegations: dict[str, list[tuple[str, Host]]] = {topology.root.name: [], topology.tld.name: []}
    for number, zone in enumerate(topology.leaves):
        label = zone.name.split(".", 1)[0]
        serving = Host(f"ns.{label}", f"10.53.0.{3 + 2 * number}", f"ns.{zone.name}")
        delegations[topology.parent_of(zone.name)].append((zone.name, serving))
        second = (
            Host(f"ns2.{label}", f"10.53.0.{7 + number}", f"ns2.{zone.name}") if zone.second_server else None
        )
        if second:
            delegations[topology.parent_of(zone.name)].append((zone.name, second))
        listed = (serving, second) if second else (serving,)
        signer = serving
        if zone.hidden_primary:
            signer = Host(f"signer.{label}", f"10.53.0.{4 + 2 * number}", f"signer.{zone.name}")
        others = tuple(host for host in listed if host != signer)
        leaves.append(Seat(signer, zone, secondaries=others, listed=listed, edns_buffer=size))
        leaves += [
            Seat(host, zone, primary=signer, listed=listed, second=host is second, edns_buffer=size)
            for host in others
        ]
        if zone.new_provider:
            other = Host(f"ns.{label}2", f"10.53.0.{9 + number}", f"ns2.{zone.name}")
            leaves.append(Seat(other, zone, listed=(other,), second=True, edns_buffer=size))
    tld = _tld_host(topology)
    delegations[topology.root.name].append((topology.tld.name, tld))
    return (
        *_root_seats(topology, tuple(delegations[topology.root.name])),
        Seat(tld, topology.tld, children=tuple(delegations[topology.tld.name]), edns_buffer=size),
        *leaves,
    )


def _root_seats(topology: Topology, children: tuple[tuple[str, Host], ...]) -> tuple[Seat, ...]:
    """The root's server, and the hidden primary that it copies where the root has one."""
    size = topology.edns_buffer
    if not topology.root.hidden_primary:
        return (Seat(ROOT, topology.root, children=children, edns_buffer=size),)
    return (
        Seat(
            ROOT_SIGNER,
            topology.root,
            children=children,
            secondaries=(ROOT,),
            listed=(ROOT,),
            edns_buffer=size,
        ),
        Seat(ROOT, topology.root, primary=ROOT_SIGNER, listed=(ROOT,), edns_buffer=size),
    )


def _tld_host(topology: Topology) -> Host:
    """The parent zone's server: its name must not lie below one of the cuts, and `nic.` is often a zone of its own."""
    taken = {zone.name for zone in topology.leaves}
    label = next(
        label for label in ("nic", "registry", "parent") if f"{label}.{topology.tld.name}" not in taken
    )
    return Host("tld", "10.53.0.2", f"a.{label}.{topology.tld.name}")


def resolver_hosts(validators: Sequence[str], control: str | None) -> Mapping[str, Host]:
    """The resolvers' hosts, by name."""
    names = [*validators, *([control] if control else [])]
    return {name: Host(name, f"10.53.0.{20 + number}") for number, name in enumerate(names)}
