"""Instances answer as the behaviour of their image says."""

import statistics
from collections import Counter
from collections.abc import Iterator

import pytest

from signalbox_local.plane import InstanceSpec, TargetGroupSpec
from signalbox_local.plane.topology import ListenerSpec, RuleSpec
from signalbox_local.world import Behaviour, ColdStart, Header, Latency, Leak, Only
from tests.integration.plane_stage import LISTENER, LOAD_BALANCER, OFTEN, Stage, forward, group_arn, stage

NONE = Latency(p50_ms=0, p99_ms=0)


@pytest.fixture(scope="module")
def door() -> Iterator[Stage]:
    with stage() as made:
        yield made


def _serve(door: Stage, behaviour: Behaviour) -> None:
    """One healthy instance that behaves so."""
    door.clear()
    door.run("ami-a", "i-1", behaviour=behaviour)
    door.group("web", "i-1")
    door.listen(forward({"web": 1}))
    door.until_healthy("web", "i-1")


def _failed(door: Stage, count: int, path: str = "/", **headers: str) -> int:
    return sum(answered.status == 500 for answered in door.ask(count, path, headers=headers))


def test_latency_has_the_median_and_the_99th_percentile_that_are_asked_for(door: Stage) -> None:
    _serve(door, Behaviour(latency=Latency(p50_ms=20, p99_ms=60)))
    door.ask(600)
    told = {
        value: count
        for metric in door.metrics("TargetResponseTime", "web")
        for value, count in zip(metric.values, metric.counts, strict=True)
    }
    seconds = [value for value, count in told.items() for _ in range(int(count))]
    cuts = statistics.quantiles(seconds, n=100)
    assert 0.017 < cuts[49] < 0.080
    assert 0.040 < cuts[98] < 0.400


def test_errors_come_in_the_share_that_is_asked_for(door: Stage) -> None:
    _serve(door, Behaviour(latency=NONE, errors_percent=20))
    assert 150 < _failed(door, 1_000) < 250  # 20 % ± 3.95 standard deviations


def test_a_leak_grows_with_the_requests_served_and_not_with_health_checks(door: Stage) -> None:
    _serve(door, Behaviour(latency=NONE, leak=Leak(errors_percent=100)))
    door.until(lambda: len(door.metrics("HealthyHostCount", "web")) > 1)  # some checks later
    assert [answered.status for answered in door.ask(3, at_once=1)] == [200, 500, 500]


def test_a_leak_slows_down_too(door: Stage) -> None:
    _serve(door, Behaviour(latency=NONE, leak=Leak(latency_ms=20)))
    door.ask(11, at_once=1)
    assert max(door.get().elapsed.total_seconds() for _ in range(3)) > 0.2


def test_a_cold_start_is_slow_and_passes(door: Stage) -> None:
    cold = ColdStart(seconds=1.5, latency_ms=300)
    _serve(door, Behaviour(latency=NONE, cold_start=cold))
    assert door.get().elapsed.total_seconds() > 0.29
    assert any(door.get().elapsed.total_seconds() < 0.2 for _ in range(50))


def test_only_some_paths_are_bad(door: Stage) -> None:
    _serve(door, Behaviour(errors_percent=100, latency=NONE, only=Only(paths=("/pay",))))
    assert _failed(door, 20, "/pay?order=1") == 20
    assert _failed(door, 20, "/payments") == 0


def test_only_requests_with_a_header_are_bad(door: Stage) -> None:
    only = Only(paths=("/pay",), header=Header(name="X-Beta", value="yes"))
    _serve(door, Behaviour(errors_percent=100, latency=NONE, only=only))
    assert _failed(door, 10, "/pay", **{"x-beta": "yes"}) == 10
    assert _failed(door, 10, "/pay", **{"x-beta": "no"}) == 0
    assert _failed(door, 10, "/", **{"x-beta": "yes"}) == 0


def test_a_behaviour_changes_under_a_running_instance(door: Stage) -> None:
    _serve(door, Behaviour(latency=NONE))
    assert _failed(door, 10) == 0
    door.behave("ami-a", Behaviour(latency=NONE, errors_percent=100))
    assert _failed(door, 10) == 10


def test_a_seed_makes_two_planes_alike() -> None:
    assert _statuses(seed=7) == _statuses(seed=7)


def _statuses(seed: int) -> list[int]:
    arn = group_arn("web")
    with stage() as door:
        door.show(
            instances={"i-1": InstanceSpec(image="ami-a")},
            behaviours={"ami-a": Behaviour(latency=NONE, errors_percent=50)},
            target_groups={
                arn: TargetGroupSpec(
                    name="web", load_balancers=(LOAD_BALANCER,), targets={"i-1": 80}, health=OFTEN
                )
            },
            listeners={
                LISTENER: ListenerSpec(
                    load_balancer=LOAD_BALANCER, rules=(RuleSpec(arn="r", actions=(forward({"web": 1}),)),)
                )
            },
            seed=seed,
        )
        statuses = [answered.status for answered in door.ask(60, at_once=1)]
        assert Counter(statuses).keys() == {200, 500}
        return statuses
