"""The classic: a DS at the parent for a key that the zone does not publish yet."""

from datetime import timedelta

from harness import (
    SAAS,
    Bogus,
    Cause,
    Insecure,
    Offer,
    PublishDS,
    RollKsk,
    Scenario,
    Secure,
    SignZone,
    State,
    Topology,
    Unsign,
    Wait,
    WithdrawDS,
    Zone,
)
from harness.faults.ds_before_dnskey import DsBeforeDnskey

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."

GO_INSECURE = (
    WithdrawDS(ZONE),
    Wait.registrar(ZONE),
    Wait.ttl(ZONE, "DS"),
    Insecure("w3.shop.lab.", within=timedelta(minutes=2)),
)
PUBLISH_AGAIN = (PublishDS(ZONE), Wait.registrar(ZONE), Wait.negative_ds(ZONE))

ROLLOVER = Scenario(
    title="KSK rollover: the new DS was published before its DNSKEY",
    symptom="Once the old DS has left the caches, validating resolvers answer SERVFAIL for the whole zone; with +cd,"
    " and at resolvers that do not validate, it still answers.",
    fault=DsBeforeDnskey(ZONE),
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[
        Secure("w1.shop.lab."),
        Wait.ttl(ZONE, "DS"),
        Bogus("w2.shop.lab.", cause=Cause.NO_KEY_FOR_DS),
        Secure(BYSTANDER),
    ],
    remedy=[
        *GO_INSECURE,
        RollKsk(ZONE),
        Wait.ttl(ZONE, "DNSKEY"),
        *PUBLISH_AGAIN,
    ],
    recovery=[Secure("w4.shop.lab.", within=timedelta(minutes=2)), Secure(BYSTANDER)],
    references=["RFC 6781 4.1.2", "RFC 7583 3.3.1"],
    offers={
        "old-ds-back": Offer(
            "have the registrar publish the DS of the key that the zone serves, again",
            [PublishDS(ZONE), Wait.registrar(ZONE)],
        ),
        "unsign-first": Offer(
            "pull the DNSKEYs, and the DS after them",
            [Unsign(ZONE), WithdrawDS(ZONE), Wait.registrar(ZONE)],
            State.INSECURE,
        ),
    },
)

ENABLEMENT = ROLLOVER.but(
    title="First enablement: the DS was published before the zone was signed",
    symptom="Soon after DNSSEC was ordered at the registrar, validating resolvers answer SERVFAIL for a zone that was"
    " fine unsigned; with +cd, and at resolvers that do not validate, it still answers.",
    topology=Topology(victim=Zone(ZONE, policy=None)),
    steady_state=[Insecure(WWW), Secure(BYSTANDER)],
    impact=[
        Insecure("w1.shop.lab."),
        Wait.negative_ds(ZONE),
        Bogus("w2.shop.lab.", cause=Cause.UNSIGNED_UNDER_DS),
        Secure(BYSTANDER),
    ],
    remedy=[
        *GO_INSECURE,
        SignZone(ZONE, SAAS),
        Wait(timedelta(hours=1), "the longest that an unsigned answer may be cached"),
        *PUBLISH_AGAIN,
    ],
    references=["RFC 6781 4.4.2", "RFC 7583 2"],
    offers={
        "sign-and-replace-ds": Offer(
            "sign the zone now, and have the DS of its new key published in place of the premature one",
            [SignZone(ZONE, SAAS), PublishDS(ZONE), Wait.registrar(ZONE)],
        ),
    },
)

VARIANTS = {"rollover": ROLLOVER, "enablement": ENABLEMENT}
