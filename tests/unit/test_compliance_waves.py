"""Much is found at once: the first are tried, the others follow at a pace, or nobody does."""

from dataclasses import replace
from datetime import timedelta

import pytest

from signalbox.compliance.commands.advance_wave import ended
from signalbox.compliance.commands.put_exception import put_exception
from signalbox.compliance.commands.remediate import remediate
from signalbox.compliance.decisions.waves import (
    EVERY,
    MOST_FIRST,
    MOST_STAGED,
    MOST_TOGETHER,
    Pace,
    expected,
    last_turn_at,
    together,
)
from signalbox.compliance.model import Verdict, Write
from signalbox.compliance.record import State
from signalbox.compliance.rules.registry import RULES
from signalbox.compliance.rules.rule import SOON
from signalbox.compliance.steps.assess_finding import assess_finding
from signalbox.compliance.steps.turn import RemediationCommand
from signalbox.compliance.waves import Wave, Waves
from signalbox.kernel.clock import from_rfc3339
from signalbox.kernel.errors import Rejected
from tests.unit.builders import NOW
from tests.unit.compliance_floods import begun, flood, queued, states, waves_are_over
from tests.unit.compliance_machine import ANA, BEN, Railway, assert_in_order
from tests.unit.compliance_stories import BUCKET, VOLUME, exception, slower_at, thing

MINUTE = timedelta(minutes=1)
QUICK = Pace(takes=timedelta(seconds=2), together=MOST_TOGETHER)


def test_one_alone_waits_for_nobody() -> None:
    stage = Railway()
    (bucket,) = flood(stage, 1)
    stage.settle(seconds=10)
    assert stage.told(bucket) == ["Finding Opened", "Remediation Started", "Remediation Succeeded"]
    waves_are_over(stage)


def test_of_many_the_first_are_tried_and_watched_before_the_others_follow_at_a_pace() -> None:
    stage = Railway()
    found = flood(stage, 50)
    stage.settle(seconds=30)
    first = begun(stage, found)
    assert len(first) == MOST_FIRST
    assert len(queued(stage, found)) == 50 - MOST_FIRST
    others = stage.finding(queued(stage, found)[0])
    assert (
        others.reason == f"others of {BUCKET} are tried first: {first[0].finding_id}, {first[1].finding_id}"
    )
    stage.settle(minutes=10)
    assert states(stage, found) == {State.REMEDIATED}
    started = sorted(
        from_rfc3339(entry.at)
        for subject in found
        for entry in stage.timeline(subject)
        if entry.type == "Remediation Started"
    )
    assert started[MOST_FIRST] - started[0] >= MINUTE
    assert started[-1] - started[MOST_FIRST] >= (50 - MOST_FIRST - 1) * EVERY - timedelta(seconds=1)
    waves_are_over(stage)


def test_a_first_one_that_fails_keeps_all_others_as_they_are_until_somebody_asks() -> None:
    stage = Railway()
    found = flood(stage, 5)
    for subject in found:
        stage.world.estate.things[subject.resource.id].deaf = True
    stage.settle(minutes=59)
    assert {stage.finding(subject).state for subject in begun(stage, found)} == {State.FAILED}
    assert len(begun(stage, found)) == MOST_FIRST
    late = stage.has(BUCKET, thing(BUCKET), id_="late")
    stage.says(late)
    stage.settle(minutes=59)
    assert ": not proven in time: off: " in stage.finding(late).reason
    assert len(queued(stage, [*found, late])) == 4
    stage.sweep()
    stage.settle(minutes=59)
    assert len(begun(stage, [*found, late])) == MOST_FIRST
    for subject in found:
        stage.world.estate.things[subject.resource.id].deaf = False
    asked = queued(stage, found)[0]
    remediate(asked.finding_id, BEN, stage.world.ports)
    stage.settle(minutes=10)
    failed = [subject for subject in found if stage.finding(subject).state is State.FAILED]
    assert len(failed) == MOST_FIRST
    assert states(stage, [each for each in (*found, late) if each not in failed]) == {State.REMEDIATED}
    stage.says(failed[0])  # told again of one that failed before: it halts nothing
    assert "halted" not in ended(failed[0].finding_id, stage.world.ports)
    stage.settle(minutes=10)
    waves_are_over(stage)


def test_one_that_does_not_stay_put_right_while_it_is_watched_is_a_failure() -> None:
    stage = Railway()
    found = flood(stage, 4)
    stage.settle(seconds=30)
    bad = begun(stage, found)[0]
    stage.world.estate.things[bad.resource.id].configuration = thing(BUCKET).configuration
    stage.settle(minutes=30)
    assert stage.finding(bad).state is State.FAILED
    assert len(queued(stage, found)) == 2


