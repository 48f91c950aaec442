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
from harness.fault import Together
from harness.look import FellBackToTcp, FragmentsLost
from harness.mending import HashOnce, ServeSigned
from harness.offer import Offer
from harness.pathdeeds import AdoptPolicy, AskAround, EndRollover, RepairPath, ReplaceFront, SubmitNewDs
from harness.pathlook import AnswerSize, Dark, LostOnPath, Masked, ZoneWalked
from harness.repairs import FlushValidators, NegativeTrustAnchor, RemoveNegativeTrustAnchor, Unsign
from harness.scenario import Scenario
from harness.step import Wait
from harness.vendorwise import HashedOnce, ProvedByNsec3, VouchedBy
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
    "DsMatchesNoKey",
    "EndRollover",
    "FellBackToTcp",
    "FlushCache",
    "FlushValidators",
    "FragmentsLost",
    "HashOnce",
    "HashedOnce",
    "Insecure",
    "LimitEdns",
    "LostOnPath",
    "Masked",
    "NegativeTrustAnchor",
    "NoDnssecRecords",
    "Offer",
    "ProvedByNsec3",
    "PublishDS",
    "RemoveNegativeTrustAnchor",
    "RepairPath",
    "ReplaceFront",
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
    "SubmitNewDs",
    "Together",
    "Topology",
    "Unreachable",
    "Unsign",
    "VouchedBy",
    "Wait",
    "WithdrawDS",
    "WronglyDenied",
    "Zone",
    "ZoneWalked",
    "only",
    "others",
]
