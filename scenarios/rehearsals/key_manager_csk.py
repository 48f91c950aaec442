"""BIND's key manager rolls a CSK, one key in both roles."""

from dataclasses import replace

from harness.keymanager import Habits, Live, UnderPolicy
from harness.milestones import RollsAsComputed
from harness.rehearsal import EndState, Rehearsal
from lab.topology import Key
from scenarios.rehearsals._key_manager import DAY, DAYS_30, HONEST, HOUR, REGISTRAR, topology

POLICY = replace(HONEST, name="csk", csk=Key(lifetime=DAYS_30))

RIGHT = Rehearsal(
    title="CSK rollover by BIND's key manager",
    purpose="The old key stays until no cache holds its DS, nor any signature that it made: the longer of both.",
    topology=topology(POLICY),
    setting=[UnderPolicy()],
    steps=[Live(DAYS_30 + 12 * DAY)],
    checks=[RollsAsComputed("csk", DAYS_30)],
    end=EndState(),
    references=["RFC 7583 3.3.1", "RFC 6781 4.1.3"],
)

REHEARSAL = RIGHT.but(
    mutants={
        "parent-ds-ttl of 2 h, and the parent's is 1 d": RIGHT.but(
            topology=topology(POLICY, replace(REGISTRAR, ds_ttl=24 * HOUR)),
        ),
        "the DS comes 12 d after the key manager was told": RIGHT.but(
            topology=topology(POLICY, replace(REGISTRAR, publication_delay=12 * DAY)),
            setting=[UnderPolicy(Habits(says_early=12 * DAY))],
            steps=[Live(DAYS_30 + 14 * DAY)],
        ),
    }
)
