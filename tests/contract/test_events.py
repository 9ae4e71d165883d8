"""Every event that we emit or accept has a sample in `events/`, and the sample is true."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from signalbox.aws.bus import SOURCE
from signalbox.aws.compliance.bus import SOURCE as COMPLIANCE
from signalbox.aws.fleets.bus import SOURCE as FLEETS
from signalbox.compliance.steps import keep_exception, undo_fix
from signalbox.fleets.commands.enforce import Switched
from signalbox.fleets.commands.occurrences import power_changed
from signalbox.fleets.decisions import mentions
from signalbox.fleets.model import Kind, Power
from signalbox.fleets.steps import report_fleet
from signalbox.kernel.clock import from_rfc3339
from signalbox.kernel.events import EVENT_VERSION
from signalbox.rollouts.commands.alarm_event import alarm_raised
from signalbox.rollouts.commands.occurrences import (
    ExecutionEnded,
    SweepDue,
    instance_changed,
    sweep_reason,
)
from signalbox.rollouts.commands.on_platform_event import InstanceChanged
from signalbox.rollouts.model import Told
from signalbox.rollouts.steps import acting, closing
from tests.contract.template import ROOT

_SAMPLES = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted((ROOT / "events").glob("*.json"))
}
_OURS = {name: event for name, event in _SAMPLES.items() if event["source"] in (SOURCE, FLEETS, COMPLIANCE)}
_ENVELOPE = {
    "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail",
}  # fmt: skip
_WHOSE = {SOURCE: ["rollout_id", "service"], FLEETS: ["fleet"], COMPLIANCE: ["finding", "rule", "resource"]}
_OF_EXCEPTIONS = set(keep_exception.DECIDED.values())
_CAPABILITIES = {SOURCE: "rollouts", FLEETS: "fleets", COMPLIANCE: "compliance"}
_TABLES = {
    "DONE": set(acting.DONE.values()),
    "DETAIL_TYPES": set(closing.DETAIL_TYPES.values()),
    "BEGUN": set(mentions.BEGUN.values()),
    "ENDED": set(report_fleet.ENDED.values()),
    "BY_OTHERS": set(mentions.BY_OTHERS.values()),
    "FAILED": set(undo_fix.FAILED.values()),
    "DECIDED": _OF_EXCEPTIONS,
}
_NOBODY_SUPERSEDES = {"Rollout Superseded"}  # while `concurrency` knows `reject` only


def _calls(folder: Path) -> Iterator[ast.Call]:
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _given(call: ast.Call, name: str) -> Any:
    found = [word.value for word in call.keywords if word.arg == name]
    return found[0].value if found and isinstance(found[0], ast.Constant) else None


def _type_of(call: ast.Call) -> ast.expr | None:
    """Where a call that makes a public event names its detail type."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name == "remember" and _given(call, "public"):
        return call.args[0]
    if name == "enter_phase":
        return call.args[1]
    if name == "happened":
        return call.args[0]
    types = [word.value for word in call.keywords if word.arg == "type"]
    return types[0] if name == "Event" and types and _given(call, "public") is not False else None


def _named(expression: ast.expr) -> set[str]:
    """The detail types that an expression can be; a parameter stands for what its callers say."""
    if isinstance(expression, ast.Constant):
        return {str(expression.value)}
    if isinstance(expression, ast.Subscript) and isinstance(expression.value, ast.Name):
        return _TABLES[expression.value.id]
    return set()


def _published(capability: str) -> set[str]:
    folder = ROOT / "layers" / "core" / "signalbox" / capability
    types = [_named(where) for call in _calls(folder) if (where := _type_of(call)) is not None]
    return set().union(*types) - _NOBODY_SUPERSEDES


@pytest.mark.parametrize(("source", "capability"), _CAPABILITIES.items())
def test_every_event_that_we_publish_has_a_sample_and_no_sample_is_made_up(
    source: str, capability: str
) -> None:
    samples = {event["detail-type"] for event in _OURS.values() if event["source"] == source}
    assert samples == _published(capability)


@pytest.mark.parametrize("name", _OURS)
def test_a_sample_is_named_after_its_detail_type(name: str) -> None:
    assert name == "signalbox_" + _OURS[name]["detail-type"].lower().replace(" ", "_")


@pytest.mark.parametrize("name", _SAMPLES)
def test_a_sample_has_the_envelope_of_eventbridge(name: str) -> None:
    assert _SAMPLES[name].keys() == _ENVELOPE


@pytest.mark.parametrize("name", _OURS)
def test_a_detail_has_a_version_and_what_consumers_deduplicate_by(name: str) -> None:
    event, detail = _OURS[name], _OURS[name]["detail"]
    whose = ["exception"] if event["detail-type"] in _OF_EXCEPTIONS else _WHOSE[event["source"]]
    assert list(detail) == ["version", *whose, "sequence", "at", "actor", "reason", "data"]
    assert detail["version"] == EVENT_VERSION
    assert detail.get("rollout_id", "r-").startswith("r-")
    assert detail["sequence"] >= 1
    assert from_rfc3339(detail["at"]) >= from_rfc3339(_OURS[name]["time"])


def test_an_alarm_event_is_read_as_a_signal_with_its_own_time() -> None:
    raised = alarm_raised(_SAMPLES["cloudwatch_alarm"])
    assert (raised.name, raised.at) == ("checkout-5xx", "2026-11-22T10:00:12.345Z")


@pytest.mark.parametrize("name", [name for name in _SAMPLES if name.startswith("autoscaling_")])
def test_an_instance_event_names_its_group_and_what_happened(name: str) -> None:
    told = Told.LAUNCHED if "launch" in name else Told.TERMINATED
    assert instance_changed(_SAMPLES[name]) == InstanceChanged(group="checkout", told=told)


def test_the_sweep_is_told_which_execution_has_ended() -> None:
    reason = sweep_reason(_SAMPLES["step_functions_execution_aborted"])
    assert reason == ExecutionEnded(service="checkout", rollout_id="r-01jd3q9x2k7m4p8s0")


def test_the_sweep_takes_a_schedule_as_a_reason_to_look_at_everything() -> None:
    assert sweep_reason(_SAMPLES["events_sweep_due"]) == SweepDue()


@pytest.mark.parametrize(
    ("name", "kind", "id_", "power", "by_aws"),
    [
        ("ec2_instance_running", Kind.EC2, "i-0a1b2c3d4e5f60718", Power.RUNNING, False),
        ("ec2_instance_stopped", Kind.EC2, "i-0a1b2c3d4e5f60718", Power.STOPPED, False),
        ("rds_instance_started", Kind.RDS, "orders", Power.RUNNING, False),
        ("rds_instance_started_by_aws", Kind.RDS, "orders", Power.RUNNING, True),
        ("rds_cluster_stopped", Kind.CLUSTER, "orders-cluster", Power.STOPPED, False),
    ],
)
def test_what_was_started_or_stopped_is_read_from_what_its_service_tells(
    name: str, kind: Kind, id_: str, power: Power, *, by_aws: bool
) -> None:
    told = power_changed(_SAMPLES[name])
    assert told == Switched(
        kind=kind, id=id_, power=power, region="eu-west-1", account="123456789012", by_aws=by_aws
    )
