"""Rehearsals as JSON, for programs.

Schema 1 (a number is added to or given a new meaning only with a new schema; keys may be added within one):

    schema        1
    versions      {"chaindrill": "…", "python": "…", …}
    verdict       the worst of all, wrong ways too: "pass", "fail" or "inconclusive"
    rehearsals    a list, in the order asked for, of
      name, title, verdict
      reason            one sentence; empty for a pass
      zone              the zone that was watched
      may_be_insecure   whether validators may call it insecure on the way
      wall_seconds, lab_seconds
      look_seconds      how far to both sides of an edge looks are taken
      edge_seconds      how far apart looks around an edge of a window lay at most (0: there is no window)
      clean_up_errors   a list of sentences, apart from the verdict
      evidence          the path of the evidence archive, or null
      resolvers         a list of titles: "unbound 1.26.2"
      plan              a list, in order, of {"date", "what", "change"}: to the minute, and the same in every run
      changes           a list, in order, of {"label", "date", "begun", "served", "ds", "keys"}: "date" as in the plan,
                        the others as read back (ISO 8601); "ds" and "keys" are lists of {"tag", "algorithm"}
      vendors           a list of
        name, bogus_seconds, insecure_seconds
        validators      members: validators primed alike in one generation count once
        bogus_tail_seconds  how much longer one fails that was asked in a window
        windows         the bogus ones, the longest first, of {"from", "to", "seconds", "generation", "held", "why",
                        "good_before", "first_bogus", "last_bogus", "good_after", "not_sought"}: the model's edges,
                        the looks next to them (ISO 8601, or null where none was taken), and why one was not
                        looked for more closely
        looks           how many
        asked_again     null, or what the validator said that is asked again and again beside them, and counts for
                        nothing: {"looks", "bogus", "first_bogus", "stale", "unanswered", "in_outage", "bogus_in_outage",
                        "stale_in_outage", "serves_stale"}: how many looks, at how many it was bogus (first when),
                        answered with stale data, or not at all; those that fell into a window of this vendor; and
                        whether it was to serve stale answers (RFC 8767)
      disagreements     a list of looks at which lab and model differ: {"at", "vendor", "generation", "held", "qname",
                        "said", "predicted", "why", "ede"}
      unasked           looks that were due and could not be taken
      wrong_ways        null where not asked for, else a list of the same objects, without "wrong_ways", with
        found           whether a validator can see it: "found", "not observable here", "FAIL" or "INCONCLUSIVE"
        outage          null, or the longest window: {"vendors", "held", "after", "from_seconds", "to_seconds", "why"},
                        counted from when the change called "after" was served
    dated_plan    of a zone of one's own, else left out: a list of {"step", "not_before", "do", "check", "seen",
                  "seen_at"}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.generation import EDGE_SECONDS
from harness.report.dates import Dates
from harness.report.outage import outage, plan, tail_seconds, word
from harness.verdict import worst

if TYPE_CHECKING:
    from harness.finding import Found, VendorFinding
    from harness.generation import Look
    from harness.rehearsal import Rehearsal
    from harness.rehearse import RehearsalReport
    from harness.report.outage import Played
    from harness.watchers import Watched
    from lab.chain import KeyId

SCHEMA = 1


def render(
    all_played: Sequence[Played],
    versions: Mapping[str, str],
    dated_plan: Sequence[Mapping[str, Any]] | None = None,
) -> str:
    """The document."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "versions": dict(versions),
        "verdict": worst([verdict for one in all_played for verdict in one.verdicts]).value,
        "rehearsals": [
            {
                **_report(one.report, one.rehearsal, one.evidence),
                "wrong_ways": None
                if one.wrong is None
                else [_wrong(way, one.rehearsal) for way in one.wrong],
            }
            for one in all_played
        ],
    }
    if dated_plan is not None:
        document["dated_plan"] = list(dated_plan)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _wrong(report: RehearsalReport, rehearsal: Rehearsal) -> dict[str, Any]:
    dark = outage(report)
    worst_window = dark and {
        "vendors": list(dark.vendors),
        "held": dark.priming,
        "after": dark.after,
        "from_seconds": dark.start,
        "to_seconds": dark.end,
        "why": dark.why,
    }
    return {**_report(report, rehearsal, None), "found": word(report, rehearsal), "outage": worst_window}


