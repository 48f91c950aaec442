"""A user's own dnssec-policy: its block found in a named.conf, judged by BIND's own tools, and read into terms."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from lab.agent import Agent
from lab.errors import LabSick, UsageError
from lab.host import LAB
from lab.topology import Key, Policy
from lab.workbench import read_user_file, user_bytes

BUILT_IN = ("default", "insecure")
_MOST_BYTES = 16 << 20
_FILE = f"{LAB}/user.conf"

_TOKEN = re.compile(
    r"""(?P<skip>//[^\n]*|\#[^\n]*|/\*.*?\*/|\s+)|"(?P<string>(?:[^"\\]|\\.)*)"|(?P<mark>[{};])|(?P<word>[^\s{};"]+)""",
    re.DOTALL,
)
_DURATION = re.compile(
    r"P(?:(?P<Y>\d+)Y)?(?:(?P<M>\d+)M)?(?:(?P<W>\d+)W)?(?:(?P<D>\d+)D)?"
    r"(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+)S)?)?\Z",
    re.IGNORECASE,
)
_TTL = re.compile(r"(\d+)([wdhms]?)", re.IGNORECASE)
_SECONDS = {"Y": 31_536_000, "M": 2_678_400, "W": 604_800, "D": 86_400, "h": 3600, "m": 60, "s": 1}
"""As BIND counts: a year has 365 days, a month 31 (isccfg_duration_toseconds)."""

_ALGORITHMS = {
    "5": "rsasha1",
    "7": "nsec3rsasha1",
    "8": "rsasha256",
    "10": "rsasha512",
    "13": "ecdsap256sha256",
    "14": "ecdsap384sha384",
    "15": "ed25519",
    "16": "ed448",
    "ecdsa256": "ecdsap256sha256",
    "ecdsa384": "ecdsap384sha384",
}
"""BIND's other words for algorithms."""

_Statement = tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """A dnssec-policy statement of a named.conf, from its first word to its semicolon."""

    name: str
    text: str = field(repr=False)
    line: int


@dataclass(frozen=True)
class UserPolicy:
    """A policy that BIND takes: its name, its block as the user wrote it, and its terms as BIND fills them in.

    `policy.source` is the block.  A built-in policy has an empty one; `insecure` has no keys that could be rehearsed.
    """

    name: str
    text: str = field(repr=False)
    policy: Policy


def parse_argument(argument: str) -> tuple[Path | None, str | None]:
    """`FILE`, `FILE:NAME` or a built-in policy's name, as (file, name); a file that has a colon in its name wins."""
    if argument in BUILT_IN:
        return None, argument
    file, colon, name = argument.rpartition(":")
    if not colon or not name or not file or Path(argument).exists():
        return Path(argument), None
    return Path(file), name


def read_policy(path: Path | None, name: str | None, tools: Agent) -> UserPolicy:
    """The policy of that name in a named.conf, or the only one there; without a file, BIND's own of that name.

    `tools`: a workbench's agent.  Raises UsageError, in one sentence with the line where there is one, for
    what is not there, what BIND refuses (in its words) and what a lab can't honour.
    """
    defaults = _built_in(tools)
    if name in BUILT_IN:
        return UserPolicy(
            str(name), "", _policy(str(name), {}, {**defaults["default"], **defaults[str(name)]}, "")
        )
    if path is None:
        raise UsageError(
            f"BIND has no policy {name!r} built in: give a named.conf, or {' or '.join(BUILT_IN)}"
        )
    text = read_user_file(path, "named.conf", _MOST_BYTES)
    block = _choose(path, blocks(text, path), name)
    options = _options(_checked(path, block, tools))
    _refuse_unrehearsable(path, block, options)
    return UserPolicy(block.name, block.text, _policy(block.name, options, defaults["default"], block.text))


