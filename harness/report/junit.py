"""Runs as JUnit XML, for CI: one test case per drill.

A drill that failed is a failure, one that concluded nothing an error: never a skipped test, which
CI shows green.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.report import monitors, only_ede_differs, steps, telling_command
from harness.verdict import Report, Verdict


def render(
    reports: Sequence[Report], versions: Mapping[str, str], evidence: Mapping[str, Path] | None = None
) -> str:
    """The document; `evidence` gives the archives by drill."""
    counts = {
        "tests": len(reports),
        "failures": sum(report.verdict is Verdict.FAIL for report in reports),
        "errors": sum(report.verdict is Verdict.INCONCLUSIVE for report in reports),
        "skipped": 0,
    }
    attributes = {key: str(count) for key, count in counts.items()}
    attributes["time"] = f"{sum(report.wall_seconds for report in reports):.3f}"
    top = ET.Element("testsuites", {"name": "chaindrill", **attributes})
    suite = ET.SubElement(top, "testsuite", {"name": "chaindrill", **attributes})
    _properties(suite, versions)
    for report in reports:
        suite.append(_case(report, (evidence or {}).get(report.name)))
    ET.indent(top)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(top, encoding="unicode") + "\n"


def _case(report: Report, evidence: Path | None) -> ET.Element:
    story, _, _ = report.name.partition(":")
    case = ET.Element(
        "testcase",
        {
            "classname": f"chaindrill.{_legal(story)}",
            "name": _legal(report.name),
            "time": f"{report.wall_seconds:.3f}",
        },
    )
    facts = {f"resolver.{row.resolver}": row.title for row in report.rows}
    facts["lab_seconds"] = f"{report.lab_seconds:.3f}"
    facts["dark_seconds"] = f"{report.dark.total_seconds():.3f}"
    if evidence is not None:
        facts["evidence"] = str(evidence)
    _properties(case, facts)
    if report.verdict is not Verdict.PASS:
        failed = report.verdict is Verdict.FAIL
        kind = "ede" if only_ede_differs(report) and failed else report.verdict.value
        sad = ET.SubElement(
            case, "failure" if failed else "error", {"type": kind, "message": _legal(report.reason)}
        )
        command = telling_command(report) if failed else ""
        sad.text = _legal(
            "\n".join([report.reason, *([f"see it with: {command}"] if command else []), *_rows(report)])
        )
    ET.SubElement(case, "system-out").text = _legal(
        "\n".join(
            [
                report.title,
                *(f"{phase}: {text}" for phase, text in steps(report)),
                *_rows(report),
                *(f"monitor: {title}: {words}" for title, words in monitors.lines(report)),
            ]
        )
    )
    if report.clean_up_errors:
        ET.SubElement(case, "system-err").text = _legal(
            "\n".join(f"clean-up (the verdict stands): {error}" for error in report.clean_up_errors)
        )
    return case


def _rows(report: Report) -> list[str]:
    return [
        f"{row.title}: " + "; ".join(f"{phase}: {cell.said}" for phase, cell in row.cells.items())
        for row in report.rows
    ]


def _properties(parent: ET.Element, facts: Mapping[str, str]) -> None:
    properties = ET.SubElement(parent, "properties")
    for name, value in facts.items():
        ET.SubElement(properties, "property", {"name": _legal(name), "value": _legal(value)})


def _legal(text: str) -> str:
    """Text that XML 1.0 allows: server output may hold anything."""
    return "".join(
        char if char in "\t\n" or char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text
    )
