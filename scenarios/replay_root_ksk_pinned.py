"""11 October 2018: the root's KSK was rolled; a resolver that has the old one pinned has no root any more."""

from dataclasses import replace
from datetime import timedelta

from harness import Bogus, Cause, Scenario, Secure, Topology, Wait, Zone
from harness.faults.root_ksk_replaced import RootKskReplaced
from harness.publicdeeds import UpdateTrustAnchor
from lab.topology import REGISTRY

WWW, BYSTANDER = "www.shop.lab.", "www.bystander.lab."
SOON = timedelta(minutes=3)
TWO_DAYS = timedelta(days=2)
ROOT = replace(REGISTRY, name="root", dnskey_ttl=TWO_DAYS, max_zone_ttl=TWO_DAYS)

SCENARIO = Scenario(
    title="Replay: the root's KSK was rolled, and a resolver trusts the old one alone (2018-10-11)",
    symptom="Within 48 h, the TTL of the root's DNSKEY set, a resolver answers SERVFAIL for every name there is, while all"
    " others are fine. No large outage was reported in 2018: the roll had been put off for a year because of such"
    " resolvers, and of those that tell what they trust 4 % did not trust the new key weeks later. Here no validator does.",
    fault=RootKskReplaced(),
    topology=Topology(root=Zone(".", ROOT)),
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[
        Secure("w1.shop.lab."),
        Secure("w1.bystander.lab."),
        Wait.ttl(".", "DNSKEY"),
        Bogus("w2.shop.lab.", cause=Cause.DS_KEY_SIGNS_NOTHING),
        Bogus("w2.bystander.lab.", cause=Cause.DS_KEY_SIGNS_NOTHING),
    ],
    remedy=[UpdateTrustAnchor()],
    recovery=[Secure("w3.shop.lab.", within=SOON), Secure("w3.bystander.lab.", within=SOON)],
    references=[
        "https://www.potaroo.net/ispcol/2018-11/kskpm.html",
        "https://mailman.ripe.net/archives/list/dns-wg@ripe.net/message/FKMAPRIRVQP3ZHE2LYX4BYPSKSISABNN",
        "RFC 5011",
        "RFC 8145",
    ],
)
