"""Rolling the ZSK by hand: its DNSKEY first, then its signatures, then the old DNSKEY goes."""

from harness.handwork import BY_HAND, MakeKeys, Pause, Serve
from harness.rehearsal import EndState, Rehearsal
from lab.byhand import HandKey, HandZone

KSK, OLD, NEW = HandKey("ksk", ksk=True), HandKey("zsk-old", zsk=True), HandKey("zsk-new", zsk=True)
IN_USE = frozenset({"ksk", "zsk-old"})

REHEARSAL = Rehearsal(
    title="ZSK rollover, pre-publication, by hand",
    purpose="Replace the key that signs the zone's records, without a cached DNSKEY RRset that lacks the signing key.",
    topology=BY_HAND,
    setting=[MakeKeys((KSK, OLD, NEW), HandZone(published=IN_USE, signing=IN_USE))],
    steps=[
        Serve(publish=("zsk-new",)),
        Pause("zsk-publication"),
        Serve(sign_with=("zsk-new",), stop_signing_with=("zsk-old",)),
        Pause("zsk-retirement"),
        Serve(withdraw=("zsk-old",)),
    ],
    end=EndState(ds=frozenset({"ksk"}), keys=frozenset({"ksk", "zsk-new"})),
    references=["RFC 6781 4.1.1.1", "RFC 7583 3.2.1"],
)
