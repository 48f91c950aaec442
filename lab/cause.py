"""Why a validator finds a zone bogus.  Light: scenario files import it."""

from __future__ import annotations

import enum


class Cause(enum.Enum):
    """A reason, in the validator's own view; each vendor's file says which EDE (RFC 8914) it then gives.

    A cause that a vendor's file does not list has not been measured on it: its EDE is shown and not judged.
    """

    NO_KEY_FOR_DS = "no DNSKEY of the zone matches the DS set"
    UNSIGNED_UNDER_DS = "the parent has a DS and the zone is not signed"
    SIGNATURE_EXPIRED = "the signatures have expired"
    SIGNATURE_NOT_YET_VALID = "the signatures are not valid yet"
    DNSKEY_UNREACHABLE = "the DNSKEY answer does not get through"
    EDNS_STRIPPED = "the servers answer without EDNS, and so without signatures"
    MASKED = "new data are bogus, and expired ones stand in for them (RFC 8767)"


EdeCodes = frozenset[int | None]
"""Allowed EDE codes for one cause; None: no EDE at all."""
