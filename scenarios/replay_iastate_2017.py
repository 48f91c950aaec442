"""iastate.edu, 12 May 2017: for a day the DS of a university's domain matched no key that it served."""

from datetime import timedelta

from harness import Bogus, Cause, PublishDS, Scenario, Secure, Topology, Wait, Zone
from harness.faults.ds_before_dnskey import DsBeforeDnskey

ZONE, WWW, BYSTANDER = "iastate.edu.", "www.iastate.edu.", "www.bystander.edu."

SCENARIO = Scenario(
    title="Replay: no key of iastate.edu matched its DS for 28 h 13 min (2017-05-12, 19:41:14 UTC)",
    symptom="Validating resolvers answered SERVFAIL for a whole university, mail included; resolvers that do not validate"
    " had the answers. The report does not tell which side had changed, the DS or the keys, nor how it was mended: here"
    " it was the DS, and the right one is submitted again.",
    fault=DsBeforeDnskey(ZONE),
    topology=Topology(victim=Zone(ZONE)),
    steady_state=[Secure(WWW), Secure(ZONE, "MX"), Secure(BYSTANDER)],
    impact=[
        Wait.ttl(ZONE, "DS"),
        Bogus("w1.iastate.edu.", cause=Cause.NO_KEY_FOR_DS),
        Wait(timedelta(hours=28, minutes=13, seconds=11), "19:41:14 until 23:54:25 the next day"),
        Bogus(ZONE, "MX", cause=Cause.NO_KEY_FOR_DS),
        Secure(BYSTANDER),
    ],
    remedy=[PublishDS(ZONE), Wait.registrar(ZONE), Wait.ttl(ZONE, "DS")],
    recovery=[
        Secure("w2.iastate.edu.", within=timedelta(minutes=3)),
        Secure(ZONE, "MX", within=timedelta(minutes=3)),
        Secure(BYSTANDER),
    ],
    references=["https://ianix.com/pub/dnssec-outages/20170512-iastate.edu/", "RFC 4035 5.2"],
)
