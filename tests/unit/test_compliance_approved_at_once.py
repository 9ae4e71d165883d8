"""Many are approved, or asked for, at once: they stand in the line of what is put right by itself."""

from datetime import timedelta
from typing import Any

import pytest

from signalbox.compliance.commands.advance_wave import ended
from signalbox.compliance.commands.dry_run import dry_run, dry_run_rule
from signalbox.compliance.commands.put_exception import put_exception
from signalbox.compliance.commands.remediate import approve, reject, remediate
from signalbox.compliance.decisions.waves import EVERY, MOST_FIRST
from signalbox.compliance.model import Mode, Subject, Verdict, Write
from signalbox.compliance.record import State
from signalbox.compliance.waves import Waves
from signalbox.kernel.clock import from_rfc3339
from signalbox.kernel.errors import Conflict, Rejected
from tests.unit.compliance_examples import SSH_TO_US
from tests.unit.compliance_floods import approved, begun, flood, queued, states, waves_are_over
from tests.unit.compliance_machine import ANA, BEN, Railway, assert_in_order
from tests.unit.compliance_stories import BUCKET, GROUP, exception, slower_at, thing


def refuse_all(stage: Railway, *but: Subject) -> None:
    """AWS refuses every write, but those to these."""
    allowed = {subject.resource.id for subject in but}

    def refuse(write: Write) -> None:
        if write.parameters.get("GroupId", write.parameters.get("Bucket")) not in allowed:
            raise Rejected("a policy denies it")

    stage.world.estate.refuse = refuse


def refuse_none(stage: Railway) -> None:
    stage.world.estate.refuse = lambda _: None


def wave(stage: Railway, rule: str = GROUP) -> Any:
    return stage.world.waves.kept.of(rule)


def halted(count: int = 6) -> tuple[Railway, list[Subject], list[Subject]]:
    """All of them are approved, and those that are tried fail: (the stage, those, the others)."""
    stage = Railway()
    refuse_all(stage)
    found = approved(stage, count)
    stage.settle(minutes=20)
    failed = [subject for subject in found if stage.finding(subject).state is State.FAILED]
    assert failed == found[:1]
    return stage, failed, queued(stage, found)


def test_of_many_that_are_approved_the_first_are_proven_before_the_others_follow_at_a_pace() -> None:
    stage = Railway()
    found = approved(stage, 20)
    stage.settle(seconds=30)
    first = begun(stage, found)
    assert len(first) == MOST_FIRST
    waiting = queued(stage, found)
    assert len(waiting) == 20 - MOST_FIRST
    other = stage.finding(waiting[0])
    names = f"{first[0].finding_id}, {first[1].finding_id}"
    assert (other.state, other.reason) == (State.OPEN, f"others of {GROUP} are tried first: {names}")
    assert other.remediation.approval is not None
    assert other.remediation.approval.by == ANA.arn
    stage.settle(minutes=10)
    assert states(stage, found) == {State.REMEDIATED}
    at = sorted(
        (from_rfc3339(entry.at), entry.actor)
        for subject in found
        for entry in stage.timeline(subject)
        if entry.type == "Remediation Started"
    )
    assert {actor for _, actor in at} == {ANA.arn}
    assert at[MOST_FIRST][0] - at[0][0] >= timedelta(minutes=1)
    assert at[-1][0] - at[MOST_FIRST][0] >= (20 - MOST_FIRST - 1) * EVERY - timedelta(seconds=1)
    assert [entry for entry in stage.told(waiting[0]) if entry.startswith("Approval")] == [
        "Approval Requested"
    ]
    waves_are_over(stage)


def test_whoever_approves_one_is_told_that_it_goes_on_or_after_which_ones() -> None:
    stage = Railway()
    found = [stage.has(GROUP, thing(GROUP), id_=f"sg-{number}") for number in range(3)]
    for subject in found:
        stage.says(subject)
    stage.settle(seconds=5)
    told = []
    for subject in found:
        told.append(approve(subject.finding_id, ANA, stage.world.ports).reason)
        stage.settle(seconds=0)
    ids = ", ".join(subject.finding_id for subject in found[:2])
    assert told == [
        *[f"approved by {ANA.arn}"] * 2,
        f"approved by {ANA.arn}; others of {GROUP} are tried first: {ids}",
    ]


