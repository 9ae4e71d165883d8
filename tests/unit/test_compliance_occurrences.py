"""What AWS Config tells is read with care: an event that says nothing clear ends among the dead letters."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from signalbox.compliance.commands.occurrences import about_finding, compliance_changed, sweep_due
from signalbox.compliance.model import Resource, Verdict
from signalbox.kernel.clock import from_rfc3339
from signalbox.kernel.events import JsonObject

EVENT = json.loads((Path(__file__).parents[2] / "events/config_noncompliant.json").read_text("utf-8"))


def test_a_result_is_read_with_the_time_at_which_it_was_recorded() -> None:
    result = compliance_changed(EVENT)
    assert result.resource == Resource(
        type="AWS::S3::Bucket", id="photos", account="123456789012", region="eu-west-1"
    )
    assert result.rule == "signalbox-BucketPublicAccessConfigRule-1A2B3C4D5E6F"
    assert result.verdict is Verdict.NON_COMPLIANT
    assert result.at == from_rfc3339("2026-11-22T10:00:03.207Z")


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("COMPLIANT", Verdict.COMPLIANT),
        ("NOT_APPLICABLE", Verdict.NOT_APPLICABLE),
        ("INSUFFICIENT_DATA", Verdict.NO_DATA),
    ],
)
def test_each_word_of_config_is_known(said: str, verdict: Verdict) -> None:
    event = deepcopy(EVENT)
    event["detail"]["newEvaluationResult"]["complianceType"] = said
    assert compliance_changed(event).verdict is verdict


def test_without_a_new_result_the_rule_does_not_look_at_it_any_more() -> None:
    event = deepcopy(EVENT)
    event["detail"]["newEvaluationResult"] = None
    assert compliance_changed(event).verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    "broken",
    [
        {"resourceId": ""},
        {"configRuleName": None},
        {"newEvaluationResult": "yes"},
        {"newEvaluationResult": {"complianceType": "MAYBE", "resultRecordedTime": "2026-11-22T10:00:03Z"}},
        {"newEvaluationResult": {"complianceType": "COMPLIANT", "resultRecordedTime": "yesterday"}},
    ],
)
def test_what_is_not_clear_is_refused(broken: dict[str, Any]) -> None:
    event = deepcopy(EVENT)
    event["detail"] |= broken
    with pytest.raises(ValueError):
        compliance_changed(event)


def test_an_event_without_details_is_refused() -> None:
    with pytest.raises(ValueError, match="`detail` must be an object"):
        compliance_changed({"detail": []})


def test_the_sweep_is_told_when_it_was_due() -> None:
    assert sweep_due({"time": "2026-11-22T10:00:00Z"}) == "2026-11-22T10:00:00Z"


def test_what_signalbox_itself_tells_is_about_a_finding() -> None:
    ended: JsonObject = {"source": "signalbox.compliance", "detail": {"finding": "c-1"}}
    assert about_finding(ended) == "c-1"
    assert about_finding(EVENT) == compliance_changed(EVENT)
    details: tuple[object, ...] = (None, {})
    for detail in details:
        broken: JsonObject = {"source": "signalbox.compliance", "detail": detail}
        with pytest.raises(ValueError, match="must be"):
            about_finding(broken)
