"""The DNSKEY RRset itself is at fault, and with it the whole zone."""

from datetime import timedelta

from harness import Bogus, Cause, Scenario, Secure, Wait
from harness.faults.ksk_signature_missing import KskSignatureMissing
from harness.faults.signature_missing import SignatureMissing
from harness.mending import ServeSigned

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."

ZSK_ONLY = Scenario(
    title="The DNSKEY RRset is signed by the ZSK alone",
    symptom="An hour after the signer was changed, validating resolvers answer SERVFAIL for the whole zone; the DS fits"
    " the KSK that is served, and every name has a signature.",
    fault=KskSignatureMissing(ZONE),
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[
        Secure("w1.shop.lab."),
        Wait.ttl(ZONE, "DNSKEY"),
        Bogus("w2.shop.lab.", cause=Cause.KSK_SIGNATURE_MISSING),
        Secure(BYSTANDER),
    ],
    remedy=[ServeSigned(ZONE)],
    recovery=[Secure("w3.shop.lab.", within=timedelta(minutes=3)), Secure(BYSTANDER)],
    references=["RFC 4035 5.2", "RFC 4035 2.2"],
)

VARIANTS = {
    "zsk-only": ZSK_ONLY,
    "unsigned": ZSK_ONLY.but(
        title="The DNSKEY RRset is served without a signature",
        symptom="An hour after the signer was changed, validating resolvers answer SERVFAIL for the whole zone; all but"
        " the DNSKEY RRset is signed.",
        fault=SignatureMissing(ZONE, ZONE, "DNSKEY"),
        impact=[
            Secure("w1.shop.lab."),
            Wait.ttl(ZONE, "DNSKEY"),
            Bogus("w2.shop.lab.", cause=Cause.SIGNATURE_MISSING),
            Secure(BYSTANDER),
        ],
    ),
}