def test_one_that_fails_keeps_the_others_as_they_are_though_they_are_approved() -> None:
    stage, failed, left = halted()
    assert wave(stage).halted.startswith(f"{failed[0].finding_id}: Rejected: a policy denies it")
    assert all(stage.finding(each).remediation.approval for each in left)
    stage.sweep()
    stage.settle()
    assert queued(stage, left) == left
    assert begun(stage, left) == []


def test_one_of_the_first_that_is_proven_after_another_has_failed_lets_nobody_go() -> None:
    stage = Railway()
    found = [stage.has(GROUP, thing(GROUP), id_=f"sg-{number}") for number in range(4)]
    for subject in found:
        stage.says(subject)
    stage.settle(seconds=5)
    approve(found[0].finding_id, ANA, stage.world.ports)
    stage.settle(seconds=1)
    refuse_all(stage)
    for subject in found[1:]:
        approve(subject.finding_id, ANA, stage.world.ports)
        stage.settle(seconds=0)
    assert wave(stage).halted
    assert stage.finding(found[0]).state is State.REMEDIATING
    stage.settle(minutes=20)
    assert stage.finding(found[0]).state is State.REMEDIATED
    assert begun(stage, found) == found[:2]
    assert queued(stage, found) == found[2:]
    assert wave(stage).halted


def test_what_is_approved_while_the_rule_is_halted_is_queued_and_told_so() -> None:
    stage, _, left = halted()
    late = stage.has(GROUP, thing(GROUP), id_="late")
    stage.says(late)
    stage.settle(seconds=5)
    said = approve(late.finding_id, ANA, stage.world.ports).reason
    assert said.startswith(
        f"approved by {ANA.arn}; {GROUP} is halted until one that somebody asks for is proven: c-"
    )
    stage.settle()
    assert queued(stage, [late]) == [late]
    refuse_none(stage)
    remediate(left[0].finding_id, BEN, stage.world.ports)
    stage.settle(minutes=10)
    assert states(stage, [late, *left]) == {State.REMEDIATED}


def test_the_one_that_somebody_asks_for_is_tried_and_the_others_follow_with_the_approvals_they_have() -> None:
    stage, failed, left = halted()
    refuse_none(stage)
    remediate(left[1].finding_id, BEN, stage.world.ports)
    stage.settle(seconds=30)
    assert begun(stage, left) == [left[1]]
    assert wave(stage).first == (left[1].finding_id,)
    stage.settle(minutes=10)
    assert states(stage, left) == {State.REMEDIATED}
    assert all(stage.told(each).count("Approval Requested") == 1 for each in left)
    remediate(failed[0].finding_id, BEN, stage.world.ports)  # that attempt is over: so is its approval
    stage.settle(seconds=5)
    assert stage.finding(failed[0]).state is State.WAITING
    approve(failed[0].finding_id, ANA, stage.world.ports)
    stage.settle(minutes=10)
    waves_are_over(stage)


def test_others_that_are_asked_for_meanwhile_wait_behind_it() -> None:
    stage, _, left = halted()
    refuse_none(stage)
    for subject in left[:3]:
        said = remediate(subject.finding_id, BEN, stage.world.ports).reason
        stage.settle(seconds=5)
    assert f"under way is {left[0].finding_id}" in said
    assert begun(stage, left) == [left[0]]
    assert queued(stage, left) == left[1:]
    stage.settle(minutes=10)
    assert states(stage, left) == {State.REMEDIATED}


def test_when_it_fails_too_all_others_stay_until_somebody_asks_again() -> None:
    stage, _, left = halted()
    for subject in left[:3]:
        remediate(subject.finding_id, BEN, stage.world.ports)
        stage.settle(seconds=5)
    stage.settle(minutes=20)
    assert stage.finding(left[0]).state is State.FAILED
    assert begun(stage, left) == [left[0]]
    assert queued(stage, left) == left[1:]
    assert wave(stage).halted.startswith(left[0].finding_id)
    stage.sweep()
    stage.settle()
    assert begun(stage, left) == [left[0]]


