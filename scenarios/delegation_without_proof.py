"""An unsigned zone below a signed parent that does not prove it unsigned."""

from datetime import timedelta

from harness import Bogus, Cause, Insecure, Scenario, Secure, ServeSigned, Topology, Wait, Zone
from harness.faults.proof_missing import ProofMissing
from harness.faults.signature_forged import SignatureForged
from harness.faults.types_listed_wrong import TypesListedWrong

PARENT, ZONE, WWW, BYSTANDER = "lab.", "shop.lab.", "www.shop.lab.", "www.bystander.lab."

LISTED = Scenario(
    title="The parent's NSEC record still lists a DS that was withdrawn",
    symptom="A zone that was never signed, or not for long, answers SERVFAIL at validating resolvers; its own servers are"
    " fine and serve no DNSSEC records, the parent serves no DS, and other zones below the parent work.",
    fault=TypesListedWrong(PARENT, ZONE, lists="DS"),
    topology=Topology(victim=Zone(ZONE, policy=None)),
    steady_state=[Insecure(WWW), Secure(BYSTANDER)],
    impact=[
        Insecure("w1.shop.lab."),
        Wait.negative_ds(ZONE),
        Bogus("w2.shop.lab.", cause=Cause.DENIAL_UNPROVEN),
        Secure("w1.bystander.lab."),
    ],
    remedy=[ServeSigned(PARENT)],
    recovery=[Insecure("w3.shop.lab.", within=timedelta(minutes=2)), Secure("w2.bystander.lab.")],
    references=["RFC 4035 5.2", "RFC 4035 5.4", "RFC 6840 4.4"],
)

VARIANTS = {
    "ds-listed": LISTED,
    "missing": LISTED.but(
        title="The parent has no NSEC record for an unsigned delegation",
        fault=ProofMissing(PARENT, ZONE),
        impact=[
            Insecure("w1.shop.lab."),
            Wait.negative_ds(ZONE),
            Bogus("w2.shop.lab.", cause=Cause.DS_UNANSWERED),
            Secure("w1.bystander.lab."),
        ],
        references=["RFC 4035 2.3", "RFC 4035 3.1.4"],
    ),
    "forged": LISTED.but(
        title="The signature over the parent's NSEC record of an unsigned delegation does not verify",
        fault=SignatureForged(PARENT, ZONE, "NSEC"),
        impact=[
            Insecure("w1.shop.lab."),
            Wait.negative_ds(ZONE),
            Bogus("w2.shop.lab.", cause=Cause.SIGNATURE_WRONG),
            Secure("w1.bystander.lab."),
        ],
        references=["RFC 4035 5.2", "RFC 4035 5.3.3"],
    ),
}
