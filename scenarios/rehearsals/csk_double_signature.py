"""Rolling the one key of a zone that has but one: everything is signed by both until the parent's DS has moved."""

from harness.handwork import BY_HAND, ConfirmDs, HandInDs, MakeKeys, Pause, Serve
from harness.rehearsal import EndState, Rehearsal
from lab.byhand import HandKey, HandZone

OLD, NEW = HandKey("csk-old", ksk=True, zsk=True), HandKey("csk-new", ksk=True, zsk=True)
IN_USE = frozenset({"csk-old"})

REHEARSAL = Rehearsal(
    title="CSK rollover, double signature, by hand",
    purpose="Replace a key that both the DS points at and the records are signed by, no cache losing the one or other.",
    topology=BY_HAND,
    setting=[MakeKeys((OLD, NEW), HandZone(published=IN_USE, signing=IN_USE))],
    steps=[
        Serve(publish=("csk-new",), sign_with=("csk-new",)),
        Pause("ksk-publication"),
        HandInDs(("csk-new",)),
        ConfirmDs(),
        Pause("ksk-retirement"),
        Serve(withdraw=("csk-old",), stop_signing_with=("csk-old",)),
    ],
    end=EndState(ds=frozenset({"csk-new"}), keys=frozenset({"csk-new"})),
    references=["RFC 6781 4.1.3", "RFC 7583 3.3.1"],
)
