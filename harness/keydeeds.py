"""What an operator does about keys: puts them back, signs with two, restores them, has the parent follow.

As in `harness.action`: no action undoes itself, and `lab` is imported where something is done.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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
        edited = rekeyed.taken_from(lab, server)
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

        signer, serving = lab.signer(self.zone), lab.serving(self.zone)
        signer.configure(replace(signer.seat, refuses_transfers=False))
        signer.rndc("reconfig")
        draft.fetch(lab, self.zone)
        return f"{serving.host.name} has serial {serving.serial()} from {signer.host.name}"


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
