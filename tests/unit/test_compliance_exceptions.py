"""What somebody decided to leave is left until its exception ends; what keeps coming back as well."""

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import pytest

from signalbox.compliance.commands.put_exception import delete_exception, get_exception, put_exception
from signalbox.compliance.commands.remediate import remediate
from signalbox.compliance.model import Subject, Verdict
from signalbox.compliance.record import Excepted, State
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Conflict, Invalid, NotFound, Transient
from signalbox.kernel.events import ENGINE
from tests.unit.compliance_examples import EXAMPLES
from tests.unit.compliance_fakes import Thing
from tests.unit.compliance_machine import ANA, BEN, Railway, assert_in_order
from tests.unit.compliance_stories import BUCKET, GROUP, exception, refusing, slower_at, thing


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
    delete_exception("legacy", BEN, stage.world.ports)
    stage.sweep()
    stage.settle()
    assert stage.finding(bucket).state is State.REMEDIATED


def test_an_exception_is_replaced_and_says_who_said_what_and_when() -> None:
    stage = Railway()
    first, _ = put_exception(exception(stage, rule=BUCKET), ANA, stage.world.ports)
    stage.world.clock.move(minutes=5)
    second, is_new = put_exception(exception(stage, rule=GROUP), BEN, stage.world.ports)
    assert (second.created_at, is_new, second.updated_by) == (first.created_at, False, BEN.arn)
    assert (first.version, second.version, second.updated_at) == (1, 2, stage.now)
    assert get_exception("legacy", stage.world.ports) == second
    assert stage.world.exceptions.versions("legacy") == (second, first)
    assert [(kept.version, event.type, event.actor) for kept, event in stage.world.bus.decided] == [
        (1, "Exception Applied", ANA.arn),
        (2, "Exception Applied", BEN.arn),
    ]


def test_what_is_so_already_is_no_new_version_and_is_told_again() -> None:
    stage = Railway()
    spec = exception(stage, rule=BUCKET)
    first, _ = put_exception(spec, ANA, stage.world.ports)
    stage.world.clock.move(minutes=5)
    east = first.until.astimezone(timezone(timedelta(hours=2))).isoformat()
    for again in (spec, replace(spec, until=east)):
        assert put_exception(again, BEN, stage.world.ports) == (first, False)
    assert stage.world.exceptions.versions("legacy") == (first,)
    told = stage.world.bus.decided
    assert told == [told[0]] * 3


def test_an_exception_is_ended_once_and_its_versions_stay() -> None:
    stage = Railway()
    first, _ = put_exception(exception(stage, rule=BUCKET), ANA, stage.world.ports)
    stage.world.clock.move(minutes=5)
    ended = delete_exception("legacy", BEN, stage.world.ports)
    assert (ended.version, ended.is_deleted, ended.until, ended.updated_at) == (2, True, stage.now, stage.now)
    assert (ended.updated_by, ended.spec.reason, ended.created_at) == (BEN.arn, "please", first.created_at)
    stage.world.clock.move(minutes=5)
    assert delete_exception("legacy", ANA, stage.world.ports) == ended
    assert stage.world.exceptions.versions("legacy") == (ended, first)
    (_, last), (_, again) = stage.world.bus.decided[1:]
    assert (last, last.type, last.data["until"]) == (again, "Exception Deleted", rfc3339(ended.until))


def test_what_was_deleted_begins_anew() -> None:
    stage = Railway()
    spec = exception(stage, rule=BUCKET)
    put_exception(spec, ANA, stage.world.ports)
    delete_exception("legacy", BEN, stage.world.ports)
    stage.world.clock.move(minutes=5)
    again, is_new = put_exception(spec, ANA, stage.world.ports)
    assert (again.version, again.is_deleted, again.created_at, is_new) == (3, False, stage.now, True)


def test_what_was_over_before_it_is_deleted_was_over_then() -> None:
    stage = Railway()
    first, _ = put_exception(exception(stage, rule=BUCKET), ANA, stage.world.ports)
    stage.world.clock.move(days=2)
    assert delete_exception("legacy", BEN, stage.world.ports).until == first.until


