"""Going insecure by hand: the DS goes first, and what was fetched under it is waited out before the keys go."""

from harness.cache_model import Security
from harness.handwork import BY_HAND, ConfirmDs, HandInDs, MakeKeys, Pause, Serve
from harness.rehearsal import EndState, Rehearsal
from lab.byhand import HandKey, HandZone

KSK, ZSK = HandKey("ksk", ksk=True), HandKey("zsk", zsk=True)
IN_USE = frozenset({"ksk", "zsk"})

REHEARSAL = Rehearsal(
    title="DNSSEC off, by hand",
    purpose="Serve the zone unsigned once no validator anywhere still knows that it was signed.",
    topology=BY_HAND,
    setting=[MakeKeys((KSK, ZSK), HandZone(published=IN_USE, signing=IN_USE))],
    steps=[
        HandInDs(()),
        ConfirmDs(),
        Pause("disabling"),
        Serve(withdraw=("ksk", "zsk"), stop_signing_with=("ksk", "zsk")),
    ],
    end=EndState(Security.INSECURE, ds=frozenset(), keys=frozenset()),
    may_be_insecure=True,
    references=["RFC 6781 4.4.2", "RFC 7583 3.3.4"],
)
