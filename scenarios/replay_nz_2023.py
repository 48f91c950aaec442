""".nz, 29 May 2023: a KSK rollover dropped the old key while caches still pointed at it."""

from datetime import timedelta

from harness import Bogus, Cause, FlushValidators, Scenario, Secure, Topology, Wait, Zone
from harness.faults.old_ksk_withdrawn import OldKskWithdrawn
from lab.topology import RegistrarTerms

ZONE, WWW, BYSTANDER = "co.nz.", "www.co.nz.", "www.bystander.nz."
HOUR = timedelta(hours=1)

SCENARIO = Scenario(
    title="Replay: after a KSK rollover names below co.nz and 15 other zones failed for 13 h (2023-05-29, 22:45 NZST)",
    symptom="A share of users, less than 2 % on average, reached no name in .nz; resolvers whose caches were emptied did."
    " InternetNZ took the last old records to have expired 48 h after the change, which is the DS TTL here: what the"
    " TTLs were is not told in what this drill follows.",
    fault=OldKskWithdrawn(ZONE),
    topology=Topology(victim=Zone(ZONE), registrar=RegistrarTerms(ds_ttl=48 * HOUR)),
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[
        Secure("w1.co.nz."),
        Wait.ttl(ZONE, "DNSKEY"),
        Bogus("w2.co.nz.", cause=Cause.NO_KEY_FOR_DS),
        Wait(12 * HOUR, "22:45 until 11:45 the next day, less the hour before"),
        Bogus("w3.co.nz.", cause=Cause.NO_KEY_FOR_DS),
        Secure(BYSTANDER),
    ],
    remedy=[FlushValidators()],
    recovery=[Secure("w4.co.nz.", within=timedelta(minutes=3)), Secure(BYSTANDER)],
    references=[
        "https://internetnz.nz/news-and-articles/dnssec-chain-validation-issue-technical-incident-report/",
        "https://status.internetnz.nz/incidents/gq1c6slz3198",
        "RFC 7583 3.3.1",
    ],
)
