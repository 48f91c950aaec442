"""What an operator can do in production.  An action does not undo itself and uses no power of the lab's own.

`lab.operations` speaks to servers and is imported where something is done: naming an action must cost nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from harness.expectation import duration_text

if TYPE_CHECKING:
    from lab.lab import Lab
    from lab.topology import Policy


@dataclass(frozen=True)
class PublishDS:
    """Submit the DS of the keys that the zone serves now; the parent follows after the registrar's delay."""

    zone: str

    def describe(self) -> str:
        """What is done."""
        return f"submit to the registrar the DS of the KSK that {self.zone} serves"

    def command(self) -> str:
        """How an operator computes it."""
        return f"dig @SERVER {self.zone} DNSKEY | dnssec-dsfromkey -2 -f - {self.zone}"

    def perform(self, lab: Lab) -> str:
        """Hand the DNSKEYs over; the registrar computes the DS."""
        lab.registrar.submit_dnskey(self.zone, *lab.serving(self.zone).ksks())
        return f"submitted for {self.zone}: the DS of KSK {_tags(lab, self.zone)}"


@dataclass(frozen=True)
class WithdrawDS:
    """Have the registrar withdraw the zone's DS set."""

    zone: str

    def describe(self) -> str:
        """What is done."""
        return f"have the registrar withdraw the DS of {self.zone}"

    def command(self) -> str:
        """In the registrar's own form; this confirms it."""
        return f"dig @PARENT {self.zone} DS +short   # must become empty"

    def perform(self, lab: Lab) -> str:
        """Ask the registrar."""
        lab.registrar.withdraw(self.zone)
        return f"asked the registrar to withdraw the DS of {self.zone}"


@dataclass(frozen=True)
class SignZone:
    """Put a zone under a `dnssec-policy` and wait until it is served signed."""

    zone: str
    policy: Policy

    def describe(self) -> str:
        """What is done."""
        return f"sign {self.zone} with the dnssec-policy {self.policy.name!r}"

    def command(self) -> str:
        """After the change of named.conf."""
        return f"rndc reconfig; rndc dnssec -status {self.zone}"

    def perform(self, lab: Lab) -> str:
        """Rewrite the signer's configuration."""
        from lab import operations

        operations.sign_zone(lab, self.zone, self.policy)
        return f"{self.zone} is served signed, KSK {_tags(lab, self.zone)}"


@dataclass(frozen=True)
class RollKsk:
    """Start a KSK rollover: the signer publishes a successor."""

    zone: str

    def describe(self) -> str:
        """What is done."""
        return f"have the signer of {self.zone} publish a new KSK"

    def command(self) -> str:
        """By hand, ahead of the policy's date."""
        return f"rndc dnssec -rollover -key TAG {self.zone}"

    def perform(self, lab: Lab) -> str:
        """Roll the one KSK there is."""
        from lab import operations

        old, new = operations.roll(lab, self.zone)
        return (
            f"{self.zone} publishes the new KSK {', '.join(map(str, new))} beside {', '.join(map(str, old))}"
        )


@dataclass(frozen=True)
class RestartSigner:
    """Start the signer again."""

    zone: str

    def describe(self) -> str:
        """What is done."""
        return f"restart the signer of {self.zone}"

    def command(self) -> str:
        """On the hidden primary."""
        return f"systemctl restart named; rndc zonestatus {self.zone}"

    def perform(self, lab: Lab) -> str:
        """Start it where it is down, and wait until it has signed and its secondary has followed."""
        from lab import operations

        operations.restart_signer(lab, self.zone)
        return f"{lab.signer(self.zone).host.name} runs again, and {lab.serving(self.zone).host.name} has its zone"


