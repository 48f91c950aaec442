"""Runs as JSON, for programs.

Schema 1 (a number is added to or given a new meaning only with a new schema; keys may be added within one):

    schema        1
    versions      {"chaindrill": "…", "python": "…", …}
    verdict       the worst of all: "pass", "fail" or "inconclusive"
    drills        a list, in the order asked for, of
      name, title, verdict
      reason            one sentence; empty for a pass
      only_ede_differs  whether every state was as claimed and only an EDE was not
      fault             what showed that the fault took hold; empty where it did not
      wall_seconds, lab_seconds
      dark_seconds      the longest that a validator was dark, in lab time
      clean_up_errors   a list of sentences, apart from the verdict
      evidence          the path of the evidence archive, or null
      resolvers         a list, in the order chosen, the control last, of
        name, title, validates
        phases          by phase: {"said", "met", "other_ede", "after_seconds"}
        dark_from, dark_to     lab time (ISO 8601) or null; dark_seconds, still_dark
      first_bogus       when a validator's answer was first seen to be bogus, or null
      monitors          a list of what was watched, the user's own checks last, of
        name, says, command, own
        outcome         "ahead", "late", "no outage", "never", "before the fault" or "could not look"
        rang_at, fine_until    lab time or null: the first alarm, and the last look before it that was fine
        lead_seconds           from the alarm to the first bogus answer, negative where it came late; or null
        before_expiry_seconds  the same to the first expiry of a signature, where the alarm is about that; or null
        said            its words at that look, or at the last one where it never alarmed
        looks, could_not_look  how many there were, and at how many it could say nothing
      events            a list, in order, of
        kind            "step", "saw", "look", "fault", "alarm", "quiet" (of a monitor), "note" or "error"
        phase, text, lab_time (ISO 8601), wall_seconds (since the start)
        claim           a sentence, or null;  match "met", "other_ede" or "not_met", or null;  difference
        value           a number that a look read, or null
        observation     null, or {"resolver", "validates", "qname", "qtype", "state", "answer", "unchecked"};
                        an answer is {"rcode" (null: none came), "failed", "ad", "tc", "tcp", "records",
                        "min_ttl_seconds", "ede": [{"code", "text"}], "octets", "elapsed_seconds"};
                        "unchecked" is the answer with CD=1, null where it wasn't asked for
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.expectation import classify
from harness.report import only_ede_differs
from harness.verdict import worst

if TYPE_CHECKING:
    from harness.history import Event
    from harness.monitors import Watched
    from harness.verdict import Report, Row
    from lab.query import Answer, Observation

SCHEMA = 1


def render(
    reports: Sequence[Report], versions: Mapping[str, str], evidence: Mapping[str, Path] | None = None
) -> str:
    """The document; `evidence` gives the archives by drill."""
    document = {
        "schema": SCHEMA,
        "versions": dict(versions),
        "verdict": worst([report.verdict for report in reports]).value,
        "drills": [_drill(report, (evidence or {}).get(report.name)) for report in reports],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _drill(report: Report, evidence: Path | None) -> dict[str, Any]:
    return {
        "name": report.name,
        "title": report.title,
        "verdict": report.verdict.value,
        "reason": report.reason,
        "only_ede_differs": only_ede_differs(report),
        "fault": report.proof,
        "wall_seconds": round(report.wall_seconds, 3),
        "lab_seconds": round(report.lab_seconds, 3),
        "dark_seconds": round(report.dark.total_seconds(), 3),
        "clean_up_errors": list(report.clean_up_errors),
        "evidence": None if evidence is None else str(evidence),
        "resolvers": [_resolver(row) for row in report.rows],
        "first_bogus": _instant(report.history.first_bogus),
        "monitors": [_monitor(one, report.history.first_bogus) for one in report.history.monitors],
        "events": [_event(event) for event in report.history.events],
    }


def _resolver(row: Row) -> dict[str, Any]:
    return {
        "name": row.resolver,
        "title": row.title,
        "validates": row.validates,
        "phases": {
            phase: {
                "said": cell.said,
                "met": cell.met,
                "other_ede": cell.other_ede,
                "after_seconds": cell.after.total_seconds(),
            }
            for phase, cell in row.cells.items()
        },
        "dark_from": _instant(row.dark_from),
        "dark_to": _instant(row.dark_to),
        "dark_seconds": round(row.dark.total_seconds(), 3),
        "still_dark": row.still_dark,
    }


def _monitor(watched: Watched, first_bogus: datetime | None) -> dict[str, Any]:
    return {
        "name": watched.check.title,
        "says": watched.check.describe(),
        "command": watched.check.command(),
        "own": watched.own,
        "outcome": watched.outcome(first_bogus).value,
        "rang_at": _instant(watched.rang_at),
        "fine_until": _instant(watched.fine_until),
        "lead_seconds": _apart(watched.rang_at, first_bogus),
        "before_expiry_seconds": _apart(watched.rang_at, watched.first_expiry),
        "said": watched.said,
        "looks": watched.looks,
        "could_not_look": watched.blind,
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "phase": event.phase,
        "text": event.text,
        "lab_time": _instant(event.lab_time),
        "wall_seconds": round(event.wall_seconds, 4),
        "claim": event.claim.describe() if event.claim else None,
        "match": event.judgement.match.name.lower() if event.judgement else None,
        "difference": event.judgement.difference if event.judgement else "",
        "value": event.value,
        "observation": _observation(event.observation) if event.observation else None,
    }


def _observation(seen: Observation) -> dict[str, Any]:
    return {
        "resolver": seen.resolver,
        "validates": seen.validates,
        "qname": seen.qname,
        "qtype": seen.qtype,
        "state": classify(seen).value,
        "answer": _answer(seen.answer),
        "unchecked": _answer(seen.unchecked) if seen.unchecked else None,
    }


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "rcode": answer.rcode,
        "failed": answer.failed,
        "ad": answer.ad,
        "tc": answer.tc,
        "tcp": answer.tcp,
        "records": list(answer.records),
        "min_ttl_seconds": answer.min_ttl_seconds,
        "ede": [{"code": error.code, "text": error.text} for error in answer.ede],
        "octets": answer.octets,
        "elapsed_seconds": round(answer.elapsed_seconds, 6),
    }


def _apart(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else round((end - start).total_seconds(), 3)


def _instant(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()
