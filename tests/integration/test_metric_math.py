"""Percentiles and metric math of the local CloudWatch: in GetMetricData, GetMetricStatistics and alarms."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as some
from moto import mock_aws
from moto.cloudwatch.models import cloudwatch_backends

from signalbox_local.alarms import Alarms, Pace
from signalbox_local.alarms.expressions import BadExpression, Expression
from signalbox_local.alarms.math_values import Grid
from signalbox_local.alarms.statistics import NotAvailable
from signalbox_local.alarms.store import MetricKey, MetricStore, Sample, store_of
from signalbox_local.moto_seams import Seams, alarm_states, metric_data

ACCOUNT, REGION = "123456789012", "eu-west-1"
START = datetime(2026, 1, 30, 12, 0, 0, tzinfo=UTC)
BLUE: Any = [
    {"Name": "TargetGroup", "Value": "targetgroup/blue/1"},
    {"Name": "LoadBalancer", "Value": "app/x"},
]


class World:
    """Metrics at minutes after noon, and alarms that look when the test's clock moves."""

    def __init__(self) -> None:
        self.now = START
        self.speedup = 1.0
        self.events: list[dict[str, Any]] = []
        self.cloudwatch = boto3.client("cloudwatch", REGION)

    def put(self, name: str, minute: float, *values: float, counts: list[float] | None = None) -> None:
        datum: Any = {
            "MetricName": name, "Dimensions": BLUE, "Timestamp": START + timedelta(minutes=minute),
            "Values": list(values), "Counts": counts or [1.0] * len(values),
        }  # fmt: skip
        self.cloudwatch.put_metric_data(Namespace="Shop", MetricData=[datum])

    def answer(self, *expressions: str, minutes: float = 5, since: float = 0) -> list[dict[float, float]]:
        """What expressions over `errors` and `requests` (sums) give, by minute after noon."""
        queries = [self.sum("errors"), self.sum("requests")]
        queries += [{"Id": f"x{place}", "Expression": text} for place, text in enumerate(expressions)]
        results = self.data(queries, since, minutes)
        return [self.by_minute(result) for result in results]

    def data(self, queries: list[Any], since: float, minutes: float) -> Any:
        return self.cloudwatch.get_metric_data(
            MetricDataQueries=queries,
            StartTime=START + timedelta(minutes=since),
            EndTime=START + timedelta(minutes=minutes),
            ScanBy="TimestampAscending",
        )["MetricDataResults"]

    def sum(self, name: str) -> Any:
        return {"Id": name, "MetricStat": self.stat(name, "Sum"), "ReturnData": False}

    def stat(self, name: str, stat: str, period: int = 60) -> Any:
        metric = {"Namespace": "Shop", "MetricName": name, "Dimensions": BLUE}
        return {"Metric": metric, "Period": period, "Stat": stat}

    def by_minute(self, result: Any) -> dict[float, float]:
        times = [(time - START).total_seconds() / 60 for time in result["Timestamps"]]
        return dict(zip(times, result["Values"], strict=True))

    def alarm(self, expression: str, period: int = 60, **given: Any) -> None:
        queries = [self.sum("errors"), self.sum("requests")]
        for query in queries:
            query["MetricStat"]["Period"] = period
        rate = {"Id": "rate", "Expression": expression, "Label": "Error rate", "ReturnData": True}
        defaults: dict[str, Any] = {
            "AlarmName": "error-rate", "EvaluationPeriods": 1, "Threshold": 5,
            "ComparisonOperator": "GreaterThanThreshold", "Metrics": [*queries, rate],
        }  # fmt: skip
        self.cloudwatch.put_metric_alarm(**{**defaults, **given})
        self.alarms.look()

    def state_after(self, seconds: float) -> str:
        self.now += timedelta(seconds=seconds)
        self.alarms.look()
        return self.described()["StateValue"]  # type: ignore[no-any-return]

    def described(self) -> Any:
        return self.cloudwatch.describe_alarms(AlarmNames=["error-rate"])["MetricAlarms"][0]

    def begin(self, seams: Seams) -> None:
        now = lambda: self.now  # noqa: E731
        self.alarms = Alarms(self.events.append, ACCOUNT, REGION, now, Pace(self.speedup))
        metric_data(seams)
        alarm_states(seams, self.alarms)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[World]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    seams = Seams()
    with mock_aws():
        world = World()
        world.speedup = getattr(request, "param", 1.0)
        world.begin(seams)
        yield world
        seams.undo()


@pytest.mark.parametrize(
    ("statistic", "expected"), [("p0", 1), ("p0.0", 1), ("p50", 50.5), ("p99.5", 99.505), ("p100", 100)]
)
def test_percentiles_count_values_as_often_as_their_counts_say(
    world: World, statistic: str, expected: float
) -> None:
    world.put("latency", 0.1, *range(1, 51), counts=[2.0] * 50)
    world.put("latency", 0.2, *range(51, 101), counts=[2.0] * 50)
    world.put("latency", 1, 1_000_000)
    query = {"Id": "m", "MetricStat": world.stat("latency", statistic)}
    [result] = world.data([query], 0, 1)
    assert world.by_minute(result)[0] == pytest.approx(expected, abs=0.5)