def test_first_ones_that_say_nothing_give_their_place_to_others() -> None:
    stage = Railway()
    found = [
        stage.has(BUCKET, thing(BUCKET, name=f"shop-{number}"), id_=f"b-{number}") for number in range(8)
    ]
    for subject in found:
        stage.says(subject)
    for number in range(2):
        spec = exception(stage, id=f"leave-{number}", resource=f"b-{number}")
        put_exception(spec, ANA, stage.world.ports)
    stage.settle(minutes=10)
    assert states(stage, found[:2]) == {State.EXCEPTED}
    assert states(stage, found[2:]) == {State.REMEDIATED}
    waves_are_over(stage)


def test_first_ones_that_go_away_do_so_too() -> None:
    stage = Railway()
    found = flood(stage, 6)
    stage.settle(seconds=1)
    for subject in begun(stage, found):
        del stage.world.estate.things[subject.resource.id]
    stage.settle(minutes=10)
    assert states(stage, found) == {State.REMEDIATED, State.GONE}
    waves_are_over(stage)


def test_very_many_follow_in_waves() -> None:
    stage = Railway()
    found = flood(stage, MOST_FIRST + MOST_TOGETHER + 5)
    stage.settle(seconds=90)
    assert len(queued(stage, found)) == 5
    stage.settle(minutes=30)
    assert states(stage, found) == {State.REMEDIATED}
    waves_are_over(stage)


def test_of_plans_of_several_stages_few_follow_and_all_of_them_are_watched() -> None:
    stage = Railway()
    found = flood(stage, 12)
    stage.is_silent = True
    stage.settle(minutes=2)
    plan = replace(RULES[BUCKET].playbook, stages=RULES[VOLUME].playbook.stages)
    rules = {**RULES, BUCKET: replace(RULES[BUCKET], playbook=plan)}
    ended(begun(stage, found)[0].finding_id, replace(stage.world.ports, rules=rules))
    given = [each.finding_id for each in found if stage.finding(each).remediation.turn_at is not None]
    assert len(given) == MOST_STAGED
    assert stage.world.waves.kept.of(BUCKET).first == tuple(given)


def test_one_of_the_others_that_fails_stops_those_whose_turn_has_not_come() -> None:
    stage = Railway()
    found = flood(stage, 100)
    stage.settle(seconds=30)
    bad = queued(stage, found)[20]

    def refuse(write: Write) -> None:
        if write.parameters["Bucket"] == bad.resource.id:
            raise Rejected("a policy denies it")

    stage.world.estate.refuse = refuse
    stage.settle(minutes=30)
    assert stage.finding(bad).reason == "Rejected: a policy denies it; nothing was changed"
    left = queued(stage, found)
    assert 50 < len(left) < 80
    why = f": {bad.finding_id}: Rejected: a policy denies it"
    assert {stage.finding(each).reason[-len(why) :] for each in left} == {why}
    assert {stage.finding(each).reason.partition(" is halted")[0] for each in left} == {BUCKET}
    assert_in_order(stage)
    assert "halted" in ended(begun(stage, found)[0].finding_id, stage.world.ports)  # a proof of before
    assert len(queued(stage, found)) == len(left)


def test_what_is_found_well_meanwhile_leaves_the_queue() -> None:
    stage = Railway()
    found = flood(stage, 4)
    stage.settle(seconds=30)
    well = queued(stage, found)[0]
    stage.says(well, Verdict.COMPLIANT)
    stage.settle(minutes=10)
    assert stage.told(well)[-2:] == ["Finding Queued", "Finding Closed"]
    waves_are_over(stage)


def test_an_end_that_nobody_was_told_of_is_found_by_the_sweep() -> None:
    stage = Railway()
    found = flood(stage, 6)
    stage.settle(seconds=30)
    stage.is_silent = True
    stage.settle(minutes=30)
    assert len(queued(stage, found)) == 4
    stage.is_silent = False
    stage.sweep()
    stage.settle(minutes=10)
    assert states(stage, found) == {State.REMEDIATED}
    waves_are_over(stage)


def test_an_unknown_finding_is_nobody_s_business() -> None:
    assert ended("c-unknown", Railway().world.ports) == "there is no finding c-unknown"


def test_who_comes_to_the_queue_just_as_it_is_emptied_looks_again() -> None:
    stage = Railway()
    found = flood(stage, 3)
    once = iter([True])

    def fail(name: str) -> None:
        if name == "bus.publish" and queued(stage, found) and next(once, False):
            stage.world.waves.kept = Waves(revision=stage.world.waves.kept.revision + 1)

    stage.world.wire.fail = fail
    stage.settle(minutes=10)
    assert states(stage, found) == {State.REMEDIATED}
    waves_are_over(stage)


