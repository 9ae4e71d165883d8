"""What an application counts by itself: visits and orders, by who answered them."""

from random import Random
from typing import Any

from signalbox.rollouts.service import Rate
from signalbox_local.rehearsal.load.orders import Request
from signalbox_local.rehearsal.own_metrics import Clientele, Till, counted
from signalbox_local.rehearsal.spec import ANSWERS
from tests.unit.experiments import conversion, metric
from tests.unit.rehearsals import CANDIDATE, STABLE, TARGETS, request

USERS = Clientele(converts={STABLE: 100, CANDIDATE: 50}, stable=STABLE, speed=20, seed=1)


def test_each_request_stands_for_as_many_as_would_come_at_real_speed() -> None:
    asked = [request(1), request(1, status=500), *(request(1, image=CANDIDATE) for _ in range(10))]
    found = counted([*asked, request(1, image="", status=502)], USERS, Random(1))
    assert found["checkout", STABLE] == (40, 20), "an error is a visit, and no order"
    visits, orders = found["checkout", CANDIDATE]
    assert visits == 200
    assert 70 < orders < 130
    assert set(found) == {("checkout", STABLE), ("checkout", CANDIDATE)}


class Aws:
    """The clients in one; remembers what is put."""

    def __init__(self) -> None:
        self.put: list[dict[str, Any]] = []

    def __call__(self, service: str) -> "Aws":
        return self

    def describe_target_groups(self, **asked: Any) -> dict[str, Any]:
        balancer = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/9"
        return {"TargetGroups": [{"TargetGroupArn": TARGETS, "LoadBalancerArns": [balancer]}]}

    def describe_auto_scaling_groups(self) -> dict[str, Any]:
        found = [("other", []), ("checkout", [TARGETS])]
        return {
            "AutoScalingGroups": [
                {"AutoScalingGroupName": name, "TargetGroupARNs": arns} for name, arns in found
            ]
        }

    def put_metric_data(self, **asked: Any) -> None:
        self.put.append(asked)


class Loaded:
    """Requests that have been answered."""

    def __init__(self) -> None:
        self.requests: tuple[Request, ...] = (request(0),)


def test_counts_are_put_once_with_the_names_of_the_side_that_answered() -> None:
    dimensions = {
        "Group": "{auto_scaling_group}",
        "Targets": "{target_group}",
        "Door": "{load_balancer}",
        "Variant": "{variant}",
    }
    rate = Rate(trials=metric("Visits", **dimensions), successes=metric("Orders", **dimensions))
    aws, load = Aws(), Loaded()
    till = Till(aws, conversion(rate=rate), USERS, load)  # type: ignore[arg-type]
    load.requests += (request(1), request(2))
    till.put()
    till.put()
    (put,) = aws.put
    assert put["Namespace"] == "Shop"
    assert [(one["MetricName"], one["Value"]) for one in put["MetricData"]] == [
        ("Visits", 40),
        ("Orders", 40),
    ]
    assert {pair["Name"]: pair["Value"] for pair in put["MetricData"][0]["Dimensions"]} == {
        "Group": "checkout",
        "Targets": "targetgroup/checkout/1",
        "Door": "app/shop/9",
        "Variant": "stable",
    }


def test_what_aws_counts_by_itself_is_not_put() -> None:
    aws, load = Aws(), Loaded()
    till = Till(aws, ANSWERS, USERS, load)  # type: ignore[arg-type]
    load.requests += (request(1),)
    till.put()
    assert aws.put == []
