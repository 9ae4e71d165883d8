"""What is seen of AWS."""

from dataclasses import replace

import pytest

from signalbox.rollouts.estate import Instance, Placement
from tests.unit.builders import LISTENER, RULE, group, rule, scene


@pytest.mark.parametrize(
    ("lifecycle", "present"),
    [("InService", True), ("Pending:Wait", True), ("Terminating", False), ("Terminated", False)],
)
def test_who_is_on_the_way_out_is_not_present(lifecycle: str, *, present: bool) -> None:
    blue = replace(group(size=0), instances=(Instance(id="i-1", lifecycle=lifecycle, version="1"),))
    assert bool(blue.present) is present
    assert bool(blue.in_service) is (lifecycle == "InService")


def test_only_the_default_action_of_a_listener_is_one() -> None:
    assert rule(LISTENER).is_listener
    assert not rule(RULE).is_listener


def test_settings_leave_out_what_moves_by_itself() -> None:
    estate = scene(Placement.SLOT).estate
    settings = estate.settings()
    assert settings.stable == replace(estate.stable, instances=())
    assert not settings.health
    assert scene(Placement.COPY).estate.settings().candidate is None


def test_healthy_are_present_instances_that_their_target_group_calls_so() -> None:
    estate = scene(Placement.SLOT).estate
    health = {i.id: "healthy" for i in estate.stable.instances[:2]} | {"i-stranger": "healthy"}
    seen = replace(estate, health={estate.stable_target_group.arn: health})
    assert seen.healthy_stable == estate.stable.instances[:2]
    assert seen.healthy_candidate == ()
    assert replace(estate, candidate=None).healthy_candidate == ()


def test_a_rule_is_found_by_its_arn() -> None:
    assert scene().estate.rule(RULE).arn == RULE
