"""TCP/53 is closed, as if DNS were UDP only, and one answer of the zone needs it."""

from harness import (
    BULKY,
    SAAS,
    Bogus,
    Cause,
    Dark,
    FellBackToTcp,
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
from harness.faults.tcp_blocked import TcpBlocked

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."

REJECTED = Scenario(
    title="TCP/53 is closed and the DNSKEY answer is truncated over UDP: it has no way through",
    symptom="Validating resolvers answer SERVFAIL for a zone with large keys; with +cd it answers. Its servers keep to"
    " 1232 octets over UDP, as they should.",
    fault=TcpBlocked(ZONE),
    topology=Topology(victim=Zone(ZONE, policy=BULKY)),
    steady_state=[Secure(BYSTANDER)],
    impact=[Bogus("w1.shop.lab.", cause=Cause.DNSKEY_UNREACHABLE), FellBackToTcp(ZONE), Secure(BYSTANDER)],
    remedy=[
        WithdrawDS(ZONE),
        Wait.registrar(ZONE),
        Wait.ttl(ZONE, "DS"),
        ReplaceKeys(ZONE, SAAS),
        PublishDS(ZONE),
        Wait.registrar(ZONE),
        Wait.negative_ds(ZONE),
    ],
    recovery=[RestartValidators(), Secure("w2.shop.lab."), Secure(BYSTANDER)],
    references=["RFC 7766 5", "RFC 9210 3", "RFC 9715"],
)

SILENT = REJECTED.but(
    title="TCP/53 is dropped without a word and the DNSKEY answer is truncated: validators try until the client leaves",
    symptom="Some validating resolvers answer SERVFAIL for a zone with large keys, others nothing in time; with +cd it"
    " answers. The drill waits for a client's time-out.",
    fault=TcpBlocked(ZONE, tcp="dropped"),
    patience_seconds=3.0,
    impact=[Dark("w1.shop.lab."), FellBackToTcp(ZONE), Secure(BYSTANDER)],
)

VARIANTS = {
    "rejected": REJECTED,
    "dropped": SILENT,
    "reset": REJECTED.but(
        title="A proxy resets TCP/53 and the DNSKEY answer is truncated over UDP: it has no way through",
        fault=TcpBlocked(ZONE, tcp="reset"),
    ),
    "cut": REJECTED.but(
        title="A proxy closes TCP/53 early and the DNSKEY answer is truncated over UDP: it has no way through",
        fault=TcpBlocked(ZONE, tcp="cut"),
    ),
    "hangs": SILENT.but(
        title="A proxy takes TCP/53 and passes nothing on: validators try until the client leaves",
        fault=TcpBlocked(ZONE, tcp="hangs"),
    ),
}
