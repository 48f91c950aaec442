"""Things done to a zone's servers that take more than one command, and waits for their effect.

They wait in wall time for real servers; lab time is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dns.dnssec
from dns.rdtypes.ANY.DNSKEY import DNSKEY

from lab.errors import LabSick
from lab.wait import until

if TYPE_CHECKING:
    from lab.host import Host
    from lab.lab import Lab
    from lab.nameserver import NameServer
    from lab.topology import Policy

_DEADLINE_SECONDS = 20.0

_RETIREMENT_HOURS = 48
"""How long the retirement of a KSK may take; the usual policy's takes three."""


def key_tags(keys: Iterable[DNSKEY]) -> tuple[int, ...]:
    """Their key tags (RFC 4034 appendix B)."""
    return tuple(dns.dnssec.key_id(key) for key in keys)


def wait_published(lab: Lab, zone: str) -> None:
    """Wait until the parent serves what was submitted; raises LabSick where it does not."""
    until(
        lambda: not lab.registrar.pending(zone),
        f"the parent to serve the DS set submitted for {zone}",
        deadline_seconds=_DEADLINE_SECONDS,
    )


def sign_zone(lab: Lab, zone: str, policy: Policy) -> None:
    """Put an unsigned zone under a policy, and wait until it is served signed."""
    signer, serving = lab.signer(zone), lab.serving(zone)
    signer.set_policy(policy)
    if signer is not serving:
        serving.configure(replace(serving.seat, zone=signer.zone))
    signer.rndc("reconfig")
    until(serving.signed, f"{zone} to be served signed", deadline_seconds=_DEADLINE_SECONDS)


def adopt_policy(lab: Lab, zone: str, policy: Policy) -> None:
    """Put a zone under another policy, and wait until its key manager has taken it up and done what is due at once."""
    signer = lab.signer(zone)
    unsigned = signer.zone.policy is None
    signer.set_policy(policy)
    with signer.key_manager_told():
        signer.rndc("reconfig")
    if unsigned:
        until(signer.signed, f"{zone} to be served signed", deadline_seconds=_DEADLINE_SECONDS)
    taken_up = f"dnssec-policy: {policy.name}"
    until(
        lambda: taken_up in signer.rndc("dnssec", "-status", zone).stdout,
        f"the key manager of {zone} to take up the dnssec-policy {policy.name}",
        deadline_seconds=_DEADLINE_SECONDS,
    )
    if not policy.unsigns:
        until(
            lambda: bool(signer.rrset(zone, "NSEC3PARAM")) == policy.nsec3,
            f"{zone} to deny as the dnssec-policy {policy.name} has it",
            deadline_seconds=_DEADLINE_SECONDS,
        )
    lab.settle()


