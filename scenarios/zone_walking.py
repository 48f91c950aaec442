"""A zone that gives its names away, to whoever asks."""

from harness import SAAS, AdoptPolicy, Scenario, Secure, ZoneWalked
from harness.faults.nsec_in_use import NsecInUse

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."

SCENARIO = Scenario(
    title="The zone denies with NSEC: a stranger walks it, and has every name in it",
    symptom="No resolver complains. Names that were never published turn up in scans of the zone, soon after its policy"
    " was changed.",
    fault=NsecInUse(ZONE),
    steady_state=[Secure(WWW), Secure(BYSTANDER), ZoneWalked(ZONE, in_clear=False)],
    impact=[ZoneWalked(ZONE, in_clear=True), Secure("w1.shop.lab."), Secure(BYSTANDER)],
    remedy=[AdoptPolicy(ZONE, SAAS)],
    recovery=[ZoneWalked(ZONE, in_clear=False), Secure("w2.shop.lab."), Secure(BYSTANDER)],
    references=["RFC 4034 4", "RFC 5155 1.1", "RFC 9276 2.1"],
)
