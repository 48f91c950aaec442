"""Policies found in a named.conf and read into terms, without BIND's tools."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from lab.agent import Agent, Ran
from lab.errors import LabSick, UsageError
from lab.topology import Key
from lab.userpolicy import blocks, duration, parse_argument, read_policy

CONF = Path("named.conf")
BUILT_IN = """
dnssec-policy "default" {
    keys { csk key-directory lifetime unlimited algorithm 13; };
    cds-digest-types { 2; }; dnskey-ttl 3600; offline-ksk no; publish-safety 3600; retire-safety 3600;
    signatures-jitter PT12H; signatures-refresh P5D; signatures-validity P14D; max-zone-ttl 86400;
    zone-propagation-delay 300; parent-ds-ttl 86400; parent-propagation-delay 3600;
};
dnssec-policy "insecure" { max-zone-ttl 0; keys { }; };
"""
OWN = """
options { directory "/var"; dnssec-policy default; }; // dnssec-policy "no" {
# dnssec-policy "nor this" { };
/* dnssec-policy "nor
   that" { }; */
key "a;{" { algorithm hmac-sha256; secret "}"; };
dnssec-policy "own" { // { a brace in a comment
    keys {
        ksk key-directory lifetime P1Y algorithm rsasha256 tag-range 0 32767 4096;
        zsk lifetime 90d algorithm 8;
    };
    nsec3param iterations 0 optout no salt-length 0;
    dnskey-ttl 2h; parent-ds-ttl PT6H;
};
zone "example.com" { type primary; dnssec-policy "own"; };
"""


@dataclass
class Tools:
    """A workbench of cardboard: `named -C` prints what it is given, `named-checkconf` what it is given or the file."""

    refuses: str = ""
    built_in: str = BUILT_IN
    files: dict[str, bytes] = field(default_factory=dict)

    def write(self, files: dict[str, bytes]) -> None:
        """Note them."""
        self.files |= files

    def run(self, argv: list[str], *, env: dict[str, str]) -> Ran:
        """As the tools do."""
        if argv == ["named", "-C"]:
            return Ran(tuple(argv), 0, f"options {{ recursion no; }};\n{self.built_in}", "")
        if self.refuses:
            return Ran(tuple(argv), 1, self.refuses, "")
        return Ran(tuple(argv), 0, self.files[argv[-1]].decode(), "")


def tools(refuses: str = "", built_in: str = BUILT_IN) -> Agent:
    """A workbench's agent."""
    return cast("Agent", Tools(refuses, built_in))


def conf(folder: Path, text: str) -> Path:
    """A named.conf of that text."""
    path = folder / "named.conf"
    path.write_text(text, encoding="utf-8")
    return path


def test_blocks_are_found_among_all_that_a_named_conf_has() -> None:
    """Neither comments, strings nor the policies that zones name are taken for a block."""
    (own,) = blocks(OWN, CONF)
    assert (own.name, own.line) == ("own", 7)
    assert own.text.startswith('dnssec-policy "own" { // { a brace')
    assert own.text.endswith("PT6H;\n};")


def test_several_blocks_are_found_on_one_line() -> None:
    """Line breaks mean nothing, and a name needs no quotes."""
    found = blocks('dnssec-policy a { }; dnssec-policy "b c" { keys { }; };', CONF)
    assert [(block.name, block.line) for block in found] == [("a", 1), ("b c", 1)]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            '\n\ndnssec-policy "x" { keys {',
            "named.conf:3: the dnssec-policy 'x' that starts here does not end",
        ),
        ('dnssec-policy "x" { }', "named.conf:1: the dnssec-policy 'x' that starts here does not end"),
        ('options { };\ndnssec-policy "x', "named.conf:2: a quotation mark"),
    ],
)
def test_a_block_that_does_not_end_is_refused(text: str, complaint: str) -> None:
    """A brace, semicolon or quotation mark that is missing is told with its line."""
    with pytest.raises(UsageError) as refused:
        blocks(text, CONF)
    assert complaint in str(refused.value)


def test_terms_are_the_users_and_bind_s_where_there_are_none(tmp_path: Path) -> None:
    """What the block leaves out is what this BIND's own default policy says."""
    read = read_policy(conf(tmp_path, OWN), None, tools())
    policy = read.policy
    assert policy.source == read.text == blocks(OWN, CONF)[0].text
    assert policy.ksk == Key("rsasha256", 4096, timedelta(days=365))
    assert policy.zsk == Key("rsasha256", None, timedelta(days=90))
    assert (policy.csk, policy.nsec3) == (None, True)
    assert (policy.dnskey_ttl, policy.parent_ds_ttl) == (timedelta(hours=2), timedelta(hours=6))
    assert (policy.max_zone_ttl, policy.retire_safety) == (timedelta(days=1), timedelta(hours=1))
    assert policy.zone_propagation_delay == timedelta(minutes=5)
    assert (policy.signatures_validity, policy.signatures_jitter) == (timedelta(days=14), timedelta(hours=12))


def test_a_policy_without_keys_has_bind_s_csk(tmp_path: Path) -> None:
    """BIND's default key stands in where the block has none."""
    policy = read_policy(conf(tmp_path, "dnssec-policy x { dnskey-ttl 1h; };"), "x", tools()).policy
    assert policy.keys == (("csk", Key("ecdsap256sha256")),)
    assert not policy.nsec3


