"""The embedded AWS with real traffic, from outside: requests reach instances, and fire alarms."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from signalbox_local.sample_service import SampleService, Wish, make_service
from tests.scenario.conftest import LocalRuntime, serving
from tests.scenario.world import World

PATIENCE_SECONDS = 30
TRAFFIC = {
    "SIGNALBOX_LOCAL_TRAFFIC": "on",
    "SIGNALBOX_LOCAL_METRIC_SECONDS": "1",
    "SIGNALBOX_LOCAL_ALARM_SPEEDUP": "20",
    "SIGNALBOX_LOCAL_HEALTH_SPEEDUP": "20",
}


class Shop:
    """A service of four instances, asked by the test."""

    def __init__(self, runtime: LocalRuntime) -> None:
        self.runtime = runtime
        self.made: SampleService = make_service(runtime.aws, Wish(name="shop"))
        self.url: str = next(iter(self.control("traffic")["load_balancers"].values()))["80"]

    def control(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"{self.runtime.aws_endpoint}/_signalbox/{path}", data)) as answer:
            return json.load(answer)

    def ask(self) -> int:
        try:
            with urlopen(f"{self.url}/") as answer:
                return int(answer.status)
        except HTTPError as problem:
            return problem.code

    def asked_until(self, condition: Callable[[], object]) -> Counter[int]:
        """Requests, a few dozen a second, until it is so."""
        answers: Counter[int] = Counter()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, "it did not become so"
            answers.update(self.ask() for _ in range(5))
            time.sleep(0.05)
        return answers

    def members(self) -> dict[str, str]:
        groups = self.runtime.aws("autoscaling").describe_auto_scaling_groups(
            AutoScalingGroupNames=[self.made.groups[0]]
        )["AutoScalingGroups"]
        return {each["InstanceId"]: each["LifecycleState"] for each in groups[0]["Instances"]}

    def healthy(self) -> int:
        answer = self.runtime.aws("elbv2").describe_target_health(TargetGroupArn=self.made.target_groups[0])
        states = [each["TargetHealth"]["State"] for each in answer["TargetHealthDescriptions"]]
        return states.count("healthy")

    def put_error_rate_alarm(self) -> None:
        group, balancer = self._dimensions()
        queries: list[Any] = [
            {
                "Id": name,
                "ReturnData": False,
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/ApplicationELB",
                        "MetricName": metric,
                        "Dimensions": [group, balancer],
                    },
                    "Period": 60,
                    "Stat": "Sum",
                },
            }
            for name, metric in (("errors", "HTTPCode_Target_5XX_Count"), ("requests", "RequestCount"))
        ]
        rate = {"Id": "rate", "Expression": "100 * FILL(errors, 0) / requests", "Label": "Error rate"}
        self.runtime.aws("cloudwatch").put_metric_alarm(
            AlarmName="error-rate", EvaluationPeriods=1, Threshold=2, TreatMissingData="notBreaching",
            ComparisonOperator="GreaterThanThreshold", Metrics=[*queries, rate],
        )  # fmt: skip

    def alarm(self) -> str:
        found = self.runtime.aws("cloudwatch").describe_alarms(AlarmNames=["error-rate"])["MetricAlarms"]
        return str(found[0]["StateValue"])

    def _dimensions(self) -> tuple[Any, Any]:
        groups = self.runtime.aws("elbv2").describe_target_groups(
            TargetGroupArns=[self.made.target_groups[0]]
        )
        balancer = groups["TargetGroups"][0]["LoadBalancerArns"][0].partition(":loadbalancer/")[2]
        name = self.made.target_groups[0].rpartition(":")[2]
        return {"Name": "TargetGroup", "Value": name}, {"Name": "LoadBalancer", "Value": balancer}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with serving(tmp_path_factory.mktemp("traffic"), **TRAFFIC) as runtime:
        yield Shop(runtime)


def test_an_error_rate_of_real_requests_fires_its_alarm_and_ends_it(shop: Shop) -> None:
    shop.put_error_rate_alarm()
    assert set(shop.asked_until(lambda: shop.alarm() == "OK")) == {200}
    bad = dict.fromkeys(shop.made.images.values(), {"errors_percent": 20})
    shop.control("estate", {"behaviours": bad})
    answers = shop.asked_until(lambda: shop.alarm() == "ALARM")
    assert answers[200] > answers[500] > 0
    shop.control("estate", {"behaviours": dict.fromkeys(shop.made.images.values(), {})})
    shop.asked_until(lambda: shop.alarm() == "OK")
    told = [event["event"]["detail"] for event in _alarm_events(shop)]
    assert [each["state"]["value"] for each in told] == ["OK", "ALARM", "OK"]
    assert [each["id"] for each in told[1]["configuration"]["metrics"]] == ["errors", "requests", "rate"]


def test_percentiles_of_real_requests_are_in_get_metric_data(shop: Shop) -> None:
    group, balancer = shop._dimensions()
    metric = {
        "Namespace": "AWS/ApplicationELB",
        "MetricName": "TargetResponseTime",
        "Dimensions": [group, balancer],
    }
    queries: Any = [
        {"Id": stat, "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}} for stat in ("p50", "p99")
    ]
    shop.asked_until(lambda: True)
    now = time.time()
    found = shop.runtime.aws("cloudwatch").get_metric_data(
        MetricDataQueries=queries, StartTime=now - 300, EndTime=now
    )["MetricDataResults"]
    median, slowest = (result["Values"][-1] for result in found)
    assert 0 < median <= slowest


def test_an_instance_that_dies_is_felt_and_replaced(shop: Shop) -> None:
    victim = min(shop.members())
    shop.control("estate", {"kill": [victim]})
    answers = shop.asked_until(lambda: victim not in shop.members() and shop.healthy() == 4)
    assert set(answers) <= {200, 502}
    assert answers[200] > 0


def test_throttled_roles_are_on_record_and_try_again(shop: Shop) -> None:
    shop.control("throttling", {"percent": 40, "services": ["dynamodb"], "seed": 3})
    api = World(shop.runtime).api()
    assert {api.request("GET", "/services").status for _ in range(8)} == {200}
    shop.control("throttling", {"percent": 0})
    refused = [call for call in shop.control("calls")["calls"] if call["error"] == "ThrottlingException"]
    assert refused
    assert {(call["service"], "assumed-role" in call["principal"]) for call in refused} == {
        ("dynamodb", True)
    }


def _alarm_events(shop: Shop) -> list[Any]:
    events = shop.control("events?since=0")["events"]
    return [
        each
        for each in events
        if each["event"]["detail-type"] == "CloudWatch Alarm State Change"
        and each["event"]["detail"]["alarmName"] == "error-rate"
    ]
