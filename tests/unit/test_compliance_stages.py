"""What cannot be put right in place takes several stages, each recorded, each of which leads back."""

from collections.abc import Collection
from copy import deepcopy
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from signalbox.compliance.commands.dry_run import dry_run
from signalbox.compliance.commands.remediate import approve, remediate
from signalbox.compliance.model import Subject, Write
from signalbox.compliance.record import State
from signalbox.compliance.rules.marks import KEPT_FOR_TAG
from signalbox.compliance.rules.registry import RULES
from signalbox.compliance.steps.stage import SHOWS_WITHIN
from signalbox.kernel.errors import Conflict, Rejected, Transient
from tests.unit.compliance_examples import COPY, EXAMPLES
from tests.unit.compliance_fakes import Thing
from tests.unit.compliance_machine import ANA, Railway, assert_in_order
from tests.unit.compliance_stories import VOLUME, thing
from tests.unit.compliance_volumes import available, host, volume

OUTAGE = timedelta(minutes=90)


def _approved(stage: Railway, of: Thing) -> Subject:
    """Up to the moment at which its writes begin."""
    subject = stage.has(VOLUME, of)
    stage.says(subject)
    stage.settle()
    assert stage.finding(subject).state is State.WAITING
    approve(subject.finding_id, ANA, stage.world.ports)
    return subject


def _operations(stage: Railway) -> list[str]:
    return [write.operation for write in stage.world.estate.writes]


def _restored(configuration: Any) -> Any:
    return RULES[VOLUME].playbook.restored(configuration)


def _refuse_one(operation: str, write: Write) -> None:
    if write.operation == operation:
        raise Rejected("no")


def _refuse(operations: Collection[str], but_of: str, write: Write) -> None:
    if write.operation in operations and write.parameters["VolumeId"] != but_of:
        raise Rejected("no")


def test_an_encrypted_copy_takes_the_place_of_a_volume_and_the_volume_is_kept() -> None:
    stage, of = Railway(), thing(VOLUME, name="orders")
    subject = _approved(stage, of)
    stage.settle()
    finding = stage.finding(subject)
    now: Any = of.configuration
    assert (finding.state, finding.reason) == (
        State.REMEDIATED,
        "the encrypted vol-of-snap-2 has taken its place; it is kept",
    )
    assert (now["Attachments"], now["KeptSince"]) == ([], "2026-11-22")
    (copy,) = now["Copies"]
    assert copy["Attachments"] == EXAMPLES[VOLUME].bad["Attachments"]
    assert now["Instance"]["State"] == "running"
    kept = [write for write in stage.world.estate.writes if write.operation == "CreateTags"][-1]
    assert {"Key": KEPT_FOR_TAG, "Value": subject.finding_id} in kept.parameters["Tags"]  # type: ignore[operator]
    assert_in_order(stage)


def test_an_approval_is_of_the_whole_plan_and_each_stage_is_recorded_before_its_writes() -> None:
    stage, of = Railway(), thing(VOLUME)
    subject = stage.has(VOLUME, of)
    stage.says(subject)
    stage.settle()
    outlook = dry_run(subject.finding_id, "somebody", stage.world.ports)
    proposed = stage.finding(subject).remediation.proposal
    assert outlook.writes == proposed
    assert [write.operation for write in proposed] == [
        "CreateTags", "CreateSnapshot", "StopInstances", "CreateSnapshot", "CreateVolume", "DetachVolume",
        "AttachVolume", "ModifyInstanceAttribute", "CreateTags", "StartInstances", "DeleteTags",
    ]  # fmt: skip
    assert proposed[6].parameters["VolumeId"] == "<encrypted copy>"
    assert stage.world.estate.writes == []
    approve(subject.finding_id, ANA, stage.world.ports)
    stage.settle()
    assert _operations(stage) == [write.operation for write in proposed]
    started = next(entry for entry in stage.timeline(subject) if entry.type == "Remediation Started")
    stages = [entry for entry in stage.timeline(subject) if entry.type == "Stage Begun"]
    assert [entry.reason for entry in stages] == started.data["stages"]
    assert len(stages) == 11
    assert stages[2].reason == "the instance stops"
    assert not any("<" in str(stage.data["writes"]) for stage in stages)


