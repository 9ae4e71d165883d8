"""The life of a target: initial, healthy, unhealthy, draining, gone."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import requests

from signalbox_local.plane import HealthCheckSpec, TargetHealth
from signalbox_local.world import Behaviour, Latency
from tests.integration.plane_stage import AT_ONCE, OFTEN, Stage, forward, group_arn, stage

SICK = Behaviour(latency=Latency(p50_ms=0, p99_ms=0), never_healthy=True)
HEALTHY = TargetHealth("healthy")


@pytest.fixture(scope="module")
def stage_of_all() -> Iterator[Stage]:
    with stage() as made:
        yield made


@pytest.fixture
def door(stage_of_all: Stage) -> Stage:
    """Forwards all to the group `web`, which has no target yet."""
    stage_of_all.clear()
    stage_of_all.group("web")
    stage_of_all.listen(forward({"web": 1}))
    return stage_of_all


def test_a_new_target_is_healthy_after_one_check(door: Stage) -> None:
    door.run("ami-a", "i-1")
    door.group("web", "i-1", health=replace(OFTEN, interval=0.5, healthy_threshold=20))
    began = time.monotonic()
    door.until_healthy("web", "i-1")
    assert time.monotonic() - began < 5  # twenty checks take ten seconds
    assert door.states("web", "i-1") == [
        TargetHealth("initial", "Elb.RegistrationInProgress"),
        TargetHealth("initial", "Elb.InitialHealthChecking"),
        HEALTHY,
    ]


def test_a_sick_target_never_gets_healthy(door: Stage) -> None:
    door.run("ami-sick", "i-1", behaviour=SICK)
    door.group("web", "i-1")
    door.until_state("web", "i-1", "unhealthy")
    assert door.states("web", "i-1")[1:] == [
        TargetHealth("initial", "Elb.InitialHealthChecking"),
        TargetHealth("unhealthy", "Target.ResponseCodeMismatch"),
    ]


def test_the_thresholds_count_checks_in_a_row(door: Stage) -> None:
    door.run("ami-a", "i-1")
    door.group("web", "i-1", health=replace(OFTEN, healthy_threshold=4, unhealthy_threshold=3))
    door.until_healthy("web", "i-1")
    began = time.monotonic()
    door.behave("ami-a", SICK)
    door.until_state("web", "i-1", "unhealthy")
    assert 0.2 <= time.monotonic() - began < 5  # from the first to the third check
    began = time.monotonic()
    door.behave("ami-a", AT_ONCE)
    door.until_healthy("web", "i-1")
    assert 0.3 <= time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("health", "reason"),
    [
        (HealthCheckSpec(interval=0.1, timeout=1e-6), "Target.Timeout"),
        (HealthCheckSpec(interval=0.1, timeout=0.1, matcher="204,301-399"), "Target.ResponseCodeMismatch"),
    ],
)
def test_the_reason_says_how_checks_fail(door: Stage, health: HealthCheckSpec, reason: str) -> None:
    door.run("ami-a", "i-1")
    door.group("web", "i-1", health=health)
    door.until_state("web", "i-1", "unhealthy")
    assert door.plane.health(group_arn("web"), "i-1") == TargetHealth("unhealthy", reason)


def test_a_target_that_does_not_run_fails_its_checks(door: Stage) -> None:
    door.group("web", "i-booting")
    door.until_state("web", "i-booting", "unhealthy")
    told = door.plane.health(group_arn("web"), "i-booting")
    assert told == TargetHealth("unhealthy", "Target.FailedHealthChecks")
    door.run("ami-a", "i-booting")
    door.until_healthy("web", "i-booting")


def test_targets_of_a_group_that_nothing_uses_are_not_checked(door: Stage) -> None:
    door.run("ami-a", "i-1")
    door.group("idle", "i-1", load_balancers=())
    assert door.plane.health(group_arn("idle"), "i-1") == TargetHealth("unused", "Target.NotInUse")
    door.group("idle", "i-1", load_balancers=("app/other/1",))
    door.until_healthy("idle", "i-1")
    door.group("idle", load_balancers=())
    assert door.state("idle", "i-1") == "none"


def test_only_healthy_targets_get_requests_but_all_when_none_is_healthy(door: Stage) -> None:
    door.run("ami-a", "i-good")
    door.run("ami-sick", "i-bad1", "i-bad2", behaviour=SICK)
    door.group("web", "i-good", "i-bad1", "i-bad2")
    door.until_healthy("web", "i-good")
    for bad in ("i-bad1", "i-bad2"):
        door.until_state("web", bad, "unhealthy")
    assert {answered.instance for answered in door.ask(60)} == {"i-good"}
    door.behave("ami-a", SICK)
    door.until_state("web", "i-good", "unhealthy")
    assert {answered.instance for answered in door.ask(60)} == {"i-good", "i-bad1", "i-bad2"}


def test_a_crash_turns_a_target_unhealthy_until_it_is_back(door: Stage) -> None:
    door.run("ami-a", "i-steady")
    crashing = Behaviour(crashes_after_seconds=1, restarts_after_seconds=0.8)
    door.run("ami-crash", "i-1", behaviour=crashing)
    door.group("web", "i-1", "i-steady", health=replace(OFTEN, healthy_threshold=2))
    door.until(lambda: len([h for h in door.states("web", "i-1") if h.state == "unhealthy"]) == 2)
    seen = [health for health in door.states("web", "i-1") if health.state != "initial"]
    refused = TargetHealth("unhealthy", "Target.FailedHealthChecks")
    assert seen == [HEALTHY, refused, HEALTHY, refused]
    assert {answered.instance for answered in door.ask(20)} == {"i-steady"}


def test_a_draining_target_finishes_its_requests_and_gets_no_new_ones(door: Stage) -> None:
    door.run("ami-slow", "i-slow", behaviour=Behaviour(latency=Latency(p50_ms=1_200, p99_ms=1_200)))
    door.group("web", "i-slow", deregistration_delay=4)
    door.until_healthy("web", "i-slow")
    with _under_way(door) as got:
        door.run("ami-a", "i-new")
        door.group("web", "i-new")
        assert door.plane.draining(group_arn("web")) == ("i-slow",)
        told = door.plane.health(group_arn("web"), "i-slow")
        assert told == TargetHealth("draining", "Target.DeregistrationInProgress")
        door.until_healthy("web", "i-new")
        assert {answered.instance for answered in door.ask(30)} == {"i-new"}
    assert [(answer.status_code, answer.headers["X-Instance"]) for answer in got] == [(200, "i-slow")]
    assert door.state("web", "i-slow") == "draining"
    door.until_state("web", "i-slow", "none")
    assert door.plane.draining(group_arn("web")) == ()


def test_a_request_that_outlasts_the_deregistration_delay_is_cut_off(door: Stage) -> None:
    door.run("ami-slow", "i-slow", behaviour=Behaviour(latency=Latency(p50_ms=9_000, p99_ms=9_000)))
    door.group("web", "i-slow", deregistration_delay=0.3)
    door.until_healthy("web", "i-slow")
    with _under_way(door) as got:
        door.group("web")
        assert door.get().status_code == 503
    assert [answer.status_code for answer in got] == [502]


def test_a_target_that_comes_back_while_it_drains_starts_anew(door: Stage) -> None:
    door.run("ami-a", "i-1")
    door.group("web", "i-1")
    door.until_healthy("web", "i-1")
    door.group("web", deregistration_delay=30)
    assert door.state("web", "i-1") == "draining"
    door.group("web", "i-1")
    door.until_healthy("web", "i-1")
    assert [health.state for health in door.states("web", "i-1")][-4:] == [
        "draining",
        "initial",
        "initial",
        "healthy",
    ]


def test_a_terminated_instance_breaks_its_requests_off(door: Stage) -> None:
    door.run("ami-slow", "i-slow", behaviour=Behaviour(latency=Latency(p50_ms=9_000, p99_ms=9_000)))
    door.group("web", "i-slow")
    door.until_healthy("web", "i-slow")
    with _under_way(door) as got:
        door.terminate("i-slow")
    assert [answer.status_code for answer in got] == [502]
    door.until_state("web", "i-slow", "unhealthy")


@contextmanager
def _under_way(door: Stage) -> Iterator[list[requests.Response]]:
    """One request, at its target before the block begins and answered when it is left."""
    got: list[requests.Response] = []
    door.forget_requests("web")
    asking = threading.Thread(target=lambda: got.append(door.get()))
    asking.start()
    door.until(lambda: door.total("RequestCount", "web") == 1)
    yield got
    asking.join()
