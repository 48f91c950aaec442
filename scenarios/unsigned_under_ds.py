"""A zone that is not signed any more, with its DS still at the parent."""

from datetime import timedelta

from harness import SAAS, Bogus, Cause, Insecure, Scenario, Secure, SignZone, Wait, WithdrawDS
from harness.faults.signing_stopped import SigningStopped

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."
SOON = timedelta(minutes=2)

SIGN_AGAIN = Scenario(
    title="The zone is served unsigned under its DS; it is signed again with its old keys",
    symptom="Since the zone was moved to other servers, validating resolvers answer SERVFAIL for it; with +cd, and at"
    " resolvers that do not validate, it still answers.",
    fault=SigningStopped(ZONE),
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[
        Bogus("w1.shop.lab."),
        Wait(timedelta(minutes=61), "the DNSKEY RRset has left every cache: its TTL"),
        Bogus("w2.shop.lab.", cause=Cause.UNSIGNED_UNDER_DS),
        Secure(BYSTANDER),
    ],
    remedy=[SignZone(ZONE, SAAS)],
    recovery=[Secure("w3.shop.lab.", within=SOON), Secure(BYSTANDER)],
    references=["RFC 4035 5.2", "RFC 6781 4.3.5.1"],
)

VARIANTS = {
    "sign-again": SIGN_AGAIN,
    "withdraw-ds": SIGN_AGAIN.but(
        title="The zone is served unsigned under its DS; its DS is withdrawn",
        remedy=[WithdrawDS(ZONE), Wait.registrar(ZONE), Wait.ttl(ZONE, "DS")],
        recovery=[Insecure("w3.shop.lab.", within=SOON), Secure(BYSTANDER)],
    ),
}
