"""The DS follows a new key that only the hidden primary has: its secondary missed it."""

from datetime import timedelta

from harness import Bogus, Cause, Scenario, Secure, Topology, Wait, Zone
from harness.faults.ds_swapped_early import DsSwappedEarly
from harness.keydeeds import AllowTransfers

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."

SCENARIO = Scenario(
    title="KSK rollover: the DS was swapped before the public servers had the new key",
    symptom="Once the old DS has left the caches, validating resolvers answer SERVFAIL for the whole zone; the primary"
    " serves a key that fits the DS, the servers that the world asks do not.",
    fault=DsSwappedEarly(ZONE),
    topology=Topology(victim=Zone(ZONE, hidden_primary=True)),
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[
        Secure("w1.shop.lab."),
        Wait.ttl(ZONE, "DS"),
        Bogus("w2.shop.lab.", cause=Cause.NO_KEY_FOR_DS),
        Secure(BYSTANDER),
    ],
    remedy=[AllowTransfers(ZONE)],
    recovery=[Secure("w3.shop.lab.", within=timedelta(minutes=3)), Secure(BYSTANDER)],
    references=["RFC 7583 3.3.1", "RFC 6781 4.1.2"],
)