@pytest.mark.parametrize(("name", "ttl"), [("default", timedelta(days=1)), ("insecure", timedelta(0))])
def test_built_in_policies_need_no_file(name: str, ttl: timedelta) -> None:
    """BIND has them, so nothing is put into its configuration for them."""
    read = read_policy(None, name, tools())
    assert (read.name, read.text, read.policy.source, read.policy.max_zone_ttl) == (name, "", "", ttl)
    assert read.policy.parent_ds_ttl == timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "name", "complaint"),
    [
        ("options { };", None, "has no dnssec-policy statement"),
        (
            "dnssec-policy a { }; dnssec-policy b { };",
            None,
            "has 2 policies (a, b): say which, as in named.conf:a",
        ),
        ("dnssec-policy saas { }; dnssec-policy b { };", "sass", "it has saas, b; is it 'saas'?"),
        ("dnssec-policy a { };", "zzz", "has no policy 'zzz': it has a"),
        (
            "\ndnssec-policy a { keys { csk key-store hsm algorithm 13; }; };",
            None,
            ":2: policy 'a' keeps keys in a",
        ),
        ("dnssec-policy a { offline-ksk yes; };", None, ":1: policy 'a' has offline-ksk"),
        ("dnssec-policy a { manual-mode yes; };", None, ":1: policy 'a' has manual-mode"),
        ("dnssec-policy a { keys { csk algorithm 13; zsk algorithm 13; }; };", None, "has the keys csk, zsk"),
        ("dnssec-policy a { keys { ksk algorithm 13; }; };", None, "takes one CSK, or one KSK and one ZSK"),
        ("  \n", None, "is empty"),
        ("a\nb\0", None, ":2: this is no text"),
    ],
)
def test_what_can_t_be_rehearsed_is_refused(
    tmp_path: Path, text: str, name: str | None, complaint: str
) -> None:
    """A policy that isn't there, or that no lab can honour, is one sentence that says which and where."""
    with pytest.raises(UsageError) as refused:
        read_policy(conf(tmp_path, text), name, tools())
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_key_store_in_a_comment_is_none(tmp_path: Path) -> None:
    """Only what BIND reads counts."""
    assert read_policy(conf(tmp_path, "dnssec-policy a { /* key-store */ };"), None, tools()).name == "a"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """A name that leads nowhere, or to a folder, is said so."""
    with pytest.raises(UsageError, match=r"there is no named\.conf .*nosuch"):
        read_policy(tmp_path / "nosuch", None, tools())
    with pytest.raises(UsageError, match="is a folder"):
        read_policy(tmp_path, None, tools())


def test_an_unknown_built_in_policy_is_told() -> None:
    """Without a file there are two policies only."""
    with pytest.raises(
        UsageError, match=r"no policy 'saas' built in: give a named\.conf, or default or insecure"
    ):
        read_policy(None, "saas", tools())


def test_bind_s_words_reach_the_user_with_the_user_s_lines(tmp_path: Path) -> None:
    """What named-checkconf says is shown under the user's file, and its echoes are left out."""
    bench = Tools(
        "/lab/user.conf:7: too short\n/lab/user.conf:7: dnssec-policy: failed to configure keys (failure)\n"
    )
    path = conf(tmp_path, OWN)
    with pytest.raises(UsageError) as refused:
        read_policy(path, None, cast("Agent", bench))
    assert str(refused.value) == f"{path}:7: too short (named-checkconf refuses policy 'own'; mend it)"
    assert bench.files["/lab/user.conf"].splitlines()[6].startswith(b"dnssec-policy")


def test_a_bind_that_does_not_tell_its_defaults_is_sick() -> None:
    """Terms are never guessed."""
    with pytest.raises(LabSick, match="does not print BIND's built-in policies"):
        read_policy(None, "default", tools(built_in=""))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(("3600", 3600), ("1h", 3600), ("1w2d", 777_600), ("30D", 2_592_000), ("unlimited", 0), ("0", 0)),
        *(("P1Y", 31_536_000), ("P1M", 2_678_400), ("P1W", 604_800), ("PT1H30M", 5400), ("P1DT1S", 86_401)),
    ],
)
def test_durations_are_counted_as_bind_counts(text: str, seconds: int) -> None:
    """A year has 365 days and a month 31."""
    assert duration(text) == timedelta(seconds=seconds)


def test_what_is_no_duration_is_not_read_as_one() -> None:
    """A print of BIND's that isn't understood is never taken for nothing."""
    with pytest.raises(LabSick, match="'1x'"):
        duration("1x")


def test_the_argument_names_a_file_and_a_policy(tmp_path: Path) -> None:
    """After the last colon stands the policy, unless there is a file of the whole name."""
    odd = tmp_path / "a:b"
    odd.touch()
    assert parse_argument("named.conf") == (Path("named.conf"), None)
    assert parse_argument("etc/named.conf:saas") == (Path("etc/named.conf"), "saas")
    assert parse_argument(str(odd)) == (odd, None)
    assert parse_argument(f"{odd}:x") == (odd, "x")
    assert parse_argument("default") == (None, "default")
    assert parse_argument("named.conf:default") == (Path("named.conf"), "default")
