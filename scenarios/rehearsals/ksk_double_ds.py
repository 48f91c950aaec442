"""Rolling the KSK by hand the other way: both DS first, then the keys change places, then the old DS goes."""

from harness.handwork import BY_HAND, ConfirmDs, HandInDs, MakeKeys, Pause, Serve
from harness.rehearsal import EndState, Rehearsal
from lab.byhand import HandKey, HandZone

OLD, NEW, ZSK = HandKey("ksk-old", ksk=True), HandKey("ksk-new", ksk=True), HandKey("zsk", zsk=True)
IN_USE = frozenset({"ksk-old", "zsk"})

REHEARSAL = Rehearsal(
    title="KSK rollover, double DS, by hand",
    purpose="Replace the key that the parent's DS points at with never more than one KSK in the DNSKEY RRset.",
    topology=BY_HAND,
    setting=[MakeKeys((OLD, NEW, ZSK), HandZone(published=IN_USE, signing=IN_USE))],
    steps=[
        HandInDs(("ksk-old", "ksk-new")),
        ConfirmDs(),
        Pause("ds-publication"),
        Serve(
            publish=("ksk-new",),
            sign_with=("ksk-new",),
            withdraw=("ksk-old",),
            stop_signing_with=("ksk-old",),
        ),
        Pause("double-ds-retirement"),
        HandInDs(("ksk-new",)),
        ConfirmDs(),
    ],
    end=EndState(ds=frozenset({"ksk-new"}), keys=frozenset({"ksk-new", "zsk"})),
    references=["RFC 6781 4.1.2", "RFC 7583 3.3.2"],
)
