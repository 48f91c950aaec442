""".ru, 30 January 2024: the zone was signed by a key pair that shared its tag with the published one."""

from datetime import timedelta

from harness import Bogus, Cause, Scenario, Secure, ServeSigned, Topology, Wait, Zone
from harness.faults.keys_share_tag import KeysShareTag

ZONE, WWW, BYSTANDER = "ru.", "www.ru.", "www.bystander.lab."

SCENARIO = Scenario(
    title="Replay: two key pairs of .ru had one key tag, and it failed for 2 h 32 min (2024-01-30, 18:28 MSK)",
    symptom="At the planned change of a key, validating resolvers stopped answering for all of .ru; the key that signed"
    " was listed, and nothing had expired. The report tells of two pairs with one tag and of the old key's return, not of"
    " which signatures were whose: here all are of the pair that is not published.",
    fault=KeysShareTag(ZONE),
    topology=Topology(victim=Zone(ZONE)),
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[
        Bogus("w1.ru.", cause=Cause.SIGNATURE_WRONG),
        Wait(timedelta(hours=2, minutes=32), "18:28 until 21:00"),
        Bogus("w2.ru.", cause=Cause.SIGNATURE_WRONG),
        Secure(BYSTANDER),
    ],
    remedy=[ServeSigned(ZONE)],
    recovery=[Secure("w3.ru.", within=timedelta(minutes=3)), Secure(BYSTANDER)],
    references=[
        "https://rbc.ru/technology_and_media/07/02/2024/65c38fea9a794752176bd3a0",
        "https://vc.ru/services/1020639-operator-zony-ru-soobshil-chto-sboi-30-yanvarya-2024-go-sluchilsya-iz-za-"
        "zameny-klyucha-dlya-proverki-podlinnosti-zapisei-rbk",
        "RFC 4034 appendix B",
    ],
)
