"""The ZSK is replaced without having been published before."""

from datetime import timedelta

from harness import Bogus, Cause, Scenario, Secure
from harness.faults.zsk_swapped import NEW_ZSK, ZskSwapped
from harness.keydeeds import SignWithBoth

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."

SCENARIO = Scenario(
    title="The ZSK was replaced in one step, and warm caches do not know the new one",
    symptom="Right after the zone was signed with a new ZSK, validating resolvers answer SERVFAIL for names that they do"
    " not hold; it goes by within the DNSKEY set's TTL, at each resolver at another time, and a restarted one is fine.",
    fault=ZskSwapped(ZONE),
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[
        Bogus("w1.shop.lab.", cause=Cause.SIGNER_UNKNOWN),
        Secure(WWW),
        Secure(BYSTANDER),
    ],
    remedy=[SignWithBoth(ZONE, NEW_ZSK)],
    recovery=[Secure("w2.shop.lab.", within=timedelta(minutes=3)), Secure(BYSTANDER)],
    references=["RFC 6781 4.1.1", "RFC 7583 3.2"],
)
