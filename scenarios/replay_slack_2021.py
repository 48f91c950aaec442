"""slack.com, 30 September 2021: newly signed, its wildcard was denied, and the way back made it worse."""

from dataclasses import replace
from datetime import timedelta

from harness import SAAS, Bogus, Cause, Insecure, Scenario, Secure, Topology, Wait, WithdrawDS, Zone
from harness.faults.types_listed_wrong import TypesListedWrong
from harness.publicdeeds import StopSigning
from harness.vendorwise import DeniedByWildcard
from lab.topology import RegistrarTerms

ZONE, WWW, BYSTANDER = "slack.com.", "www.slack.com.", "www.bystander.com."
DAY, SOON = timedelta(days=1), timedelta(minutes=3)

SCENARIO = Scenario(
    title="Replay: slack.com was signed, its wildcard was denied, and going back took 24 h (2021-09-30)",
    symptom="First names that the wildcard answers for had no address at some resolvers, once they had looked up a type"
    " it doesn't have. The way back made it worse: here DS and signatures go together, and validating resolvers that hold"
    " the DS answer SERVFAIL for all of slack.com until it has expired. The hours between the steps are not told in what"
    " this drill follows.",
    fault=TypesListedWrong(ZONE, "*.slack.com.", leaves_out="A"),
    topology=Topology(
        victim=Zone(ZONE, policy=replace(SAAS, name="saas-nsec", nsec3=False), more=("* IN A 192.0.2.4",)),
        registrar=RegistrarTerms(ds_ttl=DAY),
    ),
    steady_state=[Secure(WWW), Secure("acme.slack.com."), Secure(BYSTANDER)],
    impact=[
        Secure("acme.slack.com.", "AAAA", denied=True),
        DeniedByWildcard("acne.slack.com."),
        Secure("w1.slack.com."),
        WithdrawDS(ZONE),
        Wait.registrar(ZONE),
        StopSigning(ZONE),
        Wait(timedelta(minutes=61), "the DNSKEY set that was has left every cache: its TTL"),
        Bogus("w2.slack.com.", cause=Cause.UNSIGNED_UNDER_DS),
        Bogus("ajax.slack.com.", cause=Cause.UNSIGNED_UNDER_DS),
        Secure(BYSTANDER),
    ],
    remedy=[Wait(DAY, "the DS TTL; large providers were asked to flush before that")],
    recovery=[
        Insecure("w3.slack.com.", within=SOON),
        Insecure("axis.slack.com.", within=SOON),
        Secure(BYSTANDER),
    ],
    references=[
        "https://slack.engineering/what-happened-during-slacks-dnssec-rollout/",
        "https://blog.apnic.net/2021/12/07/notes-from-dns-oarc-36/",
        "https://archive.qconlondon.com/london2022/presentation/slacks-dnssec-rollout-third-times-the-outage",
        "RFC 8198 5.2",
        "RFC 4035 5.2",
    ],
)
