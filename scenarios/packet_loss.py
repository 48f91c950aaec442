"""A lossy link: slow first answers, and no outage."""

from harness import LostOnPath, RepairPath, RestartValidators, Scenario, Secure
from harness.faults.packets_lost import PacketsLost

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."

SCENARIO = Scenario(
    title="One packet in three is lost: first answers take longer, and come, and validate",
    symptom="First answers of a zone take up to some seconds now and then; no resolver answers SERVFAIL.",
    fault=PacketsLost(ZONE, one_in=3),
    patience_seconds=20.0,
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[
        RestartValidators(),
        Secure("w1.shop.lab."),
        Secure("w2.shop.lab."),
        Secure("w3.shop.lab."),
        LostOnPath(ZONE, "loss"),
        Secure(BYSTANDER),
    ],
    remedy=[RepairPath(ZONE, "loss")],
    recovery=[
        RestartValidators(),
        Secure("w4.shop.lab."),
        Secure("w5.shop.lab."),
        Secure("w6.shop.lab."),
        LostOnPath(ZONE, "loss", any_more=False),
        Secure(BYSTANDER),
    ],
    references=["RFC 1035 4.2.1", "RFC 8085 3.1"],
)
