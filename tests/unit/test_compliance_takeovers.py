"""Executions that die, come late or meet another one."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from signalbox.compliance.commands.remediate import approve, remediate
from signalbox.compliance.commands.undo_remediation import undo_remediation
from signalbox.compliance.model import Write
from signalbox.compliance.progress import Next, Progress
from signalbox.compliance.record import State
from signalbox.compliance.steps.apply_fix import apply_fix
from signalbox.compliance.steps.await_approval import AwaitCommand, await_approval
from signalbox.compliance.steps.prove_fix import prove_fix
from signalbox.compliance.steps.turn import RemediationCommand
from signalbox.compliance.steps.undo_fix import undo_fix
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Conflict, Rejected, Transient
from tests.unit.builders import NOW
from tests.unit.compliance_examples import EXAMPLES
from tests.unit.compliance_fakes import MANAGED
from tests.unit.compliance_machine import ANA, BEN, Railway, assert_in_order
from tests.unit.compliance_stories import BUCKET, GROUP, refusing, slower_at, thing


def test_an_execution_that_was_taken_over_keeps_its_hands_off() -> None:
    stage = Railway()
    group = stage.has(GROUP, thing(GROUP))
    stage.says(group)
    stage._adopt()
    stage.world.executions.statuses[group.finding_id, 1] = "ABORTED"
    stage.sweep()
    stage.settle()
    assert [each.visited for each in stage.executions] == [
        ["AssessFinding"],
        ["AssessFinding", "AwaitApproval"],
    ]
    assert stage.told(group) == ["Finding Opened", "Approval Requested"]


def test_an_old_wait_that_begins_late_ends_at_once() -> None:
    stage = Railway()
    group = stage.has(GROUP, thing(GROUP))
    stage.says(group)
    stage._adopt()
    stage._step(stage.executions[0])
    stage.world.executions.statuses[group.finding_id, 1] = "ABORTED"
    stage.sweep()
    stage.settle()
    assert stage.executions[0].is_over
    assert stage.finding(group).remediation.tokens
    approve(group.finding_id, ANA, stage.world.ports)
    stage.settle()
    assert stage.finding(group).state is State.REMEDIATED


def test_a_wait_that_was_given_up_and_stores_its_token_late_keeps_nobody_waiting() -> None:
    stage = Railway()
    group = stage.has(GROUP, thing(GROUP))
    stage.says(group)
    stage.settle()
    given_up = AwaitCommand(finding=group.finding_id, generation=1, task_token="of the attempt before")
    await_approval(given_up, stage.world.ports)
    await_approval(given_up, stage.world.ports)
    approve(group.finding_id, ANA, stage.world.ports)
    stage.settle()
    assert stage.finding(group).state is State.REMEDIATED
    assert stage.finding(group).remediation.tokens == ()


def test_an_approval_whose_execution_is_dead_is_done_by_the_next() -> None:
    stage = Railway()
    group = stage.has(GROUP, thing(GROUP))
    stage.says(group)
    stage.settle()
    stage.executions[0].is_over = True
    stage.world.executions.waiting.clear()
    stage.world.executions.statuses[group.finding_id, 1] = "TIMED_OUT"
    approve(group.finding_id, ANA, stage.world.ports)
    stage.sweep()
    stage.settle()
    assert stage.finding(group).state is State.REMEDIATED
    assert_in_order(stage)


@pytest.mark.parametrize("steps", [2, 3])
def test_a_fix_whose_execution_is_dead_goes_on_in_the_next(steps: int) -> None:
    stage = Railway()
    bucket = stage.has(BUCKET, thing(BUCKET))
    stage.says(bucket)
    stage._adopt()
    for _ in range(steps - 1):
        stage._step(stage.executions[0])
    stage.executions[0].is_over = True
    stage.world.executions.statuses[bucket.finding_id, 1] = "ABORTED"
    stage.sweep()
    stage.settle()
    assert stage.finding(bucket).state is State.REMEDIATED
    assert stage.told(bucket).count("Remediation Started") == 1


def test_an_undo_whose_execution_is_dead_is_finished_by_the_next() -> None:
    stage = Railway()
    group = stage.has(GROUP, thing(GROUP))
    stage.says(group)
    stage.settle()
    down = [True]

    def refuse(write: Write) -> None:
        if write.operation.startswith("Revoke") and stage.world.estate.writes:
            raise Rejected("no")
        if write.operation.startswith("Authorize") and down[0]:
            raise Transient("away")

    stage.world.estate.refuse = refuse
    approve(group.finding_id, ANA, stage.world.ports)
    for _ in range(8):
        stage._step(stage.executions[0])
    assert stage.finding(group).remediation.undoing
    stage.executions[0].is_over = True
    stage.world.executions.statuses[group.finding_id, 1] = "ABORTED"
    down[0] = False
    stage.sweep()
    stage.settle()
    assert stage.finding(group).reason == "Rejected: no; undone"
    assert stage.told(group).count("Undo Started") == 1
    assert_in_order(stage)


def test_a_fix_that_was_given_up_and_is_made_all_the_same_is_undone_as_well() -> None:
    """Its function was lost sight of: it waits for AWS, and goes on when the undo has been made."""
    stage = Railway()
    open_group = thing(GROUP)
    before = deepcopy(open_group.configuration)
    group = stage.has(GROUP, open_group)

    def refuse(write: Write) -> None:
        if len(stage.world.estate.writes) == 1 and write.operation.startswith("Revoke"):
            raise Rejected("no")

    stage.world.estate.refuse = refuse
    stage.says(group)
    stage.settle()
    approve(group.finding_id, ANA, stage.world.ports)
    stage.settle(seconds=20)
    late = stage.world.estate.writes[0]
    assert _openings(open_group.configuration) == _openings(before)
    stage.world.estate.write(late)
    stage.settle()
    assert stage.finding(group).reason == "Rejected: no; undone"
    assert _openings(open_group.configuration) == _openings(before)
    assert stage.told(group).count("Undo Started") == 1
    assert_in_order(stage)


def _openings(configuration: Any) -> list[str]:
    return sorted(map(str, configuration["Ingress"]))


def test_two_who_are_never_fast_enough_give_up() -> None:
    stage = Railway()
    stage.world.wire.fail = refusing("findings.save", Conflict("condition 0 does not hold"))
    bucket = stage.has(BUCKET, thing(BUCKET))
    assert stage.says(bucket) == "a dead letter"
    assert stage.world.executions.started == []


def test_who_comes_late_to_the_fix_or_to_its_undoing_keeps_its_hands_off() -> None:
    stage = Railway()
    bucket = stage.has(BUCKET, thing(BUCKET))
    stage.says(bucket)
    stage.settle()
    late = RemediationCommand(finding=bucket.finding_id, generation=1)
    for task in (apply_fix, undo_fix):
        assert task(late, stage.world.ports) == Progress(next=Next.DONE)
    assert len(stage.world.estate.writes) == 1


def test_what_its_owner_takes_back_just_before_the_fix_is_left() -> None:
    stage = Railway()
    photos = thing(BUCKET)
    bucket = stage.has(BUCKET, photos)
    stage.says(bucket)
    stage._adopt()
    stage._step(stage.executions[0])
    photos.tags.clear()
    stage.settle()
    assert stage.finding(bucket).state is State.OPEN
    assert stage.finding(bucket).reason.startswith("its owner has not entrusted it")
    assert stage.world.estate.writes == []


def test_a_fix_that_is_being_undone_is_neither_made_again_nor_proven() -> None:
    stage = Railway()
    group = stage.has(GROUP, thing(GROUP))
    stage.says(group)
    finding = stage.finding(group)
    attempt = replace(finding.remediation, before=dict(EXAMPLES[GROUP].bad), stopped=True, failure="no")
    stage.world.findings.kept[finding.id] = replace(finding, remediation=attempt)
    command = RemediationCommand(finding=finding.id, generation=1)
    for late in (apply_fix, prove_fix):
        assert late(command, stage.world.ports) == Progress(next=Next.UNDO_FIX, failure="no")
    assert stage.world.estate.writes == []


def test_what_is_told_by_two_at_once_is_told_by_both_at_worst() -> None:
    stage = Railway()
    group = stage.has(GROUP, thing(GROUP))
    stage.world.wire.fail = slower_at(2)
    stage.says(group)
    stage.settle()
    assert [entry.sequence for _, entry in stage.world.bus.published] == [1, 1, 2]


def test_an_answer_that_the_machine_has_heard_already_is_given_once() -> None:
    stage = Railway()
    group = stage.has(GROUP, thing(GROUP))
    stage.says(group)
    stage.settle()
    stage.world.wire.fail = slower_at(2)
    approve(group.finding_id, ANA, stage.world.ports)
    stage.settle()
    assert stage.finding(group).state is State.REMEDIATED
    assert len(stage.world.estate.writes) == 2


def test_an_answer_travels_as_json() -> None:
    wire = Progress(next=Next.AWAIT_APPROVAL, until=NOW).to_wire()
    assert wire == {"next": "AwaitApproval", "seconds": 0, "until": rfc3339(NOW), "failure": None}


@pytest.mark.parametrize("wish", ["remediate", "undo"])
def test_who_asks_again_since_it_could_not_be_started_has_it_started_and_waits_for_no_sweep(
    wish: str,
) -> None:
    stage = Railway()
    subject = stage.has(BUCKET, thing(BUCKET, tags={}))
    stage.says(subject)
    stage.settle()
    stage.world.estate.things[subject.resource.id].tags.update(MANAGED)
    if wish == "undo":
        remediate(subject.finding_id, BEN, stage.world.ports)
        stage.settle()

    def ask() -> None:
        if wish == "undo":
            undo_remediation(subject.finding_id, None, BEN, stage.world.ports)
        else:
            remediate(subject.finding_id, BEN, stage.world.ports)

    stage.world.wire.fail = refusing("executions.start", Transient("away"))
    with pytest.raises(Transient):
        ask()
    stage.world.wire.fail = lambda name: None
    ask()
    stage.settle()
    assert stage.finding(subject).state is (State.EXCEPTED if wish == "undo" else State.REMEDIATED)
    assert_in_order(stage)
