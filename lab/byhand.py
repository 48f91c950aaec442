"""A zone signed by hand: keys from dnssec-keygen, signatures from dnssec-signzone, served after `rndc reload`.

Here every wait is the operator's own: nothing but what is asked for is published, withdrawn or re-signed.  So a
rollover can be done in any order, the wrong ones too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from lab.errors import Stopped
from lab.wait import until

if TYPE_CHECKING:
    from dns.rdtypes.ANY.DNSKEY import DNSKEY

    from lab.chain import KeyId
    from lab.lab import Lab

_DEADLINE_SECONDS = 20.0
_VALIDITY = timedelta(days=3650)
"""So long that no signature runs out in a rehearsal: what is rehearsed by hand are the keys."""


@dataclass(frozen=True)
class HandKey:
    """A key that is to be made: what it is called among operators, its role and its algorithm."""

    name: str
    ksk: bool = False
    zsk: bool = False
    algorithm: str = "ecdsap256sha256"
    bits: int | None = None

    @property
    def sep(self) -> bool:
        """Whether it has the SEP flag: it is meant to be pointed at by a DS (RFC 4034 2.1.1)."""
        return self.ksk


@dataclass(frozen=True)
class HandZone:
    """What a zone is to be served with: keys published, keys signing, how it denies, and its TTLs.

    `record_ttl`: of records; the SOA and NS RRsets have no longer one.  No key signing means unsigned.  A key may
    sign without being published: that is a mistake, and can be made.
    """

    published: frozenset[str] = frozenset()
    signing: frozenset[str] = frozenset()
    nsec3: bool = False
    dnskey_ttl: timedelta = timedelta(hours=1)
    record_ttl: timedelta = timedelta(minutes=30)
    cds: frozenset[str] = frozenset()
    """Keys whose DS the parent is asked for, by CDS and CDNSKEY records (RFC 7344)."""
    cds_delete: bool = False
    """Whether the parent is asked to drop the DS set (RFC 8078 4)."""


@dataclass(frozen=True)
class MadeKey:
    """A key that was made: its files' base name and its DNSKEY."""

    key: HandKey
    file: str
    record: DNSKEY

    @property
    def ident(self) -> KeyId:
        """How DS and RRSIG records name it."""
        import dns.dnssec

        from lab.chain import KeyId

        return KeyId(dns.dnssec.key_id(self.record), int(self.record.algorithm))


class HandSigner:
    """Signs one zone of a lab whose topology leaves it unsigned, and has its server serve that."""

    def __init__(self, lab: Lab, zone: str) -> None:
        self._lab = lab
        self._zone = zone
        self._server = lab.signer(zone)
        self._folder = self._server.host.folder
        self._serial = 1
        self.keys: Mapping[str, MadeKey] = {}
        self.serves = HandZone()

    def make_keys(self, keys: tuple[HandKey, ...]) -> None:
        """Generate keys under the server's clock."""
        self.keys = dict(zip((key.name for key in keys), self._lab.each(self._make, keys), strict=True))

    def _make(self, key: HandKey) -> MadeKey:
        from lab.registrar import parse_dnskey

        size = ["-b", str(key.bits)] if key.bits else []
        flags = ["-f", "KSK"] if key.sep else []
        ran = self._server.daemon.tool(
            "dnssec-keygen", "-q", "-K", self._folder, "-a", key.algorithm, *size, *flags, self._zone
        ).check()
        file = ran.stdout.strip()
        text = self._lab.agent.read(f"{self._folder}/{file}.key").decode()
        record = next(line for line in text.splitlines() if not line.startswith(";"))
        return MadeKey(key, file, parse_dnskey(self._zone, record))

    def serve(self, wanted: HandZone) -> None:
        """Sign the zone so, and wait until it is served.

        Raises Stopped with the tool's words where it refuses to sign so, LabSick where what it signed is not served.
        """
        self._serial += 1
        source, signed = f"{self._folder}/unsigned", f"{self._folder}/{self._zone}zone"
        self._lab.agent.write({source: self._source(wanted)})
        if wanted.signing:
            argv = ["env", "-C", self._folder]  # its temporary file goes to where it is run
            argv += ["dnssec-signzone", "-q", "-P", "-K", self._folder, "-O", "full", "-o", self._zone]
            argv += ["-e", f"now+{round(_VALIDITY.total_seconds())}"]
            roles = [self.keys[name].key for name in wanted.signing]
            argv += ["-z"] if all(key.ksk and key.zsk for key in roles) else ["-x"]
            argv += ["-3", "-", "-H", "0"] if wanted.nsec3 else []
            argv += ["-f", signed, source, *(self.keys[name].file for name in sorted(wanted.signing))]
        else:
            argv = ["cp", source, signed]
        ran = self._server.daemon.tool(*argv, timeout_seconds=60.0)
        if wanted.signing and ran.exit == 1:  # its own refusal; no other end is a matter of the zone
            raise Stopped(f"{self._zone} can't be signed so: {ran.stderr.strip()}")
        ran.check()
        self._server.rndc("reload", self._zone)  # not for a zone that takes updates: named refuses
        until(
            lambda: self._server.serial() == self._serial,
            f"{self._server.host.name} to serve what was signed by hand",
            deadline_seconds=_DEADLINE_SECONDS,
            interval_seconds=0.005,
        )
        self.serves = wanted

    def problem(self) -> str | None:
        """What dnssec-verify finds wrong with the zone as it is served; None where every signature holds."""
        served = f"{self._folder}/served"
        records = self._server.transfer()[:-1]  # the SOA is first and last (RFC 5936 2.2)
        self._lab.agent.write({served: "\n".join(one.to_text() for one in records) + "\n"})
        ran = self._server.daemon.tool("dnssec-verify", "-q", "-o", self._zone, served)
        return None if ran.exit == 0 else (ran.stderr or ran.stdout).strip()

    def _source(self, wanted: HandZone) -> str:
        seat = self._server.seat
        most = wanted.record_ttl
        ttls = replace(
            seat.zone,
            record_ttl=most,
            soa_ttl=min(seat.zone.soa_ttl, most),
            ns_ttl=min(seat.zone.ns_ttl, most),
        )
        text = replace(seat, zone=ttls).zone_file()
        text = re.sub(r"(SOA\s+\S+\s+\S+\s+)\d+", rf"\g<1>{self._serial}", text, count=1)
        ttl = round(wanted.dnskey_ttl.total_seconds())
        keys = "".join(f"@ {ttl} IN DNSKEY {self.keys[name].record}\n" for name in sorted(wanted.published))
        return text + keys + self._parent_is_asked(wanted)

    def _parent_is_asked(self, wanted: HandZone) -> str:
        """The CDS and CDNSKEY records; the KSKs sign them, as RFC 7344 4.1 wants it."""
        from lab.registrar import ds_of  # late: it brings all of dnspython along

        head = f"@ {round(wanted.dnskey_ttl.total_seconds())} IN"
        made = [self.keys[name].record for name in sorted(wanted.cds)]
        lines = [line for key in made for line in (f"CDS {ds_of(self._zone, key)}", f"CDNSKEY {key}")]
        lines += ["CDS 0 0 0 00", "CDNSKEY 0 3 0 AA=="] if wanted.cds_delete else []
        return "".join(f"{head} {line}\n" for line in lines)
