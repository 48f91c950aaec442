"""The root's own key rolled under RFC 5011, with validators that track it: revoked only when all of them trust the new one."""

from datetime import timedelta

from harness.anchorwork import Hold, Remove, Revoke, SwitchOnSpare, TakeRoot, on_the_root
from harness.handwork import Serve
from harness.rehearsal import EndState, Rehearsal
from lab.byhand import HandKey, HandZone
from lab.topology import REGISTRY, Topology, Zone

OLD, NEW = HandKey("root-ksk-old", ksk=True), HandKey("root-ksk-new", ksk=True)
ZSK = HandKey("root-zsk", zsk=True)
IN_USE = frozenset({"root-ksk-old", "root-zsk"})

PUBLISH = Serve(publish=("root-ksk-new",), sign_with=("root-ksk-new",))
STEPS = (PUBLISH, Hold("add"), Revoke("root-ksk-old"), Hold("remove"), Remove("root-ksk-old"))

RIGHT = Rehearsal(
    title="The root's KSK under RFC 5011",
    purpose="Replace the trust anchor itself, which no parent vouches for, at validators that track it.",
    topology=Topology(victim=Zone("shop.lab.", policy=REGISTRY), bystander=None),
    stage=on_the_root,
    setting=[
        TakeRoot((OLD, NEW, ZSK), HandZone(published=IN_USE, signing=IN_USE, dnskey_ttl=timedelta(days=2)))
    ],
    steps=STEPS,
    end=EndState(keys=frozenset({"root-ksk-new", "root-zsk"})),
    references=["RFC 5011 2.1 to 2.4", "RFC 5011 4", "RFC 7583 3.3.4"],
)

REHEARSAL = RIGHT.but(
    mutants={
        "a spare validator is switched on after the old key was revoked": RIGHT.but(
            steps=(*STEPS[:3], SwitchOnSpare(), *STEPS[3:])
        ),
        "a spare validator is switched on after the old key has gone": RIGHT.but(
            steps=(*STEPS, SwitchOnSpare())
        ),
    }
)
