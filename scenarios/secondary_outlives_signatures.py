"""A secondary gets no more zone: it serves its copy beyond the signatures' end, or gives it up before."""

from datetime import timedelta

from harness import Bogus, Cause, Scenario, Secure, ShortSignatureLife, Topology, Unreachable, Wait, Zone
from harness.faults.transfers_refused import TransfersRefused
from harness.keydeeds import AllowTransfers
from harness.keylooks import GaveUpZone

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."
ALARM = ShortSignatureLife(ZONE)
DAY = timedelta(days=1)

OUTLIVES = Scenario(
    title="The secondary can't transfer the zone, and its SOA expires long after its signatures do",
    symptom="The signer is up and signs; two weeks after a change of its access list, validating resolvers answer SERVFAIL"
    " for the whole zone, while resolvers that do not validate go on as before.",
    fault=TransfersRefused(ZONE),
    topology=Topology(victim=Zone(ZONE, hidden_primary=True, soa_expire=60 * DAY)),
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[
        Wait.signature_life(ZONE, below=ALARM.below),
        ALARM,
        Secure("w1.shop.lab."),
        Wait.signatures_expired(ZONE),
        Bogus("w2.shop.lab.", cause=Cause.SIGNATURE_EXPIRED),
        Secure(BYSTANDER),
    ],
    remedy=[AllowTransfers(ZONE)],
    recovery=[Secure("w3.shop.lab.", within=timedelta(minutes=3)), Secure(BYSTANDER)],
    references=["RFC 6781 4.4.2", "RFC 1035 3.3.13"],
)

EXPIRES_FIRST = OUTLIVES.but(
    title="The secondary can't transfer the zone, and gives it up before its signatures lapse",
    symptom="Four days after a change of the primary's access list, no resolver has any answer for the zone, whether it"
    " validates or not: an outage that every check shows.",
    topology=Topology(victim=Zone(ZONE, hidden_primary=True, soa_expire=3 * DAY)),
    impact=[
        Wait(DAY, "the zone changes at the primary meanwhile"),
        Secure("w1.shop.lab."),
        Wait(3 * DAY, "the SOA's expire"),
        GaveUpZone(ZONE),
        Unreachable("w2.shop.lab."),
        Secure(BYSTANDER),
    ],
)

VARIANTS = {"outlives": OUTLIVES, "expires-first": EXPIRES_FIRST}
