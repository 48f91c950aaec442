"""A firewall that knows DNS from before EDNS drops UDP answers of more than 512 octets."""

from harness import (
    BULKY,
    SAAS,
    STOUT,
    AskAround,
    Dark,
    LimitEdns,
    LostOnPath,
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
from harness.faults.large_udp_dropped import LargeUdpDropped

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."

TCP_WORKS = Scenario(
    title="UDP answers above 512 octets are dropped, none is truncated: BIND turns to TCP by itself, Unbound does not",
    symptom="Some of the world's resolvers answer for a zone only after a second, others not at all, since it was signed"
    " with RSA keys; at the servers themselves everything works. The drill waits for a client's time-out.",
    fault=LargeUdpDropped(ZONE),
    topology=Topology(victim=Zone(ZONE, policy=STOUT)),
    steady_state=[Secure(BYSTANDER)],
    impact=[AskAround("w1.shop.lab."), LostOnPath(ZONE, "large"), Secure(BYSTANDER)],
    remedy=[LimitEdns(ZONE, 512)],
    recovery=[
        RestartValidators(),
        Secure("w2.shop.lab."),
        LostOnPath(ZONE, "large", any_more=False),
        Secure(BYSTANDER),
    ],
    references=["RFC 6891 6.2.3", "RFC 7766 5", "RFC 9715"],
)

NO_TCP = TCP_WORKS.but(
    title="UDP answers above 512 octets are dropped and TCP/53 is closed: the DNSKEY answer has no way through",
    symptom="Validating resolvers answer SERVFAIL for a zone, or nothing at all in time; with +cd they answer. The drill"
    " waits for a client's time-out.",
    fault=LargeUdpDropped(ZONE, tcp="rejected"),
    impact=[Dark("w1.shop.lab."), LostOnPath(ZONE, "large"), Secure(BYSTANDER)],
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
)

VARIANTS = {
    "tcp-works": TCP_WORKS,
    "tcp-rejected": NO_TCP,
    "mismatch": TCP_WORKS.but(
        title="The path takes 1232 octets and the servers send 4096: what lies between is lost",
        symptom="Since somebody raised the servers' EDNS buffer, resolvers answer late or not at all for zones with large"
        " keys. The drill waits for a client's time-out.",
        fault=LargeUdpDropped(ZONE, octets=1232),
        topology=Topology(victim=Zone(ZONE, policy=BULKY), edns_buffer=4096),
        remedy=[LimitEdns(ZONE, 1232)],
        references=["RFC 9715", "RFC 6891 6.2.3"],
    ),
}
