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
    SIGNATURE_MISSING = "an RRset of the signed zone has no signature"
    SIGNATURE_WRONG = "a signature does not verify"
    SIGNING_KEY_UNPUBLISHED = "the key that signed is not published"
    KSK_SIGNATURE_MISSING = "the DNSKEY RRset is not signed by the key that the DS names"
    DENIAL_UNPROVEN = "what comes with a denial, or with a wildcard's answer, does not prove it"
    DS_UNANSWERED = "the parent does not answer whether there is a DS"
    DENIAL_WITHOUT_PROOF = "a denial comes without signed NSEC or NSEC3 records"
    SIGNER_UNKNOWN = "the signatures are of a key that is not in the DNSKEY set it holds"
    DS_KEY_SIGNS_NOTHING = "the key that the DS is of does not sign the DNSKEY set"


EdeCodes = frozenset[int | None]
"""Allowed EDE codes for one cause; None: no EDE at all."""
