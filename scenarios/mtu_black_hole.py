"""A tunnel that carries less than it is given, and tells nobody."""

from harness import (
    BULKY,
    Dark,
    FellBackToTcp,
    LostOnPath,
    RepairPath,
    RestartValidators,
    Scenario,
    Secure,
    Topology,
    Zone,
)
from harness.faults.mtu_black_hole import MtuBlackHole

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."

STALLS = Scenario(
    title="Packets above 1200 octets vanish: the DNSKEY answer is lost over UDP, and stalls over TCP",
    symptom="Some validating resolvers answer SERVFAIL for a zone with large keys, others nothing in time, while ping and"
    " short answers work. The drill waits for a client's time-out.",
    fault=MtuBlackHole(ZONE, octets=1200),
    topology=Topology(victim=Zone(ZONE, policy=BULKY)),
    steady_state=[Secure(BYSTANDER)],
    impact=[Dark("w1.shop.lab."), FellBackToTcp(ZONE), LostOnPath(ZONE, "hole"), Secure(BYSTANDER)],
    remedy=[RepairPath(ZONE, "hole")],
    recovery=[
        RestartValidators(),
        Secure("w2.shop.lab."),
        LostOnPath(ZONE, "hole", any_more=False),
        Secure(BYSTANDER),
    ],
    references=["RFC 2923 2.1", "RFC 4821", "RFC 9715"],
)

VARIANTS = {
    "tcp-stalls": STALLS,
    "tcp-passes": STALLS.but(
        title="Packets above 1280 octets vanish: named keeps its TCP segments below that by itself, and they pass",
        symptom="First answers of a signed zone take seconds, since its servers send up to 4096 octets over UDP into a"
        " tunnel.",
        fault=MtuBlackHole(ZONE, octets=1280),
        topology=Topology(victim=Zone(ZONE, policy=BULKY), edns_buffer=4096),
        patience_seconds=20.0,
        impact=[Secure("w1.shop.lab."), FellBackToTcp(ZONE), LostOnPath(ZONE, "hole"), Secure(BYSTANDER)],
    ),
}