@dataclass(frozen=True)
class CorrectClocks:
    """Set every clock that is off to the right time, as repairing NTP does."""

    def describe(self) -> str:
        """What is done."""
        return "correct the clocks that are off"

    def command(self) -> str:
        """Where chrony keeps time."""
        return "chronyc makestep; chronyc tracking"

    def perform(self, lab: Lab) -> str:
        """Take all skew away."""
        corrected = []
        for host in lab.hosts:
            if ahead := lab.clock.skew(host):
                lab.clock.set_skew(host, timedelta(0))
                side = "ahead" if ahead > timedelta(0) else "behind"
                corrected.append(f"{host.name} ({duration_text(ahead)} {side})")
        return f"corrected the clock of {', '.join(corrected) or 'nobody: all were right'}"


@dataclass(frozen=True)
class FlushCache:
    """Empty the caches of the validator at this place in the order chosen."""

    place: int

    def describe(self) -> str:
        """What is done."""
        return "empty that validator's caches"

    def command(self) -> str:
        """Each vendor's own."""
        return "unbound-control flush_zone .   # or: rndc flush"

    def perform(self, lab: Lab) -> str:
        """Flush it."""
        resolver = lab.validators[self.place]
        resolver.flush()
        return f"flushed {resolver.name}"


@dataclass(frozen=True)
class RestartValidators:
    """Restart every validator: its caches are empty, and what it learnt of servers is gone."""

    def describe(self) -> str:
        """What is done."""
        return "restart every validator, so that it starts cold"

    def command(self) -> str:
        """Each vendor's own service."""
        return "systemctl restart RESOLVER"

    def perform(self, lab: Lab) -> str:
        """Restart them at once."""
        lab.each(lab.restart, lab.validators)
        return f"restarted {', '.join(resolver.name for resolver in lab.validators)}"


@dataclass(frozen=True)
class ResignAfresh:
    """Throw away what the signer signed, and sign the whole zone anew with the keys there are."""

    zone: str

    def describe(self) -> str:
        """What is done."""
        return f"sign {self.zone} afresh with its present keys"

    def command(self) -> str:
        """A signer keeps signatures that look valid for long yet: they must go."""
        return f"rndc stop; rm {self.zone}*.signed* {self.zone}*.jnl; named; rndc zonestatus {self.zone}"

    def perform(self, lab: Lab) -> str:
        """Stop, remove the signed zone, start."""
        from lab import operations

        operations.rebuild_signer(lab, self.zone)
        return f"{self.zone} is signed afresh"


@dataclass(frozen=True)
class LimitEdns:
    """Have the zone's servers answer over UDP with no more than `octets`: larger answers are truncated."""

    zone: str
    octets: int = 1232

    def describe(self) -> str:
        """What is done."""
        return f"limit UDP answers of the servers of {self.zone} to {self.octets} octets"

    def command(self) -> str:
        """After the change of named.conf."""
        return f"rndc reconfig   # max-udp-size {self.octets}; edns-udp-size {self.octets};"

    def perform(self, lab: Lab) -> str:
        """Rewrite the configuration."""
        from lab import operations

        server = lab.serving(self.zone)
        operations.set_edns_buffer(server, self.octets)
        return f"{server.host.name} sends at most {self.octets} octets over UDP"


@dataclass(frozen=True)
class ReplaceKeys:
    """Give the zone new keys under another policy at once.  Only safe while its parent has no DS for it."""

    zone: str
    policy: Policy

    def describe(self) -> str:
        """What is done."""
        return f"replace all keys of {self.zone} by those of the dnssec-policy {self.policy.name!r}"

    def command(self) -> str:
        """The old keys go, a new policy comes."""
        return f"rndc stop; rm K{self.zone}*; named; rndc dnssec -status {self.zone}"

    def perform(self, lab: Lab) -> str:
        """Stop, remove keys and signed zone, start under the new policy."""
        from lab import operations

        lab.signer(self.zone).set_policy(self.policy)
        operations.rebuild_signer(lab, self.zone, keys=True)
        server = lab.serving(self.zone)
        size = server.ask(self.zone, "DNSKEY", tcp=True).octets
        return f"{self.zone} has new keys; its DNSKEY answer has {size} octets"


def _tags(lab: Lab, zone: str) -> str:
    from lab import operations

    return ", ".join(map(str, operations.key_tags(lab.serving(zone).ksks())))
