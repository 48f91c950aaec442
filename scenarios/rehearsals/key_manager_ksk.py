"""BIND's key manager rolls the KSK; the operator hands the DS in and tells it when the parent has it."""

from dataclasses import replace

from harness.keymanager import Adopt, Habits, Live, RollNow, UnderPolicy
from harness.milestones import RollsAsComputed
from harness.rehearsal import EndState, Rehearsal
from scenarios.rehearsals._key_manager import DAY, DAYS_30, HONEST, HOUR, REGISTRAR, rolling, topology

POLICY = rolling(ksk=DAYS_30)

RIGHT = Rehearsal(
    title="KSK rollover by BIND's key manager",
    purpose="The key manager waits as its policy says; all that is left to the operator is the DS at the parent.",
    topology=topology(POLICY),
    setting=[UnderPolicy()],
    steps=[Live(DAYS_30 + 2 * DAY)],
    checks=[RollsAsComputed("ksk", DAYS_30)],
    end=EndState(),
    references=["RFC 7583 3.3.1", "RFC 6781 4.1.2"],
)

LONG_TTL = rolling(replace(HONEST, dnskey_ttl=DAY, name="long-ttl"), ksk=DAYS_30)

REHEARSAL = RIGHT.but(
    mutants={
        "parent-ds-ttl of 2 h, and the parent's is 6 h": RIGHT.but(
            topology=topology(POLICY, replace(REGISTRAR, ds_ttl=6 * HOUR)),
        ),
        "told of the DS 3 h before the parent has it": RIGHT.but(
            topology=topology(POLICY, replace(REGISTRAR, publication_delay=4 * HOUR)),
            setting=[UnderPolicy(Habits(says_early=3 * HOUR))],
        ),
        "told of the DS 5 h before the parent has it, longer than the key manager waits": RIGHT.but(
            topology=topology(POLICY, replace(REGISTRAR, publication_delay=6 * HOUR)),
            setting=[UnderPolicy(Habits(says_early=5 * HOUR))],
        ),
        "dnskey-ttl lowered from 1 d to 1 h, and the key rolled at once": RIGHT.but(
            topology=topology(LONG_TTL),
            steps=[Live(4 * DAY), Adopt(POLICY), RollNow("KSK"), Live(4 * DAY)],
        ),
        "the DS is never handed in": RIGHT.but(setting=[UnderPolicy(Habits(hands_in=False))]),
    }
)
