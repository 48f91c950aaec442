"""Rolling the KSK by hand: the new key first, then its DS, then the old key goes."""

from harness.handwork import BY_HAND, ConfirmDs, HandInDs, MakeKeys, Pause, Serve
from harness.rehearsal import EndState, Rehearsal
from lab.byhand import HandKey, HandZone

OLD, NEW, ZSK = HandKey("ksk-old", ksk=True), HandKey("ksk-new", ksk=True), HandKey("zsk", zsk=True)
IN_USE = frozenset({"ksk-old", "zsk"})

REHEARSAL = Rehearsal(
    title="KSK rollover, double signature, by hand",
    purpose="Replace the key that the parent's DS points at, without a moment at which a cached DS or DNSKEY fails.",
    topology=BY_HAND,
    setting=[MakeKeys((OLD, NEW, ZSK), HandZone(published=IN_USE, signing=IN_USE))],
    steps=[
        Serve(publish=("ksk-new",), sign_with=("ksk-new",)),
        Pause("ksk-publication"),
        HandInDs(("ksk-new",)),
        ConfirmDs(),
        Pause("ksk-retirement"),
        Serve(withdraw=("ksk-old",), stop_signing_with=("ksk-old",)),
    ],
    end=EndState(ds=frozenset({"ksk-new"}), keys=frozenset({"ksk-new", "zsk"})),
    references=["RFC 6781 4.1.2", "RFC 7583 3.3.1"],
)
