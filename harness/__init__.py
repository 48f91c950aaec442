"""How a drill is run and judged.  What scenario files import is here; faults are in `harness.faults`."""

from harness.action import (
    CorrectClocks,
    FlushCache,
    LimitEdns,
    PublishDS,
    ReplaceKeys,
    ResignAfresh,
    RestartSigner,
    RestartValidators,
    RollKsk,
    SignZone,
    WithdrawDS,
)
from harness.expectation import Bogus, Insecure, Secure, Unreachable, only, others
from harness.fault import Together
from harness.look import AlarmedAhead, FellBackToTcp, FragmentsLost, ShortSignatureLife
from harness.pathdeeds import (
    AdoptPolicy,
    AskAround,
    EndRollover,
    RepairPath,
    ReplaceFront,
    SubmitNewDs,
)
from harness.pathlook import AnswerSize, Dark, LostOnPath, Masked, ZoneWalked
from harness.scenario import Scenario
from harness.step import Wait
from lab.cause import Cause
from lab.topology import BULKY, SAAS, SAAS_NSEC, STOUT, Topology, Zone

__all__ = [
    "BULKY",
    "SAAS",
    "SAAS_NSEC",
    "STOUT",
    "AdoptPolicy",
    "AlarmedAhead",
    "AnswerSize",
    "AskAround",
    "Bogus",
    "Cause",
    "CorrectClocks",
    "Dark",
    "EndRollover",
    "FellBackToTcp",
    "FlushCache",
    "FragmentsLost",
    "Insecure",
    "LimitEdns",
    "LostOnPath",
    "Masked",
    "PublishDS",
    "RepairPath",
    "ReplaceFront",
    "ReplaceKeys",
    "ResignAfresh",
    "RestartSigner",
    "RestartValidators",
    "RollKsk",
    "Scenario",
    "Secure",
    "ShortSignatureLife",
    "SignZone",
    "SubmitNewDs",
    "Together",
    "Topology",
    "Unreachable",
    "Wait",
    "WithdrawDS",
    "Zone",
    "ZoneWalked",
    "only",
    "others",
]
