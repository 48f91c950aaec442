"""From NSEC to NSEC3 by hand: one change of the whole chain, and a check of it."""

from harness.handwork import BY_HAND, MakeKeys, SelfCheck, Serve
from harness.rehearsal import EndState, Rehearsal
from lab.byhand import HandKey, HandZone

KSK, ZSK = HandKey("ksk", ksk=True), HandKey("zsk", zsk=True)
IN_USE = frozenset({"ksk", "zsk"})

REHEARSAL = Rehearsal(
    title="NSEC to NSEC3, by hand",
    purpose="Deny names by hash, with no salt and no extra iterations, while caches still hold denials by name.",
    topology=BY_HAND,
    setting=[MakeKeys((KSK, ZSK), HandZone(published=IN_USE, signing=IN_USE))],
    steps=[Serve(nsec3=True), SelfCheck()],
    end=EndState(ds=frozenset({"ksk"}), keys=IN_USE),
    about_denial=True,
    references=["RFC 5155 10.4", "RFC 9276 3.1"],
)
