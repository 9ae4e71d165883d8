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


def test_one_example_has_one_group_and_the_other_two_slots() -> None:
    platforms = [_spec(example).platform for example in _EXAMPLES]
    assert [platform.slots is not None for platform in platforms] == [True, False]