def test_a_volume_that_nobody_uses_is_copied_and_kept() -> None:
    stage, of = Railway(), Thing(configuration=available())
    subject = _approved(stage, of)
    stage.settle()
    assert stage.finding(subject).state is State.REMEDIATED
    assert _operations(stage) == ["CreateSnapshot", "CreateVolume", "CreateTags"]


@pytest.mark.parametrize(
    "refused", ["StopInstances", "CreateVolume", "DetachVolume", "AttachVolume", "kept-for"]
)
@pytest.mark.parametrize("before", [EXAMPLES[VOLUME].bad, *EXAMPLES[VOLUME].also_bad])
def test_wherever_aws_refuses_all_of_it_leads_back(refused: str, before: Any) -> None:
    stage, of = Railway(), Thing(configuration=deepcopy(before))
    subject, once = _approved(stage, of), [True]

    def refuse(write: Write) -> None:
        if once and refused in f"{write.operation} {write.parameters.get('Tags')}":
            once.clear()
            raise Rejected("no")

    stage.world.estate.refuse = refuse
    stage.settle()
    if once:  # it has no such stage
        assert stage.finding(subject).state is State.REMEDIATED
        return
    assert (stage.finding(subject).state, stage.finding(subject).reason) == (
        State.FAILED,
        "Rejected: no; undone",
    )
    assert _restored(of.configuration) == _restored(before)
    assert_in_order(stage)


def test_whoever_has_lost_a_stage_writes_nothing_in_it_not_even_again() -> None:
    """A write that had no effect is made again; somebody else has taken the finding since it was read."""
    stage, of = Railway(), thing(VOLUME)
    subject = _approved(stage, of)
    lost: list[int] = []  # how often it had been written when somebody else was faster

    def fail(asked: str) -> None:
        written, reached = (
            _operations(stage).count("DetachVolume"),
            stage.finding(subject).remediation.reached,
        )
        if asked != "findings.save" or lost or reached is None or reached.stage != "the volume is detached":
            return
        if written and stage.now - reached.at >= SHOWS_WITHIN:
            lost.append(written)
            raise Conflict("somebody else was faster")

    stage.world.estate.lost = lambda write: _operations(stage).count("DetachVolume") == 1
    stage.world.wire.fail = fail
    stage.settle()
    assert lost == [1]
    assert stage.finding(subject).state is State.REMEDIATED


def test_a_stage_that_takes_too_long_leads_back() -> None:
    stage, of = Railway(), thing(VOLUME)
    subject = _approved(stage, of)
    stage.world.estate.lost = lambda write: write.operation == "DetachVolume"
    stage.settle(hours=2)
    assert stage.finding(subject).reason == "not done in time: the volume is detached; undone"
    assert _restored(of.configuration) == _restored(EXAMPLES[VOLUME].bad)
    assert_in_order(stage)


def test_a_way_back_that_aws_refuses_or_that_does_not_end_is_told() -> None:
    for refuses in (True, False):
        stage, of = Railway(), thing(VOLUME)
        subject = _approved(stage, of)
        refused = {"AttachVolume", "DeleteVolume"} if refuses else {"AttachVolume"}
        stage.world.estate.refuse = partial(_refuse, refused, subject.resource.id)
        stage.world.estate.lost = lambda write: write.operation == "DeleteVolume"
        stage.settle(hours=2)
        why = "no" if refuses else "the copy is deleted takes too long"
        assert stage.finding(subject).reason == f"Rejected: no; not undone: {why}"
        assert of.configuration["Instance"]["State"] == "running"  # type: ignore[index]
        assert_in_order(stage)


