"""What somebody decided to leave is left until its exception ends; what keeps coming back as well."""

from copy import deepcopy
from typing import Any

import pytest

from signalbox.compliance.commands.put_exception import put_exception
from signalbox.compliance.commands.remediate import remediate
from signalbox.compliance.model import Verdict
from signalbox.compliance.record import State
from signalbox.kernel.errors import Conflict, Invalid
from tests.unit.compliance_examples import EXAMPLES
from tests.unit.compliance_machine import ANA, BEN, Railway, assert_in_order
from tests.unit.compliance_stories import BUCKET, GROUP, exception, thing


def test_what_was_decided_to_be_left_is_left_until_the_exception_ends() -> None:
    stage = Railway()
    bucket = stage.has(BUCKET, thing(BUCKET, name="site"))
    kept, is_new = put_exception(exception(stage, resource="site"), ANA, stage.world.ports)
    assert is_new
    stage.says(bucket)
    stage.settle()
    assert stage.finding(bucket).state is State.EXCEPTED
    with pytest.raises(Conflict, match="exception legacy covers it"):
        remediate(bucket.finding_id, BEN, stage.world.ports)
    stage.sweep()
    stage.settle()
    assert stage.finding(bucket).state is State.EXCEPTED
    stage.world.clock.now = kept.until
    stage.sweep()
    stage.settle()
    assert stage.finding(bucket).state is State.REMEDIATED
    assert_in_order(stage)


def test_a_sweep_reads_the_exceptions_once_and_only_if_something_is_left_because_of_one() -> None:
    stage = Railway()
    buckets = [stage.has(BUCKET, thing(BUCKET), f"photos-{number}") for number in range(3)]
    stage.sweep()
    assert "exceptions.all" not in stage.world.wire.log
    put_exception(exception(stage, rule=BUCKET), ANA, stage.world.ports)
    for bucket in buckets:
        stage.says(bucket)
    stage.settle()
    stage.world.wire.log.clear()
    stage.sweep()
    assert {stage.finding(bucket).state for bucket in buckets} == {State.EXCEPTED}
    assert stage.world.wire.log.count("exceptions.all") == 1


def test_an_exception_that_is_deleted_is_over() -> None:
    stage = Railway()
    bucket = stage.has(BUCKET, thing(BUCKET))
    put_exception(exception(stage, rule=BUCKET), ANA, stage.world.ports)
    stage.says(bucket)
    stage.settle()
    stage.world.exceptions.delete("legacy")
    stage.sweep()
    stage.settle()
    assert stage.finding(bucket).state is State.REMEDIATED


def test_an_exception_is_replaced_and_keeps_when_it_was_made() -> None:
    stage = Railway()
    first, _ = put_exception(exception(stage, rule=BUCKET), ANA, stage.world.ports)
    stage.world.clock.move(minutes=5)
    second, is_new = put_exception(exception(stage, rule=GROUP), BEN, stage.world.ports)
    assert (second.created_at, is_new, second.updated_by) == (first.created_at, False, BEN.arn)


@pytest.mark.parametrize(
    ("named", "field"),
    [
        ({}, "rule"),
        ({"rule": "typo"}, "rule"),
        ({"rule": BUCKET, "until": "tomorrow"}, "until"),
        ({"rule": BUCKET, "until": "2026-11-21T00:00:00Z"}, "until"),
        ({"rule": BUCKET, "until": "2028-11-21T00:00:00Z"}, "until"),
    ],
)
def test_an_exception_without_end_or_aim_is_refused(named: dict[str, Any], field: str) -> None:
    stage = Railway()
    with pytest.raises(Invalid) as refused:
        put_exception(exception(stage, **named), ANA, stage.world.ports)
    assert [violation.field for violation in refused.value.violations] == [field]
    assert not stage.world.exceptions.kept


