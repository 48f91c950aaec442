"""A zone is put under a dnssec-policy for the first time; its DS is handed in when the key manager says so."""

from harness.keymanager import Adopt, Live, UnderPolicy
from harness.milestones import Happened, Milestone
from harness.rehearsal import EndState, Rehearsal
from scenarios.rehearsals._key_manager import DAY, HONEST, topology

REHEARSAL = Rehearsal(
    title="First signing by BIND's key manager",
    purpose="The DS may go to the parent only once no cache holds an unsigned answer of the zone.",
    topology=topology(None),
    setting=[UnderPolicy()],
    steps=[Adopt(HONEST), Live(4 * DAY)],
    checks=[Happened((Milestone.SWAPPED,))],
    end=EndState(),
    may_be_insecure=True,
    references=["RFC 6781 4.4", "RFC 9364"],
)