def test_a_trimmed_mean_leaves_out_the_slowest(world: World) -> None:
    world.put("latency", 0, 1, 1000, counts=[9, 1])
    [result] = world.data([{"Id": "m", "MetricStat": world.stat("latency", "tm90")}], 0, 1)
    assert world.by_minute(result) == {0: 1}


def test_a_statistic_set_has_no_percentiles(world: World) -> None:
    datum: Any = {
        "MetricName": "latency", "Dimensions": BLUE, "Timestamp": START,
        "StatisticValues": {"SampleCount": 4, "Sum": 10, "Minimum": 1, "Maximum": 4},
    }  # fmt: skip
    world.cloudwatch.put_metric_data(Namespace="Shop", MetricData=[datum])
    queries = [{"Id": name.lower(), "MetricStat": world.stat("latency", name)} for name in ("p50", "Average")]
    assert [world.by_minute(result) for result in world.data(queries, 0, 1)] == [{}, {0: 2.5}]


def test_extended_statistics_have_values(world: World) -> None:
    world.put("latency", 0.5, *range(101))
    world.put("latency", 1.5, 7)
    points = world.cloudwatch.get_metric_statistics(
        Namespace="Shop", MetricName="latency", Dimensions=BLUE, Period=60, StartTime=START,
        EndTime=START + timedelta(minutes=2), ExtendedStatistics=["p50", "p90"],
    )["Datapoints"]  # fmt: skip
    assert [point["ExtendedStatistics"] for point in points] == [{"p50": 50, "p90": 90}, {"p50": 7, "p90": 7}]
    assert [point["Timestamp"] for point in points] == [START, START + timedelta(minutes=1)]


def test_periods_begin_at_multiples_of_their_length(world: World) -> None:
    world.put("errors", 0.9, 1)
    world.put("errors", 1.1, 2)
    assert world.answer("errors", since=0.5, minutes=1.5) == [{0: 1, 1: 2}]
    points = world.cloudwatch.get_metric_statistics(
        Namespace="Shop", MetricName="errors", Dimensions=BLUE, Period=60, Statistics=["Sum", "Average"],
        StartTime=START + timedelta(seconds=30), EndTime=START + timedelta(seconds=90),
    )["Datapoints"]  # fmt: skip
    assert [(point["Sum"], point["Average"]) for point in points] == [(1, 1), (2, 2)]


def test_an_error_rate_has_no_point_without_requests(world: World) -> None:
    for minute, errors, requests in [(0, 1, 50), (1, 0, 100), (2, 0, 0)]:
        world.put("errors", minute, errors)
        world.put("requests", minute, requests)
    world.put("requests", 3, 10)
    assert world.answer("100 * errors / requests") == [{0: 2, 1: 0}]
    assert world.answer("100 * FILL(errors, 0) / requests") == [{0: 2, 1: 0, 3: 0}]


def test_conditions_and_fillings(world: World) -> None:
    for minute, errors, requests in [(0, 1, 10), (1, 4, 100), (3, 6, 100)]:
        world.put("errors", minute, errors)
        world.put("requests", minute, requests)
    few, last, line, both, other = world.answer(
        "IF(requests < 50, 0, errors / requests)",
        "FILL(errors, REPEAT)",
        "FILL(errors, LINEAR)",
        "errors > 2 AND requests >= 100",
        "IF(errors == 4 || errors == 6, -errors ^ 2 + 1, 1)",
        minutes=5,
    )[:5]
    assert few == {0: 0, 1: 0.04, 3: 0.06}
    assert last == {0: 1, 1: 4, 2: 4, 3: 6, 4: 6}
    assert line == {0: 1, 1: 4, 2: 5, 3: 6}
    assert both == {0: 0, 1: 1, 3: 1}
    assert other[1] == -15


def test_functions_of_one_series_give_numbers_and_of_a_list_series(world: World) -> None:
    for minute, errors, requests in [(0, 1, 10), (1, 3, 20)]:
        world.put("errors", minute, errors)
        world.put("requests", minute, requests)
    total, most, share, rate = world.answer(
        "SUM([errors, requests])", "MAX(METRICS())", "errors / SUM(errors)", "RATE(requests)", minutes=2
    )
    assert (total, most, share) == ({0: 11, 1: 23}, {0: 10, 1: 20}, {0: 0.25, 1: 0.75})
    assert rate == {1: pytest.approx(10 / 60)}


def test_expressions_may_refer_to_expressions(world: World) -> None:
    world.put("errors", 0, 3)
    assert world.answer("x1 * 2", "errors + 1") == [{0: 8}, {0: 4}]


