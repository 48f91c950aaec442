""".de, 5 May 2026: three key pairs under one tag, one of them published; unsigned delegations failed too."""

from dataclasses import replace
from datetime import timedelta

from harness import SAAS, Bogus, Cause, Insecure, Scenario, Secure, ServeSigned, Topology, Wait, Zone
from harness.faults.keys_share_tag import KeysShareTag

ZONE, WWW, BYSTANDER = "de.", "www.de.", "www.bystander.lab."
OPT_OUT = replace(SAAS, name="saas-opt-out", opt_out=True)

SCENARIO = Scenario(
    title="Replay: two of three ZSK pairs of .de were not published, and it failed for about 3 h (2026-05-05)",
    symptom="Validating resolvers answered SERVFAIL for names below .de, signed or not; the SOA was valid at times. Each of"
    " three signing modules had a pair of its own under one key tag, and a third of the signatures could be verified."
    " The first analysis and the final report are followed; what the TTLs were is not told there.",
    fault=KeysShareTag(ZONE, unpublished=2, published_signs=True),
    topology=Topology(victim=Zone(ZONE, policy=OPT_OUT, unsigned_child="kunde")),
    steady_state=[
        Secure(WWW),
        Secure(BYSTANDER),
        Insecure("w9.kunde.de."),
        Wait(
            timedelta(minutes=16),
            "what proved that kunde.de has no DS has left every cache: the negative TTL",
        ),
    ],
    impact=[
        Secure("w1.de."),
        Bogus("w2.de.", cause=Cause.SIGNATURE_WRONG),
        Bogus("w1.kunde.de.", cause=Cause.SIGNATURE_WRONG),
        Wait(timedelta(hours=3), "about three hours"),
        Secure("w10.de."),
        Bogus("w3.de.", cause=Cause.SIGNATURE_WRONG),
        Bogus("w2.kunde.de.", cause=Cause.SIGNATURE_WRONG),
        Secure(BYSTANDER),
    ],
    remedy=[ServeSigned(ZONE)],
    recovery=[
        Secure("w4.de.", within=timedelta(minutes=3)),
        Insecure("w3.kunde.de.", within=timedelta(minutes=3)),
        Secure(BYSTANDER),
    ],
    references=[
        "https://blog.denic.de/en/analysis-of-the-dns-outage-on-5-may-2026/",
        "https://blog.denic.de/en/final-report-dns-outage-of-5-may-2026/",
        "RFC 4034 appendix B",
        "RFC 5155 8.9",
    ],
)