def test_until_a_failure_is_undone_none_can_be_asked_for() -> None:
    stage = Railway()
    found = approved(stage, 4)
    first: list[str] = []

    def refuse(write: Write) -> None:
        first.append(str(write.parameters["GroupId"]))
        if first.count(first[-1]) == 2 and write.operation.startswith("Revoke"):
            raise Rejected("a policy denies it")

    stage.world.estate.refuse = refuse
    stage.settle(seconds=20)
    assert stage.finding(found[0]).remediation.undoing
    assert found[0].finding_id in wave(stage).first
    remediate(found[2].finding_id, BEN, stage.world.ports)
    stage.settle(seconds=20)
    assert queued(stage, found) == found[1:]
    stage.settle(minutes=20)
    assert wave(stage).first == ()


def test_one_that_has_failed_and_is_found_anew_is_no_probe_unless_somebody_asks_for_it() -> None:
    stage = Railway()
    found = approved(stage, 3)
    bad = stage.world.estate.things[found[0].resource.id]
    bad.deaf = True
    stage.settle(minutes=6)
    assert wave(stage).first == (found[0].finding_id,)
    stage.is_silent = True
    stage.settle(minutes=10)
    assert stage.finding(found[0]).state is State.FAILED
    stage.says(found[0], Verdict.COMPLIANT)
    stage.world.clock.move(minutes=1)
    stage.says(found[0])
    stage.settle(seconds=5)
    approve(found[0].finding_id, ANA, stage.world.ports)
    stage.settle(minutes=10)
    assert queued(stage, [found[0]]) == [found[0]]


def test_a_dry_run_counts_the_approval_of_what_is_queued() -> None:
    stage, failed, left = halted()
    assert dry_run(left[0].finding_id, BEN.arn, stage.world.ports).outcome == "act"
    assert dry_run(failed[0].finding_id, BEN.arn, stage.world.ports).outcome == "wait"
    found, _ = dry_run_rule(GROUP, 100, None, stage.world.ports)
    assert sorted(each.outcome for each in found) == ["act"] * len(left) + ["wait"]


def test_when_it_says_nothing_the_next_one_that_is_asked_for_is_tried() -> None:
    stage, _, left = halted()
    refuse_none(stage)
    gone, asked = left[2], left[3]
    for subject in (gone, asked):
        remediate(subject.finding_id, BEN, stage.world.ports)
        stage._hear()
        stage._adopt()
        stage._step(stage.executions[-1])
    del stage.world.estate.things[gone.resource.id]
    stage.settle(minutes=1)
    assert begun(stage, left) == [asked]
    stage.settle(minutes=10)
    assert states(stage, left) == {State.REMEDIATED, State.GONE}


def test_one_that_had_its_turn_when_the_rule_was_halted_is_no_probe() -> None:
    stage = Railway()
    found = flood(stage, 12)
    stage.settle(seconds=5)
    for subject in queued(stage, found):
        remediate(subject.finding_id, BEN, stage.world.ports)
    stage.settle(seconds=5)
    assert len(queued(stage, found)) == 10
    refuse_all(stage, *begun(stage, found))
    stage.settle(minutes=20)
    failed = [subject for subject in found if stage.finding(subject).state is State.FAILED]
    assert 0 < len(failed) < 5
    assert len(queued(stage, found)) == 10 - len(failed)


def test_who_asks_for_one_by_itself_notices_no_line_and_the_third_at_a_time_is_told_of_it() -> None:
    stage = Railway()
    stage.world.ceiling = Mode.PROPOSE
    found = flood(stage, 3)
    stage.settle(seconds=5)
    stage.world.ceiling = Mode.AUTO
    told = []
    for subject in found:
        told.append(remediate(subject.finding_id, BEN, stage.world.ports).reason)
        stage.settle(seconds=0)
        told.append(stage.finding(subject).reason)
    assert len(begun(stage, found)) == 2
    ids = ", ".join(subject.finding_id for subject in found[:2])
    assert told[-1] == f"others of {BUCKET} are tried first: {ids}"
    stage.settle(minutes=10)
    assert states(stage, found) == {State.REMEDIATED}
    assert stage.finding(found[2]).remediation.requested_by == BEN.arn
    waves_are_over(stage)


