"""RSA to ECDSA in one step: the parent's DS and the zone's signatures are of different algorithms."""

from datetime import timedelta

from harness import Bogus, Cause, Scenario, Secure, Topology, Wait, Zone
from harness.faults.algorithm_swapped import AlgorithmSwapped
from harness.keydeeds import SubmitSignersDs
from harness.mending import ServeSigned
from lab.topology import Key, Policy

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."
RSA = Policy("rsa", ksk=Key("rsasha256", 2048), zsk=Key("rsasha256", 2048), nsec3=True)
SOON = timedelta(minutes=3)

AT_ONCE = Scenario(
    title="The algorithm was changed in one step: the parent's DS is of the old one",
    symptom="After a move from RSA to ECDSA, validating resolvers answer SERVFAIL for the zone: at once for names that they"
    " do not hold, for all of it once the old DNSKEY set has left their caches.",
    fault=AlgorithmSwapped(ZONE),
    topology=Topology(victim=Zone(ZONE, policy=RSA)),
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[
        Bogus("w1.shop.lab.", cause=Cause.SIGNER_UNKNOWN),
        Wait.ttl(ZONE, "DNSKEY"),
        Bogus("w2.shop.lab.", cause=Cause.NO_KEY_FOR_DS),
        Secure(BYSTANDER),
    ],
    remedy=[ServeSigned(ZONE)],
    recovery=[Secure("w3.shop.lab.", within=SOON), Secure(BYSTANDER)],
    references=["RFC 6781 4.1.4", "RFC 4035 2.2"],
)

DS_AHEAD = AT_ONCE.but(
    title="The DS was changed to a new algorithm that signs nothing in the zone yet",
    symptom="The zone lists keys of both algorithms, and the DS has its key among them; once the old DS has left the"
    " caches, validating resolvers answer SERVFAIL for all of it.",
    fault=AlgorithmSwapped(ZONE, "ds"),
    impact=[
        Secure("w1.shop.lab."),
        Wait.ttl(ZONE, "DS"),
        Bogus("w2.shop.lab.", cause=Cause.DS_KEY_SIGNS_NOTHING),
        Secure(BYSTANDER),
    ],
    remedy=[SubmitSignersDs(ZONE), Wait.registrar(ZONE), Wait.ttl(ZONE, "DS")],
)

VARIANTS = {"at-once": AT_ONCE, "ds-ahead": DS_AHEAD}
