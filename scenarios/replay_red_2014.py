""".red, 20 January 2014: names below nic.red failed at a validator, and others saw nothing wrong."""

from datetime import timedelta

from harness import Bogus, Cause, Insecure, Scenario, Secure, ServeSigned, Topology, Wait, Zone
from harness.faults.proof_missing import ProofMissing

ZONE, WWW, BYSTANDER = "red.", "www.red.", "www.bystander.lab."

SCENARIO = Scenario(
    title="Replay: nothing proved that nic.red, below .red, has no DS, and it failed here and there (2014-01-20)",
    symptom="One checker saw errors, another none; Unbound logged that the servers of .red gave no DNSSEC records with the"
    " denial of a DS, all below nic.red, for 43 min at least. The report has no more than its log: neither the cause, nor"
    " the end, nor what was done. Here the NSEC3 record of an unsigned nic.red is missing.",
    fault=ProofMissing(ZONE, "nic.red."),
    topology=Topology(victim=Zone(ZONE, unsigned_child="nic")),
    steady_state=[
        Secure(WWW),
        Secure(BYSTANDER),
        Insecure("w9.nic.red."),
        Wait(
            timedelta(minutes=16), "what proved that nic.red has no DS has left every cache: the negative TTL"
        ),
    ],
    impact=[
        Secure("w1.red."),
        Bogus("w1.nic.red.", cause=Cause.DENIAL_UNPROVEN),
        Wait(
            timedelta(minutes=43, seconds=34),
            "18:09:49 until 18:53:23: the first and the last line of the log",
        ),
        Secure("w2.red."),
        Bogus("w2.nic.red.", cause=Cause.DENIAL_UNPROVEN),
        Secure(BYSTANDER),
    ],
    remedy=[ServeSigned(ZONE)],
    recovery=[Insecure("w3.nic.red.", within=timedelta(minutes=3)), Secure("w3.red."), Secure(BYSTANDER)],
    references=[
        "https://ianix.com/pub/dnssec-outages/20140120-red/index.html",
        "RFC 5155 8.6",
        "RFC 5155 8.9",
    ],
)
