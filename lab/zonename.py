"""What a zone may be called in a lab: any name a registrar would sell, except those that resolvers answer by themselves."""

from __future__ import annotations

import re

from lab.errors import UsageError

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\Z")

_LONGEST = 200
"""Characters: below the apex there must be room for NSEC3 owner names (33 of 253), and with names of 210 and more BIND
was seen to cut transfers into two messages early, where labs read one."""

_SPECIAL_USE = (
    *("test", "invalid", "localhost", "local", "onion", "alt"),
    *("home.arpa", "resolver.arpa", "service.arpa", "ipv4only.arpa"),
    *(
        "0.in-addr.arpa",
        "10.in-addr.arpa",
        "127.in-addr.arpa",
        "168.192.in-addr.arpa",
        "254.169.in-addr.arpa",
    ),
    *("2.0.192.in-addr.arpa", "100.51.198.in-addr.arpa", "113.0.203.in-addr.arpa"),
    "255.255.255.255.in-addr.arpa",
    *(f"{octet}.172.in-addr.arpa" for octet in range(16, 32)),
    *(f"{octet}.100.in-addr.arpa" for octet in range(64, 128)),
    *(f"{last}{'0.' * 31}ip6.arpa" for last in ("0.", "1.")),
    *("d.f.ip6.arpa", "8.e.f.ip6.arpa", "9.e.f.ip6.arpa", "a.e.f.ip6.arpa", "b.e.f.ip6.arpa"),
    "8.b.d.0.1.0.0.2.ip6.arpa",
)
"""The IANA special-use registry's names that resolvers may treat in their own way: Unbound's built-in local zones,
and those that RFC 6762, 8880 and 9476 add.  `example.` and its kin are not among them (RFC 6761 6.5)."""


def check_zone_name(name: str) -> str:
    """The name itself, in lower case, where a lab can have a zone called so; raises UsageError saying what is wrong."""
    if "\\" in name:
        raise UsageError(
            f"zone name {name!r} has an escape: a zone is called by a host-style name without any; names inside"
            " the zone may have them"
        )
    if not name.isascii():
        raise UsageError(
            f"zone name {name!r} has letters outside ASCII: write it in its A-label form, as registries do"
            " ('xn--…', RFC 5890 2.3.2.1)"
        )
    if not name.endswith("."):
        raise UsageError(f"zone name {name!r} is not absolute: end it with a dot, as in 'shop.lab.'")
    _check_labels(name)
    lower = name.lower()
    if under(lower, "root."):
        raise UsageError(
            f"zone name {name!r} lies under 'root.', where the lab's own root server has its name"
        )
    for special in _SPECIAL_USE:
        if under(lower, f"{special}."):
            raise UsageError(
                f"zone name {name!r} lies under {special + '.'!r}, a special-use name (RFC 6761): resolvers may"
                " answer for it by themselves, so that a lab would show nothing; call the zone otherwise"
            )
    return lower


def under(name: str, zone: str) -> bool:
    """Whether an absolute name is the zone's or lies below it; both in lower case."""
    return zone == "." or name == zone or name.endswith(f".{zone}")


def _check_labels(name: str) -> None:
    for label in name.removesuffix(".").lower().split("."):
        if not _LABEL.match(label):
            raise UsageError(
                f"zone name {name!r} is not a host-style name: its label {label!r} must be 1 to 63 letters, digits,"
                " hyphens or underscores and neither start nor end with a hyphen"
            )
    if len(name) > 254:
        raise UsageError(
            f"zone name {name[:30]!r}… is longer than a domain name may be (255 octets, RFC 1035 3.1)"
        )
    if len(name) > _LONGEST:
        raise UsageError(
            f"zone name {name[:30]!r}… has {len(name)} characters: more than {_LONGEST} leave no room for the"
            " hashed owner names below it (RFC 5155 3)"
        )