def test_what_has_changed_when_its_turn_comes_is_asked_for_again_and_has_no_turn_any_more() -> None:
    stage = Railway()
    found = approved(stage, 5)
    stage.settle(seconds=30)
    changed = queued(stage, found)
    for subject in changed:
        ingress: Any = stage.world.estate.things[subject.resource.id].configuration["Ingress"]
        ingress.pop(2)
    stage.settle(minutes=10)
    for subject in changed:
        finding = stage.finding(subject)
        assert (finding.state, finding.remediation.turn_at) == (State.WAITING, None)
        assert "changed since" in finding.reason
    assert wave(stage).first == ()  # those who wait for people keep nobody waiting
    for subject in changed:
        approve(subject.finding_id, ANA, stage.world.ports)
    stage.settle(seconds=30)
    assert len(begun(stage, changed)) == MOST_FIRST
    stage.settle(minutes=10)
    assert states(stage, found) == {State.REMEDIATED}
    waves_are_over(stage)


def test_what_is_queued_can_be_rejected_and_asked_for_anew() -> None:
    stage = Railway()
    found = approved(stage, 4)
    stage.settle(seconds=30)
    no, yes = queued(stage, found)
    assert reject(no.finding_id, BEN, stage.world.ports).remediation.approval is None
    with pytest.raises(Conflict, match="waits for nobody: it is open$"):
        reject(no.finding_id, BEN, stage.world.ports)
    with pytest.raises(Conflict, match="waits for nobody: it is open, and queued"):
        approve(yes.finding_id, BEN, stage.world.ports)
    stage.settle(minutes=10)
    assert (stage.finding(no).state, stage.finding(yes).state) == (State.OPEN, State.REMEDIATED)
    assert stage.finding(no).reason == f"rejected by {BEN.arn}: please"
    remediate(no.finding_id, BEN, stage.world.ports)
    stage.settle(seconds=5)
    assert stage.finding(no).state is State.WAITING
    approve(no.finding_id, ANA, stage.world.ports)
    stage.settle(minutes=10)
    waves_are_over(stage)


@pytest.mark.parametrize("change", ["excepted", "well", "mended", "gone", "found again", "distrusted"])
def test_what_happens_to_one_that_is_queued_is_seen_when_it_has_its_turn(change: str) -> None:
    stage = Railway()
    found = approved(stage, 4)
    stage.settle(seconds=30)
    one, other = queued(stage, found)
    resource = stage.world.estate.things[one.resource.id]
    match change:
        case "excepted":
            put_exception(exception(stage, rule=GROUP, resource=one.resource.id), BEN, stage.world.ports)
        case "well":
            stage.says(one, Verdict.COMPLIANT)
        case "mended":
            resource.configuration["Ingress"] = [SSH_TO_US]
        case "gone":
            del stage.world.estate.things[one.resource.id]
        case "distrusted":
            resource.tags.clear()
        case _:
            stage.says(one)
            assert queued(stage, [one]) == [one]
    stage.settle(minutes=10)
    ends = {
        "excepted": State.EXCEPTED, "well": State.REMEDIATED, "mended": State.REMEDIATED,
        "gone": State.GONE, "found again": State.REMEDIATED, "distrusted": State.OPEN,
    }  # fmt: skip
    assert stage.finding(one).state is ends[change]
    assert bool(begun(stage, [one])) is (change == "found again")
    assert stage.finding(other).state is State.REMEDIATED
    waves_are_over(stage)


def test_found_anew_after_it_was_well_it_needs_a_new_approval() -> None:
    stage = Railway()
    found = approved(stage, 3)
    stage.settle(seconds=30)
    (one,) = queued(stage, found)
    stage.says(one, Verdict.COMPLIANT)
    stage.world.clock.move(minutes=1)
    stage.says(one)
    stage.settle(minutes=10)
    assert stage.finding(one).state is State.WAITING