def blocks(text: str, path: Path) -> tuple[Block, ...]:
    """Every dnssec-policy statement at the top of a named.conf.  Raises UsageError where a brace is left open."""
    found: list[Block] = []
    depth, words, start = 0, [""], 0
    name = ""
    for token in _tokens(text, path):
        mark = token["mark"]
        if depth == 0 and not mark:
            start = token.start() if words == [""] else start
            words = [*words, token["string"] if token["string"] is not None else token["word"]]
        elif mark == "{":
            depth += 1
            name = words[2] if words[1:2] == ["dnssec-policy"] and len(words) > 2 else name
        elif mark == "}":
            depth -= 1
        if mark == ";" and depth <= 0:
            if name:
                found.append(Block(name, text[start : token.end()], text.count("\n", 0, start) + 1))
            depth, words, name = 0, [""], ""
    if name:
        raise UsageError(
            f"{path}:{text.count(chr(10), 0, start) + 1}: the dnssec-policy {name!r} that starts here does not end: a"
            " '}' or its ';' is missing"
        )
    return tuple(found)


def _tokens(text: str, path: Path) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            line = text.count("\n", 0, at) + 1
            raise UsageError(f"{path}:{line}: a quotation mark that opens here is not closed")
        at = token.end()
        if token["skip"] is None:
            yield token


def _choose(path: Path, found: tuple[Block, ...], name: str | None) -> Block:
    names = [block.name for block in found]
    if not found:
        raise UsageError(
            f"{path} has no dnssec-policy statement: give the file that has it (an included one is not looked into),"
            f" or {' or '.join(BUILT_IN)}"
        )
    if name is None:
        if len(found) > 1:
            raise UsageError(
                f"{path} has {len(found)} policies ({', '.join(names)}): say which, as in {path.name}:{names[0]}"
            )
        return found[0]
    if name not in names:
        near = difflib.get_close_matches(name, names, 1)
        raise UsageError(
            f"{path} has no policy {name!r}: it has {', '.join(names)}"
            + (f"; is it {near[0]!r}?" if near else "")
        )
    return found[names.index(name)]


def _checked(path: Path, block: Block, tools: Agent) -> str:
    """The block in BIND's own notation; raises UsageError with BIND's words, at the user's line numbers."""
    if re.search(r"\bkey-store\b", _bare(block.text)):
        raise UsageError(
            f"{path}:{block.line}: policy {block.name!r} keeps keys in a key-store, and a lab has none (nor an HSM):"
            " write 'key-directory' in its place"
        )
    tools.write({_FILE: user_bytes("\n" * (block.line - 1) + block.text + "\n")})
    ran = tools.run(["named-checkconf", "-p", _FILE], env={})
    if ran.exit == 0:
        return ran.stdout
    said = [line for line in (ran.stdout + ran.stderr).splitlines() if line.strip()]
    reasons = [line for line in said if "failed to configure keys" not in line] or said or ["no reason given"]
    words = "; ".join(dict.fromkeys(line.removeprefix(f"{_FILE}:").strip() for line in reasons))
    raise UsageError(f"{path}:{words} (named-checkconf refuses policy {block.name!r}; mend it)")


def _bare(text: str) -> str:
    """A text without comments and strings."""
    return " ".join(
        token["word"] or token["mark"] or '""' for token in _TOKEN.finditer(text) if token["skip"] is None
    )


def _built_in(tools: Agent) -> Mapping[str, Mapping[str, list[_Statement]]]:
    """The options of BIND's own policies, as this BIND prints them."""
    printed = tools.run(["named", "-C"], env={}).check().stdout
    found = {block.name: _options(block.text) for block in blocks(printed, Path("named -C"))}
    if not found.keys() >= set(BUILT_IN):
        raise LabSick("named -C does not print BIND's built-in policies")
    return found


def _options(printed: str) -> Mapping[str, list[_Statement]]:
    """The options of one policy: each one's statements, as words; `keys` has one for each key."""
    options: dict[str, list[_Statement]] = {}
    words: list[str] = []
    outer = ""
    depth = 0
    for token in _TOKEN.finditer(printed):
        if token["mark"] == "{":
            depth += 1
            if depth == 2:
                outer = words[0]
                options[outer] = []
            words = []
        elif token["mark"]:
            if words and depth:
                name, rest = (outer, words) if depth == 2 else (words[0], words[1:])
                options.setdefault(name, []).append(tuple(rest))
            words = []
            depth -= token["mark"] == "}"
        elif token["skip"] is None:
            words.append(token["string"] if token["string"] is not None else token["word"])
    return options


