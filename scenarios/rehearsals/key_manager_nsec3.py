"""Denial of existence changes from NSEC to NSEC3 and back, by BIND's key manager."""

from dataclasses import replace

from harness.keymanager import Adopt, Live, UnderPolicy
from harness.rehearsal import EndState, Rehearsal
from scenarios.rehearsals._key_manager import DAY, HONEST, topology

REHEARSAL = Rehearsal(
    title="NSEC to NSEC3 and back by BIND's key manager",
    purpose="The chain of denial is replaced whole, with 0 iterations and no salt, while answers stay signed.",
    topology=topology(HONEST),
    setting=[UnderPolicy()],
    steps=[Live(DAY), Adopt(replace(HONEST, name="hashed", nsec3=True)), Live(DAY), Adopt(HONEST), Live(DAY)],
    end=EndState(),
    about_denial=True,
    references=["RFC 5155 10.4", "RFC 9276 3.1"],
)
