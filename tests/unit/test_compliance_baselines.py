"""A baseline is recorded, replaced and ended; what contradicts itself is refused, and named by its field."""

from typing import Any

import pytest

from signalbox.compliance.commands.record_baseline import (
    end_baseline,
    get_baseline,
    is_compared,
    record_baseline,
)
from signalbox.compliance.decisions.expectations import LARGEST
from signalbox.compliance.record import Baseline
from signalbox.kernel.caller import Caller
from signalbox.kernel.errors import Conflict, Invalid, NotFound, Rejected, Transient, Unprocessable
from tests.unit.builders import NOW
from tests.unit.compliance_baselines import ENCRYPTED, GROUP, TYPE, VOLUME, item, later, spec
from tests.unit.compliance_fakes import ComplianceWorld
from tests.unit.compliance_machine import ANA, BEN
from tests.unit.compliance_stories import refusing

ITS_RULE = "config-baseline-kept"


def _recorded(world: ComplianceWorld, caller: Caller = ANA, type_: str = VOLUME, **more: Any) -> Baseline:
    return record_baseline(type_, spec(**more), caller, world.ports)[0]


def _refused(error: type[Invalid], type_: str = VOLUME, **more: Any) -> list[str]:
    world = ComplianceWorld()
    world.records.items = [item(nothing=None)]
    with pytest.raises(error) as refused:
        _recorded(world, type_=type_, **more)
    assert not world.baselines.kept
    assert not world.evaluations.evaluated
    return [violation.field for violation in refused.value.violations]


def test_a_baseline_says_who_expects_what_since_when_and_why() -> None:
    world = ComplianceWorld()
    baseline, is_new = record_baseline(VOLUME, spec(), ANA, world.ports)
    assert is_new
    assert (baseline.version, baseline.expected, baseline.at) == (1, {ENCRYPTED: True}, NOW)
    assert (baseline.by, baseline.reason, baseline.like) == (ANA.arn, "audit of 2026", None)
    assert get_baseline(VOLUME, world.ports) == baseline
    assert world.evaluations.evaluated == [ITS_RULE]


def test_what_is_so_already_is_no_new_version() -> None:
    world = ComplianceWorld()
    first = _recorded(world)
    world.clock.now = later(hours=1)
    again, is_new = record_baseline(VOLUME, spec(), BEN, world.ports)
    assert (again, is_new) == (first, False)
    assert world.evaluations.evaluated == [ITS_RULE]


def test_another_expectation_or_another_reason_is_a_new_version() -> None:
    world = ComplianceWorld()
    _recorded(world)
    world.clock.now = later(hours=1)
    second, is_new = record_baseline(VOLUME, spec(expected={TYPE: "gp3"}), BEN, world.ports)
    assert (second.version, second.by, second.at, is_new) == (2, BEN.arn, later(hours=1), False)
    third = _recorded(world, expected={TYPE: "gp3"}, reason="cheaper")
    assert [each.version for each in world.baselines.versions(VOLUME)] == [third.version, 2, 1]


def test_a_baseline_is_taken_from_an_example() -> None:
    world = ComplianceWorld()
    world.records.items = [item(encrypted=True, volumeType="gp3", size=8)]
    usual = _recorded(world, like="vol-1")
    assert (usual.expected, usual.like) == ({ENCRYPTED: True, TYPE: "gp3"}, "vol-1")
    named = _recorded(world, like="vol-1", fields=("configuration.size",))
    assert named.expected == {"configuration.size": 8}


def test_of_the_usual_fields_those_count_that_the_example_has() -> None:
    world = ComplianceWorld()
    world.records.items = [item(volumeType=None)]
    assert _recorded(world, like="vol-1").expected == {ENCRYPTED: False}


def test_an_example_that_is_not_there_or_has_nothing_of_it_is_refused_by_its_field() -> None:
    assert _refused(Unprocessable, like="vol-2") == ["like"]
    assert _refused(Unprocessable, like="vol-1", fields=("configuration.nothing",)) == ["fields"]
    world = ComplianceWorld()
    world.records.items = [item("sg-1", GROUP)]
    with pytest.raises(Unprocessable, match="like: sg-1 has none of configuration.ipPermissions"):
        _recorded(world, type_=GROUP, like="sg-1")


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"expected": None}, ["expected"]),
        ({"like": "vol-1", "expected": {ENCRYPTED: True}}, ["expected"]),
        ({"fields": (ENCRYPTED,)}, ["fields"]),
        ({"expected": {"encrypted": True}}, ["expected.encrypted"]),
        ({"like": "vol-1", "fields": (ENCRYPTED, "tags.env")}, ["fields.1"]),
        ({"expected": {ENCRYPTED: float("nan")}}, [f"expected.{ENCRYPTED}"]),
        ({"expected": {ENCRYPTED: "x" * LARGEST}}, ["expected"]),
    ],
)
def test_what_contradicts_itself_or_is_too_much_is_refused(given: dict[str, Any], fields: list[str]) -> None:
    assert _refused(Invalid, **given) == fields


def test_every_violation_is_told_at_once() -> None:
    assert _refused(Invalid, "AWS::EC2::VPC", expected={"id": 1}, like="vol-1") == [
        *("resource_type", "expected", "expected.id")
    ]


def test_values_of_an_example_are_bounded_as_well() -> None:
    world = ComplianceWorld()
    world.records.items = [item(volumeType="x" * LARGEST)]
    with pytest.raises(Invalid, match="expected: at most"):
        _recorded(world, like="vol-1")


def test_a_baseline_is_ended_and_its_versions_stay() -> None:
    world = ComplianceWorld()
    _recorded(world)
    world.clock.now = later(days=1)
    ended = end_baseline(VOLUME, BEN, world.ports)
    assert (ended.version, ended.is_ended, ended.reason, ended.at) == (2, True, "please", later(days=1))
    assert end_baseline(VOLUME, ANA, world.ports) == ended
    assert [each.is_ended for each in world.baselines.versions(VOLUME)] == [True, False]
    assert world.evaluations.evaluated == [ITS_RULE, ITS_RULE]
    again, is_new = record_baseline(VOLUME, spec(), ANA, world.ports)
    assert (again.version, again.is_ended, is_new) == (3, False, True)


def test_what_was_never_recorded_cannot_be_ended() -> None:
    with pytest.raises(NotFound, match="no baseline of AWS::EC2::Volume"):
        end_baseline(VOLUME, ANA, ComplianceWorld().ports)


def test_who_is_slower_is_told_so() -> None:
    world = ComplianceWorld()
    world.wire.fail = refusing("baselines.save", Conflict("condition 0 does not hold"))
    with pytest.raises(Conflict):
        _recorded(world)
    assert not world.evaluations.evaluated


@pytest.mark.parametrize("error", [Transient("busy"), Rejected("no such rule")])
def test_a_baseline_is_recorded_also_when_config_looks_only_later(error: Exception) -> None:
    world = ComplianceWorld()
    world.wire.fail = refusing("evaluations.evaluate", error)
    assert _recorded(world) == world.baselines.find(VOLUME)


def test_without_the_rule_nobody_compares() -> None:
    assert is_compared(ComplianceWorld().ports)
    assert not is_compared(ComplianceWorld(config_rules={}).ports)
