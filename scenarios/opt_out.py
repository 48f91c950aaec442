"""An unsigned delegation below an opt-out zone, and a chain that does not leave room for it."""

from dataclasses import replace
from datetime import timedelta

from harness import SAAS, Bogus, Cause, Insecure, Scenario, Secure, ServeSigned, Topology, Wait, Zone
from harness.faults.opt_out_lost import OptOutLost
from harness.faults.proof_missing import ProofMissing

ZONE, CHILD, WWW, BYSTANDER = "shop.lab.", "child.shop.lab.", "www.shop.lab.", "www.bystander.lab."
OPT_OUT = replace(SAAS, name="saas-opt-out", opt_out=True)

LOST = Scenario(
    title="Opt-out was switched off, and an unsigned delegation got no NSEC3 record of its own",
    symptom="All names below one unsigned delegation answer SERVFAIL at validating resolvers, a while after the parent"
    " zone was signed anew; the parent zone itself is fine, and nobody touched the child.",
    fault=OptOutLost(ZONE, CHILD),
    topology=Topology(victim=Zone(ZONE, policy=OPT_OUT, unsigned_child="child")),
    steady_state=[Secure(WWW), Insecure("www.child.shop.lab."), Secure(BYSTANDER)],
    impact=[
        Insecure("w1.child.shop.lab."),
        Wait(
            timedelta(minutes=16), "the proof that the child has no DS has left every cache: the negative TTL"
        ),
        Secure("w1.shop.lab."),
        Bogus("w2.child.shop.lab.", cause=Cause.DENIAL_UNPROVEN),
        Secure(BYSTANDER),
    ],
    remedy=[ServeSigned(ZONE)],
    recovery=[
        Insecure("w3.child.shop.lab.", within=timedelta(minutes=2)),
        Secure("w2.shop.lab."),
        Secure(BYSTANDER),
    ],
    references=["RFC 5155 6", "RFC 5155 8.6", "RFC 5155 8.9"],
)

VARIANTS = {
    "flag-cleared": LOST,
    "gap-missing": LOST.but(
        title="The NSEC3 record whose opt-out gap an unsigned delegation falls into is missing",
        fault=ProofMissing(ZONE, CHILD),
    ),
}
