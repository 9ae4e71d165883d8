"""The examples are services, fleets, exceptions and baselines that can be registered as they are."""

from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

from signalbox.compliance.commands.put_exception import put_exception
from signalbox.compliance.commands.record_baseline import record_baseline
from signalbox.compliance.spec import BaselineSpec, ExceptionSpec
from signalbox.fleets.schedule import calendar
from signalbox.fleets.spec import FleetSpec
from signalbox.rollouts.service import ServiceSpec
from signalbox.rollouts.validation import violations
from tests.unit.compliance_fakes import ComplianceWorld
from tests.unit.compliance_machine import ANA

_FOLDER = Path(__file__).parents[2] / "examples"
_EXAMPLES = sorted(_FOLDER.glob("service*.yaml"))
_FLEETS = sorted(_FOLDER.glob("fleet*.yaml"))
_EXCEPTIONS = sorted(_FOLDER.glob("exception*.yaml"))
_BASELINES = sorted(_FOLDER.glob("baseline*.yaml"))


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


@pytest.mark.parametrize("example", _FLEETS, ids=lambda path: path.name)
def test_an_example_is_a_valid_fleet(example: Path) -> None:
    spec = TypeAdapter(FleetSpec).validate_python(yaml.safe_load(example.read_text("utf-8")))
    assert calendar.violations(spec) == []


@pytest.mark.parametrize("example", _EXCEPTIONS, ids=lambda path: path.name)
def test_an_example_is_a_valid_exception(example: Path) -> None:
    spec = TypeAdapter(ExceptionSpec).validate_python(yaml.safe_load(example.read_text("utf-8")))
    world = ComplianceWorld()
    assert put_exception(spec, ANA, world.ports)[1]


@pytest.mark.parametrize("example", _BASELINES, ids=lambda path: path.name)
def test_an_example_is_a_valid_baseline(example: Path) -> None:
    body = {"reason": "audit", "expected": yaml.safe_load(example.read_text("utf-8"))}
    spec = TypeAdapter(BaselineSpec).validate_python(body)
    world = ComplianceWorld()
    assert record_baseline("AWS::EC2::Volume", spec, ANA, world.ports)[1]


def test_every_example_is_a_service_a_fleet_an_exception_or_a_baseline() -> None:
    assert all((_FLEETS, _EXCEPTIONS, _BASELINES))
    assert sorted(_FOLDER.iterdir()) == sorted([*_EXAMPLES, *_FLEETS, *_EXCEPTIONS, *_BASELINES])
