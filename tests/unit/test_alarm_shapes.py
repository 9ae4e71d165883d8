"""The alarms of a replica: what CloudWatch is asked to watch."""

from typing import Any

import pytest

from signalbox_local.rehearsal.alarm_shapes import alarm_parameters
from signalbox_local.world import AlarmShape

WATCHED = ("app/shop/1", "targetgroup/checkout/2")


def alarm(**shape: Any) -> dict[str, Any]:
    return alarm_parameters("checkout", AlarmShape.model_validate({"above": 2, **shape}), *WATCHED)


def test_an_error_rate_is_metric_math_over_the_whole_load_balancer() -> None:
    made = alarm(watches="error-rate", period_seconds=60)
    whole = [{"Name": "LoadBalancer", "Value": "app/shop/1"}]
    rate, *metrics = made["Metrics"]
    assert (rate["Expression"], rate["ReturnData"]) == (
        "100 * (FILL(errors, 0) + FILL(own, 0)) / requests",
        True,
    )
    assert {m["Id"]: m["MetricStat"]["Metric"]["MetricName"] for m in metrics} == {
        "errors": "HTTPCode_Target_5XX_Count",
        "own": "HTTPCode_ELB_5XX_Count",
        "requests": "RequestCount",
    }
    assert all(m["MetricStat"]["Metric"]["Dimensions"] == whole for m in metrics)
    assert all(not m["ReturnData"] and m["MetricStat"]["Period"] == 60 for m in metrics)


def test_where_each_side_is_apart_an_error_rate_names_the_target_group_too() -> None:
    shape = AlarmShape(watches="error-rate", above=2)
    _, *metrics = alarm_parameters("checkout", shape, *WATCHED, apart=True)["Metrics"]
    dimensions = {m["Id"]: [d["Name"] for d in m["MetricStat"]["Metric"]["Dimensions"]] for m in metrics}
    assert dimensions == {
        "errors": ["LoadBalancer", "TargetGroup"],
        "own": ["LoadBalancer"],
        "requests": ["LoadBalancer", "TargetGroup"],
    }


@pytest.mark.parametrize(
    ("watches", "expected"),
    [
        ("errors", {"MetricName": "HTTPCode_Target_5XX_Count", "Statistic": "Sum"}),
        ("average-latency", {"MetricName": "TargetResponseTime", "Statistic": "Average"}),
        ("p99", {"MetricName": "TargetResponseTime", "ExtendedStatistic": "p99"}),
    ],
)
def test_others_watch_one_metric_of_the_target_group(watches: str, expected: dict[str, str]) -> None:
    made = alarm(watches=watches, period_seconds=30)
    assert made.items() >= {**expected, "Period": 30, "Threshold": 2}.items()
    assert {one["Name"]: one["Value"] for one in made["Dimensions"]} == dict(
        zip(("LoadBalancer", "TargetGroup"), WATCHED, strict=True)
    )


def test_datapoints_of_the_world_are_datapoints_to_alarm() -> None:
    made = alarm(watches="p90", datapoints=3, of=5)
    assert (made["DatapointsToAlarm"], made["EvaluationPeriods"]) == (3, 5)
