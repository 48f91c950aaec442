"""The views that are written to files, of reports built by hand."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

from harness.report import json_, junit
from tests.unit.reports import (
    CLAIM,
    VERSIONS,
    failed,
    inconclusive,
    other_ede,
    passed,
)

# -- JUnit ---------------------------------------------------------------------------------------------------


def test_junit_has_failures_errors_and_nothing_skipped() -> None:
    """A failed drill is a failure, an inconclusive one an error, and no test case is skipped."""
    top = ET.fromstring(junit.render([passed(), failed(), other_ede(), inconclusive()], VERSIONS))
    suite = top.find("testsuite")
    assert suite is not None
    assert {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4",
        "failures": "2",
        "errors": "1",
        "skipped": "0",
    }
    kinds = [
        [(child.tag, child.get("type")) for child in case if child.tag in ("failure", "error", "skipped")]
        for case in suite.iter("testcase")
    ]
    assert kinds == [[], [("failure", "fail")], [("failure", "ede")], [("error", "inconclusive")]]


def test_junit_tells_versions_and_clean_up_apart() -> None:
    """Versions are properties; clean-up errors stand in system-err, and the case stays a pass."""
    report = passed()
    report.clean_up_errors.append("something stayed")
    top = ET.fromstring(junit.render([report], VERSIONS))
    properties = {p.get("name"): p.get("value") for p in top.iter("property")}
    assert properties["chaindrill"] == "1.2.3"
    assert properties["resolver.unbound"] == "unbound 1.26.2"
    assert "something stayed" in (top.findtext(".//system-err") or "")
    assert top.find(".//failure") is None
    assert top.find(".//error") is None


def test_junit_survives_what_xml_does_not_allow() -> None:
    """Control characters from a server's words do not make the file unreadable."""
    report = failed()
    report.reason = "said \x00\x1b[31m <b>&\ud800"
    top = ET.fromstring(junit.render([report], VERSIONS).encode("utf-8"))
    failure = top.find(".//failure")
    assert failure is not None
    assert "<b>&" in (failure.get("message") or "")


# -- JSON ----------------------------------------------------------------------------------------------------


def test_json_is_versioned_and_tells_every_verdict() -> None:
    """The document names its schema, the worst verdict, and each drill's own."""
    document = json.loads(json_.render([passed(), inconclusive()], VERSIONS, {"sick": Path("e/sick.tar.gz")}))
    assert document["schema"] == 1
    assert document["versions"] == VERSIONS
    assert document["verdict"] == "inconclusive"
    assert [(d["name"], d["verdict"], d["evidence"]) for d in document["drills"]] == [
        ("stale-ds", "pass", None),
        ("sick", "inconclusive", "e/sick.tar.gz"),
    ]
    assert json.loads(json_.render([passed(), inconclusive(), failed()], VERSIONS))["verdict"] == "fail"


def test_json_has_rows_and_times_in_numbers() -> None:
    """Per resolver: phases, seconds dark, and since when; per drill the longest."""
    drill = json.loads(json_.render([failed()], VERSIONS))["drills"][0]
    assert drill["dark_seconds"] == 7290.0
    assert drill["lab_seconds"] == 10800.0
    assert drill["wall_seconds"] == 4.2
    unbound, bind, control = drill["resolvers"]
    assert unbound["phases"]["recovery"] == {
        "said": "secure",
        "met": True,
        "other_ede": False,
        "after_seconds": 61.0,
    }
    assert (unbound["dark_from"], unbound["dark_to"]) == (
        "2030-01-01T00:00:10+00:00",
        "2030-01-01T01:05:10+00:00",
    )
    assert bind["still_dark"] is True
    assert bind["phases"]["recovery"]["met"] is False
    assert control["validates"] is False
    assert control["dark_from"] is None


def test_json_includes_events_whole() -> None:
    """Events carry the claim, how it compared, and both answers with their EDE."""
    drill = json.loads(json_.render([other_ede()], VERSIONS))["drills"][0]
    assert drill["only_ede_differs"] is True
    last = drill["events"][-1]
    assert (last["kind"], last["match"], last["difference"]) == (
        "saw",
        "other_ede",
        "EDE 9 where EDE 6 was measured",
    )
    assert last["claim"] == CLAIM.describe()
    seen = last["observation"]
    assert seen["state"] == "bogus"
    assert seen["answer"]["rcode"] == "SERVFAIL"
    assert seen["answer"]["ede"] == [{"code": 9, "text": "\x1b[31mno\x00key"}]
    assert seen["unchecked"]["records"] == ["www.shop.lab. A 192.0.2.2"]