def _report(report: RehearsalReport, rehearsal: Rehearsal, evidence: Path | None) -> dict[str, Any]:
    found, dates = report.findings, Dates([change.served for change in report.changes])
    return {
        "name": report.name,
        "title": report.title,
        "verdict": report.verdict.value,
        "reason": report.reason,
        "zone": rehearsal.topology.victim.name,
        "may_be_insecure": rehearsal.may_be_insecure,
        "wall_seconds": round(report.wall_seconds, 3),
        "lab_seconds": round(report.lab_seconds, 3),
        "look_seconds": EDGE_SECONDS,
        "edge_seconds": round(found.resolution_seconds, 3) if found else 0,
        "clean_up_errors": list(report.clean_up_errors),
        "evidence": None if evidence is None else str(evidence),
        "resolvers": list(report.validators),
        "plan": [{**asdict(entry), "date": minute(entry.date)} for entry in plan(report)],
        "changes": [
            {
                "label": change.label,
                "date": minute(dates.of(change.served)),
                "begun": _instant(change.begun),
                "served": _instant(change.served),
                "ds": _keys(change.published.ds),
                "keys": _keys(change.published.keys),
            }
            for change in report.changes
        ],
        "vendors": [_vendor(one) for one in found.vendors] if found else [],
        "disagreements": [_look(one) for one in found.disagreements] if found else [],
        "unasked": found.unasked if found else 0,
    }


def minute(date: datetime) -> str:
    """A date as plans have it."""
    return f"{date:%Y-%m-%dT%H:%MZ}"


def _vendor(one: VendorFinding) -> dict[str, Any]:
    return {
        "name": one.vendor,
        "bogus_seconds": round(one.bogus_seconds, 3),
        "insecure_seconds": round(one.insecure_seconds, 3),
        "validators": one.members,
        "bogus_tail_seconds": tail_seconds(one.vendor),
        "windows": [_window(found) for found in one.windows],
        "looks": one.looks,
        "asked_again": one.watched and _watched(one.watched),
    }


def _watched(one: Watched) -> dict[str, Any]:
    return {
        "looks": len(one.sights),
        "bogus": len(one.bogus),
        "first_bogus": one.first_bogus and one.first_bogus.isoformat(),
        "stale": len(one.stale),
        "unanswered": one.unanswered,
        "in_outage": one.in_outage(one.sights),
        "bogus_in_outage": one.in_outage(one.bogus),
        "stale_in_outage": one.in_outage(one.stale),
        "serves_stale": one.serve_stale,
    }


def _window(found: Found) -> dict[str, Any]:
    return {
        "from": _instant(found.window.start),
        "to": _instant(found.window.end),
        "seconds": round(found.window.seconds, 3),
        "generation": found.generation,
        "held": found.priming.value,
        "why": found.window.why,
        "good_before": _instant(found.start.before),
        "first_bogus": _instant(found.start.after),
        "last_bogus": _instant(found.end.before),
        "good_after": _instant(found.end.after),
        "not_sought": [edge.not_sought for edge in (found.start, found.end) if edge.not_sought],
    }


def _look(look: Look) -> dict[str, Any]:
    return {
        "at": _instant(look.at),
        "vendor": look.vendor,
        "generation": look.generation,
        "held": look.priming.value,
        "qname": look.qname,
        "said": look.state.value,
        "predicted": look.predicted.state.value,
        "why": look.predicted.why,
        "ede": [{"code": error.code, "text": error.text} for error in look.ede],
    }


def _keys(keys: Iterable[KeyId]) -> list[dict[str, int]]:
    return [{"tag": key.tag, "algorithm": key.algorithm} for key in sorted(keys)]


def _instant(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()
