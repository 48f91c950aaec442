"""The NS set of a delegation: changed at the parent, as a registrar does it when a zone moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dns.name
import dns.rcode
import dns.rdatatype
import dns.update

from lab.errors import LabSick
from lab.query import read_message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.host import Host
    from lab.lab import Lab

TTL_SECONDS = 86400
"""As the delegations of a fresh lab have it."""


def delegate(lab: Lab, zone: str, hosts: Sequence[Host]) -> None:
    """Have the parent delegate the zone to these servers and no others, with their glue.  Raises LabSick."""
    parent = lab.parent(zone)
    update = dns.update.UpdateMessage(parent.zone.name)
    child = dns.name.from_text(zone)
    update.delete(child, dns.rdatatype.NS)
    for host in hosts:
        update.add(child, TTL_SECONDS, "NS", host.nsname)
        update.replace(dns.name.from_text(host.nsname), TTL_SECONDS, "A", host.address)
    got = lab.agent.exchange(update.to_wire(), parent.host.address)
    if got.failed:
        raise LabSick(f"{parent.host.name} did not answer the registrar: {got.failed}")
    rcode = read_message(got.wire, f"the answer of {parent.host.name} to the registrar").rcode()
    if rcode != dns.rcode.NOERROR:
        raise LabSick(f"{parent.host.name} refused the registrar's update: {dns.rcode.to_text(rcode)}")


def delegated_to(lab: Lab, zone: str) -> frozenset[str]:
    """The names of the servers to which the parent delegates the zone now."""
    parent = lab.parent(zone)
    child, told = dns.name.from_text(zone), parent.referral(zone)
    return frozenset(
        str(rdata)
        for rrset in told
        if rrset.name == child and rrset.rdtype == dns.rdatatype.NS
        for rdata in rrset
    )
