"""A signed zone moves to another provider, and its chain of trust does not come along."""

from dataclasses import replace
from datetime import timedelta

from harness import SAAS, Bogus, Cause, Insecure, Scenario, Secure, Topology, Wait, WithdrawDS, Zone
from harness.faults.moved_unprepared import MovedUnprepared
from harness.keydeeds import ServeOldProvidersZone, SubmitNewProvidersDs

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."
DAY, HOUR, SOON = timedelta(days=1), timedelta(hours=1), timedelta(minutes=3)
LONG_KEYS = replace(SAAS, name="long-keys", dnskey_ttl=12 * HOUR)
OLD_DELEGATION_GONE = Wait(DAY + SOON, "the TTL of the delegation")

NAIVE = Scenario(
    title="The zone moved to a provider that signs with its own keys, under the old provider's DS",
    symptom="Within a day of a change of name servers, validating resolvers one after the other answer SERVFAIL for the"
    " zone; the new provider's servers answer, and their own checks are green.",
    fault=MovedUnprepared(ZONE, "ds"),
    topology=Topology(victim=Zone(ZONE, new_provider=True)),
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[
        Secure("w1.shop.lab."),
        OLD_DELEGATION_GONE,
        Bogus("w2.shop.lab.", cause=Cause.NO_KEY_FOR_DS),
        Secure(BYSTANDER),
    ],
    remedy=[SubmitNewProvidersDs(ZONE), Wait.registrar(ZONE), Wait.ttl(ZONE, "DS")],
    recovery=[Secure("w3.shop.lab.", within=SOON), Secure(BYSTANDER)],
    references=["RFC 6781 4.3.5", "RFC 8901"],
)

VARIANTS = {
    "naive": NAIVE,
    "to-unsigned": NAIVE.but(
        title="The zone moved to a provider that does not sign, and the DS stayed",
        fault=MovedUnprepared(ZONE, "withdrawal"),
        impact=[
            Secure("w1.shop.lab."),
            OLD_DELEGATION_GONE,
            Bogus("w2.shop.lab.", cause=Cause.UNSIGNED_UNDER_DS),
            Secure(BYSTANDER),
        ],
        remedy=[WithdrawDS(ZONE), Wait.registrar(ZONE), Wait.ttl(ZONE, "DS")],
        recovery=[Insecure("w3.shop.lab.", within=SOON), Secure(BYSTANDER)],
        references=["RFC 6781 4.3.5.2", "RFC 4035 5.2"],
    ),
    "zsk-not-exchanged": NAIVE.but(
        title="Both providers' DS were there in time, but neither published the other's ZSK",
        symptom="Right after a resolver has learnt of the new name servers, it answers SERVFAIL for names that it does not"
        " hold, for as long as it holds the old provider's DNSKEY set; a cold one is fine.",
        fault=MovedUnprepared(ZONE, "zsk"),
        topology=Topology(victim=Zone(ZONE, policy=LONG_KEYS, new_provider=True)),
        steady_state=[
            Secure(WWW),
            Secure(BYSTANDER),
            Wait(13 * HOUR, "the DNSKEY set is fetched anew meanwhile, the delegation is not"),
            Secure("w1.shop.lab."),
        ],
        impact=[
            Wait(11 * HOUR + SOON, "what is left of the TTL of the delegation"),
            Bogus("w2.shop.lab.", cause=Cause.SIGNER_UNKNOWN),
            Secure(BYSTANDER),
        ],
        remedy=[ServeOldProvidersZone(ZONE)],
        references=["RFC 8901 3.2", "RFC 6781 4.3.5.1"],
    ),
}
