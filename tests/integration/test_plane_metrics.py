"""What a load balancer tells CloudWatch."""

from collections import Counter
from collections.abc import Iterator

import pytest

from signalbox_local.plane.topology import Action, FixedResponse
from signalbox_local.world import Behaviour, Latency
from tests.integration.plane_stage import LOAD_BALANCER, SLOT, Stage, forward, stage

NONE = Latency(p50_ms=0, p99_ms=0)


@pytest.fixture(scope="module")
def stage_of_all() -> Iterator[Stage]:
    with stage() as made:
        yield made


@pytest.fixture
def door(stage_of_all: Stage) -> Stage:
    """Half of the requests go to `good`, half to `bad`, of which some fail; one target each."""
    door = stage_of_all
    door.clear()
    door.group("good")
    door.until(lambda: door.metrics("HealthyHostCount", "good"))  # the slot of the test before is over
    door.forget()
    door.run("ami-good", "i-good", behaviour=Behaviour(latency=NONE))
    door.run("ami-bad", "i-bad", behaviour=Behaviour(latency=NONE, errors_percent=30))
    door.group("good", "i-good")
    door.group("bad", "i-bad")
    door.listen(forward({"good": 1, "bad": 1}))
    door.until_healthy("good", "i-good")
    door.until_healthy("bad", "i-bad")
    return door


def test_every_request_is_counted_once(door: Stage) -> None:
    got = Counter((answered.group, answered.status) for answered in door.ask(800))
    door.until(lambda: door.total("RequestCount") >= 800)
    door.until(
        lambda: sum(map(door.total, ("HTTPCode_Target_2XX_Count", "HTTPCode_Target_5XX_Count"))) >= 800
    )
    assert door.total("RequestCount") == 800
    assert door.total("RequestCount", "good") == got["good", 200]
    assert door.total("RequestCount", "bad") == got["bad", 200] + got["bad", 500]
    assert door.total("HTTPCode_Target_2XX_Count", "bad") == got["bad", 200]
    assert door.total("HTTPCode_Target_5XX_Count", "bad") == got["bad", 500] > 0
    assert door.total("HTTPCode_Target_5XX_Count") == got["bad", 500]
    assert not door.metrics("HTTPCode_Target_5XX_Count", "good")
    assert not door.metrics("HTTPCode_ELB_5XX_Count")
    times = [count for metric in door.metrics("TargetResponseTime") for count in metric.counts]
    assert sum(times) == 800


def test_a_data_point_says_when_and_in_what_unit(door: Stage) -> None:
    door.ask(20)
    door.until(lambda: door.total("RequestCount") == 20)
    for name, unit in (
        ("RequestCount", "Count"),
        ("TargetResponseTime", "Seconds"),
        ("HealthyHostCount", "Count"),
    ):
        metric = door.metrics(name, "good")[-1]
        assert metric.unit == unit
        assert metric.namespace == "AWS/ApplicationELB"
        assert metric.at % SLOT == 0
        assert metric.dimensions["LoadBalancer"] == LOAD_BALANCER
    assert door.metrics("RequestCount")[-1].values == [1.0]


def test_hosts_are_counted_by_their_health_and_a_short_drop_is_not_missed(door: Stage) -> None:
    door.run("ami-good", "i-good2", behaviour=Behaviour(latency=NONE))
    door.group("good", "i-good", "i-good2")
    door.until(lambda: door.latest("HealthyHostCount", "good") == {2.0})
    door.group("good", "i-good2", deregistration_delay=5)
    door.until(lambda: door.latest("HealthyHostCount", "good") == {1.0})
    assert door.latest("UnHealthyHostCount", "good") == {0.0}
    door.behave("ami-good", Behaviour(latency=NONE, never_healthy=True))
    door.until(lambda: door.latest("UnHealthyHostCount", "good") == {1.0})
    assert door.latest("HealthyHostCount", "good") == {0.0}
    door.behave("ami-good", Behaviour(latency=NONE))
    door.until_healthy("good", "i-good2")
    door.until(lambda: door.latest("HealthyHostCount", "good") == {0.0, 1.0})


def test_what_the_load_balancer_answers_itself_is_counted_apart(door: Stage) -> None:
    door.listen(forward({"nothing": 1}))
    door.ask(7)
    door.terminate("i-good")
    door.group("good", "i-good")
    door.listen(forward({"good": 1}))
    door.ask(5)
    door.listen(Action(fixed_response=FixedResponse()))
    door.ask(3)
    door.until(lambda: door.total("HTTP_Fixed_Response_Count") == 3)
    assert door.total("HTTPCode_ELB_5XX_Count") == 12
    assert door.total("HTTPCode_ELB_503_Count") == 7
    assert door.total("HTTPCode_ELB_502_Count") == 5
    assert door.total("TargetConnectionErrorCount", "good") == 5
    assert door.total("RequestCount") == 5  # only those for which a target was chosen


def test_health_checks_are_no_requests(door: Stage) -> None:
    door.until(lambda: len(door.metrics("HealthyHostCount", "good")) > 1)
    assert not door.metrics("RequestCount")
