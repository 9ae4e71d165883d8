"""Alarms of the local runtime, evaluated from metrics that a client put into moto."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from signalbox_local.alarms import Alarms
from signalbox_local.alarms.evaluation import Condition, Datapoint, State, evaluate
from signalbox_local.moto_seams import Seams, alarm_states, metric_data

ACCOUNT, REGION = "123456789012", "eu-west-1"
START = datetime(2026, 1, 30, 12, 0, 0, tzinfo=UTC)


class World:
    """Alarms that look when the test's clock moves."""

    def __init__(self) -> None:
        self.now = START
        self.events: list[dict[str, Any]] = []
        self.alarms = Alarms(self.events.append, ACCOUNT, REGION, lambda: self.now)
        self.cloudwatch = boto3.client("cloudwatch", REGION)

    def alarm(self, **given: Any) -> None:
        defaults: dict[str, Any] = {
            "AlarmName": "checkout-5xx",
            "AlarmDescription": "Errors of checkout",
            "Namespace": "Shop",
            "MetricName": "Errors",
            "Dimensions": [{"Name": "Service", "Value": "checkout"}],
            "Statistic": "Sum",
            "Period": 10,
            "EvaluationPeriods": 1,
            "Threshold": 5,
            "ComparisonOperator": "GreaterThanThreshold",
        }
        self.cloudwatch.put_metric_alarm(**{**defaults, **given})
        self.alarms.look()

    def put(self, value: float, ago: float = 5, service: str = "checkout") -> None:
        datum: Any = {
            "MetricName": "Errors",
            "Dimensions": [{"Name": "Service", "Value": service}],
            "Timestamp": self.now - timedelta(seconds=ago),
            "Value": value,
        }
        self.cloudwatch.put_metric_data(Namespace="Shop", MetricData=[datum])

    def pass_time(self, seconds: int = 10) -> None:
        self.now += timedelta(seconds=seconds)

    def look(self) -> str:
        self.alarms.look()
        return self.described()["StateValue"]  # type: ignore[no-any-return]

    def described(self) -> Any:
        return self.cloudwatch.describe_alarms(AlarmNames=["checkout-5xx"])["MetricAlarms"][0]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    seams = Seams()
    with mock_aws():
        world = World()
        metric_data(seams)
        alarm_states(seams, world.alarms)
        yield world
        world.alarms.stop()
        seams.undo()


def test_an_alarm_begins_without_data_and_follows_its_metric(world: World) -> None:
    world.alarm()
    assert world.described()["StateValue"] == "INSUFFICIENT_DATA"
    for value, state in [(1.0, "OK"), (9.0, "ALARM"), (0.0, "OK")]:
        world.pass_time()
        world.put(value)
        assert world.look() == state
    assert [event["detail"]["state"]["value"] for event in world.events] == ["OK", "ALARM", "OK"]


