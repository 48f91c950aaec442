"""What zones may be called."""

from __future__ import annotations

import pytest

from lab.errors import UsageError
from lab.zonename import check_zone_name, under

LONGEST_LABEL = "a" * 63
TOO_LONG = ".".join([LONGEST_LABEL] * 4) + ".lab."


@pytest.mark.parametrize(
    "name",
    [
        *("shop.lab.", "my-shop.lab.", "_dmarc.lab.", "7.lab.", "a--b.lab.", f"{LONGEST_LABEL}.lab."),
        *(
            "example.com.",
            "example.co.uk.",
            "de.",
            "xn--shp-tna.de.",
            "nic.example.",
            "contest.",
            "mylocal.de.",
        ),
        *("8.8.8.in-addr.arpa.", "63.100.in-addr.arpa.", "172.in-addr.arpa.", "8.d.0.1.0.0.2.ip6.arpa."),
        f"{LONGEST_LABEL}.{LONGEST_LABEL}.{LONGEST_LABEL}.{'b' * 3}.lab.",
    ],
)
def test_good_names_are_taken_as_they_are(name: str) -> None:
    """A host-style name is returned unchanged, wherever it is."""
    assert check_zone_name(name) == name


def test_names_are_compared_without_case() -> None:
    """A name in capitals is the same name (RFC 4343), so it is turned to lower case."""
    assert check_zone_name("ShOp.LAB.") == "shop.lab."


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("shop.lab", "is not absolute"),
        ("", "is not absolute"),
        ("-shop.lab.", "neither start nor end with a hyphen"),
        ("shop-.lab.", "neither start nor end with a hyphen"),
        ("sh op.lab.", "'sh op'"),
        ("sh/op.lab.", "'sh/op'"),
        ("shöp.lab.", "write it in its A-label form"),
        (r"\115hop.lab.", "has an escape"),
        (r"a\.b.lab.", "has an escape"),
        ("shop.lab.\n", "is not absolute"),
        ("shop\n.lab.", "is not a host-style name"),
        ("shop..lab.", "label ''"),
        (".", "label ''"),
        (f"a{LONGEST_LABEL}.lab.", "1 to 63"),
        (TOO_LONG, "longer than a domain name may be"),
        (f"{LONGEST_LABEL}.{LONGEST_LABEL}.{LONGEST_LABEL}.{'b' * 4}.lab.", "leave no room for the hashed"),
        ("root.", "where the lab's own root server has its name"),
        ("shop.root.", "where the lab's own root server has its name"),
    ],
    ids=repr,
)
def test_bad_names_are_refused_with_what_is_wrong(name: str, complaint: str) -> None:
    """A name that no zone of a lab can have is refused in one sentence that says why."""
    with pytest.raises(UsageError) as refused:
        check_zone_name(name)
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    "name",
    [
        *("test.", "shop.test.", "SHOP.Test.", "a.b.invalid.", "localhost.", "printer.local.", "x.onion."),
        *("home.arpa.", "1.10.in-addr.arpa.", "168.192.in-addr.arpa.", "31.172.in-addr.arpa."),
        *("127.100.in-addr.arpa.", "8.b.d.0.1.0.0.2.ip6.arpa.", "0.d.f.ip6.arpa.", f"1.{'0.' * 31}ip6.arpa."),
    ],
)
def test_names_that_resolvers_answer_by_themselves_are_refused(name: str) -> None:
    """A special-use name never gets as far as the lab's servers."""
    with pytest.raises(UsageError, match=r"a special-use name \(RFC 6761\)"):
        check_zone_name(name)


@pytest.mark.parametrize(
    ("name", "zone", "is_under"),
    [
        ("a.lab.", "lab.", True),
        ("lab.", "lab.", True),
        ("a.b.lab.", ".", True),
        (".", ".", True),
        ("workshop.lab.", "shop.lab.", False),
        ("lab.", "a.lab.", False),
    ],
)
def test_names_lie_under_zones_by_whole_labels(name: str, zone: str, is_under: bool) -> None:
    """What merely ends in the same letters is another zone."""
    assert under(name, zone) is is_under
