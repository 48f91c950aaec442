"""The first signing by hand: TTLs lowered ahead, the zone signed and checked, and the DS once no cache is unsigned."""

from dataclasses import replace
from datetime import timedelta

from harness.handwork import BY_HAND, ConfirmDs, HandInDs, MakeKeys, Pause, SelfCheck, Serve
from harness.rehearsal import EndState, Rehearsal
from lab.byhand import HandKey, HandZone

KSK, ZSK = HandKey("ksk", ksk=True), HandKey("zsk", zsk=True)
USUAL, LOW = timedelta(hours=6), timedelta(minutes=30)

LOWER, RESTORE = Serve(record_ttl=LOW), Serve(record_ttl=USUAL)
SIGN = Serve(publish=("ksk", "zsk"), sign_with=("ksk", "zsk"))
HAND_IN = HandInDs(("ksk",))
WAIT = Pause("enabling", zone_ttl=LOW)

IN_ORDER = Rehearsal(
    title="DNSSEC on, by hand",
    purpose="Have the parent vouch for the zone once no cache holds an unsigned answer, and so that it is soon undone.",
    topology=replace(BY_HAND, victim=replace(BY_HAND.victim, record_ttl=USUAL, soa_ttl=USUAL, ns_ttl=USUAL)),
    setting=[MakeKeys((KSK, ZSK), HandZone(record_ttl=USUAL))],
    steps=[
        LOWER,
        Pause("lowered-ttls"),
        SIGN,
        SelfCheck(),
        WAIT,
        HAND_IN,
        ConfirmDs(),
        Pause("first-ds"),
        RESTORE,
    ],
    end=EndState(ds=frozenset({"ksk"}), keys=frozenset({"ksk", "zsk"})),
    may_be_insecure=True,
    references=["RFC 7583 3.3.5", "RFC 9077"],
)

REHEARSAL = IN_ORDER.but(
    mutants={
        "never signed, and not checked": IN_ORDER.but(
            steps=[LOWER, Pause("lowered-ttls"), WAIT, HAND_IN, ConfirmDs()]
        ),
        "first hand in the DS, then sign": IN_ORDER.but(
            steps=[LOWER, Pause("lowered-ttls"), HAND_IN, ConfirmDs(), WAIT, SIGN]
        ),
    }
)