def roll(lab: Lab, zone: str, role: str = "KSK") -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Start a rollover of the zone's keys in this role (KSK, ZSK, CSK) by hand.

    Returns the old and the new key tags once the new ones are served.
    """
    signer, serving = lab.signer(zone), lab.serving(zone)
    old = tuple(
        key.tag for key in signer.key_states() if key.role == role and ("goal", "omnipresent") in key.states
    )
    before = _served_tags(serving)
    for tag in old:
        with signer.key_manager_told():
            signer.rndc("dnssec", "-rollover", "-key", str(tag), zone)
    new = until(
        lambda: tuple(sorted(_served_tags(serving) - before)) or None,
        f"{zone} to publish a new {role}",
        deadline_seconds=_DEADLINE_SECONDS,
    )
    return old, new


def _served_tags(server: NameServer) -> set[int]:
    keys = server.rrset(server.zone.name, "DNSKEY")
    return set(key_tags(key for key in keys or () if isinstance(key, DNSKEY)))


def rebuild_signer(lab: Lab, zone: str, *, keys: bool = False) -> None:
    """Stop the signer, throw away what it signed (and its keys), start it, and wait for the zone, signed."""
    signer, serving = lab.signer(zone), lab.serving(zone)
    if signer.running:
        signer.stop()
    signer.forget_signed(keys=keys)
    signer.start()
    until(signer.signed, f"{zone} to be signed anew", deadline_seconds=_DEADLINE_SECONDS)
    if serving is not signer:
        serving.rndc("retransfer", zone)  # its new serial may be lower than the old
        until(
            lambda: serving.serial() == signer.serial(),
            f"{serving.host.name} to have {zone} as it is signed now",
            deadline_seconds=_DEADLINE_SECONDS,
        )
    until(serving.signed, f"{zone} to be served signed", deadline_seconds=_DEADLINE_SECONDS)


def stop_signing(lab: Lab, zone: str, *, keys: bool = False) -> None:
    """Have a zone served unsigned at once, its keys left on its signer's disk or thrown away."""
    signer, serving = lab.signer(zone), lab.serving(zone)
    for server in dict.fromkeys((serving, signer)):
        if server.running:
            server.stop()
        server.configure(replace(server.seat, zone=replace(server.zone, policy=None)))
        server.forget_signed(keys=keys)
    for server in dict.fromkeys((signer, serving)):
        server.start()
    until(
        lambda: serving.ask(zone, "SOA").aa and not serving.rrset(zone, "DNSKEY"),
        f"{zone} to be served unsigned",
        deadline_seconds=_DEADLINE_SECONDS,
    )


def start_again(server: NameServer) -> None:
    """Start a server that is down, and wait until it serves its zone, signed and denying as its policy has it."""

    def served() -> bool:
        name, policy = server.zone.name, server.zone.policy
        if policy is None:
            return server.ask(name, "SOA").aa
        return server.signed() and bool(server.rrset(name, "NSEC3PARAM")) == policy.nsec3

    server.start()
    until(
        served,
        f"{server.host.name} to serve {server.zone.name} again",
        deadline_seconds=_DEADLINE_SECONDS,
    )


def restart_signer(lab: Lab, zone: str) -> None:
    """Start the signer (stopping it before where it runs), and wait until it has signed what was due."""
    signer = lab.signer(zone)
    if signer.running:
        signer.stop()
    signer.start()
    until(signer.signed, f"{signer.host.name} to serve {zone}", deadline_seconds=_DEADLINE_SECONDS)
    lab.settle()


def set_edns_buffer(server: NameServer, octets: int) -> None:
    """Have a server send and ask for no more than `octets` over UDP."""
    server.configure(replace(server.seat, edns_buffer=octets))
    server.rndc("reconfig")


def clock_error(lab: Lab, host: Host) -> timedelta:
    """How far a process on this host's clock is ahead of lab time (negative: behind), read by running one."""
    before = lab.clock.now()
    ran = lab.agent.run(["date", "+%s.%N"], env=host.env).check()
    return datetime.fromtimestamp(float(ran.stdout), UTC) - before


def start_without_flags(server: NameServer) -> None:
    """Start a server as its seat has it, stopping it before where it runs, and wait until it serves its zone signed."""
    if server.running:
        server.stop()
    server.configure(replace(server.seat, flags=()))
    start_again(server)


def end_rollover(lab: Lab, zone: str) -> tuple[int, ...]:
    """Tell the key manager which DS the parent serves, and let lab time pass until only those KSKs are in the zone.

    Returns their key tags.  Raises LabSick where the old ones stay.
    """
    signer, serving = lab.signer(zone), lab.serving(zone)
    published = {ds.key_tag for ds in lab.registrar.published(zone)}
    for tag in key_tags(serving.ksks()):
        with signer.key_manager_told():
            signer.rndc(
                "dnssec", "-checkds", "-key", str(tag), "published" if tag in published else "withdrawn", zone
            )
    for _ in range(_RETIREMENT_HOURS):
        left = key_tags(serving.ksks())
        if set(left) <= published:
            return left
        lab.clock.advance(timedelta(hours=1))
    raise LabSick(f"{zone} still publishes KSK {', '.join(map(str, left))} after {_RETIREMENT_HOURS} h")
