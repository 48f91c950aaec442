"""Two servers of one zone are out of step: resolvers get by, until only the wrong one is left."""

from dataclasses import replace
from datetime import timedelta

from harness import SAAS, Bogus, Cause, Scenario, Secure, Topology, Wait, Zone
from harness.faults.second_signer_apart import SecondSignerApart
from harness.faults.transfers_refused import TransfersRefused
from harness.keydeeds import AllowTransfers, ServeSecondFromSigner, TakeOutFirstServer
from harness.keylooks import ServersDiffer

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."
DAY, HOUR, SOON = timedelta(days=1), timedelta(hours=1), timedelta(minutes=3)
LONG_KEYS = replace(SAAS, name="long-keys", dnskey_ttl=12 * HOUR)

STALE = Scenario(
    title="One of two servers has an old copy: nobody notices, until the other is retired",
    symptom="For weeks some answers came late or with an odd EDE; a day after the first server was taken out of the"
    " delegation, validating resolvers answer SERVFAIL for the whole zone.",
    fault=TransfersRefused(ZONE),
    topology=Topology(victim=Zone(ZONE, second_server=True)),
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[
        Wait(10 * DAY, "the zone is signed again meanwhile, at one of the two"),
        ServersDiffer(ZONE),
        Wait(5 * DAY, "the second server's signatures expire"),
        Secure("w1.shop.lab."),
        TakeOutFirstServer(ZONE),
        Wait(DAY + 2 * HOUR, "the TTL of the delegation"),
        Bogus("w2.shop.lab.", cause=Cause.SIGNATURE_EXPIRED),
        Secure(BYSTANDER),
    ],
    remedy=[AllowTransfers(ZONE)],
    recovery=[Secure("w3.shop.lab.", within=SOON), Secure(BYSTANDER)],
    references=["RFC 6781 4.4.2", "RFC 4035 5.3.1"],
)

TWO_SIGNERS = STALE.but(
    title="Two servers sign with ZSKs of their own: the one's keys do not fit the other's signatures",
    symptom="All is well while a resolver may ask both servers; once the first is gone, validating resolvers that hold"
    " its DNSKEY set answer SERVFAIL for every name they have not cached, for as long as that set's TTL.",
    fault=SecondSignerApart(ZONE),
    topology=Topology(victim=Zone(ZONE, policy=LONG_KEYS, second_server=True)),
    steady_state=[
        Secure(WWW),
        Secure(BYSTANDER),
        Wait(13 * HOUR, "the DNSKEY set is fetched anew meanwhile, the delegation is not"),
        Secure("w1.shop.lab."),
    ],
    impact=[
        ServersDiffer(ZONE),
        Secure("w2.shop.lab."),
        TakeOutFirstServer(ZONE),
        Wait(11 * HOUR + SOON, "what is left of the TTL of the delegation"),
        Bogus("w3.shop.lab.", cause=Cause.SIGNER_UNKNOWN),
        Secure(BYSTANDER),
    ],
    remedy=[ServeSecondFromSigner(ZONE)],
    recovery=[Secure("w4.shop.lab.", within=SOON), Secure(BYSTANDER)],
    references=["RFC 8901 2.1", "RFC 6781 4.1.1"],
)

VARIANTS = {"stale": STALE, "two-signers": TWO_SIGNERS}
