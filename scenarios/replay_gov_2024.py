""".gov, May 2024: a root server stood still for days, and the key change of .gov was put off for it."""

from datetime import timedelta

from harness import Bogus, Cause, Scenario, Secure, Topology, Wait, Zone
from harness.faults.parent_stale import ParentStale
from harness.keydeeds import AllowTransfers
from lab.topology import REGISTRY, RegistrarTerms

ZONE, WWW, BYSTANDER = "gov.", "www.gov.", "www.bystander.lab."
DAY = timedelta(days=1)

SCENARIO = Scenario(
    title="Replay: what a stale root server would have done to .gov, had its keys been changed (2024-05-18)",
    symptom="Nothing failed: c.root-servers.net answered from a root zone of days ago for more than four days, and the"
    " algorithm roll of .gov was postponed when that was found. Here it is not. The lab has one root server, the stale"
    " one, and the DS TTL is a day; at resolvers that ask the twelve others all would have been well.",
    fault=ParentStale(ZONE),
    topology=Topology(
        victim=Zone(ZONE),
        root=Zone(".", REGISTRY, hidden_primary=True),
        registrar=RegistrarTerms(ds_ttl=DAY),
    ),
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[
        Wait(4 * DAY, "from Saturday until it got the zone again on Wednesday"),
        Bogus("w1.gov.", cause=Cause.NO_KEY_FOR_DS),
        Secure(BYSTANDER),
    ],
    remedy=[AllowTransfers("."), Wait.ttl(ZONE, "DS")],
    recovery=[Secure("w2.gov.", within=timedelta(minutes=3)), Secure(BYSTANDER)],
    references=[
        "https://circleid.com/posts/20240523-unexplained-glitch-disrupts-root-server-raises-security-concerns",
        "https://pulse.internetsociety.org/blog/"
        "a-root-server-at-the-internets-core-lost-touch-with-its-peers-we-still-dont-know-why",
        "RFC 7583 3.3.1",
    ],
)
