"""Events of AWS, from the samples in events/."""

import json
from pathlib import Path

import msgspec
import pytest

from signalbox.kernel.events import JsonObject
from signalbox.rollouts.commands.alarm_event import alarm_raised
from signalbox.rollouts.commands.occurrences import ExecutionEnded, SweepDue, instance_changed, sweep_reason
from signalbox.rollouts.commands.on_alarm import AlarmRaised
from signalbox.rollouts.model import Told

EVENTS = Path(__file__).parents[2] / "events"


def sample(name: str) -> JsonObject:
    read: JsonObject = json.loads((EVENTS / f"{name}.json").read_text())
    return read


def changed(name: str, **detail: object) -> JsonObject:
    event = sample(name)
    inner = event["detail"]
    assert isinstance(inner, dict)
    return {**event, "detail": {**inner, **detail}}


def test_an_alarm_is_told_with_the_instant_of_its_change() -> None:
    event = sample("cloudwatch_alarm")
    raised = alarm_raised(event)
    assert isinstance(raised, AlarmRaised)
    assert [raised.arn] == event["resources"]
    assert raised.at.endswith("Z")
    assert raised.reason


@pytest.mark.parametrize(
    ("timestamp", "at"),
    [
        ("2026-11-22T10:00:12.345+0000", "2026-11-22T10:00:12.345Z"),
        ("2026-11-22T10:00:12.345+01:00", "2026-11-22T09:00:12.345Z"),
        ("2026-11-22T10:00:12Z", "2026-11-22T10:00:12.000Z"),
    ],
)
def test_an_instant_may_have_any_offset(timestamp: str, at: str) -> None:
    event = changed("cloudwatch_alarm", state={"value": "ALARM", "timestamp": timestamp})
    assert alarm_raised(event).at == at


def test_a_long_reason_is_cut() -> None:
    state = {"value": "ALARM", "timestamp": "2026-11-22T10:00:12Z", "reason": "x" * 5000}
    assert len(alarm_raised(changed("cloudwatch_alarm", state=state)).reason) == 1000


@pytest.mark.parametrize(
    "event",
    [
        sample("cloudwatch_alarm_over"),
        sample("autoscaling_launch_successful"),
        {**sample("cloudwatch_alarm"), "resources": []},
        {},
    ],
)
def test_what_is_no_alarm_going_off_is_refused(event: JsonObject) -> None:
    with pytest.raises(msgspec.ValidationError):
        alarm_raised(event)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("autoscaling_launch_successful", Told.LAUNCHED),
        ("autoscaling_launch_unsuccessful", Told.LAUNCHED),
        ("autoscaling_terminate_successful", Told.TERMINATED),
        ("autoscaling_terminate_unsuccessful", Told.TERMINATED),
    ],
)
def test_an_instance_event_names_its_group_and_which_way(name: str, told: Told) -> None:
    event = instance_changed(sample(name))
    assert event.group
    assert event.told is told


def test_an_event_about_no_group_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        instance_changed(sample("cloudwatch_alarm"))


def test_an_execution_that_ended_names_its_rollout() -> None:
    ended = sweep_reason(sample("step_functions_execution_aborted"))
    assert isinstance(ended, ExecutionEnded)
    assert ended.rollout_id.startswith("r-")


@pytest.mark.parametrize(
    "event",
    [
        sample("events_sweep_due"),
        {},
        {"source": "aws.states"},
        {"source": "aws.states", "detail": {"input": None}},
        {"source": "aws.events", "detail": {"input": "{}"}},
    ],
)
def test_everything_else_is_time_to_look_after_all(event: JsonObject) -> None:
    assert sweep_reason(event) == SweepDue()


def test_the_hourly_rule_is_told_from_the_quick_one() -> None:
    hourly: JsonObject = {
        "source": "aws.events",
        "resources": ["arn:aws:events:eu-west-1:1:rule/signalbox-SweepHourlyRule-1"],
    }
    assert sweep_reason(hourly) == SweepDue(hourly=True)
