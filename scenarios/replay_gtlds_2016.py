"""Ten new gTLDs, 7 January 2016: what one provider served was signed with keys that nobody vouched for."""

from datetime import timedelta

from harness import Bogus, Cause, Scenario, Secure, ServeSigned, Topology, Wait, Zone
from harness.faults.key_set_other import KeySetOther
from harness.faults.zsk_swapped import ZskSwapped
from lab.topology import REGISTRY, Policy

HONDA, TOYOTA, BYSTANDER = "honda.", "toyota.", "www.bystander.lab."
SOON = timedelta(minutes=3)
LONG_KEYS = Policy("long-keys", nsec3=True, dnskey_ttl=timedelta(hours=12))

NO_KEY_FOR_DS = Scenario(
    title="Replay: eight of ten gTLDs at one provider had no key that their DS named, for 2 h 25 min (2016-01-07)",
    symptom=".bridgestone, .epson, .honda, .hyundai, .kia, .komatsu, .lixil and .nec failed at validating resolvers, .honda"
    " from 05:43:59 UTC on as far as was seen. The report infers from their common servers that it was the provider, and"
    " does not tell what was done there: here other keys signed .honda, and the zone as it was is served again.",
    fault=KeySetOther(HONDA),
    topology=Topology(victim=Zone(HONDA, policy=REGISTRY)),
    steady_state=[Secure("www.honda."), Secure(BYSTANDER)],
    impact=[
        Bogus("w1.honda.", cause=Cause.SIGNER_UNKNOWN),
        Wait.ttl(HONDA, "DNSKEY"),
        Bogus("w2.honda.", cause=Cause.NO_KEY_FOR_DS),
        Wait(timedelta(hours=1, minutes=24, seconds=52), "05:43:59 until 08:08:51, less the hour before"),
        Bogus("w3.honda.", cause=Cause.NO_KEY_FOR_DS),
        Secure(BYSTANDER),
    ],
    remedy=[ServeSigned(HONDA)],
    recovery=[Secure("w4.honda.", within=SOON), Secure(BYSTANDER)],
    references=[
        "https://ianix.com/pub/dnssec-outages/20160107-honda",
        "https://ianix.com/pub/dnssec-outages/20160107-nec",
        "https://ianix.com/pub/dnssec-outages/20160107-komatsu",
        "RFC 4035 5.2",
    ],
)

VARIANTS = {
    "no-key-for-ds": NO_KEY_FOR_DS,
    "unknown-signer": NO_KEY_FOR_DS.but(
        title="Replay: two of ten gTLDs at one provider were signed by keys unknown to validators (2016-01-07)",
        symptom=".ricoh and .toyota failed beside eight others of the same provider, with signatures from unknown keys,"
        " from 05:39:19 UTC on. Neither the TTLs nor what the provider did are in the report: here .toyota has a DNSKEY"
        " TTL of 12 h, longer than the outage, and the zone as it was is served again.",
        fault=ZskSwapped(TOYOTA),
        topology=Topology(victim=Zone(TOYOTA, policy=LONG_KEYS)),
        steady_state=[Secure("www.toyota."), Secure(BYSTANDER)],
        impact=[
            Bogus("w1.toyota.", cause=Cause.SIGNER_UNKNOWN),
            Wait(
                timedelta(hours=2, minutes=30, seconds=14),
                "05:39:19 until 08:09:33, the last failure seen of any",
            ),
            Bogus("w2.toyota.", cause=Cause.SIGNER_UNKNOWN),
            Secure(BYSTANDER),
        ],
        remedy=[ServeSigned(TOYOTA)],
        recovery=[Secure("w3.toyota.", within=SOON), Secure(BYSTANDER)],
    ),
}
