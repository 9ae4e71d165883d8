"""The examples are services that can be registered as they are."""

from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

from signalbox.rollouts.service import ServiceSpec
from signalbox.rollouts.validation import violations

_EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))


def _spec(example: Path) -> ServiceSpec:
    return TypeAdapter(ServiceSpec).validate_python(yaml.safe_load(example.read_text("utf-8")))


@pytest.mark.parametrize("example", _EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_a_valid_service(example: Path) -> None:
    assert violations(_spec(example)) == []


def test_there_is_one_of_each_platform_and_router() -> None:
    specs = [_spec(example) for example in _EXAMPLES]
    shown = [("slots" if one.platform.slots else "group", one.traffic.router) for one in specs]
    assert shown == [
        ("group", "route53"),
        ("slots", "route53"),
        ("group", "alb"),
        ("slots", "alb"),
        ("group", "alb"),
    ]


def test_a_load_balancer_that_may_be_copied_and_an_experiment_are_shown() -> None:
    specs = {example.stem: _spec(example) for example in _EXAMPLES}
    assert specs["service-by-name-copied"].traffic.load_balancer == "copy"
    assert specs["service-experiment"].strategy.experiment is not None
