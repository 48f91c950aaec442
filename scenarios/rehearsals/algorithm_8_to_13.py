"""From RSA to ECDSA by hand, the conservative way: signatures are there before their keys, and stay after them."""

from harness.handwork import BY_HAND, ConfirmDs, HandInDs, MakeKeys, Pause, Serve
from harness.rehearsal import EndState, Rehearsal
from lab.byhand import HandKey, HandZone

OLD_KSK = HandKey("ksk-rsa", ksk=True, algorithm="rsasha256", bits=2048)
OLD_ZSK = HandKey("zsk-rsa", zsk=True, algorithm="rsasha256", bits=2048)
NEW_KSK, NEW_ZSK = HandKey("ksk-ecdsa", ksk=True), HandKey("zsk-ecdsa", zsk=True)
IN_USE = frozenset({"ksk-rsa", "zsk-rsa"})

REHEARSAL = Rehearsal(
    title="Algorithm rollover, RSASHA256 to ECDSAP256SHA256, by hand",
    purpose="Replace the algorithm: where a DNSKEY RRset names one, every record is signed with it, in every cache.",
    topology=BY_HAND,
    setting=[
        MakeKeys((OLD_KSK, OLD_ZSK, NEW_KSK, NEW_ZSK), HandZone(published=IN_USE, signing=IN_USE)),
    ],
    steps=[
        Serve(sign_with=("zsk-ecdsa",)),
        Pause("signatures"),
        Serve(publish=("ksk-ecdsa", "zsk-ecdsa"), sign_with=("ksk-ecdsa",)),
        Pause("ksk-publication"),
        HandInDs(("ksk-ecdsa",)),
        ConfirmDs(),
        Pause("ksk-retirement"),
        Serve(withdraw=("ksk-rsa", "zsk-rsa"), stop_signing_with=("ksk-rsa",)),
        Pause("double-ds-retirement"),
        Serve(stop_signing_with=("zsk-rsa",)),
    ],
    end=EndState(ds=frozenset({"ksk-ecdsa"}), keys=frozenset({"ksk-ecdsa", "zsk-ecdsa"})),
    references=["RFC 6781 4.1.4", "RFC 4035 2.2", "RFC 6840 5.11"],
)