def test_what_keeps_coming_back_is_left_alone_for_a_day() -> None:
    stage = Railway()
    photos = thing(BUCKET)
    bucket = stage.has(BUCKET, photos)
    for _ in range(3):
        photos.configuration = deepcopy(EXAMPLES[BUCKET].bad)
        stage.says(bucket)
        stage.settle(minutes=5)
        stage.world.clock.move(minutes=10)
        stage.says(bucket, Verdict.COMPLIANT)
    assert stage.told(bucket).count("Remediation Started") == 2
    assert "Finding Flapping" in stage.told(bucket)
    breaker = stage.world.exceptions.kept[f"flapping-{bucket.finding_id}"]
    assert breaker.is_breaker
    photos.configuration = deepcopy(EXAMPLES[BUCKET].bad)
    stage.world.clock.move(hours=2)
    stage.says(bucket)
    stage.settle()
    assert stage.finding(bucket).state is State.FLAPPING
    with pytest.raises(Conflict):
        remediate(bucket.finding_id, BEN, stage.world.ports)
    stage.world.clock.now = breaker.until
    stage.sweep()
    stage.settle()
    assert stage.finding(bucket).state is State.REMEDIATED
    assert_in_order(stage)


def test_what_fails_however_often_somebody_asks_is_left_alone_for_a_day() -> None:
    stage = Railway()
    bucket = stage.has(BUCKET, thing(BUCKET, deaf=True))
    stage.says(bucket)
    for _ in range(2):
        stage.settle(minutes=15)
        assert stage.finding(bucket).state is State.FAILED
        remediate(bucket.finding_id, BEN, stage.world.ports)
    stage.settle(minutes=15)
    assert stage.told(bucket)[-2:] == ["Remediation Failed", "Finding Flapping"]
    found = stage.finding(bucket)
    assert found.state is State.FLAPPING
    assert found.reason.startswith("flapping: failed 3 times within an hour, at last: not proven in time")
    with pytest.raises(Conflict):
        remediate(bucket.finding_id, BEN, stage.world.ports)
    stage.world.clock.now = stage.world.exceptions.kept[f"flapping-{bucket.finding_id}"].until
    stage.sweep()
    assert "Exception Ended" in stage.told(bucket)


def test_three_failures_in_more_than_an_hour_are_failures() -> None:
    stage = Railway()
    bucket = stage.has(BUCKET, thing(BUCKET, deaf=True))
    stage.says(bucket)
    for _ in range(3):
        stage.settle(minutes=15)
        stage.world.clock.move(minutes=31)
        remediate(bucket.finding_id, BEN, stage.world.ports)
    stage.settle(minutes=15)
    assert stage.finding(bucket).state is State.FAILED
    assert "Finding Flapping" not in stage.told(bucket)


def test_what_an_exception_covers_no_more_is_looked_at_again() -> None:
    stage = Railway()
    put_exception(exception(stage, rule=BUCKET), ANA, stage.world.ports)
    bucket = stage.has(BUCKET, thing(BUCKET))
    stage.says(bucket)
    stage.settle()
    stage.sweep()
    assert stage.finding(bucket).state is State.EXCEPTED
    stage.world.clock.move(minutes=5)
    put_exception(exception(stage, rule=GROUP), BEN, stage.world.ports)
    stage.sweep()
    stage.settle()
    assert stage.finding(bucket).state is State.REMEDIATED


def test_what_an_exception_still_covers_is_left_once_and_not_each_hour() -> None:
    stage = Railway()
    put_exception(exception(stage, rule=BUCKET), ANA, stage.world.ports)
    bucket = stage.has(BUCKET, thing(BUCKET))
    stage.says(bucket)
    stage.settle()
    stage.world.clock.move(minutes=5)
    put_exception(exception(stage, rule=BUCKET, reason="still served"), BEN, stage.world.ports)
    for _ in range(3):
        stage.sweep()
        stage.settle()
        stage.world.clock.move(hours=1)
    assert stage.finding(bucket).state is State.EXCEPTED
    assert stage.told(bucket).count("Finding Left") == 2