def test_an_approval_does_not_lapse_in_the_queue() -> None:
    stage, _, left = halted()
    stage.settle(days=30)
    stage.world.clock.move(days=30)
    refuse_none(stage)
    remediate(left[0].finding_id, BEN, stage.world.ports)
    stage.settle(minutes=10)
    assert states(stage, left) == {State.REMEDIATED}
    assert all(stage.told(each).count("Approval Requested") == 1 for each in left)


def test_two_who_ask_for_the_same_one_ask_once() -> None:
    stage, _, left = halted()
    refuse_none(stage)
    stage.world.wire.fail = slower_at(1)
    for caller in (BEN, ANA):
        remediate(left[0].finding_id, caller, stage.world.ports)
    assert stage.finding(left[0]).remediation.requested_by == BEN.arn
    stage.settle(minutes=10)
    assert stage.told(left[0]).count("Remediation Started") == 1
    assert states(stage, left) == {State.REMEDIATED}


def test_both_of_the_next_first_ones_are_rejected_just_then_and_others_are_tried() -> None:
    stage = Railway()
    found = approved(stage, 6)
    stage.settle(seconds=30)
    for subject in begun(stage, found):
        del stage.world.estate.things[subject.resource.id]
    next_ = queued(stage, found)[:MOST_FIRST]
    saves = iter([True])

    def fail(name: str) -> None:
        chosen = {subject.finding_id for subject in next_} <= {*wave(stage).first}
        if name == "findings.save" and chosen and next(saves, False):
            for subject in next_:
                reject(subject.finding_id, BEN, stage.world.ports)

    stage.world.wire.fail = fail
    stage.settle(minutes=10)
    assert [stage.finding(subject).reason[:8] for subject in next_] == ["rejected"] * 2
    assert begun(stage, found) == [*found[:2], *found[4:]]
    waves_are_over(stage)


def test_who_is_queued_and_forgotten_is_found_by_the_sweep() -> None:
    stage = Railway()
    found = approved(stage, 4)
    stage.settle(seconds=30)
    stage.is_silent = True
    stage.settle(minutes=10)
    stage.world.waves.kept = Waves(revision=stage.world.waves.kept.revision + 1)
    stage.is_silent = False
    assert f"{GROUP}: 2 begun" in stage.sweep()
    stage.settle(minutes=10)
    assert states(stage, found) == {State.REMEDIATED}
    waves_are_over(stage)


def test_a_failure_that_is_told_late_halts_nothing_that_has_gone_on_since() -> None:
    stage, failed, left = halted()
    refuse_none(stage)
    remediate(left[0].finding_id, BEN, stage.world.ports)
    stage.settle(minutes=10)
    assert "halted" not in ended(failed[0].finding_id, stage.world.ports)
    assert_in_order(stage)


def _crashed(dies_at: int | None, *, after: bool) -> Railway:
    stage = Railway()
    found = [stage.has(GROUP, thing(GROUP), id_=f"sg-{number}") for number in range(4)]
    for subject in found:
        stage.says(subject)
    stage.settle(seconds=5)
    stage.world.wire.log.clear()
    stage.world.wire.dies_at, stage.world.wire.after = dies_at, after
    for subject in found:
        said(stage, subject)
    stage.settle(minutes=10)
    for _ in range(3):
        stage.sweep()
        stage.settle(minutes=10)
        for subject in found:
            said(stage, subject)
        stage.settle(minutes=10)
    assert states(stage, found) == {State.REMEDIATED}
    waves_are_over(stage)
    return stage


def said(stage: Railway, subject: Subject) -> None:
    """Whoever gets no answer asks again, until it is heard or too late."""
    stage._invoked(lambda: _approved(stage, subject))


def _approved(stage: Railway, subject: Subject) -> str:
    finding = stage.finding(subject)
    if finding.state is State.WAITING and finding.remediation.approval is None:
        approve(subject.finding_id, ANA, stage.world.ports)
    return "approved"


def test_whoever_dies_at_any_call_no_approval_is_lost() -> None:
    calls = len(_crashed(None, after=False).world.wire.log)
    for number in range(calls):
        for after in (False, True):
            _crashed(number, after=after)