def test_who_came_to_the_queue_after_it_was_looked_through_is_seen_once_more() -> None:
    stage = Railway()
    found = flood(stage, 3)
    late = stage.has(BUCKET, thing(BUCKET), id_="late")
    looked: list[str] = []

    def fail(name: str) -> None:
        if name == "findings.all" and not looked:
            looked.append(name)
        elif name == "waves.save" and looked == ["findings.all"]:
            looked.append(name)
            stage.says(late)
            assess_finding(RemediationCommand(finding=late.finding_id, generation=1), stage.world.ports)
            assert queued(stage, [late])

    stage.is_silent = True  # both of the first are proven before anybody is told
    stage.settle(minutes=3)
    stage.is_silent = False
    stage.world.wire.fail = fail
    stage.sweep()
    stage.settle(minutes=10)
    assert len(looked) == 2
    assert states(stage, [*found, late]) == {State.REMEDIATED}
    waves_are_over(stage)


@pytest.mark.parametrize("save", [1, 2, 3])
def test_two_at_once_look_again(save: int) -> None:
    stage = Railway()
    stage.world.wire.fail = slower_at(save, "waves.save")
    found = flood(stage, 4)
    stage.settle(minutes=10)
    assert states(stage, found) == {State.REMEDIATED}
    waves_are_over(stage)


def _crashed(dies_at: int | None, *, after: bool) -> Railway:
    stage = Railway()
    stage.world.wire.dies_at, stage.world.wire.after = dies_at, after
    found = flood(stage, 4)
    stage.settle(minutes=10)
    for _ in range(3):
        stage.sweep()
        stage.settle(minutes=10)
    assert states(stage, found) == {State.REMEDIATED}
    waves_are_over(stage)
    return stage


def test_whoever_dies_at_any_call_nobody_is_lost() -> None:
    calls = len(_crashed(None, after=False).world.wire.log)
    for number in range(calls):
        for after in (False, True):
            _crashed(number, after=after)


@pytest.mark.parametrize(
    ("queued", "after"),
    [(1, MINUTE), (3, MINUTE + 2 * EVERY), (200, MINUTE + 199 * EVERY), (201, 2 * MINUTE + 200 * EVERY)],
)
def test_it_is_told_when_the_last_has_its_turn(queued: int, after: timedelta) -> None:
    assert last_turn_at(Waves(), BUCKET, queued, QUICK, NOW) == NOW + after
    assert last_turn_at(Waves(free_at=NOW), BUCKET, queued, QUICK, NOW) == NOW + after


def test_turns_that_are_given_already_come_first() -> None:
    waves = Waves(free_at=NOW + 5 * MINUTE)
    assert last_turn_at(waves, BUCKET, 3, QUICK, NOW) == NOW + 5 * MINUTE + 2 * EVERY


def test_fixes_that_take_long_hold_the_others_up() -> None:
    hour = timedelta(hours=1)
    assert (
        last_turn_at(Waves(), BUCKET, 201, Pace(takes=hour, together=MOST_TOGETHER), NOW)
        == NOW + 2 * hour + 200 * EVERY
    )


def test_of_fixes_of_several_stages_few_have_their_turn_together() -> None:
    pace = Pace(takes=timedelta(hours=1), together=together(RULES[VOLUME]))
    assert last_turn_at(Waves(), VOLUME, 11, pace, NOW) == NOW + timedelta(hours=3) + 10 * EVERY
    assert together(RULES[BUCKET]) == together(None) == MOST_TOGETHER


def test_a_fix_takes_as_long_as_before_or_as_it_may() -> None:
    hour, week = timedelta(hours=1), timedelta(days=7)
    assert expected(hour, week) == hour
    assert expected(None, week) == week
    assert expected(None, SOON) == timedelta()


def test_nobody_knows_when_a_halted_wave_goes_on() -> None:
    halted = Waves(by_rule={BUCKET: Wave(halted="c-1: denied")})
    assert last_turn_at(halted, BUCKET, 3, QUICK, NOW) is None
    assert last_turn_at(Waves(), BUCKET, 0, QUICK, NOW) is None


def test_the_turn_that_was_told_is_right_to_a_minute() -> None:
    stage = Railway()
    found = flood(stage, 50)
    stage.settle(seconds=30)
    waves = stage.world.waves.get()
    told = last_turn_at(waves, BUCKET, len(queued(stage, found)), QUICK, stage.now)
    stage.settle()
    turns = [stage.finding(subject).remediation.turn_at for subject in found]
    assert told is not None
    assert abs(max(turn for turn in turns if turn) - told) <= MINUTE
