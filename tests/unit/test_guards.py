"""What may stop a rollout, and what makes an alarm useless."""

from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from signalbox.rollouts.estate import Alarm, Placement
from signalbox.rollouts.guards import (
    breach,
    copied_alarms,
    copy_name,
    dimension_of,
    is_blind,
    missing_copies,
    names_of_copies,
    sees_only_stable,
    unhealthy_hosts_name,
    warnings,
)
from signalbox.rollouts.writes import Write
from tests.unit.builders import (
    BALANCER,
    BLUE,
    FOREIGN,
    GREEN,
    ROLLOUT,
    alarm,
    layout,
    scene,
    survey,
    target_group,
)

HERE = [Placement.SLOT, Placement.COPY]


def on(**dimensions: str) -> Alarm:
    return alarm(dimensions=dimensions)


def dimensions(write: Write) -> dict[str, str]:
    listed = cast("list[dict[str, str]]", write.parameters["Dimensions"])
    return {one["Name"]: one["Value"] for one in listed}


def test_cloudwatch_names_a_target_group_by_the_end_of_its_arn() -> None:
    assert dimension_of(BLUE) == dimension_of(target_group(BLUE)) == "targetgroup/blue/943f017f100becff"


@pytest.mark.parametrize("placement", HERE)
def test_an_alarm_on_stable_alone_gets_a_copy(placement: Placement) -> None:
    assert sees_only_stable(alarm(), layout(placement))
    assert copied_alarms([alarm(), on()], layout(placement)) == (alarm(),)


def test_an_alarm_sees_a_candidate_on_the_same_target_group() -> None:
    assert not sees_only_stable(alarm(), layout(Placement.BESIDE))
    assert names_of_copies(ROLLOUT, [alarm()], layout(Placement.BESIDE)) == ()


def test_a_composite_alarm_is_not_copied() -> None:
    assert copied_alarms([alarm(copied={})], layout(Placement.SLOT)) == ()


def test_the_copies_are_named_after_rollout_and_alarm() -> None:
    assert names_of_copies(ROLLOUT, [alarm()], layout(Placement.SLOT)) == (
        f"signalbox-{ROLLOUT}-checkout-5xx",
        f"signalbox-{ROLLOUT}-unhealthy-hosts",
    )
    assert len(copy_name(ROLLOUT, "x" * 255)) == 255


def test_copies_look_at_the_candidate_and_one_more_at_its_health() -> None:
    copy, health = missing_copies(scene(Placement.SLOT))
    assert dimensions(copy) == {"TargetGroup": dimension_of(GREEN)}
    assert health.resource == unhealthy_hosts_name(ROLLOUT)
    assert health.parameters["MetricName"] == "UnHealthyHostCount"
    assert dimensions(health) == {
        "LoadBalancer": "app/shop/50dc6c495c0c9188",
        "TargetGroup": dimension_of(GREEN),
    }


def test_a_target_group_behind_no_load_balancer_is_watched_all_the_same() -> None:
    lonely = target_group(load_balancers=())
    found = survey(target_groups={BLUE: lonely, GREEN: target_group(GREEN)})
    assert dimensions(missing_copies(scene(Placement.SLOT, found=found))[1]) == {
        "TargetGroup": dimension_of(GREEN)
    }


def test_a_copy_that_is_there_is_not_made_again() -> None:
    here = scene(Placement.SLOT)
    made = tuple(write.resource for write in missing_copies(here))
    assert missing_copies(here.looking_at(replace(here.estate, alarm_copies=made))) == []


@pytest.mark.parametrize("placement", [Placement.COPY, Placement.BESIDE])
def test_nothing_is_copied_for_a_candidate_without_a_target_group(placement: Placement) -> None:
    assert missing_copies(scene(placement)) == []


@pytest.mark.parametrize(
    ("watched", "blind"),
    [
        (on(), False),
        (on(TargetGroup=dimension_of(BLUE)), False),
        (on(TargetGroup=dimension_of(GREEN)), False),
        (on(TargetGroup=dimension_of(FOREIGN)), True),
        (on(LoadBalancer=BALANCER.split("loadbalancer/")[1]), False),
        (on(LoadBalancer="app/other/1"), True),
        (on(AutoScalingGroupName="green"), False),
        (on(AutoScalingGroupName="blue"), True),
        (on(TargetGroup=dimension_of(BLUE), LoadBalancer="app/other/1"), True),
    ],
)
def test_an_alarm_that_cannot_see_the_candidate_is_blind(watched: Alarm, *, blind: bool) -> None:
    assert is_blind(watched, layout(Placement.SLOT), target_group()) is blind


def test_where_no_load_balancer_is_known_none_is_wrong() -> None:
    assert not is_blind(on(LoadBalancer="app/x/1"), layout(), target_group(load_balancers=()))


def test_dead_and_blind_guards_and_short_bakes_are_told() -> None:
    alarms = [
        alarm("dead", "INSUFFICIENT_DATA"),
        alarm("blind", dimensions={"AutoScalingGroupName": "blue"}),
        alarm("slow", span=300),
        alarm("composite", span=None, copied={}),
    ]
    bakes = [timedelta(seconds=120), timedelta(seconds=600)]
    assert warnings(alarms, layout(Placement.SLOT), scene(Placement.SLOT).estate, bakes) == [
        "guards.alarms: dead has no data yet: a dead guard until it gets some",
        "guards.alarms: blind cannot see the candidate: a blind guard",
        "strategy: a bake of 120 s is shorter than the 300 s that slow needs",
    ]


def test_without_a_bake_none_is_too_short() -> None:
    assert warnings([alarm(span=300)], layout(), scene().estate, []) == []


@pytest.mark.parametrize("state", ["OK", "INSUFFICIENT_DATA"])
def test_only_a_red_alarm_stops(state: str) -> None:
    assert breach(["checkout-5xx"], [alarm(state=state)]) is None


def test_the_first_red_alarm_is_named_with_its_reason() -> None:
    red = alarm("b", "ALARM")
    assert breach(["a", "b", "c"], [alarm("a"), red, alarm("c", "ALARM")]) == (
        "alarm b is in ALARM: Threshold Crossed",
        red,
    )


def test_an_alarm_that_is_gone_is_a_breach() -> None:
    assert breach(["a", "b"], [alarm("a")]) == ("alarm b does not exist any more", None)


def test_who_names_no_alarm_is_stopped_by_none() -> None:
    assert breach([], [alarm(state="ALARM")]) is None
