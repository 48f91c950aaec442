"""Editing a signed zone record by record: what each edit changes, and that nothing else changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import dns.rrset
import pytest

from lab import denial
from lab.draft import Draft, SigningKey, make_key
from lab.errors import LabSick

ZONE, W1, W2 = "shop.lab.", "w1.shop.lab.", "w2.shop.lab."
NOW = datetime(2030, 1, 1, tzinfo=UTC)
KEY, OTHER = make_key(sep=True), make_key()

RECORDS = (
    (W1, "A", "192.0.2.1"),
    (W2, "A", "192.0.2.2"),
    ("deep.empty.shop.lab.", "A", "192.0.2.3"),
    (ZONE, "SOA", "ns.shop.lab. hostmaster.shop.lab. 1 2 3 4 5"),
    (ZONE, "DNSKEY", str(KEY.dnskey)),
    ("child.shop.lab.", "NS", "ns.child.shop.lab."),
    ("ns.child.shop.lab.", "A", "192.0.2.4"),
)


@pytest.fixture
def draft() -> Draft:
    """A small zone, signed by one key but for its delegation."""
    made = Draft(ZONE, tuple(dns.rrset.from_text(n, 60, "IN", t, d) for n, t, d in RECORDS), NOW)
    for name, rdtype, _ in RECORDS[:5]:
        made.sign(name, rdtype, KEY)
    return made


def split(line: str) -> tuple[str, int, str, str, str]:
    """A record's parts."""
    name, ttl, rdclass, rdtype, rdata = line.split(None, 4)
    return name, int(ttl), rdclass, rdtype, rdata


def hashed(draft: Draft, **how: object) -> Draft:
    """With an NSEC3 chain."""
    draft.put(f"{'0' * 32}.{ZONE}", 60, "NSEC3", f"1 0 0 - {'1' * 32} A RRSIG")
    denial.hash_anew(draft, KEY, **how)  # type: ignore[arg-type]
    return draft


def test_what_is_signed_holds_and_is_written_soa_first(draft: Draft) -> None:
    """Each RRset verifies by the published key; the zone file has every record and signature once."""
    assert all(draft.holds(name, rdtype) for name, rdtype, _ in RECORDS[:5])
    lines = draft.records()
    assert lines[0].split()[:4] == [ZONE, "60", "IN", "SOA"]
    assert len(lines) == len(set(lines)) == len(RECORDS) + 5
    again = Draft(ZONE, tuple(dns.rrset.from_text(*split(line)) for line in lines), NOW)
    assert again.records() == lines


@pytest.mark.parametrize(
    "edit",
    [
        lambda draft: draft.unsign(W1, "A"),
        lambda draft: draft.forge(W1, "A"),
        lambda draft: draft.sign(W1, "A", OTHER),
        lambda draft: draft.sign(W1, "A", KEY, inception=NOW - timedelta(9), expiration=NOW - timedelta(1)),
        lambda draft: draft.sign(W1, "A", KEY, inception=NOW + timedelta(1)),
        lambda draft: draft.put(W1, 60, "A", "192.0.2.9"),
    ],
    ids=["unsigned", "forged", "unpublished-key", "expired", "not-yet-valid", "other-data"],
)
def test_a_bad_edit_spoils_one_rrset_and_no_other(draft: Draft, edit: Callable[[Draft], None]) -> None:
    """Unsigned, forged, by an unpublished key, expired, not valid yet, or over other data: it holds no longer."""
    before = set(draft.records())
    edit(draft)
    assert not draft.holds(W1, "A")
    assert draft.holds(W2, "A")
    assert {line.split()[0] for line in before ^ set(draft.records())} == {W1}
    draft.put(W1, 60, "A", "192.0.2.1")
    draft.sign(W1, "A", KEY)
    assert draft.holds(W1, "A")


def test_removing_takes_the_signatures_along(draft: Draft) -> None:
    """Neither the RRset nor what was signed over it is served any more."""
    draft.remove(W1, "A")
    assert not any(line.startswith(W1) for line in draft.records())


@pytest.mark.parametrize(
    "edit",
    [
        lambda draft: draft.remove("w9.shop.lab.", "A"),
        lambda draft: draft.unsign("child.shop.lab.", "NS"),
        lambda draft: draft.forge("child.shop.lab.", "NS"),
        lambda draft: draft.sign(W1, "MX", KEY),
        lambda draft: denial.match(draft, W1),
        lambda draft: denial.match(hashed(draft), "w9.shop.lab."),
    ],
    ids=["no-name", "no-signature", "nothing-to-forge", "no-type", "no-chain", "no-record"],
)
def test_an_edit_that_would_change_nothing_is_refused(draft: Draft, edit: Callable[[Draft], None]) -> None:
    """A fault that edits a name that isn't there must not pass for one."""
    with pytest.raises(LabSick, match=r"^shop\.lab\. has n"):
        edit(draft)


