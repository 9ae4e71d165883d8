"""An undo that somebody asks for, where many of the rule stand in line: it says nothing about the others."""

from datetime import timedelta

import pytest

from signalbox.compliance.commands.advance_wave import ended
from signalbox.compliance.commands.put_exception import delete_exception, put_exception
from signalbox.compliance.commands.remediate import approve, remediate
from signalbox.compliance.commands.tell_posture import tell_posture
from signalbox.compliance.commands.undo_remediation import undo_remediation
from signalbox.compliance.model import Subject, Verdict, Write
from signalbox.compliance.record import State
from signalbox.compliance.waves import Wave, Waves, with_wave
from signalbox.kernel.errors import Conflict, Rejected
from tests.unit.compliance_floods import approved, begun, flood, queued, states, waves_are_over
from tests.unit.compliance_machine import ANA, BEN, Railway, assert_in_order
from tests.unit.compliance_stories import BUCKET, GROUP, exception, thing


def _refuse_the_second_undoing_write(stage: Railway) -> None:
    seen: list[Write] = []

    def refuse(write: Write) -> None:
        if write.operation.startswith("Authorize"):
            seen.append(write)
            if len(seen) > 1:
                raise Rejected("no")

    stage.world.estate.refuse = refuse


def _put_right(stage: Railway, id_: str = "sg-first") -> Subject:
    subject = stage.has(GROUP, thing(GROUP), id_=id_)
    stage.says(subject)
    stage.settle(seconds=5)
    approve(subject.finding_id, ANA, stage.world.ports)
    stage.settle()
    assert stage.finding(subject).state is State.REMEDIATED
    return subject


def _half_undone(stage: Railway) -> Subject:
    subject = _put_right(stage)
    _refuse_the_second_undoing_write(stage)
    undo_remediation(subject.finding_id, None, BEN, stage.world.ports)
    stage.settle()
    stage.world.estate.refuse = lambda write: None
    assert stage.finding(subject).state is State.FAILED
    return subject


def test_an_undo_that_fails_halts_no_rule() -> None:
    stage = Railway()
    _half_undone(stage)
    assert stage.world.waves.kept.of(GROUP).halted == ""
    other = _put_right(stage, "sg-other")
    assert stage.finding(other).state is State.REMEDIATED
    assert_in_order(stage)


def test_an_undo_of_one_of_the_first_holds_nobody_up() -> None:
    """Nobody has heard yet that it was proven."""
    stage = Railway()
    found = flood(stage, 4)
    stage.settle(seconds=5)
    stage.is_silent = True
    stage.settle(minutes=5)
    first = begun(stage, found)
    assert states(stage, first) == {State.REMEDIATED}
    for subject in first:
        undo_remediation(subject.finding_id, None, BEN, stage.world.ports)
    assert "2 begun" in ended(first[0].finding_id, stage.world.ports)
    stage.is_silent = False
    stage.settle(minutes=10)
    assert states(stage, first) == {State.EXCEPTED}
    assert states(stage, found) == {State.EXCEPTED, State.REMEDIATED}
    waves_are_over(stage)


def test_what_config_recorded_before_an_undo_that_failed_is_over() -> None:
    stage = Railway()
    subject = _put_right(stage)
    old = stage.result(subject, Verdict.COMPLIANT)
    stage.world.clock.now += timedelta(minutes=1)
    _refuse_the_second_undoing_write(stage)
    undo_remediation(subject.finding_id, None, BEN, stage.world.ports)
    stage.settle()
    stage.hears(old)
    assert stage.finding(subject).state is State.FAILED


def test_what_config_recorded_while_an_undo_failed_and_that_is_so_no_more_opens_nothing() -> None:
    """The fix could be undone no more if it did."""
    stage = Railway()
    stage.says(subject := stage.has("instance-metadata", thing("instance-metadata")))
    stage.settle()
    approve(subject.finding_id, ANA, stage.world.ports)
    stage.settle()

    def refuse(write: Write) -> None:
        raise Rejected("no")

    stage.world.estate.refuse = refuse
    undo_remediation(subject.finding_id, None, BEN, stage.world.ports)
    stage.settle(seconds=5)
    old = stage.result(subject)
    stage.settle()
    assert stage.finding(subject).state is State.REMEDIATED
    stage.hears(old)
    stage.settle()
    stage.world.estate.refuse = lambda write: None
    undo_remediation(subject.finding_id, None, BEN, stage.world.ports)
    stage.settle()
    assert stage.finding(subject).state is State.EXCEPTED


def test_what_was_undone_and_then_made_right_by_others_is_no_fix_of_ours() -> None:
    stage = Railway()
    stage.says(bucket := stage.has(BUCKET, thing(BUCKET)))
    stage.settle()
    took = tell_posture(stage.world.ports).rules[BUCKET].takes
    undo_remediation(bucket.finding_id, None, BEN, stage.world.ports)
    stage.settle()
    stage.world.clock.now += timedelta(days=3)
    stage.says(bucket, Verdict.COMPLIANT)
    assert stage.finding(bucket).state is State.REMEDIATED
    assert took is not None
    assert tell_posture(stage.world.ports).rules[BUCKET].takes is None


