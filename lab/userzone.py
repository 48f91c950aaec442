"""A user's own zone: read from its file, looked at by BIND's own tools, and made fit for being served in a lab."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import dns.exception
import dns.rdatatype

from lab.agent import Agent
from lab.errors import UsageError
from lab.host import LAB
from lab.topology import Policy, Zone
from lab.workbench import read_user_file, user_bytes
from lab.zonename import check_zone_name

MOST_NAMES = 50_000
"""Measured on two busy processors, ECDSA P-256 and NSEC3: BIND signs 50,000 names in 9 s and 100,000 in 23 s, and a
lab waits 20 s for a server."""

_MOST_BYTES = 64 << 20
_LOAD_SECONDS = 60.0
_FILE, _COMPILED = f"{LAB}/user.zone", f"{LAB}/user.zone.compiled"

_DNSSEC = ("DNSKEY", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "CDS", "CDNSKEY")
_OPENING = r"^[^\s;]*(?:[ \t]+(?:IN|CH|HS|\d\w*))*[ \t]+"
"""How a record starts: its owner (or none), then TTL and class in any order."""
_SOA = re.compile(rf"{_OPENING}SOA\b", re.IGNORECASE | re.MULTILINE)
_DNSSEC_LINE = re.compile(rf"{_OPENING}({'|'.join(_DNSSEC)})[ \t]", re.IGNORECASE | re.MULTILINE)
_INCLUDE = re.compile(r"^\$INCLUDE\b[ \t]*([^\s;]*)", re.IGNORECASE | re.MULTILINE)
_ORIGIN = re.compile(r"^\$ORIGIN[ \t]+([^\s;]+)", re.IGNORECASE | re.MULTILINE)
_FILE_NAME = re.compile(r"(?:db\.)?(.+?)(?:\.(?:zone|db|txt|hosts|dns))?\Z", re.IGNORECASE)
_LABEL = re.compile(r"(?:\\.|[^.\\])+")

_CONSEQUENCES = ("loading from master file", "not loaded due to errors")
_WARNINGS = ("TTL semantics", "no TTL specified", "does not end with newline", "ignoring out-of-zone data")
_SUCCESS = ("loaded serial", "dump zone to", "OK")
_PREFIX = re.compile(r"^(?:dns_\w+: )?")


@dataclass(frozen=True)
class Record:
    """One record as `named-compilezone -s full` prints it: absolute names, the owner in lower case."""

    owner: str
    ttl: int
    rdtype: str
    rdata: str

    def __str__(self) -> str:
        """Its line."""
        return f"{self.owner} {self.ttl} IN {self.rdtype} {self.rdata}"


@dataclass(frozen=True)
class UserZone:
    """A zone that BIND loads, and what can be asked of it in a lab.

    `text`: as `Zone.source` takes it.  `rrsets`: what this zone answers for by itself, so neither names that it
    delegates away nor wildcards; of an alias the alias.  `wildcards`: (`*.name`, type).  `notes`: sentences for the
    user: what a lab serves otherwise than the file says, and what `named-checkzone` found odd.
    """

    name: str
    file: Path
    text: str = field(repr=False)
    rrsets: tuple[tuple[str, str], ...] = field(repr=False)
    wildcards: tuple[tuple[str, str], ...]
    longest_ttl: Record
    soa_ttl: timedelta
    soa_minimum: timedelta
    soa_expire: timedelta
    ns_ttl: timedelta
    names: int
    records: int
    delegations: int
    notes: tuple[str, ...]

    @property
    def max_ttl(self) -> timedelta:
        """The longest TTL of any record."""
        return timedelta(seconds=self.longest_ttl.ttl)

    @property
    def questions(self) -> tuple[tuple[str, str], ...]:
        """One question for each name below the apex, an address record's where it has one."""
        best: dict[str, str] = {}
        for owner, rdtype in self.rrsets:
            if owner != self.name and (owner not in best or rdtype == "A"):
                best[owner] = rdtype
        return tuple(best.items())

    def check_policy(self, policy: Policy) -> None:
        """Raise UsageError where BIND would not load this zone under that policy: `max-zone-ttl` is too short."""
        if timedelta(0) < policy.max_zone_ttl < self.max_ttl:
            raise UsageError(
                f"{self.file}: {self.longest_ttl.owner} {self.longest_ttl.rdtype} has the TTL"
                f" {self.longest_ttl.ttl} s, and policy {policy.name!r} has max-zone-ttl"
                f" {policy.max_zone_ttl.total_seconds():.0f} s: BIND loads no zone with longer TTLs than that, so"
                " lower the one or raise the other"
            )

    def zone(self, policy: Policy | None, *, hidden_primary: bool = False) -> Zone:
        """The zone for a Topology; raises UsageError as `check_policy`."""
        if policy is not None:
            self.check_policy(policy)
        return Zone(
            self.name,
            policy,
            hidden_primary=hidden_primary,
            record_ttl=self.max_ttl,
            soa_ttl=self.soa_ttl,
            soa_minimum=self.soa_minimum,
            soa_expire=self.soa_expire,
            ns_ttl=self.ns_ttl,
            source=self.text,
        )


