"""The README's two blocks of real output: `make readme` writes them, tests/test_readme.py compares.

Compared are the words; numbers that differ from run to run (key tags, seconds, counts of fragments) are masked.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
SHOWN = "expired-signatures"
"""The drill whose block stands for all."""


def demo() -> str:
    """What `make demo` prints at its end: one drill's block, and the table over all."""
    ran = subprocess.run(
        [sys.executable, "-c", "import sys; from harness.cli import main; sys.exit(main())", "run"],
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
    """Run the demo and the tests, and write what they printed."""
    write("demo", demo())
    ran = subprocess.run(["make", "test"], stdout=subprocess.PIPE, text=True, check=False, cwd=ROOT)
    if ran.returncode:
        sys.exit(f"{ran.stdout}\nmake test failed: the README keeps what it shows")
    write("test", ran.stdout.strip().splitlines()[-1])


if __name__ == "__main__":
    main()
