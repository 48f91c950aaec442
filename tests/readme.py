"""The README's blocks of real output: `make readme` writes them, tests/test_readme.py compares.

Compared are the words; numbers that differ from run to run (key tags, seconds, counts of fragments) are masked.
The dates of a rehearsal are the same in every run, and are compared to the minute.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
SHOWN = "expired-signatures"
"""The drill whose block stands for all."""
OWN_ZONE = (
    "chaindrill rehearse ksk --zone-file docs/examples/example.com.zone --policy docs/examples/named.conf:{} \\\n"
    "    --ds-ttl {} --registrar-delay 1h --from 2026-12-01T09:00Z"
)
"""Rehearsing a user's zone: under which policy, and with which TTL of the DS at the parent."""
REHEARSALS = {
    "honest": (OWN_ZONE.format("yearly", "1h"), 0),
    "understated": (OWN_ZONE.format("hasty", "1d"), 1),
}
"""The rehearsals that are shown, by the name of their block: what is typed, and its exit status."""
DEMO = re.search(r"(?m)^DRILLS := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"))
"""The stories that `make demo` runs, as the Makefile has them."""
CHAINDRILL = [sys.executable, "-c", "import sys; from harness.cli import main; sys.exit(main())"]


def demo() -> str:
    """What `make demo` prints at its end: one drill's block, and the table over all."""
    assert DEMO, "the Makefile does not say what the demo runs"
    ran = subprocess.run(
        [*CHAINDRILL, "run", *DEMO[1].split()],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=ROOT,
    )
    lines = [line for line in ran.stdout.splitlines() if not line.startswith("…")]
    first = next(number for number, line in enumerate(lines) if line.startswith(f"{SHOWN} ·"))
    last = next(number for number, line in enumerate(lines[first:], first) if line.startswith("PASS"))
    table = next(number for number, line in enumerate(lines) if re.match(r"drill\s+verdict", line))
    return "\n".join([*lines[first : last + 1], "…", "", *lines[table:]]).strip()


def rehearsal(name: str) -> str:
    """A rehearsal's command, and what it prints."""
    command, status = REHEARSALS[name]
    with tempfile.TemporaryDirectory() as folder:  # where its evidence may lie
        Path(folder, "docs").symlink_to(ROOT / "docs")
        arguments = shlex.split(command.replace("\\\n", " "))[1:]
        ran = subprocess.run(
            [*CHAINDRILL, *arguments], stdout=subprocess.PIPE, text=True, check=False, cwd=folder
        )
    assert "not seen" not in ran.stdout, f"a step of the plan did not come about in the lab:\n{ran.stdout}"
    assert ran.returncode == status, f"exit status {ran.returncode}, not {status}:\n{ran.stdout}"
    lines = [line.rstrip() for line in ran.stdout.splitlines() if not line.startswith("…")]
    return "\n".join([f"$ {command}", *lines]).strip()


def masked_but_dates(text: str) -> str:
    """The text without key tags, seconds and counts; dates and hours stand as they are, and so does a zero of bogus.

    Two keys whose news fall on one instant are told in either order.
    """
    text = re.sub(r"(\d\d):(\d\d):(\d\d)\b", _to_the_minute, text)
    text = re.sub(r"(?<![\d:.-])(?!0 s bogus)\d[\d.]*(?![\d:-])", "#", text)
    text = re.sub(r"(KSK #.*); (KSK #.*)", lambda news: "; ".join(sorted(news.groups())), text)
    return re.sub(r"\s+", " ", text).strip()


def _to_the_minute(time: re.Match[str]) -> str:
    """Rounded: what happens a few seconds around a full minute is at that minute in every run."""
    hour, minute, second = map(int, time.groups())
    minutes = (hour * 60 + minute + (second >= 30)) % (24 * 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def masked(text: str) -> str:
    """The text with its numbers and what their width moves taken out."""
    text = re.sub(r"\(over \w+\)", "(over #)", text)  # which signature is the shortest-lived is BIND's jitter
    text = re.sub(
        r"(under )?\d[\d.:]*( (s|min|h|d)( \d+ (s|min|h|d))?)?\b", "#", text
    )  # `2 min 1 s` is one number
    return re.sub(r"\s+", " ", re.sub(r"at once|after #", "#", text)).strip()


def block(name: str, readme: str) -> str:
    """What stands in the README's block of that name."""
    found = re.search(rf"<!-- {name}: .*?-->\n```\n(.*?)```\n<!-- /{name} -->", readme, re.DOTALL)
    assert found, f"README.md has no block {name!r}"
    return found[1].strip()


def write(name: str, text: str) -> None:
    """Put text into the README's block of that name."""
    readme = README.read_text(encoding="utf-8")
    start, end = re.search(rf"<!-- {name}: .*?-->\n", readme), readme.index(f"<!-- /{name} -->")
    assert start, f"README.md has no block {name!r}"
    README.write_text(f"{readme[: start.end()]}```\n{text.strip()}\n```\n{readme[end:]}", encoding="utf-8")


def main() -> None:
    """Run the demo, the rehearsals and the tests, and write what they printed."""
    write("demo", demo())
    for name in REHEARSALS:
        write(name, rehearsal(name))
    ran = subprocess.run(["make", "test"], stdout=subprocess.PIPE, text=True, check=False, cwd=ROOT)
    if ran.returncode:
        sys.exit(f"{ran.stdout}\nmake test failed: the README keeps what it shows")
    write("test", ran.stdout.strip().splitlines()[-1])


if __name__ == "__main__":
    main()