def read_zone(path: Path, tools: Agent, name: str | None = None) -> UserZone:
    """The zone in that file; `name` where the file does not say which it is, `tools` a workbench's agent.

    Raises UsageError, in one sentence with the line where there is one, for whatever no lab can serve.
    """
    text = read_user_file(path, "zone file", _MOST_BYTES)
    if included := _INCLUDE.search(text):
        raise UsageError(
            f"{path}:{_line(text, included)}: $INCLUDE names {included[1] or 'a file'!r}, and a lab has none of your"
            f" files: make one of them with `named-compilezone -s full -o flat.zone NAME {path.name}` and give that"
        )
    zone = check_zone_name(f"{name.removesuffix('.')}." if name else zone_name_of(text, path))
    records, warnings = _compile(path, text, tools, zone)
    _refuse_signed(path, text, zone, records)
    return describe(path, zone, records, warnings)


def zone_name_of(text: str, path: Path) -> str:
    """Which zone a file is of: the owner of its SOA record under the $ORIGIN before it, else by the file's name."""
    soa = _SOA.search(text)
    owner = (text[soa.start() : soa.end()].split()[0] if soa else "").lower()
    if soa is None or text[soa.start()] in " \t":
        owner = "@"
    if owner.endswith("."):
        return owner
    origins = [found[1].lower() for found in _ORIGIN.finditer(text) if not soa or found.start() < soa.start()]
    if origins and origins[-1].endswith("."):
        return origins[-1] if owner == "@" else f"{owner}.{origins[-1].removeprefix('.')}"
    guess = _FILE_NAME.match(path.name.lower())
    if owner == "@" and not origins and guess and "." in guess[1].strip("."):
        return f"{guess[1].strip('.')}."
    raise UsageError(
        f"{path} does not say which zone it is of: its SOA record has the owner {owner!r} and no absolute $ORIGIN"
        " before it; say it with --zone NAME"
    )


def _compile(path: Path, text: str, tools: Agent, zone: str) -> tuple[list[Record], list[str]]:
    """The zone's records and named-checkzone's warnings."""
    tools.write({_FILE: user_bytes(text)})
    ran = tools.run(
        # local: nothing outside the zone can be looked up in a lab
        ["named-compilezone", "-i", "local", "-s", "full", "-o", _COMPILED, zone, _FILE],
        env={},
        timeout_seconds=_LOAD_SECONDS,
    )
    said = [
        _PREFIX.sub("", line).replace(_FILE, str(path))
        for line in (ran.stdout + ran.stderr).splitlines()
        if line.strip()
    ]
    if ran.exit != 0:
        raise UsageError(_why_not_loaded(path, zone, said))
    compiled = tools.read(_COMPILED).decode("ascii")
    records = [record for line in compiled.splitlines() if (record := _record(line))]
    return records, [line for line in said if not any(part in line for part in _SUCCESS)]


def _record(line: str) -> Record | None:
    words = line.split(None, 4)
    return None if len(words) < 4 else Record(words[0].lower(), int(words[1]), words[3], "".join(words[4:]))