def test_what_nobody_has_made_is_not_there() -> None:
    stage = Railway()
    with pytest.raises(NotFound, match="no exception legacy"):
        get_exception("legacy", stage.world.ports)
    with pytest.raises(NotFound, match="no exception legacy"):
        _deleted(stage)


def _deleted(stage: Railway) -> Excepted:
    return delete_exception("legacy", ANA, stage.world.ports)


def test_of_two_at_once_the_slower_is_told_so_and_nothing_is_lost() -> None:
    stage = Railway()
    stage.world.wire.fail = slower_at(2, "exceptions.save")
    first, _ = put_exception(exception(stage, rule=BUCKET), ANA, stage.world.ports)
    with pytest.raises(Conflict):
        _deleted(stage)
    assert stage.world.exceptions.versions("legacy") == (first,)
    assert len(stage.world.bus.decided) == 1
    assert _deleted(stage).version == first.version + 1


def test_a_version_that_could_not_be_told_is_told_by_who_tries_again() -> None:
    stage = Railway()
    spec = exception(stage, rule=BUCKET)
    stage.world.wire.fail = refusing("bus.publish_exception", Transient("busy"))
    with pytest.raises(Transient):
        put_exception(spec, ANA, stage.world.ports)
    stage.world.wire.fail = lambda _: None
    kept, is_new = put_exception(spec, ANA, stage.world.ports)
    assert (kept.version, is_new) == (1, False)
    assert [each.version for each, _ in stage.world.bus.decided] == [1]


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


def _found_once(stage: Railway, bucket: Subject, photos: Thing) -> None:
    """Somebody opens it, and it is closed again."""
    photos.configuration = deepcopy(EXAMPLES[BUCKET].bad)
    stage.says(bucket)
    stage.settle(minutes=5)
    stage.world.clock.move(minutes=10)
    stage.says(bucket, Verdict.COMPLIANT)


def test_what_keeps_coming_back_is_left_alone_for_a_day() -> None:
    stage = Railway()
    photos = thing(BUCKET)
    bucket = stage.has(BUCKET, photos)
    for _ in range(3):
        _found_once(stage, bucket, photos)
    assert stage.told(bucket).count("Remediation Started") == 2
    assert "Finding Flapping" in stage.told(bucket)
    breaker = get_exception(f"flapping-{bucket.finding_id}", stage.world.ports)
    assert (breaker.is_breaker, breaker.updated_by, breaker.version) == (True, ENGINE, 1)
    assert not stage.world.bus.decided  # the finding has told so
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
    breaker = stage.world.exceptions.find(f"flapping-{bucket.finding_id}")
    assert breaker is not None
    stage.world.clock.now = breaker.until
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


def test_the_breaker_is_a_version_after_one_that_somebody_has_deleted() -> None:
    stage = Railway()
    photos = thing(BUCKET)
    bucket = stage.has(BUCKET, photos)
    breaker = f"flapping-{bucket.finding_id}"
    for times in (3, 1):
        for _ in range(times):
            _found_once(stage, bucket, photos)
        delete_exception(breaker, ANA, stage.world.ports)
    versions = stage.world.exceptions.versions(breaker)
    assert [(each.version, each.updated_by, each.is_deleted) for each in versions] == [
        (4, ANA.arn, True),
        (3, ENGINE, False),
        (2, ANA.arn, True),
        (1, ENGINE, False),
    ]


def test_failures_of_before_a_proof_are_over() -> None:
    stage = Railway()
    photos = thing(BUCKET, deaf=True)
    bucket = stage.has(BUCKET, photos)
    stage.says(bucket)
    stage.settle(minutes=15)
    assert len(stage.finding(bucket).failed) == 1
    photos.deaf = False
    remediate(bucket.finding_id, BEN, stage.world.ports)
    stage.settle(minutes=15)
    assert (stage.finding(bucket).state, stage.finding(bucket).failed) == (State.REMEDIATED, ())
