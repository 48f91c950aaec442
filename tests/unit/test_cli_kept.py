"""Labs that stay up: which is meant, and how to use it."""

from __future__ import annotations

import pytest

from harness.cli import keep
from lab.engine import Owned
from lab.errors import UsageError


def kept(*names: str) -> list[keep.Kept]:
    """Labs of those names."""
    return [
        keep.Kept(name, name[:-5], Owned("container", "id", keep.PREFIX + name, "session")) for name in names
    ]


def test_a_lab_is_picked_by_name_by_drill_or_alone() -> None:
    """A kept lab is meant by its name, by its drill where that is enough, or by nothing where alone."""
    one, two = kept("clock-skew.ahead-0a1b", "stale-ds-2c3d")
    assert keep.pick([one, two], "stale-ds-2c3d") is two
    assert keep.pick([one, two], "chaindrill-kept-stale-ds-2c3d") is two
    assert keep.pick([one, two], "clock-skew:ahead") is one
    assert keep.pick([one], None) is one


@pytest.mark.parametrize(
    ("labs", "wanted", "says"),
    [
        ([], None, "no lab is up"),
        (kept("a-0000", "b-1111"), None, "say which with NAME, one of a-0000, b-1111"),
        (kept("a-0000", "a-1111"), "a", "say which with NAME, one of a-0000, a-1111"),
        (kept("a-0000"), "b", "no lab is called 'b': there is a-0000"),
    ],
)
def test_a_lab_that_is_not_clear_is_refused(labs: list[keep.Kept], wanted: str | None, says: str) -> None:
    """Where there is no such lab, or several, the sentence names those there are."""
    with pytest.raises(UsageError, match=says):
        keep.pick(labs, wanted)


def test_how_to_use_a_kept_lab_names_every_resolver() -> None:
    """A dig line for each resolver through its loopback port, the shell, and how to remove the lab."""
    text = "\n".join(keep.how_to_use("x-0a1b", "www.shop.lab.", {"unbound 1.26.2": 1111, "control": 2222}))
    assert "dig @127.0.0.1 -p 1111 www.shop.lab. +dnssec   # unbound 1.26.2" in text
    assert "dig @127.0.0.1 -p 2222 www.shop.lab. +dnssec   # control" in text
    assert "chaindrill shell x-0a1b" in text
    assert "chaindrill lab down x-0a1b" in text
