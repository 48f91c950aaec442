"""From NSEC3 to NSEC by hand: one change of the whole chain, and a check of it."""

from harness.handwork import BY_HAND, MakeKeys, SelfCheck, Serve
from harness.rehearsal import EndState, Rehearsal
from lab.byhand import HandKey, HandZone

KSK, ZSK = HandKey("ksk", ksk=True), HandKey("zsk", zsk=True)
IN_USE = frozenset({"ksk", "zsk"})

REHEARSAL = Rehearsal(
    title="NSEC3 to NSEC, by hand",
    purpose="Deny names by name again, while caches still hold denials by hash.",
    topology=BY_HAND,
    setting=[MakeKeys((KSK, ZSK), HandZone(published=IN_USE, signing=IN_USE, nsec3=True))],
    steps=[Serve(nsec3=False), SelfCheck()],
    end=EndState(ds=frozenset({"ksk"}), keys=IN_USE),
    about_denial=True,
    references=["RFC 5155 10.5"],
)
