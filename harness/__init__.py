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
from harness.expectation import Bogus, Insecure, Secure, Unreachable, WronglyDenied, only, others
from harness.look import AlarmedAhead, FellBackToTcp, FragmentsLost, ShortSignatureLife
from harness.mending import HashOnce, ServeSigned
from harness.scenario import Scenario
from harness.step import Wait
from harness.vendorwise import HashedOnce, ProvedByNsec3, VouchedBy
from lab.cause import Cause
from lab.topology import BULKY, SAAS, Topology, Zone

__all__ = [
    "BULKY",
    "SAAS",
    "AlarmedAhead",
    "Bogus",
    "Cause",
    "CorrectClocks",
    "FellBackToTcp",
    "FlushCache",
    "FragmentsLost",
    "HashOnce",
    "HashedOnce",
    "Insecure",
    "LimitEdns",
    "ProvedByNsec3",
    "PublishDS",
    "ReplaceKeys",
    "ResignAfresh",
    "RestartSigner",
    "RestartValidators",
    "RollKsk",
    "Scenario",
    "Secure",
    "ServeSigned",
    "ShortSignatureLife",
    "SignZone",
    "Topology",
    "Unreachable",
    "VouchedBy",
    "Wait",
    "WithdrawDS",
    "WronglyDenied",
    "Zone",
    "only",
    "others",
]