def _refuse_unrehearsable(path: Path, block: Block, options: Mapping[str, list[_Statement]]) -> None:
    where = f"{path}:{block.line}: policy {block.name!r}"
    if options.get("offline-ksk", [("no",)])[0][0] in ("yes", "true", "1"):
        raise UsageError(
            f"{where} has offline-ksk: its KSK would sign outside the lab; take the option out and"
            " rehearse with both keys at hand"
        )
    if options.get("manual-mode", [("no",)])[0][0] in ("yes", "true", "1"):
        raise UsageError(
            f"{where} has manual-mode: nobody would confirm its steps in a lab; take the option out"
        )
    roles = [statement[0] for statement in options.get("keys", [])]
    if roles and sorted(roles) not in (["csk"], ["ksk", "zsk"]):
        raise UsageError(
            f"{where} has the keys {', '.join(roles)}: a rehearsal takes one CSK, or one KSK and one ZSK"
        )


def _policy(
    name: str, options: Mapping[str, list[_Statement]], defaults: Mapping[str, list[_Statement]], source: str
) -> Policy:
    def term(option: str) -> timedelta:
        given = options.get(option) or defaults.get(option) or [("0",)]
        return duration(given[0][0])

    keys = {words[0]: _key(words) for words in options.get("keys") or defaults["keys"]}
    return Policy(
        name,
        ksk=keys.get("ksk", Key()),
        zsk=keys.get("zsk", Key()),
        csk=keys.get("csk"),
        nsec3="nsec3param" in options,
        dnskey_ttl=term("dnskey-ttl"),
        max_zone_ttl=term("max-zone-ttl"),
        parent_ds_ttl=term("parent-ds-ttl"),
        parent_propagation_delay=term("parent-propagation-delay"),
        zone_propagation_delay=term("zone-propagation-delay"),
        publish_safety=term("publish-safety"),
        retire_safety=term("retire-safety"),
        signatures_validity=term("signatures-validity"),
        signatures_refresh=term("signatures-refresh"),
        signatures_jitter=term("signatures-jitter"),
        source=source,
    )


def _key(words: _Statement) -> Key:
    """From `csk key-directory lifetime P1Y algorithm rsasha256 tag-range 0 32767 2048`, in BIND's own notation."""
    lifetime = words[words.index("lifetime") + 1] if "lifetime" in words else "unlimited"
    rest = list(words[words.index("algorithm") + 1 :])
    if "tag-range" in rest:
        at = rest.index("tag-range")
        del rest[at : at + 3]
    bits = next((int(word) for word in rest[1:] if word.isdecimal()), None)
    span = None if lifetime.lower() == "unlimited" else duration(lifetime)
    algorithm = rest[0].lower()
    return Key(_ALGORITHMS.get(algorithm, algorithm), bits, span or None)


def duration(text: str) -> timedelta:
    """An ISO 8601 duration or a TTL as BIND takes them (`P1Y`, `PT1H30M`, `1w2d`, `3600`, `unlimited` as 0)."""
    if text.lower() == "unlimited":
        return timedelta(0)
    if found := _DURATION.match(text):
        return timedelta(
            seconds=sum(_SECONDS[unit] * int(count or 0) for unit, count in found.groupdict().items())
        )
    parts = _TTL.findall(text)
    if not parts or "".join(map("".join, parts)) != text:
        raise LabSick(f"BIND printed {text!r} where a duration was expected")
    units = {"w": "W", "d": "D", "h": "h", "m": "m", "s": "s", "": "s"}
    return timedelta(seconds=sum(int(count) * _SECONDS[units[unit.lower()]] for count, unit in parts))