def _why_not_loaded(path: Path, zone: str, said: list[str]) -> str:
    strays = [line for line in said if "ignoring out-of-zone data" in line]
    lost = [line for line in said if "has 0 SOA records" in line or "has no NS records" in line]
    if lost and strays:
        return (
            f"{path} is of another zone than {zone}, as it holds other data ({strays[0]}) and not its SOA and NS"
            " records: say with --zone NAME which zone it is of"
        )
    if any("has 0 SOA records" in line for line in lost):
        return f"{path} has no SOA record: a zone starts with one at its apex {zone} (RFC 1035 5.2); add it"
    if any("has no NS records" in line for line in said):
        return f"{path} has no NS record at the apex {zone} (RFC 1035 5.2): add those that the zone has at its hoster's"
    reasons = [line for line in said if not any(part in line for part in (*_CONSEQUENCES, *_WARNINGS))]
    if not reasons:
        return f"{path} can't be loaded as zone {zone}: {said[-1] if said else 'named-checkzone says nothing of why'}"
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return f"{reasons[0]}{more}: named-checkzone does not load {path.name} as zone {zone}, and no lab would; mend it"


def _refuse_signed(path: Path, text: str, zone: str, records: Iterable[Record]) -> None:
    found = {record.rdtype for record in records} & set(_DNSSEC)
    if not found:
        return
    line = _DNSSEC_LINE.search(text)
    where = f"{path}:{_line(text, line)}" if line else str(path)
    kinds = ", ".join(kind for kind in _DNSSEC if kind in found)
    raise UsageError(
        f"{where}: the zone has DNSSEC records already ({kinds}), and a lab signs it itself: give the unsigned zone, or"
        f" strip them with `named-compilezone -s full -o - {zone} {path.name} |"
        f" awk '$4 !~ /^({'|'.join(_DNSSEC)})$/'`"
    )


def _line(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start()) + 1


def describe(path: Path, zone: str, records: list[Record], warnings: Iterable[str] = ()) -> UserZone:
    """What a lab makes of a zone's records.  Raises UsageError for more names than a lab can sign in time."""
    server = f"ns.{zone}"
    owners = {record.owner for record in records}
    if len(owners) > MOST_NAMES:
        raise UsageError(
            f"{path} has {len(owners):,} names, and a lab takes {MOST_NAMES:,}: BIND needs 23 s to sign 100,000, and a"
            " lab waits 20 s for a server; rehearse with a part of the zone, as key timing does not depend on its size"
        )
    if any(record.rdtype == "DNAME" and record.owner == zone for record in records):
        raise UsageError(
            f"{path}: a DNAME at the apex {zone} leaves no name below it, not even for the lab's server ({server}):"
            " rehearse the zone without it"
        )
    apex = {record.rdtype: record for record in records if record.owner == zone}
    kept = [one for one in records if one.owner != server and not (one.owner == zone and one.rdtype == "NS")]
    cuts = {one.owner for one in kept if one.rdtype == "NS"}
    closed = cuts | {one.owner for one in kept if one.rdtype == "DNAME"}
    own = dict.fromkeys(
        (one.owner, one.rdtype)
        for one in kept
        if one.owner not in cuts and _known(one.rdtype) and not closed.intersection(_above(one.owner))
    )
    soa = apex["SOA"].rdata.split()
    return UserZone(
        name=zone,
        file=path,
        text="".join(f"{record}\n" for record in kept),
        rrsets=tuple(one for one in own if not one[0].startswith("*.")),
        wildcards=tuple(one for one in own if one[0].startswith("*.")),
        longest_ttl=max(records, key=lambda record: record.ttl),
        soa_ttl=timedelta(seconds=apex["SOA"].ttl),
        soa_minimum=timedelta(seconds=int(soa[6])),
        soa_expire=timedelta(seconds=int(soa[5])),
        ns_ttl=timedelta(seconds=apex["NS"].ttl),
        names=len(owners),
        records=len(records),
        delegations=len(cuts),
        notes=(*_changes(zone, server, records), *warnings),
    )


def _changes(zone: str, server: str, records: Iterable[Record]) -> list[str]:
    names = [one.rdata for one in records if one.rdtype == "NS" and one.owner == zone]
    notes = [f"its NS records ({', '.join(names)}) are replaced by one, {server}: the lab's own server"]
    if kinds := {one.rdtype: None for one in records if one.owner == server}:
        notes.append(f"its records of {server} ({', '.join(kinds)}) make place for that server's address")
    return notes


def _known(rdtype: str) -> bool:
    try:
        dns.rdatatype.from_text(rdtype)
    except dns.exception.DNSException:
        return False
    return True


def _above(owner: str) -> Iterable[str]:
    """The names above this one, nearest first; an escaped dot parts no labels."""
    starts = [label.start() for label in _LABEL.finditer(owner)][1:]
    return (owner[start:] for start in starts)
