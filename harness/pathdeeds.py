"""What an operator does about a path or a server's front, and how to look around where vendors differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.lab import Lab
    from lab.topology import Policy


@dataclass(frozen=True)
class RepairPath:
    """Have whoever runs the path take the rule away: `what` as `LostOnPath` has it."""

    zone: str
    what: str

    def describe(self) -> str:
        """What is done."""
        return f"have the path to the servers of {self.zone} repaired"

    def command(self) -> str:
        """In the firewall's own words; this shows that it helped."""
        return f"dig @SERVER {self.zone} DNSKEY +dnssec +bufsize=1232; dig @SERVER {self.zone} DNSKEY +dnssec +tcp"

    def perform(self, lab: Lab) -> str:
        """Lift the rules, if any are in force."""
        lifted = lab.network.lift(self.what)
        return f"the path to {lab.serving(self.zone).host.name} {'is repaired' if lifted else 'had nothing to repair'}"


@dataclass(frozen=True)
class ReplaceFront:
    """Put a server that speaks EDNS in the place of what answers for the zone."""

    zone: str

    def describe(self) -> str:
        """What is done."""
        return f"take what speaks no EDNS out of the way to the servers of {self.zone}"

    def command(self) -> str:
        """Afterwards an answer has an OPT record, and signatures."""
        return f"dig @SERVER {self.zone} SOA +dnssec   # EDNS: version: 0, flags: do"

    def perform(self, lab: Lab) -> str:
        """Start it as it was meant to run."""
        from lab import operations

        server = lab.serving(self.zone)
        operations.start_without_flags(server)
        return f"{server.host.name} answers with EDNS"


@dataclass(frozen=True)
class AskAround:
    """Have every resolver asked a name, for what each makes of it to be read: where vendors differ nothing is claimed."""

    qname: str

    def describe(self) -> str:
        """What is done."""
        return f"ask every resolver for {self.qname}; what they make of it differs by vendor"

    def command(self) -> str:
        """By hand."""
        return f"dig @RESOLVER {self.qname} A +dnssec"

    def perform(self, lab: Lab) -> str:
        """Ask all at once, each once, for as long as a stub waits."""
        from lab.query import PATIENCE_SECONDS

        answers = lab.each(
            lambda resolver: (resolver.name, resolver.answer(self.qname, timeout_seconds=PATIENCE_SECONDS)),
            lab.resolvers.values(),
        )
        said = [
            f"{name} {answer.rcode or answer.failed}{' with AD' if answer.ad else ''}"
            f" after {answer.elapsed_seconds:.1f} s"
            for name, answer in answers
        ]
        return f"{self.qname}: {', '.join(said)}"


@dataclass(frozen=True)
class AdoptPolicy:
    """Put a signed zone under another `dnssec-policy` with the same keys."""

    zone: str
    policy: Policy

    def describe(self) -> str:
        """What is done."""
        return f"put {self.zone} under the dnssec-policy {self.policy.name!r}"

    def command(self) -> str:
        """After the change of named.conf."""
        return f"rndc reconfig; rndc dnssec -status {self.zone}"

    def perform(self, lab: Lab) -> str:
        """Rewrite the signer's configuration, and wait until it is taken up."""
        from lab import operations

        operations.adopt_policy(lab, self.zone, self.policy)
        return f"{self.zone} is under the dnssec-policy {self.policy.name!r}"


@dataclass(frozen=True)
class SubmitNewDs:
    """Hand in the DS of the KSK that the parent does not vouch for yet, in place of the old one's."""

    zone: str

    def describe(self) -> str:
        """What is done."""
        return f"submit to the registrar the DS of the new KSK of {self.zone} in place of the old one's"

    def command(self) -> str:
        """Of the new key alone."""
        return "dnssec-dsfromkey -2 Knew.key"

    def perform(self, lab: Lab) -> str:
        """Hand it over."""
        from lab.operations import key_tags

        published = {ds.key_tag for ds in lab.registrar.published(self.zone)}
        new = [key for key in lab.serving(self.zone).ksks() if key_tags([key])[0] not in published]
        lab.registrar.submit_dnskey(self.zone, *new)
        return f"submitted for {self.zone}: the DS of KSK {', '.join(map(str, key_tags(new)))}"


@dataclass(frozen=True)
class EndRollover:
    """Tell the key manager what the parent serves, and let it take the old KSK out of the zone when it may."""

    zone: str

    def describe(self) -> str:
        """What is done."""
        return f"tell the signer of {self.zone} that the DS was swapped, and wait until it has withdrawn the old KSK"

    def command(self) -> str:
        """Once for each key."""
        return f"rndc dnssec -checkds -key OLD withdrawn {self.zone}; rndc dnssec -checkds -key NEW published {self.zone}"

    def perform(self, lab: Lab) -> str:
        """Tell it, and travel from key event to key event."""
        from lab import operations

        left = operations.end_rollover(lab, self.zone)
        return f"{self.zone} publishes KSK {', '.join(map(str, left))} alone"
