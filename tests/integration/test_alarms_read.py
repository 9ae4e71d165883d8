"""Alarms as CloudWatch describes them, and what is read of them."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from signalbox.aws import clients
from signalbox.aws.alarms import read_alarms
from signalbox.aws.writer import AwsWriter
from signalbox.rollouts.writes import copy_alarm

BALANCER, STABLE, CANDIDATE = "app/shop/1", "targetgroup/shop/1", "targetgroup/shop-sb/2"


def _sum(id_: str, name: str, period: int) -> dict[str, Any]:
    dimensions = [{"Name": "LoadBalancer", "Value": BALANCER}, {"Name": "TargetGroup", "Value": STABLE}]
    metric = {"Namespace": "AWS/ApplicationELB", "MetricName": name, "Dimensions": dimensions}
    return {"Id": id_, "MetricStat": {"Metric": metric, "Period": period, "Stat": "Sum"}, "ReturnData": False}


@pytest.fixture
def cloudwatch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    clients._made.cache_clear()
    with mock_aws():
        yield boto3.client("cloudwatch")
    clients._made.cache_clear()


def test_an_alarm_on_one_metric_is_copied_for_the_candidate(cloudwatch: Any) -> None:
    metric = _sum("one", "TargetResponseTime", 60)["MetricStat"]["Metric"]
    cloudwatch.put_metric_alarm(
        AlarmName="latency",
        **metric,
        ExtendedStatistic="p99",
        Period=60,
        EvaluationPeriods=2,
        Threshold=0.0,
        ComparisonOperator="GreaterThanThreshold",
    )
    (found,) = read_alarms(["latency"])
    assert found.span == 120
    AwsWriter().apply(copy_alarm(found, "copy", {**found.dimensions, "TargetGroup": CANDIDATE}, "r-1"))
    (copy,) = read_alarms(["copy"])
    assert copy.dimensions == {"LoadBalancer": BALANCER, "TargetGroup": CANDIDATE}
    assert copy.copied == found.copied
    assert copy.copied["ExtendedStatistic"] == "p99"


def test_an_alarm_on_metric_math_is_copied_for_the_candidate(cloudwatch: Any) -> None:
    rate = {"Id": "rate", "Expression": "100 * errors / requests", "ReturnData": True}
    queries = [rate, _sum("errors", "HTTPCode_Target_5XX_Count", 60), _sum("requests", "RequestCount", 120)]
    cloudwatch.put_metric_alarm(
        AlarmName="rate",
        Metrics=queries,
        EvaluationPeriods=3,
        Threshold=2.0,
        ComparisonOperator="GreaterThanThreshold",
    )
    (found,) = read_alarms(["rate"])
    assert found.dimensions == {"LoadBalancer": BALANCER, "TargetGroup": STABLE}
    assert found.span == 3 * 120
    AwsWriter().apply(copy_alarm(found, "copy", {"TargetGroup": CANDIDATE}, "r-1"))
    (copy,) = read_alarms(["copy"])
    assert copy.dimensions == {"LoadBalancer": BALANCER, "TargetGroup": CANDIDATE}
    assert (copy.threshold, copy.comparison, copy.span) == (2.0, "GreaterThanThreshold", 360)
