"""An apex address that follows a CNAME elsewhere, in a zone that was signed before it moved."""

from datetime import timedelta

from harness import Bogus, Cause, Scenario, Secure, ServeSigned, Wait
from harness.faults.apex_flattened import ApexFlattened

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."

SCENARIO = Scenario(
    title="The target of a flattened apex moved, and the apex was not signed again",
    symptom="The bare domain answers SERVFAIL at validating resolvers, www is fine; it began when a CDN changed"
    " addresses, and nobody touched the zone.",
    fault=ApexFlattened(ZONE, "198.51.100.7"),
    steady_state=[Secure(ZONE), Secure(WWW), Secure(BYSTANDER)],
    impact=[
        Secure(ZONE),
        Wait(timedelta(minutes=31), "the apex address has left every cache: its TTL"),
        Secure(ZONE, "MX"),
        Secure("w1.shop.lab."),
        Bogus(ZONE, cause=Cause.SIGNATURE_WRONG),
        Secure(BYSTANDER),
    ],
    remedy=[ServeSigned(ZONE)],
    recovery=[Secure(ZONE, within=timedelta(minutes=2)), Secure("w2.shop.lab."), Secure(BYSTANDER)],
    references=["RFC 4035 5.3.3", "RFC 1034 3.6.2"],
)
