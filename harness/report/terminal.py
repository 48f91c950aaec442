"""A run for people: the block of one drill, the table over several.  All numbers are the Report's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.text import Text

from harness.expectation import duration_text
from harness.report import monitors, only_ede_differs, plain, steps, telling_command
from harness.scenario import PHASES
from harness.verdict import Cell, Report, Row, Verdict

OTHER_EDE_STYLE = "bold magenta"
STYLES = {Verdict.PASS: "bold green", Verdict.FAIL: "bold red", Verdict.INCONCLUSIVE: "bold yellow"}
_LABEL_WIDTH = 14
_UNNOTICED = "← why nobody on this resolver notices"


def show(console: Console, lines: Sequence[Text]) -> None:
    """Print lines as they are, in one go; the terminal may wrap them, rich must not."""
    console.print(Text("\n").join(lines), soft_wrap=True, highlight=False)


def block(report: Report, zones: Sequence[str] = (), evidence: Path | None = None) -> list[Text]:
    """All that is to be said of one drill."""
    return [
        Text.assemble((report.name, "bold"), " · ", plain(report.title)),
        *([labelled("lab", " · ".join("root" if zone == "." else zone for zone in zones))] if zones else []),
        *_done(report),
        *_table(report.rows),
        *_monitors(report),
        *_end(report, evidence),
    ]


def summary(reports: Sequence[Report]) -> list[Text]:
    """One line per drill, and the count of verdicts."""
    if not reports:
        return []
    width = max(len(report.name) for report in reports)
    head = f"{'drill':<{width}}  {'verdict':<13} {'dark':>12}  {'lab time':>12}  {'wall time':>9}"
    lines = [Text(head, "dim")]
    for report in reports:
        word, style = verdict_words(report)
        dark = lasted(report.dark) if any(row.dark_from for row in report.rows) else "never"
        lab = lasted(timedelta(seconds=report.lab_seconds))
        lines.append(
            Text.assemble(
                f"{report.name:<{width}}  ",
                (f"{word:<13}", style),
                f" {dark:>12}  {lab:>12}  {report.wall_seconds:>7.1f} s",
            )
        )
    counts = {verdict: sum(report.verdict is verdict for report in reports) for verdict in Verdict}
    said = ", ".join(f"{count} {COUNTED[verdict]}" for verdict, count in counts.items() if count)
    return [*lines, Text(f"{len(reports)} drills: {said}", "bold")]


COUNTED = {Verdict.PASS: "passed", Verdict.FAIL: "failed", Verdict.INCONCLUSIVE: "inconclusive"}


def verdict_words(report: Report) -> tuple[str, str]:
    """The verdict's word and its style; a state that is right with an EDE that is not has its own."""
    if report.verdict is Verdict.FAIL and only_ede_differs(report):
        return "FAIL (EDE)", OTHER_EDE_STYLE
    return report.verdict.value.upper(), STYLES[report.verdict]


def lasted(duration: timedelta) -> str:
    """A duration that something took: never nothing."""
    return duration_text(duration) if duration >= timedelta(seconds=1) else "under 1 s"


def labelled(label: str, text: str, style: str = "") -> Text:
    """A line that begins with what it is about."""
    return Text.assemble("  ", (f"{label:<{_LABEL_WIDTH}} ", "dim"), (plain(text), style))


def _done(report: Report) -> Iterator[Text]:
    before = ""
    for phase, text in steps(report):
        label = "" if phase == before else phase.replace("_", " ")
        yield labelled(label, f"took hold: {text}" if phase == "fault" else text)
        before = phase


def _table(rows: Sequence[Row]) -> list[Text]:
    """One row per resolver, one column per phase that asked them."""
    phases = [phase for phase in PHASES if any(phase in row.cells for row in rows)]
    if not phases:
        return []
    body = [[(row.title, ""), *(_cell(row, phase) for phase in phases), _dark(row)] for row in rows]
    head = [("", ""), *((phase.replace("_", " "), "dim") for phase in phases), ("dark for", "dim")]
    if not any(row.dark_from for row in rows):
        head, body = head[:-1], [cells[:-1] for cells in body]
    widths = [max(len(text) for text, _ in column) for column in zip(head, *body, strict=True)]
    lines = [padded(cells, widths) for cells in [head, *body]]
    for line, row in zip(lines[1:], rows, strict=True):
        if _hides_it(row, rows):
            line.append(f"  {_UNNOTICED}", "dim")
    return lines


def _monitors(report: Report) -> Iterator[Text]:
    label = "monitors"
    for title, words in monitors.lines(report):
        yield labelled(label, f"{title}: {words}")
        label = ""


def padded(cells: Sequence[tuple[str, str]], widths: Sequence[int]) -> Text:
    """Cells (text and style) as one line of a table, each as wide as its column."""
    line = Text("  ")
    for (text, style), width in zip(cells, widths, strict=True):
        line.append(text, style)
        line.append(" " * (width - len(text) + 3))
    line.rstrip()
    return line


def _cell(row: Row, phase: str) -> tuple[str, str]:
    cell = row.cells.get(phase)
    if cell is None:
        return "", ""
    text = plain(cell.said) + _when(row, phase, cell)
    if cell.other_ede:
        return f"{text} (EDE unexpected)", OTHER_EDE_STYLE
    if not cell.met:
        return f"{text} (not as claimed)", "red"
    return text, "green" if row.validates else ""


def _when(row: Row, phase: str, cell: Cell) -> str:
    if cell.after:
        return f"  after {duration_text(cell.after)}"
    return "  at once" if phase == "recovery" and row.validates and cell.met else ""


def _dark(row: Row) -> tuple[str, str]:
    if row.dark_from is None:
        return "", ""
    still = ", and still is" if row.still_dark else ""
    return f"{lasted(row.dark)}{still}", "red" if still else ""


def _hides_it(row: Row, rows: Sequence[Row]) -> bool:
    """Whether this resolver answers on, unvalidated, while a validator refuses."""
    impact = row.cells.get("impact")
    answers = not row.validates and impact is not None and impact.said == "answers"
    return answers and any(other.validates and other.dark_from for other in rows)


def _end(report: Report, evidence: Path | None) -> Iterator[Text]:
    word, style = verdict_words(report)
    yield Text.assemble((word, style), "  ", plain(report.reason) if report.reason else _passed(report))
    if only_ede_differs(report):
        yield labelled(
            "", "every state was as claimed; only an EDE was not: what was measured may be out of date"
        )
    if report.verdict is Verdict.FAIL and (command := telling_command(report)):
        yield labelled("see it with", command)
    for error in report.clean_up_errors:
        yield labelled("clean-up", f"{error} (the verdict stands)", "yellow")
    if evidence is not None:
        yield labelled("evidence", str(evidence))


def _passed(report: Report) -> str:
    wall = f"{report.wall_seconds:.1f} s of yours"
    validators = [row for row in report.rows if row.validates]
    dark = [row for row in validators if row.dark_from is not None]
    if not dark:
        lab = lasted(timedelta(seconds=report.lab_seconds))
        return f"no validator went dark in {lab} of lab time, {wall}"
    all_of_them = "all validators" if len(validators) > 1 else "the validator"
    behind = f"{len(dark)} of {len(validators)} validators" if len(dark) < len(validators) else all_of_them
    return f"zone dark for {lasted(report.dark)} of lab time behind {behind}, {wall}"
