"""Signed answers too large for one packet, and a middlebox that drops fragments."""

from harness import (
    BULKY,
    SAAS,
    Bogus,
    Cause,
    FellBackToTcp,
    FragmentsLost,
    LimitEdns,
    Offer,
    PublishDS,
    ReplaceKeys,
    RestartValidators,
    Scenario,
    Secure,
    Topology,
    Wait,
    WithdrawDS,
    Zone,
)
from harness.faults.fragments_dropped import FragmentsDropped

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."

ALONE = Scenario(
    title="Fragments are dropped: the large DNSKEY answer is lost over UDP, and resolvers get it over TCP",
    symptom="First answers of a signed zone take seconds; packet captures show fragments that never arrive.",
    fault=FragmentsDropped(ZONE),
    topology=Topology(victim=Zone(ZONE, policy=BULKY), edns_buffer=4096),
    patience_seconds=20.0,
    steady_state=[Secure(BYSTANDER)],
    impact=[Secure("w1.shop.lab."), FragmentsLost(ZONE), FellBackToTcp(ZONE), Secure(BYSTANDER)],
    remedy=[LimitEdns(ZONE, 1232)],
    recovery=[
        RestartValidators(),
        Secure("w2.shop.lab."),
        FragmentsLost(ZONE, any_more=False),
        Secure(BYSTANDER),
    ],
    references=["RFC 9715", "RFC 7766 5", "RFC 8085 3.2"],
)

NO_TCP = ALONE.but(
    title="Fragments are dropped and TCP/53 is rejected: the DNSKEY answer has no way through",
    symptom="Validating resolvers behind one firewall answer SERVFAIL for a zone with large keys; with +cd it answers.",
    fault=FragmentsDropped(ZONE, tcp="rejected"),
    impact=[Bogus("w1.shop.lab.", cause=Cause.DNSKEY_UNREACHABLE), FragmentsLost(ZONE), Secure(BYSTANDER)],
    remedy=[
        WithdrawDS(ZONE),
        Wait.registrar(ZONE),
        Wait.ttl(ZONE, "DS"),
        ReplaceKeys(ZONE, SAAS),
        PublishDS(ZONE),
        Wait.registrar(ZONE),
        Wait.negative_ds(ZONE),
    ],
    recovery=[Secure("w2.shop.lab."), Secure(BYSTANDER)],
    offers={
        "smaller-answers": Offer("limit UDP answers to 1232 octets", [LimitEdns(ZONE, 1232)]),
        "replace-keys-first": Offer(
            "replace the keys by small ones at once, and have their DS published after that",
            [ReplaceKeys(ZONE, SAAS), PublishDS(ZONE), Wait.registrar(ZONE)],
        ),
    },
)

VARIANTS = {
    "tcp-works": ALONE,
    "tcp-rejected": NO_TCP,
    "tcp-reset": NO_TCP.but(
        title="Fragments are dropped and a proxy resets TCP/53: the DNSKEY answer has no way through",
        fault=FragmentsDropped(ZONE, tcp="reset"),
    ),
    "tcp-cut": NO_TCP.but(
        title="Fragments are dropped and a proxy closes TCP/53 early: the DNSKEY answer has no way through",
        fault=FragmentsDropped(ZONE, tcp="cut"),
    ),
    "tcp-slow": ALONE.but(
        title="Fragments are dropped and TCP/53 is slow: first answers take seconds, and come",
        fault=FragmentsDropped(ZONE, tcp="slow"),
    ),
}
