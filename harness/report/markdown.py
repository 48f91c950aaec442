"""Rehearsals as Markdown, for a change request or a runbook: plan, result and wrong ways as tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from harness.report import plain
from harness.report.outage import outage, plan, seconds, see_it_with, word
from harness.report.rehearsal import RESOLUTION, asked_again, edges, lasted_exactly, tails
from harness.verdict import Verdict

if TYPE_CHECKING:
    from harness.report.outage import Played


def render(all_played: Sequence[Played], versions: Mapping[str, str]) -> str:
    """The document."""
    lines: list[str] = []
    for played in all_played:
        lines += [*_one(played), ""]
    lines.append(f"Rehearsed with {', '.join(f'{what} {which}' for what, which in versions.items())}.")
    return "\n".join(lines) + "\n"


def _one(played: Played) -> Iterator[str]:
    report, rehearsal = played.report, played.rehearsal
    yield f"## {escaped(report.name)}: {escaped(report.title)}"
    yield from ("", escaped(rehearsal.purpose), "")
    yield f"**{report.verdict.value.upper()}**{': ' + escaped(report.reason) if report.reason else ''}"
    if report.verdict is Verdict.FAIL and (command := see_it_with(report, rehearsal)):
        yield from ("", "```", command, "```")
    entries = plan(report)
    if entries:
        yield ""
        yield from table(
            ("date (UTC)", "what"),
            (
                (
                    f"{entry.date:%Y-%m-%d %H:%M}",
                    f"**{escaped(entry.what)}**" if entry.change else escaped(entry.what),
                )
                for entry in entries
            ),
        )
        yield from ("", "What validators can see is in bold.")
    if report.findings is not None:
        titles = {title.split(" ")[0]: title for title in report.validators}
        yield ""
        yield from table(
            ("validator", "bogus", "insecure", "looks", "cache states", "generations"),
            (
                (
                    titles.get(one.vendor, one.vendor),
                    lasted_exactly(one.bogus_seconds),
                    lasted_exactly(one.insecure_seconds),
                    str(one.looks),
                    str(one.members),
                    str(len(report.changes)),
                )
                for one in report.findings.vendors
            ),
        )
        yield from ("", f"{RESOLUTION[0].upper()}{RESOLUTION[1:]}.")
        yield from (f"{words}." for words in tails(report.findings.vendors))
        for one in report.findings.vendors:
            if one.watched:
                yield from (
                    "",
                    f"Beside them, one {titles.get(one.vendor, one.vendor)} {asked_again(one.watched)}.",
                )
    if played.wrong:
        yield from _wrong(played)
    yield from ("", f"References: {', '.join(map(escaped, rehearsal.references)) or 'none'}.")


def _wrong(played: Played) -> Iterator[str]:
    yield from ("", "### Ways to get it wrong", "")
    rows = []
    for report in played.wrong or ():
        dark = outage(report)
        because = report.reason or (dark.why if dark else "")
        rows.append(
            (
                escaped(report.name),
                word(report, played.rehearsal),
                lasted_exactly(seconds(report, "bogus")) if dark else "",
                f"{dark.start} s to {dark.end} s after: {escaped(dark.after)}" if dark else "",
                escaped(f"{' and '.join(dark.vendors)}, holding {dark.priming}") if dark else "",
                escaped(because),
            )
        )
    yield from table(("way", "verdict", "bogus for", "when", "at", "because"), rows)
    yield from (f"\n{words[0].upper()}{words[1:]}." for words in edges(played.wrong or ()))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table, line by line; its cells are Markdown already."""
    for cells in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(cells)} |"


def escaped(text: str) -> str:
    """Words that Markdown leaves as they are."""
    return "".join(f"\\{char}" if char in "\\`*_[]<>|#" else char for char in plain(text))