@pytest.mark.parametrize("salt", [b"", b"\xaa\xbb"], ids=["unsalted", "salted"])
def test_a_chain_of_hashes_is_a_ring_over_every_authoritative_name(draft: Draft, salt: bytes) -> None:
    """Names, the cut and the empty non-terminal have a record each, glue has none; each leads to the next."""
    hashed(draft, iterations=3, salt=salt)
    owners = [str(owner) for owner in draft.owners("NSEC3")]
    names = {name for name, _, _ in RECORDS} - {"ns.child.shop.lab."} | {"empty.shop.lab."}
    assert {denial.match(draft, name) for name in names} == set(owners)
    after = [draft.rrset(owner, "NSEC3")[0].to_text().split()[4] for owner in owners]
    assert [f"{label}.{ZONE}" for label in after] == [*owners[1:], owners[0]]
    assert all(draft.holds(owner, "NSEC3") for owner in owners)
    assert denial.types(draft, denial.match(draft, "child.shop.lab.")) == ("NS",)
    assert denial.types(draft, denial.match(draft, W1)) == ("A", "RRSIG")
    assert denial.types(draft, denial.match(draft, "empty.shop.lab.")) == ()
    assert str(draft.rrset(ZONE, "NSEC3PARAM")[0]) == f"1 0 3 {salt.hex() or '-'}"


def test_under_opt_out_an_unsigned_delegation_has_no_record(draft: Draft) -> None:
    """It falls into a gap, whose record has the flag (RFC 5155 6)."""
    hashed(draft, opt_out=True)
    with pytest.raises(LabSick):
        denial.match(draft, "child.shop.lab.")
    gap = denial.cover(draft, "child.shop.lab.")
    assert draft.rrset(gap, "NSEC3")[0].to_text().split()[1] == "1"


def test_what_covers_a_name_is_the_record_before_it(draft: Draft) -> None:
    """In canonical order; what sorts before all names falls into the gap that closes the ring."""
    for owner, after in (("shop.lab.", W1), (W1, W2), (W2, "shop.lab.")):
        draft.put(owner, 60, "NSEC", f"{after} A RRSIG NSEC")
    assert denial.cover(draft, "w11.shop.lab.") == W1
    assert denial.cover(draft, "zzz.shop.lab.") == W2
    denial.set_types(draft, W1, ["A", "TXT"])
    assert denial.types(draft, W1) == ("A", "TXT")
    assert denial.types(draft, W2) == ("A", "RRSIG", "NSEC")


@pytest.mark.parametrize("kind", ["NSEC", "NSEC3"])
def test_a_chain_tells_of_every_name_until_a_record_is_taken_out(draft: Draft, kind: str) -> None:
    """Of those that are there and those that are not; a hole is found wherever it is, the ring's end included."""
    if kind == "NSEC3":
        hashed(draft)
    else:
        for owner, after in ((ZONE, W1), (W1, W2), (W2, ZONE)):
            draft.put(owner, 60, "NSEC", f"{after} A RRSIG NSEC")
    names = (W1, "w11.shop.lab.", "zzz.shop.lab.", "aaa.shop.lab.")
    for name in names:
        assert denial.told(draft, name)
    for name in names:
        owner = denial.teller(draft, name)
        record = str(draft.rrset(owner, kind)[0])
        draft.remove(owner, kind)
        assert not denial.told(draft, name)
        draft.put(owner, 60, kind, record)


def test_opt_out_is_a_flag_of_one_record(draft: Draft) -> None:
    """Cleared and set, in that record alone."""
    hashed(draft, opt_out=True)
    first, second = (str(owner) for owner in draft.owners("NSEC3")[:2])
    denial.set_opt_out(draft, first, opt_out=False)
    assert (denial.opts_out(draft, first), denial.opts_out(draft, second)) == (False, True)
    assert not draft.holds(first, "NSEC3")
    denial.set_opt_out(draft, first, opt_out=True)
    assert draft.holds(first, "NSEC3")


def test_a_key_with_other_flags_is_another_key() -> None:
    """Of the same private half: REVOKE makes a tag of its own (RFC 5011 2.1)."""
    revoked = KEY.flagged(385)
    assert (revoked.dnskey.flags, revoked.dnskey.key, revoked.tag != KEY.tag) == (385, KEY.dnskey.key, True)


def test_a_made_key_says_its_role() -> None:
    """Flags 257 with the SEP flag, 256 without, and a tag."""
    assert (KEY.sep, KEY.dnskey.flags, OTHER.sep, OTHER.dnskey.flags) == (True, 257, False, 256)
    assert KEY.tag != OTHER.tag
    assert isinstance(KEY, SigningKey)
