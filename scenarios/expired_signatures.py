"""The signer stalls, and days later every signature lapses at once."""

from datetime import timedelta

from harness import (
    AlarmedAhead,
    Bogus,
    Cause,
    Offer,
    ResignAfresh,
    RestartSigner,
    Scenario,
    Secure,
    ShortSignatureLife,
    Topology,
    Wait,
    Zone,
)
from harness.faults.signer_stalled import SignerStalled

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."
ALARM = ShortSignatureLife(ZONE)

SCENARIO = Scenario(
    title="The hidden primary stopped; its secondary served the signatures until they expired",
    symptom="Without any change to the zone, validating resolvers suddenly answer SERVFAIL for all of it.",
    fault=SignerStalled(ZONE),
    topology=Topology(victim=Zone(ZONE, hidden_primary=True)),
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[
        Wait.signature_life(ZONE, below=ALARM.below),
        ALARM,
        Secure("w1.shop.lab."),
        Wait.signatures_expired(ZONE),
        Bogus("w2.shop.lab.", cause=Cause.SIGNATURE_EXPIRED),
        Secure(BYSTANDER),
        AlarmedAhead(ALARM, at_least=timedelta(days=4, hours=12)),
    ],
    remedy=[RestartSigner(ZONE)],
    recovery=[Secure("w3.shop.lab.", within=timedelta(minutes=3)), Secure(BYSTANDER)],
    references=["RFC 6781 4.4.2", "RFC 4035 5.3.1"],
    offers={
        "re-sign": Offer(
            "throw away what was signed, and sign the whole zone anew with its keys", [ResignAfresh(ZONE)]
        )
    },
)
