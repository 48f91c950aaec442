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
from harness.expectation import Bogus, Insecure, Secure, State, Unreachable, WronglyDenied, only, others
from harness.look import FellBackToTcp, FragmentsLost
from harness.mending import HashOnce, ServeSigned
from harness.offer import Offer
from harness.repairs import FlushValidators, NegativeTrustAnchor, RemoveNegativeTrustAnchor, Unsign
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
    "DsMatchesNoKey",
    "FellBackToTcp",
    "FlushCache",
    "FlushValidators",
    "FragmentsLost",
    "HashOnce",
    "HashedOnce",
    "Insecure",
    "LimitEdns",
    "NegativeTrustAnchor",
    "NoDnssecRecords",
    "Offer",
    "ProvedByNsec3",
    "PublishDS",
    "RemoveNegativeTrustAnchor",
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
    "SoaExpireBeyondSignatures",
    "State",
    "Topology",
    "Unreachable",
    "Unsign",
    "VouchedBy",
    "Wait",
    "WithdrawDS",
    "WronglyDenied",
    "Zone",
    "only",
    "others",
]