@pytest.mark.parametrize(
    "expression",
    [
        "errors +",
        "nobody",
        "errors.real",
        "x0 + 1",
        "errors < 1 < 2",
        "(" * 500,
    ]
    + ["ABS()", "lambda: 1", "__import__(1)", "errors errors", "1 if errors else 2", "IF", "x" * 2_049],
)
def test_what_is_no_expression_is_refused(world: World, expression: str) -> None:
    with pytest.raises(
        ClientError, match="ValidationError|NotImplementedError|500|Error in expression"
    ) as no:
        world.answer(expression)
    assert "expression" in str(no.value)


@given(some.text(alphabet="abm12 .+-*/^()<>=!&|,[]IFSUMAND'\"\n", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    grid = Grid(0, 60, 2, 60)
    try:
        expression = Expression(text)
        expression.value(dict.fromkeys(expression.ids, {0.0: 1.0}), [], grid)
    except (BadExpression, NotAvailable):
        pass


def test_an_alarm_on_an_error_rate_follows_it(world: World) -> None:
    world.alarm("100 * errors / requests")
    world.put("errors", 0.5, 1)
    world.put("requests", 0.5, 100)
    assert world.state_after(60) == "OK"
    world.put("errors", 1.5, 8)
    world.put("requests", 1.5, 100)
    assert world.state_after(60) == "ALARM"
    assert [event["detail"]["state"]["value"] for event in world.events] == ["OK", "ALARM"]


def test_the_event_of_metric_math_has_all_queries(world: World) -> None:
    world.alarm("100 * errors / requests")
    world.put("errors", 0.5, 8)
    world.put("requests", 0.5, 100)
    world.state_after(60)
    detail = world.events[-1]["detail"]
    errors, _, rate = detail["configuration"]["metrics"]
    assert errors["metricStat"] == {
        "metric": {
            "namespace": "Shop",
            "name": "errors",
            "dimensions": {"LoadBalancer": "app/x", "TargetGroup": "targetgroup/blue/1"},
        },
        "period": 60,
        "stat": "Sum",
    }
    assert (errors["id"], errors["returnData"]) == ("errors", False)
    assert rate == {
        "id": "rate",
        "expression": "100 * errors / requests",
        "label": "Error rate",
        "returnData": True,
    }
    data = json.loads(detail["state"]["reasonData"])
    assert (data["period"], data["recentDatapoints"], "statistic" in data) == (60, [8.0], False)


def test_an_alarm_on_metric_math_is_described_as_it_was_put(world: World) -> None:
    world.alarm("100 * errors / requests")
    described = world.described()
    assert [query["Id"] for query in described["Metrics"]] == ["errors", "requests", "rate"]
    assert described["Metrics"][2]["Expression"] == "100 * errors / requests"


def test_an_alarm_whose_expression_cannot_be_read_is_refused(world: World) -> None:
    with pytest.raises(ClientError, match="ValidationError"):
        world.alarm("100 * errors /")
    assert not world.cloudwatch.describe_alarms()["MetricAlarms"]


@pytest.mark.parametrize("world", [20.0], indirect=True)
def test_a_sped_up_alarm_judges_its_minute_over_three_seconds(world: World) -> None:
    world.alarm("100 * errors / requests", EvaluationPeriods=2)
    for second in range(6):
        world.put("errors", second / 60, 8)
        world.put("requests", second / 60, 100)
    assert world.state_after(2) == "INSUFFICIENT_DATA"
    assert world.state_after(1) != "ALARM"
    assert world.state_after(3) == "ALARM"
    assert world.events[-1]["detail"]["configuration"]["metrics"][0]["metricStat"]["period"] == 60


def test_ten_minutes_of_thirty_metrics_a_second_stay_cheap(world: World) -> None:
    store = store_of(cloudwatch_backends[ACCOUNT][REGION])
    keys = [MetricKey.of("Shop", f"m{number}", {"TargetGroup": "blue"}) for number in range(30)]
    latencies = [number / 1000 for number in range(40)]
    began = time.perf_counter()
    for second in range(600):
        for key in keys:
            store.add(key, Sample.of_values(START.timestamp() + second, latencies, [1] * 40, "Seconds"))
    added = time.perf_counter() - began
    metric = {
        "Namespace": "Shop",
        "MetricName": "m1",
        "Dimensions": [{"Name": "TargetGroup", "Value": "blue"}],
    }
    query = {"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "p99"}}
    began = time.perf_counter()
    [result] = world.data([query], 0, 10)
    assert len(result["Values"]) == 10
    assert added < 5
    assert time.perf_counter() - began < 1


def test_data_of_less_than_a_minute_is_merged_after_three_hours() -> None:
    store, key = MetricStore(), MetricKey.of("Shop", "errors", {})
    for second in range(4 * 3600):
        store.add(key, Sample.of_values(float(second), [1.0], [1.0], None))
    kept = store.between(key, 0, 4 * 3600)
    assert len(kept) < 3.1 * 3600 + 100 + 2_000
    assert sum(sample.count for sample in kept) == 4 * 3600
