"""The old KSK is withdrawn as soon as the parent has the new DS: its old DS is in caches for a day yet."""

from datetime import timedelta

from harness import Bogus, Cause, Scenario, Secure, Topology, Wait
from harness.faults.old_ksk_withdrawn import NEW_KSK, OldKskWithdrawn
from harness.keydeeds import PutOldKskBack
from lab.topology import RegistrarTerms

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."

SCENARIO = Scenario(
    title="KSK rollover: the old key was withdrawn while its DS was still cached",
    symptom="An hour after a KSK rollover was finished, validating resolvers that knew the zone before answer SERVFAIL for"
    " all of it; those that are asked for it for the first time are fine, and so is every check from outside.",
    fault=OldKskWithdrawn(ZONE),
    topology=Topology(registrar=RegistrarTerms(ds_ttl=timedelta(days=1))),
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[
        Secure("w1.shop.lab."),
        Wait.ttl(ZONE, "DNSKEY"),
        Bogus("w2.shop.lab.", cause=Cause.NO_KEY_FOR_DS),
        Secure(BYSTANDER),
    ],
    remedy=[PutOldKskBack(ZONE, NEW_KSK)],
    recovery=[Secure("w3.shop.lab.", within=timedelta(minutes=3)), Secure(BYSTANDER)],
    references=["RFC 6781 4.1.2", "RFC 7583 3.3.1"],
)
