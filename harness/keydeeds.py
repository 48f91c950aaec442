"""What an operator does about keys: puts them back, signs with two, restores them, has the parent follow.

As in `harness.action`: no action undoes itself, and `lab` is imported where something is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.lab import Lab


@dataclass(frozen=True)
class PutOldKskBack:
    """Publish the old KSK again beside the new one, and sign the DNSKEY RRset with both."""

    zone: str
    new: str
    """What the new key was kept as."""

    def describe(self) -> str:
        """What is done."""
        return f"publish the old KSK of {self.zone} again, and sign the DNSKEY RRset with both"

    def command(self) -> str:
        """The old key's files are still there: its dates are set back."""
        return f"dnssec-settime -D none -I none K{self.zone}+013+OLD; rndc loadkeys {self.zone}"

    def perform(self, lab: Lab) -> str:
        """Serve what is served with both."""
        from lab import draft, rekeyed

        server = lab.serving(self.zone)
        edited = draft.taken_from(lab, server)
        old, zsks = (rekeyed.own_keys(lab, self.zone, sep=sep) for sep in (True, False))
        rekeyed.publish(edited, [*old, rekeyed.kept(lab, self.zone, self.new), *zsks])
        draft.serve(lab, self.zone, edited, server)
        return (
            f"{server.host.name} serves {rekeyed.words('DNSKEY', rekeyed.tags(rekeyed.keys_served(server)))}"
        )


@dataclass(frozen=True)
class SignWithBoth:
    """Publish the old ZSK again beside the new one, and sign every RRset with both."""

    zone: str
    new: str
    """What the new key was kept as."""

    def describe(self) -> str:
        """What is done."""
        return f"publish both ZSKs of {self.zone}, and sign everything with both"

    def command(self) -> str:
        """With keys at hand."""
        return f"dnssec-signzone -S -x -o {self.zone} zone; rndc reload {self.zone}"

    def perform(self, lab: Lab) -> str:
        """Serve it so."""
        from lab import draft, rekeyed

        edited, new = draft.take(lab, self.zone), rekeyed.kept(lab, self.zone, self.new)
        ksks, old = (rekeyed.own_keys(lab, self.zone, sep=sep) for sep in (True, False))
        rekeyed.publish(edited, [*ksks, *old, new])
        rekeyed.resign(edited, *old, new)
        draft.serve(lab, self.zone, edited)
        both = rekeyed.words("ZSK", [key.tag for key in (*old, new)])
        return f"{lab.serving(self.zone).host.name} serves everything signed with {both}"


@dataclass(frozen=True)
class AllowTransfers:
    """Have the primary give its secondaries the zone again."""

    zone: str

    def describe(self) -> str:
        """What is done."""
        return f"have the primary of {self.zone} allow its secondaries to transfer it"

    def command(self) -> str:
        """On the primary, after the change of named.conf; then on the secondary."""
        return f"rndc reconfig   # allow-transfer {{ SECONDARY; }};\nrndc retransfer {self.zone}"

    def perform(self, lab: Lab) -> str:
        """Reconfigure the primary, have the secondary ask."""
        from lab import draft

        draft.allow_transfers(lab, self.zone)
        signer = lab.signer(self.zone)
        names = ", ".join(host.name for host in signer.seat.secondaries)
        return f"{names} has serial {signer.serial()} from {signer.host.name}"


@dataclass(frozen=True)
class SubmitSignersDs:
    """Submit the DS of the KSKs that the zone's signer keeps, whatever else is published beside them."""

    zone: str

    def describe(self) -> str:
        """What is done."""
        return f"submit to the registrar the DS of the old KSK of {self.zone}"

    def command(self) -> str:
        """From its file."""
        return f"dnssec-dsfromkey -2 K{self.zone}+ALG+OLD.key"

    def perform(self, lab: Lab) -> str:
        """Hand the DNSKEYs over."""
        from lab import rekeyed

        keys = rekeyed.own_keys(lab, self.zone, sep=True)
        lab.registrar.submit_dnskey(self.zone, *(key.dnskey for key in keys))
        return f"submitted for {self.zone}: {rekeyed.words('DS', [key.tag for key in keys])}"


