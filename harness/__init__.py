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
from harness.expectation import Bogus, Insecure, Secure, State, Unreachable, only, others
from harness.look import AlarmedAhead, FellBackToTcp, FragmentsLost, ShortSignatureLife
from harness.offer import Offer
from harness.repairs import FlushValidators, NegativeTrustAnchor, RemoveNegativeTrustAnchor, Unsign
from harness.scenario import Scenario
from harness.step import Wait
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
    "FlushValidators",
    "FragmentsLost",
    "Insecure",
    "LimitEdns",
    "NegativeTrustAnchor",
    "Offer",
    "PublishDS",
    "RemoveNegativeTrustAnchor",
    "ReplaceKeys",
    "ResignAfresh",
    "RestartSigner",
    "RestartValidators",
    "RollKsk",
    "Scenario",
    "Secure",
    "ShortSignatureLife",
    "SignZone",
    "State",
    "Topology",
    "Unreachable",
    "Unsign",
    "Wait",
    "WithdrawDS",
    "Zone",
    "only",
    "others",
]
