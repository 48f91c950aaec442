"""Something in front of the zone's servers does not know EDNS."""

from harness import (
    Bogus,
    Cause,
    LostOnPath,
    RepairPath,
    ReplaceFront,
    RestartValidators,
    Scenario,
    Secure,
    Unreachable,
)
from harness.faults.edns_dropped import EdnsDropped
from harness.faults.edns_stripped import EdnsStripped

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."

DROPPED = Scenario(
    title="An old firewall drops queries with EDNS: no resolver asks without it any more",
    symptom="The zone is down for resolvers, validating or not, while dig +noedns at its servers answers. The drill waits"
    " for a client's time-out.",
    fault=EdnsDropped(ZONE),
    patience_seconds=2.0,
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[Unreachable("w1.shop.lab."), LostOnPath(ZONE, "edns"), Secure(BYSTANDER)],
    remedy=[RepairPath(ZONE, "edns")],
    recovery=[
        RestartValidators(),
        Secure("w2.shop.lab."),
        LostOnPath(ZONE, "edns", any_more=False),
        Secure(BYSTANDER),
    ],
    references=["RFC 6891 7", "RFC 4035 3.2.1", "RFC 8906 3.2"],
)

STRIPPED = Scenario(
    title="A load balancer answers without EDNS: signatures no longer come with the answers",
    symptom="Since the new load balancer, validating resolvers answer SERVFAIL for a signed zone; with +cd, and at"
    " resolvers that do not validate, it answers.",
    fault=EdnsStripped(ZONE),
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[
        RestartValidators(),
        Bogus("w1.shop.lab.", cause=Cause.EDNS_STRIPPED),
        Secure(BYSTANDER),
    ],
    remedy=[ReplaceFront(ZONE)],
    recovery=[RestartValidators(), Secure("w2.shop.lab."), Secure(BYSTANDER)],
    references=["RFC 6891 7", "RFC 4035 3.2.1", "RFC 3225 3"],
)

VARIANTS = {
    "dropped": DROPPED,
    "ignored": STRIPPED,
    "formerr": STRIPPED.but(
        title="A very old server answers FORMERR to EDNS: asked without, it sends no signatures",
        fault=EdnsStripped(ZONE, how="refused"),
    ),
}
