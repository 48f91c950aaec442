"""The DS at the parent is of no key that the zone has: slips, and a signer that was rebuilt."""

from datetime import timedelta

from harness import Bogus, Cause, Insecure, PublishDS, Scenario, Secure, Wait
from harness.faults.ds_wrong import DsWrong
from harness.faults.keys_lost import KeysLost

ZONE, WWW, BYSTANDER = "shop.lab.", "www.shop.lab.", "www.bystander.lab."
NO_SUCH_DIGEST, NO_SUCH_ALGORITHM, RSASHA256 = 200, 252, 8

RIGHT_DS = (PublishDS(ZONE), Wait.registrar(ZONE), Wait.ttl(ZONE, "DS"))

WRONG_TAG = Scenario(
    title="The key tag of the DS is wrong by one digit",
    symptom="An hour after the DS was entered anew, validating resolvers answer SERVFAIL for the whole zone; nothing"
    " was changed in the zone.",
    fault=DsWrong(ZONE, tag_off_by=10),
    steady_state=[Secure(WWW), Secure(BYSTANDER)],
    impact=[
        Secure("w1.shop.lab."),
        Wait.ttl(ZONE, "DS"),
        Bogus("w2.shop.lab.", cause=Cause.NO_KEY_FOR_DS),
        Secure(BYSTANDER),
    ],
    remedy=RIGHT_DS,
    recovery=[Secure("w3.shop.lab.", within=timedelta(minutes=2)), Secure(BYSTANDER)],
    references=["RFC 4034 5.1", "RFC 4035 5.2"],
)

UNSUPPORTED = WRONG_TAG.but(
    title="The DS has a digest type that no validator supports: the zone is insecure, and nothing fails",
    symptom="Nothing fails. Answers of the zone come without AD since the DS was entered anew, and whoever relies on"
    " DANE or SSHFP records of it finds that they are no longer trusted.",
    fault=DsWrong(ZONE, digest_type=NO_SUCH_DIGEST),
    impact=[
        Secure("w1.shop.lab."),
        Wait.ttl(ZONE, "DS"),
        Insecure("w2.shop.lab."),
        Secure(BYSTANDER),
    ],
    references=["RFC 4035 5.2", "RFC 6840 5.2"],
)

VARIANTS = {
    "wrong-tag": WRONG_TAG,
    "wrong-digest": WRONG_TAG.but(
        title="One hexadecimal digit of the DS's digest is wrong",
        fault=DsWrong(ZONE, digit_wrong=5),
        references=["RFC 4034 5.1.4", "RFC 4035 5.2"],
    ),
    "wrong-algorithm": WRONG_TAG.but(
        title="The DS names another algorithm than its key has",
        fault=DsWrong(ZONE, algorithm=RSASHA256),
        references=["RFC 4034 5.1.2", "RFC 4035 5.2"],
    ),
    "unsupported-digest": UNSUPPORTED,
    "unsupported-algorithm": UNSUPPORTED.but(
        title="The DS names an algorithm that no validator supports: the zone is insecure, and nothing fails",
        fault=DsWrong(ZONE, algorithm=NO_SUCH_ALGORITHM),
    ),
    "signer-rebuilt": WRONG_TAG.but(
        title="The signer was rebuilt and made new keys; the DS is of the old ones",
        symptom="Since the signer was rebuilt, validating resolvers answer SERVFAIL, at first for names that they had"
        " not cached, then for the whole zone; its signatures are fresh.",
        fault=KeysLost(ZONE),
        impact=[
            Bogus("w1.shop.lab."),
            Wait.ttl(ZONE, "DNSKEY"),
            Bogus("w2.shop.lab.", cause=Cause.NO_KEY_FOR_DS),
            Secure(BYSTANDER),
        ],
        references=["RFC 6781 4.2", "RFC 4035 5.2"],
    ),
}