def test_an_outage_on_the_way_back_is_no_time_that_a_stage_takes() -> None:
    stage, of = Railway(), thing(VOLUME)
    subject = _approved(stage, of)
    down: list[datetime] = []

    def refuse(write: Write) -> None:
        _refuse({"AttachVolume"}, subject.resource.id, write)
        if write.operation == "AttachVolume":
            down.append(stage.world.clock.now)
            if down[-1] - down[0] < OUTAGE:
                stage.world.clock.now += timedelta(minutes=10)  # attempts until now
                raise Transient("InternalFailure")

    stage.world.estate.refuse = refuse
    stage.settle(hours=3)
    assert down[-1] - down[0] >= OUTAGE
    assert stage.finding(subject).reason == "Rejected: no; undone"
    assert _restored(of.configuration) == _restored(EXAMPLES[VOLUME].bad)
    assert_in_order(stage)


def test_what_an_instance_has_written_since_is_never_undone() -> None:
    """The proof fails when all is done: going back would lose it, and all is as it must be."""
    stage, of = Railway(), thing(VOLUME)
    subject = _approved(stage, of)
    seen: list[int] = []

    def blind() -> None:
        if "StartInstances" in _operations(stage):
            seen.append(1)
            if len(seen) == 4:  # the proof
                raise Rejected("AccessDenied")

    stage.world.estate.blind = blind
    stage.settle()
    assert stage.finding(subject).state is State.REMEDIATED
    assert stage.told(subject)[-1] == "Remediation Succeeded"
    assert not {"Remediation Stopped", "Undo Started"} & {*stage.told(subject)}
    assert "DeleteVolume" not in _operations(stage)


def test_what_an_instance_writes_is_not_lost_for_the_sake_of_the_last_stage() -> None:
    stage, of = Railway(), thing(VOLUME)
    subject = _approved(stage, of)
    stage.world.estate.refuse = partial(_refuse_one, "DeleteTags")
    stage.settle()
    finding = stage.finding(subject)
    assert (finding.state, "not undone: all its stages are done" in finding.reason) == (State.FAILED, True)
    assert "DeleteVolume" not in _operations(stage)
    stage.world.estate.refuse = lambda write: None
    remediate(subject.finding_id, ANA, stage.world.ports)
    stage.settle()
    assert stage.finding(subject).state is State.REMEDIATED


def test_what_somebody_starts_in_the_middle_stops_again_and_another_snapshot_counts() -> None:
    stage, of = Railway(), thing(VOLUME)
    subject = _approved(stage, of)
    once = [True]

    def start() -> None:
        if "CreateVolume" in _operations(stage) and once:
            once.clear()
            of.configuration["Instance"].update(  # type: ignore[attr-defined]
                State="running", LaunchTime="2026-11-22T10:00:02.500Z"
            )

    stage.world.estate.blind = start
    stage.settle()
    assert stage.finding(subject).state is State.REMEDIATED
    (in_place,) = [each for each in of.configuration["Copies"] if each["Attachments"]]  # type: ignore[attr-defined]
    assert in_place["SnapshotId"] == "snap-3"
    assert _operations(stage).count("StopInstances") == 2


def test_what_stood_still_and_is_started_in_the_middle_stops_again() -> None:
    stage, of = Railway(), Thing(configuration=deepcopy(EXAMPLES[VOLUME].also_bad[0]))
    subject = _approved(stage, of)
    once = [True]

    def start() -> None:
        if "CreateVolume" in _operations(stage) and once:
            once.clear()
            of.configuration["Instance"].update(  # type: ignore[attr-defined]
                State="running", LaunchTime="2026-11-22T10:00:01.500Z"
            )

    stage.world.estate.blind = start
    stage.settle()
    assert stage.finding(subject).state is State.REMEDIATED
    assert _operations(stage).count("StopInstances") == 1
    assert "StartInstances" not in _operations(stage)


def test_of_two_volumes_of_one_instance_one_waits_for_the_other() -> None:
    stages, resource = RULES[VOLUME].playbook.stages, Railway().has(VOLUME, thing(VOLUME)).resource
    assert stages is not None
    due = stages.forward(resource, volume(), volume(Instance=host(HeldFor="c-2")))
    assert due is not None
    assert (due.name, due.writes) == ("the instance is held", ())


