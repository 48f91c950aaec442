"""A rollover that doubles the DNSKEY set, on a path that has no room for two."""

from datetime import timedelta

from harness import (
    STOUT,
    AnswerSize,
    Bogus,
    Cause,
    EndRollover,
    FellBackToTcp,
    RollKsk,
    Scenario,
    Secure,
    SubmitNewDs,
    Topology,
    Wait,
    Zone,
)
from harness.faults.tcp_blocked import TcpBlocked

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."

SCENARIO = Scenario(
    title="TCP/53 is closed, and only a KSK rollover finds out: two KSKs and their signatures do not fit a datagram",
    symptom="A rollover that is right in every step makes validating resolvers answer SERVFAIL while both keys are there;"
    " nobody knew that TCP/53 was closed, since nothing had needed it.",
    fault=TcpBlocked(ZONE),
    topology=Topology(victim=Zone(ZONE, policy=STOUT)),
    steady_state=[
        Wait(timedelta(days=2), "until the signer knows its first keys in every cache"),
        Secure(WWW),
        Secure(BYSTANDER),
        AnswerSize(ZONE, "DNSKEY", 1232, larger=False),
    ],
    impact=[
        Wait.ttl(ZONE, "DNSKEY"),
        Secure("w1.shop.lab."),
        RollKsk(ZONE),
        AnswerSize(ZONE, "DNSKEY", 1232),
        Wait.ttl(ZONE, "DNSKEY"),
        Bogus("w2.shop.lab.", cause=Cause.DNSKEY_UNREACHABLE),
        FellBackToTcp(ZONE),
        Secure(BYSTANDER),
    ],
    remedy=[
        Wait(timedelta(hours=2), "until the new KSK is in every cache that gets it"),
        SubmitNewDs(ZONE),
        Wait.registrar(ZONE),
        Wait.ttl(ZONE, "DS"),
        EndRollover(ZONE),
    ],
    recovery=[
        AnswerSize(ZONE, "DNSKEY", 1232, larger=False),
        Secure("w3.shop.lab.", within=timedelta(minutes=3)),
        Secure(BYSTANDER),
    ],
    references=["RFC 6781 4.1.2", "RFC 7766 5", "RFC 9715"],
)
