"""A zone leaves DNSSEC by BIND's built-in policy `insecure`: its DS first, then, much later, its signatures."""

from dataclasses import replace

from harness.cache_model import Security
from harness.keymanager import Adopt, Habits, Live, UnderPolicy
from harness.milestones import Happened, Milestone
from harness.rehearsal import EndState, Rehearsal
from scenarios.rehearsals._key_manager import DAY, HONEST, HOUR, INSECURE, REGISTRAR, topology

DAY_LONG = replace(REGISTRAR, ds_ttl=DAY)

RIGHT = Rehearsal(
    title="Going insecure by BIND's policy `insecure`",
    purpose="A validator that holds the DS, or keys that it fetched under it, takes an unsigned answer for an attack.",
    topology=topology(replace(HONEST, parent_ds_ttl=DAY), DAY_LONG),
    setting=[UnderPolicy()],
    steps=[Live(4 * DAY), Adopt(INSECURE), Live(4 * DAY)],
    checks=[Happened((Milestone.LEFT,))],
    end=EndState(Security.INSECURE),
    may_be_insecure=True,
    references=["RFC 6781 4.4", "RFC 7583 3.3"],
)

REHEARSAL = RIGHT.but(
    mutants={
        "told that the DS is gone 30 min before it is": RIGHT.but(
            topology=topology(replace(HONEST, parent_ds_ttl=DAY), replace(DAY_LONG, publication_delay=HOUR)),
            setting=[UnderPolicy(Habits(says_early=HOUR / 2))],
        ),
        "told that the DS is gone 6 h before it is": RIGHT.but(
            topology=topology(
                replace(HONEST, parent_ds_ttl=DAY), replace(DAY_LONG, publication_delay=8 * HOUR)
            ),
            setting=[UnderPolicy(Habits(says_early=6 * HOUR))],
        ),
    }
)
