"""BIND's key manager rolls the ZSK by pre-publication."""

from datetime import timedelta

from harness.keymanager import Live, UnderPolicy
from harness.milestones import RollsAsComputed
from harness.rehearsal import EndState, Rehearsal
from scenarios.rehearsals._key_manager import DAYS_30, rolling, topology

REHEARSAL = Rehearsal(
    title="ZSK rollover by BIND's key manager",
    purpose="The new key is published ahead, signs as signatures come due, and the old key leaves after its last one.",
    topology=topology(rolling(zsk=DAYS_30)),
    setting=[UnderPolicy()],
    steps=[Live(DAYS_30 + timedelta(days=12))],
    checks=[RollsAsComputed("zsk", DAYS_30)],
    end=EndState(),
    references=["RFC 7583 3.2.1", "RFC 6781 4.1.1.1"],
)
