"""The signer runs, but can't sign: nothing is down, and two weeks later every signature lapses."""

from datetime import timedelta

from harness import Bogus, Cause, Scenario, Secure, ShortSignatureLife, Topology, Wait, Zone
from harness.faults.signer_hindered import SignerHindered
from harness.keydeeds import FreeSigner
from harness.keylooks import LostSignature

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."
ALARM = ShortSignatureLife(ZONE)
LAPSED = (
    Wait.signatures_expired(ZONE),
    Bogus("w2.shop.lab.", cause=Cause.SIGNATURE_EXPIRED),
    Secure(BYSTANDER),
)

READ_ONLY = Scenario(
    title="The signer's disk is read-only: it can't write its journal, and nothing is signed any more",
    symptom="All servers are up and every check of them is green; then validating resolvers answer SERVFAIL for the"
    " whole zone.  The signer's log has complained of a failed write for days.",
    fault=SignerHindered(ZONE, "read-only-disk"),
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[Wait.signature_life(ZONE, below=ALARM.below), ALARM, Secure("w1.shop.lab."), *LAPSED],
    remedy=[FreeSigner(ZONE)],
    recovery=[Secure("w3.shop.lab.", within=timedelta(minutes=3)), Secure(BYSTANDER)],
    references=["RFC 6781 4.4.2", "RFC 4035 5.3.1"],
)

VARIANTS = {
    "full-disk": READ_ONLY.but(
        title="The signer's disk is full: it can't write its journal, and nothing is signed any more",
        fault=SignerHindered(ZONE, "full-disk"),
        topology=Topology(victim=Zone(ZONE, small_disk=True)),
    ),
    "unreadable-keys": READ_ONLY.but(
        title="The signer may not read its keys: first the SOA loses its signature, days later all others lapse",
        symptom="Some resolvers answer SERVFAIL for names that do not exist, and for the SOA; five days later all of"
        " them do for the whole zone.  All servers are up.",
        fault=SignerHindered(ZONE, "unreadable-keys"),
        impact=[
            Wait.signature_life(ZONE, below=ALARM.below),
            ALARM,
            LostSignature(ZONE, "SOA"),
            Bogus(ZONE, "SOA", cause=Cause.SIGNATURE_MISSING),
            Secure("w1.shop.lab."),
            *LAPSED,
        ],
    ),
    "read-only-disk": READ_ONLY,
}
