"""The parent fetches the DS by itself: a KSK rollover announced by CDS and CDNSKEY, and going insecure by them."""

from datetime import timedelta

from harness.cache_model import Security
from harness.cdswork import AwaitParent, PublishCds, WithdrawCds
from harness.handwork import MakeKeys, Pause, Serve
from harness.rehearsal import EndState, Rehearsal
from lab.byhand import HandKey, HandZone
from lab.topology import RegistrarTerms, Topology, Zone

HALF_AN_HOUR = timedelta(minutes=30)
OLD, NEW, ZSK = HandKey("ksk-old", ksk=True), HandKey("ksk-new", ksk=True), HandKey("zsk", zsk=True)
IN_USE = frozenset({"ksk-old", "zsk"})

ROLLOVER = Rehearsal(
    title="KSK rollover by CDS and CDNSKEY",
    purpose="Replace the KSK with a parent that polls the zone once a day, and nobody handing anything in.",
    topology=Topology(
        victim=Zone("shop.lab.", policy=None, soa_ttl=HALF_AN_HOUR, ns_ttl=HALF_AN_HOUR),
        registrar=RegistrarTerms(
            ds_ttl=timedelta(hours=2), publication_delay=timedelta(0), polls_every=timedelta(days=1)
        ),
    ),
    setting=[MakeKeys((OLD, NEW, ZSK), HandZone(published=IN_USE, signing=IN_USE))],
    steps=[
        Serve(publish=("ksk-new",), sign_with=("ksk-new",)),
        Pause("ksk-publication"),
        PublishCds(("ksk-new",)),
        AwaitParent(),
        Pause("ksk-retirement"),
        Serve(withdraw=("ksk-old",), stop_signing_with=("ksk-old",)),
        WithdrawCds(),
    ],
    end=EndState(ds=frozenset({"ksk-new"}), keys=frozenset({"ksk-new", "zsk"})),
    references=["RFC 7344 4.1", "RFC 7344 6.1", "RFC 7583 3.3.1"],
)

VARIANTS = {
    "rollover": ROLLOVER,
    "delete": ROLLOVER.but(
        title="Going insecure by the CDS that asks for deletion",
        purpose="Unsign a zone whose parent polls it: the DS leaves first, then all that caches hold of it, then the keys.",
        setting=[MakeKeys((OLD, ZSK), HandZone(published=IN_USE, signing=IN_USE))],
        steps=[
            PublishCds(delete=True),
            AwaitParent(),
            Pause("disabling"),
            Serve(withdraw=("ksk-old", "zsk"), stop_signing_with=("ksk-old", "zsk")),
            WithdrawCds(),
        ],
        end=EndState(state=Security.INSECURE, ds=frozenset(), keys=frozenset()),
        references=["RFC 8078 4", "RFC 6781 4.4.2.1"],
        may_be_insecure=True,
    ),
}