def test_what_somebody_stops_before_the_proof_is_started_again() -> None:
    stage, of = Railway(), thing(VOLUME)
    subject = _approved(stage, of)
    seen: list[int] = []

    def blind() -> None:
        if "StartInstances" in _operations(stage):
            seen.append(1)
            if len(seen) == 4:
                of.configuration["Instance"]["State"] = "stopped"  # type: ignore[index]

    stage.world.estate.blind = blind
    stage.settle()
    assert stage.finding(subject).state is State.REMEDIATED
    assert _operations(stage).count("StartInstances") == 2
    assert of.configuration["Instance"]["State"] == "running"  # type: ignore[index]


@pytest.mark.parametrize("looks", [1, 2, 4])
def test_a_volume_that_is_deleted_meanwhile_is_nobodys_failure(looks: int) -> None:
    stage = Railway()
    subject = _approved(stage, Thing(configuration=available()))
    seen: list[int] = []

    def blind() -> None:
        seen.append(1)
        if len(seen) == looks:
            stage.world.estate.things.clear()

    stage.world.estate.blind = blind
    stage.settle()
    assert stage.finding(subject).state is State.GONE
    assert_in_order(stage)


def test_the_same_volume_in_use_again_is_found_again_and_what_is_left_stands_in_the_way() -> None:
    stage, of = Railway(), thing(VOLUME)
    subject = _approved(stage, of)
    stage.settle()
    of.configuration["Attachments"] = EXAMPLES[VOLUME].bad["Attachments"]
    of.configuration["Copies"][0]["Attachments"] = []  # type: ignore[index]
    stage.world.clock.now = stage.finding(subject).result_at.replace(hour=23)
    stage.says(subject)
    stage.settle()
    finding = stage.finding(subject)
    assert finding.state is State.OPEN
    assert finding.reason.startswith("an earlier attempt has left vol-of-snap-2, snap-1, snap-2")


def test_a_volume_that_is_deleted_before_its_undo_is_nobodys_failure() -> None:
    stage = Railway()
    subject = _approved(stage, Thing(configuration=available()))

    def refuse(write: Write) -> None:
        if write.operation == "CreateVolume":
            stage.world.estate.things.clear()
            raise Rejected("InvalidVolume.NotFound")

    stage.world.estate.refuse = refuse
    stage.settle()
    assert stage.finding(subject).state is State.GONE


def test_a_copy_that_somebody_uses_elsewhere_is_not_taken_for_its_place() -> None:
    stages, resource = RULES[VOLUME].playbook.stages, Railway().has(VOLUME, thing(VOLUME)).resource
    assert stages is not None
    due = stages.forward(resource, available(), available(Copies=(COPY,)))
    assert due is not None
    assert due.name == "the snapshot that counts"


def test_what_ec2_does_not_list_yet_is_not_made_again_at_once() -> None:
    stage, of = Railway(), Thing(configuration=available())
    subject = _approved(stage, of)
    hidden: list[Any] = []

    def hide() -> None:
        """The first snapshot is not listed in the first look at it."""
        made: Any = of.configuration["Snapshots"]
        if made and not hidden:
            hidden.append(made.pop())
        elif hidden:
            made[:0] = [hidden[0]] if hidden[0] not in made else []

    stage.world.estate.blind = hide
    stage.settle()
    assert stage.finding(subject).state is State.REMEDIATED
    assert _operations(stage) == ["CreateSnapshot", "CreateVolume", "CreateTags"]


def test_what_had_no_effect_is_written_again() -> None:
    stage, of = Railway(), Thing(configuration=available())
    subject = _approved(stage, of)
    lost: list[Write] = []

    def is_lost(write: Write) -> bool:
        lost.append(write)
        return len(lost) == 1

    stage.world.estate.lost = is_lost
    stage.settle()
    assert stage.finding(subject).state is State.REMEDIATED
    assert _operations(stage) == ["CreateSnapshot", "CreateSnapshot", "CreateVolume", "CreateTags"]
    assert stage.told(subject).count("Stage Begun") == 3
