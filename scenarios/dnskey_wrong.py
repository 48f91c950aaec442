"""The DNSKEY RRset itself is at fault, and with it the whole zone."""

from datetime import timedelta

from harness import Bogus, Cause, PublishDS, Scenario, Secure, ServeSigned, VouchedBy, Wait
from harness.faults.ksk_flags_wrong import KskFlagsWrong
from harness.faults.ksk_signature_missing import KskSignatureMissing
from harness.faults.signature_missing import SignatureMissing
from lab.terms import OddKsk

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
    recovery=[Secure("w3.shop.lab.", within=timedelta(minutes=2)), Secure(BYSTANDER)],
    references=["RFC 4035 5.2", "RFC 4035 2.2"],
)

REVOKED, NOT_A_ZONE_KEY = 385, 1
"""Flags of a DNSKEY: zone key, SEP and REVOKE; SEP alone."""

DS_OF_REVOKED = ZSK_ONLY.but(
    title="The KSK is published revoked, and the DS was made anew from that record",
    symptom="Some resolvers answer SERVFAIL for the whole zone, those of another vendor don't; the DS fits the KSK that"
    " is served.",
    fault=KskFlagsWrong(ZONE, REVOKED, ds_follows=True),
    impact=[
        Wait.ttl(ZONE, "DNSKEY"),
        VouchedBy("w2.shop.lab.", odd=OddKsk.REVOKED),
        Secure(BYSTANDER),
    ],
    remedy=[ServeSigned(ZONE), PublishDS(ZONE), Wait.registrar(ZONE), Wait.ttl(ZONE, "DS")],
    references=["RFC 5011 2.1", "RFC 4035 5.2"],
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
    "revoked": ZSK_ONLY.but(
        title="The KSK is published with the REVOKE flag, under the DS that it had before",
        symptom="An hour after a key was revoked, validating resolvers answer SERVFAIL for the whole zone: it was the"
        " key that the DS names, or was until it was revoked.",
        fault=KskFlagsWrong(ZONE, REVOKED),
        impact=[
            Secure("w1.shop.lab."),
            Wait.ttl(ZONE, "DNSKEY"),
            Bogus("w2.shop.lab.", cause=Cause.NO_KEY_FOR_DS),
            Secure(BYSTANDER),
        ],
        references=["RFC 5011 2.1", "RFC 5011 7"],
    ),
    "revoked-with-ds": DS_OF_REVOKED,
    "no-zone-flag": DS_OF_REVOKED.but(
        title="The KSK lacks the zone key flag, and the DS was made from that record",
        fault=KskFlagsWrong(ZONE, NOT_A_ZONE_KEY, ds_follows=True),
        impact=[
            Wait.ttl(ZONE, "DNSKEY"),
            VouchedBy("w2.shop.lab.", odd=OddKsk.NO_ZONE_FLAG),
            Secure(BYSTANDER),
        ],
        references=["RFC 4034 2.1.1", "RFC 4035 5.2"],
    ),
}
