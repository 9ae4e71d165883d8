"""What a plan says that it costs."""

from dataclasses import replace

import pytest

from signalbox.rollouts.draft import draft, estimate_of
from signalbox.rollouts.estimate import Estimate
from signalbox.rollouts.service import Guards, ServiceSpec, Strategy
from signalbox.rollouts.survey import Survey
from tests.unit.builders import (
    BLUE,
    IMAGE,
    by_name,
    forwarding_to,
    group,
    rule,
    spec,
    survey,
    survey_by_name,
    target_group,
)
from tests.unit.experiments import ab_test, conversion

SERVICE_GUARDS = Guards(alarms=("checkout-5xx",))


def cost(strategy: Strategy, *, slots: bool = False, found: Survey | None = None) -> Estimate:
    of: ServiceSpec = spec(strategy, slots=slots, guards=SERVICE_GUARDS)
    found = found or survey()
    return estimate_of(draft(of, found, IMAGE), found, IMAGE)


@pytest.mark.parametrize("slots", [False, True])
@pytest.mark.parametrize(
    ("strategy", "lowest"),
    [
        (Strategy(preset="all-at-once"), 0),
        (Strategy(preset="rolling", batch=50), 2),
        (Strategy(preset="rolling"), 3),
        (Strategy(preset="rolling-with-additional-batch", batch=50), 4),
        (Strategy(preset="canary", batch=50), 4),
        (Strategy(preset="immutable"), 4),
        (Strategy(preset="traffic-splitting"), 4),
        (Strategy(preset="linear"), 4),
        (Strategy(preset="blue-green"), 4),
    ],
)
def test_how_many_serve_at_the_least(strategy: Strategy, lowest: int, *, slots: bool) -> None:
    found = cost(strategy, slots=slots)
    assert (found.lowest_healthy, found.size) == (lowest, 4)
    assert found.is_downtime is (lowest == 0)


def test_only_who_makes_a_second_group_pays_for_one() -> None:
    in_place, second = cost(Strategy(preset="rolling")), cost(Strategy(preset="blue-green"), slots=True)
    assert in_place.extra_instance_hours == 0
    assert second.extra_instance_hours > 4 * 600 / 3600  # four instances for ten minutes of bake, and more


def test_each_bake_counts_and_so_does_what_is_launched_and_drained() -> None:
    short, long = (cost(Strategy(preset="blue-green", bake=bake), slots=True) for bake in ("1m", "31m"))
    assert long.seconds - short.seconds == 30 * 60
    one, four = (cost(Strategy(preset="rolling", batch_count=n, bake="1m")) for n in (4, 1))
    assert four.seconds > 3 * one.seconds


def test_an_experiment_counts_as_long_as_it_may_take() -> None:
    short, long = (cost(ab_test(conversion(duration=longest)), slots=True) for longest in ("1h", "3h"))
    assert long.seconds - short.seconds == 2 * 3_600
    assert round(long.extra_instance_hours - short.extra_instance_hours) == 4 * 2


def test_a_group_that_says_how_long_it_warms_up_is_believed() -> None:
    quick = replace(group(), copied={"DefaultInstanceWarmup": 10})
    slow = replace(group(), copied={"DefaultInstanceWarmup": 310})
    plan = Strategy(preset="all-at-once")
    found = [cost(plan, found=survey(groups={"blue": one})) for one in (quick, slow)]
    assert found[1].seconds - found[0].seconds == 300


def test_health_checks_and_draining_take_their_time() -> None:
    patient = replace(
        target_group(),
        interval=30,
        copied={"HealthyThresholdCount": 2},
        attributes={"deregistration_delay.timeout_seconds": "20"},
    )
    found = cost(Strategy(preset="all-at-once", bake="1s"), found=survey(target_groups={BLUE: patient}))
    writes = 3 * 2  # a version, the group at it, its minimum again
    assert found.seconds == writes + 20 + 90 + 60 + 1


def test_what_serves_already_costs_nothing() -> None:
    of = spec(slots=False)
    nothing = draft(of, survey(), "1")
    assert estimate_of(nothing, survey(), "1") == Estimate(
        seconds=0, lowest_healthy=4, size=4, extra_instance_hours=0
    )


def test_clients_of_a_name_follow_before_the_old_ones_go() -> None:
    plan = Strategy(preset="blue-green", bake="10s")
    named = by_name(spec(plan, slots=True, guards=SERVICE_GUARDS))
    found = estimate_of(draft(named, survey_by_name(), IMAGE), survey_by_name(), IMAGE)
    both = rule(actions=forwarding_to(blue=100, green=0))
    by_rule = cost(plan, slots=True, found=survey(rules={both.arn: both}))
    in_sync, twice_the_ttl, bake = 60, 120, 10
    assert found.seconds == by_rule.seconds - bake + in_sync + twice_the_ttl
