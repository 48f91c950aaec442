"""BIND's key manager changes the algorithm from RSASHA256 (8) to ECDSAP256SHA256 (13)."""

from dataclasses import replace

from harness.keymanager import Adopt, Habits, Live, UnderPolicy
from harness.milestones import ROLLED
from harness.rehearsal import EndState, Rehearsal
from lab.topology import Key
from scenarios.rehearsals._key_manager import DAY, HONEST, HOUR, REGISTRAR, topology

RSA = replace(HONEST, name="rsa", ksk=Key("rsasha256", 2048), zsk=Key("rsasha256", 2048))

RIGHT = Rehearsal(
    title="Algorithm rollover 8 to 13 by BIND's key manager",
    purpose="The zone is signed by both algorithms until no cache holds anything that knows of only one.",
    topology=topology(RSA),
    setting=[UnderPolicy()],
    steps=[Live(4 * DAY), Adopt(HONEST), Live(14 * DAY)],
    checks=[ROLLED],
    end=EndState(),
    references=["RFC 6781 4.1.4", "RFC 6840 5.11"],
)

REHEARSAL = RIGHT.but(
    mutants={
        "parent-ds-ttl of 2 h, and the parent's is 1 d": RIGHT.but(
            topology=topology(RSA, replace(REGISTRAR, ds_ttl=24 * HOUR)),
        ),
        "told of the DS 5 h before the parent has it": RIGHT.but(
            topology=topology(RSA, replace(REGISTRAR, publication_delay=6 * HOUR)),
            setting=[UnderPolicy(Habits(says_early=5 * HOUR))],
        ),
    }
)
