"""What counts as a wholly signed zone."""

from __future__ import annotations

import dns.rrset
import pytest

from lab.nameserver import wholly_signed

_SIGNATURE = "13 2 3600 20300115000000 20300101000000 1 shop.lab. AAAA"
_KEY = "257 3 13 AAAA"
_NSEC3 = "1 0 0 - 0123456789abcdefghijklmnopqrstuv"

ZONE = (
    ("shop.lab.", "SOA", "ns.shop.lab. hostmaster.shop.lab. 1 2 3 4 5"),
    ("shop.lab.", "NS", "ns.shop.lab."),
    ("shop.lab.", "DNSKEY", _KEY),
    ("ns.shop.lab.", "A", "192.0.2.1"),
    ("sub.shop.lab.", "DS", "1 13 2 " + "00" * 32),
)
DELEGATION = (("sub.shop.lab.", "NS", "ns.sub.shop.lab."), ("ns.sub.shop.lab.", "A", "192.0.2.2"))
NAMES = ("shop.lab.", "ns.shop.lab.", "sub.shop.lab.")
NSEC = tuple((name, "NSEC", f"{name} A RRSIG NSEC") for name in NAMES)
NSEC3 = tuple((f"{letter * 32}.shop.lab.", "NSEC3", _NSEC3) for letter in "abc")

Record = tuple[str, str, str]


def rrsets(*records: Record) -> list[dns.rrset.RRset]:
    """Records as a transfer yields them, one each."""
    return [dns.rrset.from_text(name, 3600, "IN", rdtype, rdata) for name, rdtype, rdata in records]


def signatures(*records: Record) -> tuple[Record, ...]:
    """An RRSIG over each."""
    return tuple((name, "RRSIG", f"{rdtype} {_SIGNATURE}") for name, rdtype, _ in records)


@pytest.mark.parametrize("chain", [NSEC, NSEC3], ids=["NSEC", "NSEC3"])
def test_a_zone_with_all_signatures_and_its_chain_is_whole(chain: tuple[Record, ...]) -> None:
    """Delegations' NS RRsets and glue need no signature; everything else has one, and every name is denied around."""
    signed = (*ZONE, *chain)
    assert wholly_signed("shop.lab.", rrsets(*signed, *DELEGATION, *signatures(*signed)))


@pytest.mark.parametrize("missing", [*ZONE, *NSEC], ids=lambda record: " ".join(record[:2]))
def test_one_missing_signature_makes_a_zone_incomplete(missing: Record) -> None:
    """BIND signs in batches: as long as any RRset waits for its signature, the zone is not signed."""
    signed = (*ZONE, *NSEC)
    there = [record for record in signed if record != missing]
    assert not wholly_signed("shop.lab.", rrsets(*signed, *DELEGATION, *signatures(*there)))


@pytest.mark.parametrize("chain", [NSEC, NSEC3], ids=["NSEC", "NSEC3"])
def test_a_gap_in_the_chain_makes_a_zone_incomplete(chain: tuple[Record, ...]) -> None:
    """BIND builds the chain of denial after the signatures: as long as a name lacks its link, the zone isn't whole."""
    signed = (*ZONE, *chain[:-1])
    assert not wholly_signed("shop.lab.", rrsets(*signed, *DELEGATION, *signatures(*signed)))


def test_under_opt_out_an_unsigned_delegation_needs_no_record_of_its_own() -> None:
    """One without DS is passed over where the records have the flag, and only there; one with DS never is."""
    unsigned = ("far.shop.lab.", "NS", "ns.far.shop.lab.")
    for flag, whole in (("0", False), ("1", True)):
        chain = [(owner, kind, rdata.replace("1 0 0", f"1 {flag} 0")) for owner, kind, rdata in NSEC3]
        signed = (*ZONE, *chain)
        assert (
            wholly_signed("shop.lab.", rrsets(*signed, *DELEGATION, unsigned, *signatures(*signed))) is whole
        )
        fewer = (*ZONE, *chain[:-1])
        assert not wholly_signed("shop.lab.", rrsets(*fewer, *DELEGATION, *signatures(*fewer)))
