"""A service as its owner writes it."""

import pytest
from pydantic import TypeAdapter, ValidationError

from signalbox.rollouts.service import ServiceSpec
from signalbox.rollouts.strategies.free import free
from signalbox.rollouts.strategies.presets import with_floor
from tests.unit.builders import BLUE, RULE

READ = TypeAdapter(ServiceSpec)
WRITTEN: dict[str, object] = {
    "name": "checkout",
    "owner": "payments",
    "platform": {"kind": "autoscaling", "group": "blue"},
    "traffic": {"router": "alb", "listener_rule_arn": RULE, "target_group_arn": BLUE},
    "strategy": {"preset": "canary", "canary": 1, "bake": "10m"},
}


def written(**fields: object) -> dict[str, object]:
    return {**WRITTEN, **fields}


def test_what_is_left_out_is_as_careful_as_possible() -> None:
    spec = READ.validate_python(WRITTEN)
    assert with_floor(spec, 4).guards.min_healthy_percent == 100
    assert (spec.guards.deadline, spec.guards.strict, spec.concurrency) == ("30m", False, "reject")


def test_steps_are_written_as_people_say_them() -> None:
    steps = [{"replace": {"percent": 50}}, {"bake": {"for": "10m"}}, {"pause": {}}, {"replace": {}}]
    spec = READ.validate_python(written(strategy={"steps": steps}))
    assert spec.strategy.steps is not None
    assert spec.strategy.steps[1].bake is not None
    assert spec.strategy.steps[1].bake.for_ == "10m"
    assert spec.strategy.steps[3].replace is not None
    assert free(spec.strategy.steps)[3].batch == 25


@pytest.mark.parametrize(
    "fields",
    [
        {"colour": "blue"},
        {"name": ""},
        {"name": "check out"},
        {"name": "x" * 65},
        {"platform": {"kind": "ecs", "group": "blue"}},
        {"platform": {"kind": "autoscaling", "slots": [{"group": "blue", "target_group_arn": BLUE}]}},
        {"strategy": {"preset": "big-bang"}},
        {"strategy": {"preset": "canary", "canary": 0}},
        {"strategy": {"preset": "canary", "bake": "10"}},
        {"strategy": {"preset": "canary", "bake": "31d"}},
        {"strategy": {"steps": []}},
        {"strategy": {"steps": [{"shift": {"percent": 101}}]}},
        {"strategy": {"steps": [{"bake": {"for": "10m", "or": "so"}}]}},
        {"guards": {"min_healthy_percent": -1}},
        {"guards": {"alarms": [f"alarm-{n}" for n in range(11)]}},
        {"traffic": {"router": "alb", "rules": []}},
        {"concurrency": "queue"},
    ],
    ids=str,
)
def test_what_is_out_of_bounds_or_unknown_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        READ.validate_python(written(**fields))


@pytest.mark.parametrize(
    ("traffic", "references"),
    [
        ({"listener_rule_arn": RULE}, (RULE,)),
        ({"listener_arn": BLUE}, (BLUE,)),
        ({"rules": [RULE, BLUE]}, (RULE, BLUE)),
        ({}, ()),
    ],
)
def test_traffic_has_one_list_of_references(traffic: dict[str, object], references: tuple[str, ...]) -> None:
    spec = READ.validate_python(written(traffic={"router": "alb", **traffic}))
    assert spec.traffic.references == references
