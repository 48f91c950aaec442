"""A zone with one key for all gets another one, and the parent hears nothing of it."""

from datetime import timedelta

from harness import Bogus, Cause, PublishDS, Scenario, Secure, Topology, Wait, Zone
from harness.faults.csk_rolled_unannounced import CskRolledUnannounced
from harness.faults.keys_lost import KeysLost
from harness.keydeeds import RestoreKeys
from lab.topology import Key, Policy

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."
CSK = Policy("csk", csk=Key(), nsec3=True)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)

ROLLED = Scenario(
    title="A CSK was rolled without a new DS, and the key manager was told that the parent had one",
    symptom="Ten days after the key was rolled, validating resolvers answer SERVFAIL for the whole zone; `rndc dnssec"
    " -status` says that all is done.",
    fault=CskRolledUnannounced(ZONE),
    topology=Topology(victim=Zone(ZONE, policy=CSK)),
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[
        Wait(3 * HOUR, "the new key becomes active"),
        Wait(DAY, "both keys sign"),
        Secure("w1.shop.lab."),
        Wait(12 * DAY, "the old key's signatures are replaced, then the key is withdrawn"),
        Bogus("w2.shop.lab.", cause=Cause.NO_KEY_FOR_DS),
        Secure(BYSTANDER),
    ],
    remedy=[PublishDS(ZONE), Wait.registrar(ZONE), Wait.ttl(ZONE, "DS")],
    recovery=[Secure("w3.shop.lab.", within=timedelta(minutes=3)), Secure(BYSTANDER)],
    references=["RFC 6781 4.1.3", "RFC 7583 3.3.1"],
)

LOST = ROLLED.but(
    title="The signer was set up anew without its keys: it made another CSK",
    symptom="After the signer was rebuilt, validating resolvers answer SERVFAIL for the zone: at once for names that they"
    " do not hold, for all of it once the old DNSKEY set has left their caches.",
    fault=KeysLost(ZONE),
    impact=[
        Bogus("w1.shop.lab.", cause=Cause.SIGNER_UNKNOWN),
        Wait.ttl(ZONE, "DNSKEY"),
        Bogus("w2.shop.lab.", cause=Cause.NO_KEY_FOR_DS),
        Secure(BYSTANDER),
    ],
    remedy=[RestoreKeys(ZONE)],
)

VARIANTS = {"told-done": ROLLED, "keys-lost": LOST}