def test_it_is_wrong_again_since_it_was_undone_and_not_since_it_was_found_at_first() -> None:
    stage = Railway()
    stage.says(bucket := stage.has(BUCKET, thing(BUCKET)))
    stage.settle()
    stage.world.clock.now += timedelta(days=40)
    undo_remediation(bucket.finding_id, None, BEN, stage.world.ports)
    stage.settle()
    of = tell_posture(stage.world.ports).all
    assert of.ages["under a day"] == 1
    delete_exception(f"undone-{bucket.finding_id}", ANA, stage.world.ports)
    stage.sweep()
    stage.settle()
    assert stage.finding(bucket).state is State.REMEDIATED
    p50 = tell_posture(stage.world.ports).rules[BUCKET].speed.p50
    assert p50 is not None
    assert p50 < timedelta(hours=2).total_seconds()


def test_what_was_half_undone_and_then_made_right_by_others_is_theirs() -> None:
    stage = Railway()
    subject = _half_undone(stage)
    stage.world.clock.now += timedelta(minutes=1)
    stage.says(subject, Verdict.COMPLIANT)
    assert stage.finding(subject).state is State.REMEDIATED
    with pytest.raises(Conflict, match="was not put right by Signalbox"):
        undo_remediation(subject.finding_id, None, BEN, stage.world.ports)


def test_who_wanted_an_undo_that_failed_half_way_stays_on_record() -> None:
    stage = Railway()
    request = stage.finding(_half_undone(stage)).remediation.undo
    assert request is not None
    assert request.by == BEN.arn


def test_a_probe_that_is_undone_before_it_is_heard_of_gives_its_place_to_the_next() -> None:
    stage = Railway()
    found = approved(stage, 4)
    ports = stage.world.ports
    stage.world.waves.kept = with_wave(Waves(), GROUP, Wave(halted="c-0: no", waiting=True))
    stage.settle(seconds=30)
    assert queued(stage, found) == found
    stage.is_silent = True
    remediate(found[0].finding_id, BEN, ports)
    stage.settle()
    remediate(found[1].finding_id, BEN, ports)
    stage.settle()
    undo_remediation(found[0].finding_id, None, BEN, ports)
    stage.is_silent = False
    stage.sweep()
    stage.settle(seconds=20)
    assert begun(stage, found) == found[:2]
    assert stage.world.waves.kept.of(GROUP).halted
    stage.settle(minutes=20)
    assert [stage.finding(each).state for each in found] == [State.EXCEPTED] + [State.REMEDIATED] * 3
    waves_are_over(stage)


def test_while_a_rule_is_halted_an_undo_is_made_and_its_end_stands_in_line() -> None:
    stage = Railway()
    stage.says(bucket := stage.has(BUCKET, thing(BUCKET)))
    stage.settle()
    stage.world.waves.kept = with_wave(Waves(), BUCKET, Wave(halted="c-0: no"))
    undo_remediation(bucket.finding_id, None, BEN, stage.world.ports)
    stage.settle()
    assert stage.finding(bucket).state is State.EXCEPTED
    stage.world.clock.now += timedelta(days=8)
    stage.sweep()
    stage.settle()
    assert queued(stage, [bucket]) == [bucket]
    assert "is halted" in stage.finding(bucket).reason
    with pytest.raises(Conflict, match="is open: only what was put right can be undone"):
        undo_remediation(bucket.finding_id, None, BEN, stage.world.ports)
    remediate(bucket.finding_id, ANA, stage.world.ports)
    stage.settle()
    assert stage.finding(bucket).state is State.REMEDIATED
    waves_are_over(stage)


def test_an_approval_in_the_queue_ends_with_an_exception_that_was_met_there() -> None:
    stage = Railway()
    found = approved(stage, 3)
    stage.settle(seconds=30)
    (one,) = queued(stage, found)
    put_exception(exception(stage, rule=GROUP, resource=one.resource.id), BEN, stage.world.ports)
    stage.settle(minutes=10)
    assert stage.finding(one).state is State.EXCEPTED
    stage.world.clock.now += timedelta(days=2)
    stage.sweep()
    stage.settle(seconds=30)
    assert stage.finding(one).state is State.WAITING
    assert stage.finding(one).remediation.approval is None


def _crashed(dies_at: int | None, *, after: bool) -> Railway:
    """Three are approved, and the first one is undone as soon as it is proven."""
    stage = Railway()
    found = approved(stage, 3)
    stage.settle(seconds=30)
    first = begun(stage, found)[0]
    while stage.finding(first).state is not State.REMEDIATED:
        stage.settle(seconds=1)
        stage.world.clock.move(seconds=1)
    stage.world.wire.log.clear()
    stage.world.wire.dies_at, stage.world.wire.after = dies_at, after
    stage._invoked(lambda: _taken_back(stage, first))
    stage.settle(minutes=20)
    for _ in range(2):
        stage.sweep()
        stage.settle(minutes=10)
    assert stage.finding(first).state is State.EXCEPTED
    assert states(stage, found) == {State.EXCEPTED, State.REMEDIATED}
    assert stage.told(first).count("Undo Started") == 1
    waves_are_over(stage)
    return stage


def _taken_back(stage: Railway, subject: Subject) -> str:
    return undo_remediation(subject.finding_id, None, BEN, stage.world.ports).reason


def test_whoever_dies_at_any_call_of_an_undo_in_line_nobody_is_forgotten() -> None:
    calls = len(_crashed(None, after=False).world.wire.log)
    for number in range(calls):
        for after in (False, True):
            _crashed(number, after=after)
