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
from harness.alerts import (
    AlarmedAhead,
    DsMatchesNoKey,
    NoDnssecRecords,
    ShortSignatureLife,
    SoaExpireBeyondSignatures,
)
from harness.expectation import Bogus, Insecure, Secure, State, Unreachable, only, others
from harness.look import FellBackToTcp, FragmentsLost
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
    "DsMatchesNoKey",
    "FellBackToTcp",
    "FlushCache",
    "FlushValidators",
    "FragmentsLost",
    "Insecure",
    "LimitEdns",
    "NegativeTrustAnchor",
    "NoDnssecRecords",
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
    "SoaExpireBeyondSignatures",
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
