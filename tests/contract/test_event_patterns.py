"""Rules take the events that they are meant for, and no others."""

import json
from typing import Any

import pytest
from moto.events.models import EventPattern
from samtranslator.yaml_helper import yaml_parse

from tests.contract import event_patterns
from tests.contract.template import ROOT, resources, template

_RULES = {
    name: rule["Properties"]["EventPattern"]
    for name, rule in resources(template(), "AWS::Events::Rule").items()
    if "EventPattern" in rule["Properties"]
}
_EVENTS = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "events").rglob("*.json")
}
_STATE_MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:RolloutMachine"
_TAKES = {
    "AlarmRule": {"cloudwatch_alarm"},
    "PlatformEventRule": {
        "autoscaling_launch_successful",
        "autoscaling_launch_unsuccessful",
        "autoscaling_terminate_successful",
        "autoscaling_terminate_unsuccessful",
    },
    "ExecutionEndedRule": {"step_functions_execution_aborted"},
    "InstancePowerRule": {"ec2_instance_running", "ec2_instance_stopped"},
    "ComplianceRule": {"config_noncompliant"},
    "RemediationEndedRule": {
        "signalbox_approval_requested",
        "signalbox_finding_closed",
        "signalbox_finding_left",
        "signalbox_remediation_failed",
        "signalbox_remediation_rejected",
        "signalbox_remediation_stopped",
        "signalbox_remediation_succeeded",
        "signalbox_remediation_undone",
        "signalbox_undo_failed",
    },
    "FindingFlappingRule": {"signalbox_finding_flapping"},
    "PowerTagRule": {"tag_power_changed"},
    "HeldBackRule": {"signalbox_resources_held_back"},
    "DatabasePowerRule": {"rds_instance_started", "rds_instance_started_by_aws", "rds_cluster_stopped"},
}
_SAMPLES = set().union(*_TAKES.values()) | {
    "cloudwatch_alarm_over",
    "step_functions_execution_running",
    "ec2_instance_pending",
    "rds_instance_backed_up",
    "tag_owner_changed",
    "signalbox_finding_queued",
    "signalbox_undo_requested",
    "signalbox_undo_started",
}


def _resolved(node: Any) -> Any:
    if node == {"Ref": "RolloutMachine"}:
        return _STATE_MACHINE
    if isinstance(node, dict):
        return {field: _resolved(value) for field, value in node.items()}
    return [_resolved(item) for item in node] if isinstance(node, list) else node


@pytest.mark.parametrize("pattern", _RULES.values(), ids=_RULES.keys())
def test_a_pattern_is_shaped_as_eventbridge_takes_it(pattern: dict[str, Any]) -> None:
    assert list(event_patterns.faults(_resolved(pattern))) == []


@pytest.mark.parametrize("name", _RULES)
def test_a_rule_takes_its_events_and_no_others(name: str) -> None:
    matcher = EventPattern.load(json.dumps(_resolved(_RULES[name])))
    taken = {event for event in _SAMPLES if matcher.matches_event(_EVENTS[event])}
    assert taken == _TAKES[name]


def test_what_is_forwarded_from_elsewhere_is_what_rules_of_power_take() -> None:
    forwarding = yaml_parse((ROOT / "docs" / "forward-power-events.yaml").read_text(encoding="utf-8"))
    (rule,) = resources(forwarding, "AWS::Events::Rule").values()
    pattern = rule["Properties"]["EventPattern"]
    assert list(event_patterns.faults(pattern)) == []
    ours = [_RULES[name] for name in ("InstancePowerRule", "DatabasePowerRule", "PowerTagRule")]
    assert pattern == {"$or": ours}


@pytest.mark.parametrize("name", resources(template(), "AWS::Events::Rule"))
def test_a_rule_reads_the_source_whose_delivery_is_guaranteed(name: str) -> None:
    assert "aws.monitoring" not in _RULES.get(name, {}).get("source", [])


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": "aws.cloudwatch"},
        {"source": [{"prefx": "aws"}]},
        {"detail": {"a": [["b"]]}},
        {"sauce": ["a"]},
    ],
    ids=["scalar", "unknown filter", "nested list", "unknown field"],
)
def test_a_planted_fault_is_found(pattern: dict[str, Any]) -> None:
    assert list(event_patterns.faults(pattern))