def test_the_event_is_shaped_as_cloudwatch_shapes_it(world: World) -> None:
    world.alarm()
    for value in (1.0, 9.0):
        world.pass_time()
        world.put(value)
        world.look()
    event = world.events[-1]
    assert event["resources"] == [f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:checkout-5xx"]
    assert (event["source"], event["detail-type"]) == ("aws.cloudwatch", "CloudWatch Alarm State Change")
    detail = event["detail"]
    assert detail["alarmName"] == "checkout-5xx"
    assert detail["previousState"]["value"] == "OK"
    assert detail["state"]["reason"] == (
        "Threshold Crossed: 1 out of the last 1 datapoint [9.0 (30/01/26 12:00:10)] was greater than "
        "the threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
    assert json.loads(detail["state"]["reasonData"])["recentDatapoints"] == [9.0]
    assert detail["state"]["timestamp"].endswith("+0000")
    [metric] = detail["configuration"]["metrics"]
    assert metric["metricStat"] == {
        "metric": {"namespace": "Shop", "name": "Errors", "dimensions": {"Service": "checkout"}},
        "period": 10,
        "stat": "Sum",
    }


def test_an_alarm_is_not_judged_before_its_boundary(world: World) -> None:
    world.now = START + timedelta(seconds=1)
    world.alarm()
    world.put(9, ago=0)
    world.pass_time(8)
    assert world.look() == "INSUFFICIENT_DATA"
    world.pass_time(1)
    assert world.look() == "ALARM"


def test_an_alarm_with_a_long_period_is_judged_each_minute(world: World) -> None:
    world.alarm(Period=60)
    world.put(9, ago=0)
    world.pass_time(59)
    assert world.look() == "INSUFFICIENT_DATA"
    world.pass_time(1)
    assert world.look() == "ALARM"


def test_other_dimensions_are_another_metric(world: World) -> None:
    world.alarm(TreatMissingData="notBreaching")
    world.pass_time()
    world.put(9, service="basket")
    assert world.look() == "OK"


def test_a_state_that_a_client_sets_is_told_and_stands_until_the_next_evaluation(world: World) -> None:
    world.alarm(TreatMissingData="notBreaching", ActionsEnabled=False)
    world.cloudwatch.set_alarm_state(AlarmName="checkout-5xx", StateValue="ALARM", StateReason="a drill")
    assert world.look() == "ALARM"
    assert world.events[-1]["detail"]["state"]["reason"] == "a drill"
    assert "reasonData" not in world.events[-1]["detail"]["state"]
    world.pass_time()
    assert world.look() == "OK"
    assert len(world.events) == 2


def test_an_alarm_that_is_put_again_keeps_its_state(world: World) -> None:
    world.alarm()
    world.pass_time()
    world.put(9)
    assert world.look() == "ALARM"
    world.alarm(Threshold=6)
    assert world.described()["StateValue"] == "ALARM"
    assert len(world.events) == 1


def test_a_percentile_is_evaluated(world: World) -> None:
    world.cloudwatch.put_metric_alarm(
        AlarmName="checkout-5xx", Namespace="Shop", MetricName="Errors", ExtendedStatistic="p90", Period=10,
        Dimensions=[{"Name": "Service", "Value": "checkout"}], EvaluationPeriods=1, Threshold=8,
        ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    world.alarms.look()
    world.pass_time()
    for value in range(11):
        world.put(value)
    assert world.look() == "ALARM"


def test_the_alarms_look_by_themselves_and_leave_no_thread(world: World) -> None:
    world.alarm()
    world.pass_time()
    world.put(9)
    world.alarms.start()
    deadline = datetime.now(UTC) + timedelta(seconds=5)
    while not world.events and datetime.now(UTC) < deadline:
        time.sleep(0.01)
    world.alarms.stop()
    assert world.described()["StateValue"] == "ALARM"


def points(text: str) -> list[Datapoint | None]:
    """`X` breaches, `0` does not, `-` is missing; as in the tables of the CloudWatch user guide."""
    values = {"X": 9.0, "0": 0.0}
    return [Datapoint(START, values[mark]) if mark in values else None for mark in text.split()]


def judged(text: str, missing: Any, periods: int, needed: int) -> str:
    condition = Condition("GreaterThanThreshold", 5, periods, needed, missing)
    current: State = "OK"
    verdict = evaluate(condition, points(text), current)
    return verdict.state if verdict else "retain"


TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 - X - X", ("OK", "OK", "OK", "OK")),
        ("- - - - 0", ("OK", "OK", "OK", "OK")),
        ("- - - - -", ("INSUFFICIENT_DATA", "retain", "ALARM", "OK")),
        ("0 X X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("- - X - -", ("ALARM", "retain", "ALARM", "OK")),
        ("- - - - X", ("retain", "retain", "ALARM", "OK")),
    ],
)
def test_three_of_three_datapoints_as_the_user_guide_has_it(text: str, expected: tuple[str, ...]) -> None:
    assert tuple(judged(text, missing, 3, 3) for missing in TREATMENTS) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 - X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0 0 X 0 X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0 - X - -", ("OK", "OK", "ALARM", "OK")),
        ("- - - - 0", ("OK", "OK", "ALARM", "OK")),
        ("- - - X -", ("ALARM", "retain", "ALARM", "OK")),
    ],
)
def test_two_of_three_datapoints_as_the_user_guide_has_it(text: str, expected: tuple[str, ...]) -> None:
    assert tuple(judged(text, missing, 3, 2) for missing in TREATMENTS) == expected
