"""Some names fail and others don't: one RRset is signed badly, or not at all."""

from datetime import timedelta

from harness import Bogus, Cause, Scenario, Secure, ServeSigned
from harness.faults.signature_forged import SignatureForged
from harness.faults.signature_lapsed import SignatureLapsed
from harness.faults.signature_missing import SignatureMissing
from harness.faults.signed_by_unpublished_key import SignedByUnpublishedKey

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."
OWNER = "w1.shop.lab."

OTHERS = (Secure("w2.shop.lab."), Secure(ZONE, "SOA"), Secure(BYSTANDER))

MISSING = Scenario(
    title="One RRset has lost its signature, and all others have theirs",
    symptom="One name answers SERVFAIL at validating resolvers; every other name of the zone is fine, and so is what"
    " monitors look at, the apex.",
    fault=SignatureMissing(ZONE, OWNER),
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[
        *OTHERS,
        Bogus(OWNER, cause=Cause.SIGNATURE_MISSING),
    ],
    remedy=[ServeSigned(ZONE)],
    recovery=[Secure(OWNER, within=timedelta(minutes=2)), Secure("w3.shop.lab."), Secure(BYSTANDER)],
    references=["RFC 4035 2.2", "RFC 4035 5.3.1"],
)

VARIANTS = {
    "missing": MISSING,
    "forged": MISSING.but(
        title="The signature over one RRset does not verify",
        fault=SignatureForged(ZONE, OWNER),
        impact=[*OTHERS, Bogus(OWNER, cause=Cause.SIGNATURE_WRONG)],
        references=["RFC 4035 5.3.3"],
    ),
    "expired": MISSING.but(
        title="The signature over one RRset has expired, and all others are fresh",
        fault=SignatureLapsed(ZONE, OWNER, since=timedelta(hours=1)),
        impact=[*OTHERS, Bogus(OWNER, cause=Cause.SIGNATURE_EXPIRED)],
        references=["RFC 4034 3.1.5", "RFC 4035 5.3.1"],
    ),
    "unpublished-key": MISSING.but(
        title="One RRset is signed by a key that the zone does not publish",
        fault=SignedByUnpublishedKey(ZONE, OWNER),
        impact=[*OTHERS, Bogus(OWNER, cause=Cause.SIGNING_KEY_UNPUBLISHED)],
        references=["RFC 4035 5.3.1", "RFC 6781 4.1.1.1"],
    ),
}