@dataclass(frozen=True)
class FreeSigner:
    """Give the signer back what it needs for signing, and restart it."""

    zone: str

    def describe(self) -> str:
        """What is done."""
        return f"make room, or give back the rights, where {self.zone} is signed, and restart the signer"

    def command(self) -> str:
        """On the signer; its log says which of them."""
        return (
            f"rm /var/crash/*; chown bind: K{self.zone}*; mount -o remount,rw /var/lib/bind\n"
            f"systemctl restart named; rndc zonestatus {self.zone}"
        )

    def perform(self, lab: Lab) -> str:
        """Take away what is in the way."""
        from lab import hindrance

        found = hindrance.found(lab, self.zone)
        hindrance.free(lab, self.zone)
        hindrance.sign_at_once(lab, self.zone)
        return (
            f"{'; '.join(found.values()) or 'nothing was in the way'}: repaired, and {self.zone} signed anew"
        )


@dataclass(frozen=True)
class TakeOutFirstServer:
    """Have the parent delegate the zone to its second server alone: the first is to be retired."""

    zone: str

    def describe(self) -> str:
        """What is done."""
        return f"take the first server of {self.zone} out of the delegation, as planned"

    def command(self) -> str:
        """In the registrar's own form; this confirms it."""
        return f"dig @PARENT {self.zone} NS +norecurse"

    def perform(self, lab: Lab) -> str:
        """Ask the parent."""
        from lab.delegation import delegate

        second = lab.second(self.zone)
        delegate(lab, self.zone, [second.host])
        return f"the parent delegates {self.zone} to {second.host.nsname} alone"


@dataclass(frozen=True)
class SubmitNewProvidersDs:
    """Submit the DS of the KSK that the new provider signs with."""

    zone: str

    def describe(self) -> str:
        """What is done."""
        return f"submit to the registrar the DS of the KSK of {self.zone} at the new provider"

    def command(self) -> str:
        """How an operator computes it."""
        return f"dig @NEW-SERVER {self.zone} DNSKEY | dnssec-dsfromkey -2 -f - {self.zone}"

    def perform(self, lab: Lab) -> str:
        """Hand the DNSKEYs over."""
        from lab import rekeyed

        keys = lab.second(self.zone).ksks()
        lab.registrar.submit_dnskey(self.zone, *keys)
        return f"submitted for {self.zone}: {rekeyed.words('DS', rekeyed.tags(keys))}"


@dataclass(frozen=True)
class ServeOldProvidersZone:
    """Have the new provider serve the zone as the old one signed it, until no cache holds the old keys any more."""

    zone: str

    def describe(self) -> str:
        """What is done."""
        return f"have the new provider serve {self.zone} as a secondary of the old one"

    def command(self) -> str:
        """At the new provider."""
        return f"rndc reconfig   # zone {self.zone}: type secondary; primaries {{ OLD-SERVER; }};"

    def perform(self, lab: Lab) -> str:
        """Copy it."""
        from lab import draft

        old, new = lab.serving(self.zone), lab.second(self.zone)
        draft.serve(lab, self.zone, draft.take(lab, self.zone), new)
        return f"{new.host.name} serves serial {new.serial()} of {old.host.name}"


@dataclass(frozen=True)
class ServeSecondFromSigner:
    """Have the zone's second server be a plain secondary of the first again."""

    zone: str

    def describe(self) -> str:
        """What is done."""
        return f"have the second server of {self.zone} take the zone from the first, instead of signing it"

    def command(self) -> str:
        """On the second server."""
        return f"rndc reconfig; rndc retransfer {self.zone}   # type secondary; no dnssec-policy"

    def perform(self, lab: Lab) -> str:
        """Give up the copy of its own."""
        from lab import draft

        second = lab.second(self.zone)
        draft.serve_signers(lab, self.zone, second)
        return f"{second.host.name} serves what {lab.signer(self.zone).host.name} signs"


@dataclass(frozen=True)
class RestoreKeys:
    """Bring the signer's former key files back from the backup, and sign the zone with them."""

    zone: str

    def describe(self) -> str:
        """What is done."""
        return f"restore the key files of {self.zone} from the backup, and sign it with them"

    def command(self) -> str:
        """The state files are part of it: without them BIND starts new rollovers."""
        return (
            f"rndc stop; rm K{self.zone}* {self.zone}*.signed* {self.zone}*.jnl\n"
            f"cp -p BACKUP/K{self.zone}* .; named; rndc dnssec -status {self.zone}"
        )

    def perform(self, lab: Lab) -> str:
        """Put them back."""
        from lab import keyfiles, rekeyed

        keyfiles.restore(lab, self.zone)
        served = rekeyed.tags(rekeyed.keys_served(lab.serving(self.zone)))
        return f"{self.zone} is signed with {rekeyed.words('DNSKEY', served)} again"
