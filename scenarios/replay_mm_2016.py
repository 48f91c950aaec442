""".mm, 29 June 2016: the signatures of a country's zone expired, and were renewed the next morning."""

from datetime import timedelta

from harness import Bogus, Cause, RestartSigner, Scenario, Secure, Topology, Wait, Zone
from harness.faults.signer_stalled import SignerStalled

ZONE, WWW, BYSTANDER = "mm.", "www.mm.", "www.bystander.lab."

SCENARIO = Scenario(
    title="Replay: the signatures of .mm expired for 22 h 43 min (2016-06-29, 08:08:19 UTC)",
    symptom="Google's public resolver answered SERVFAIL for names under .mm, resolvers that do not validate had the"
    " answers. The report does not tell why nothing was signed any more, nor what was done: here the signer had stopped,"
    " and is started again.",
    fault=SignerStalled(ZONE),
    topology=Topology(victim=Zone(ZONE, hidden_primary=True)),
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[
        Wait.signatures_expired(ZONE),
        Bogus("w1.mm.", cause=Cause.SIGNATURE_EXPIRED),
        Wait(timedelta(hours=22, minutes=42, seconds=36), "08:08:19 until 06:50:55 the next day"),
        Bogus("w2.mm.", cause=Cause.SIGNATURE_EXPIRED),
        Secure(BYSTANDER),
    ],
    remedy=[RestartSigner(ZONE)],
    recovery=[Secure("w3.mm.", within=timedelta(minutes=3)), Secure(BYSTANDER)],
    references=["https://ianix.com/pub/dnssec-outages/20160629-mm", "RFC 4035 5.3.1"],
)
