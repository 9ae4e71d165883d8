"""A proven fix that somebody wants undone: brought back field by field, and left so for a while."""

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from signalbox.compliance.commands.put_exception import delete_exception
from signalbox.compliance.commands.undo_remediation import plan_undo, undo_remediation
from signalbox.compliance.model import Mode, Verdict, Write
from signalbox.compliance.record import State
from signalbox.compliance.rules.registry import RULES
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Conflict, Transient
from tests.unit.compliance_examples import EXAMPLES
from tests.unit.compliance_fakes import Thing
from tests.unit.compliance_machine import ANA, Railway, assert_in_order
from tests.unit.compliance_stories import (
    BEN,
    BUCKET,
    DATABASE,
    GROUP,
    put_right,
    slower_at,
    take_back,
)

IN_PLACE = sorted(
    name
    for name, rule in RULES.items()
    if rule.playbook.mode is not Mode.NOTIFY and rule.playbook.stages is None
)


def _restored(rule: str, broken: Thing) -> Any:
    return RULES[rule].playbook.restored(broken.configuration)


@pytest.mark.parametrize("rule", IN_PLACE)
def test_what_was_recorded_is_brought_back_and_left_alone_for_a_week(rule: str) -> None:
    stage = Railway()
    subject, broken = put_right(stage, rule)
    began = stage.now
    assert take_back(stage, subject) is State.EXCEPTED
    assert _restored(rule, broken) == RULES[rule].playbook.restored(EXAMPLES[rule].bad)
    assert stage.told(subject)[-3:] == ["Undo Requested", "Undo Started", "Remediation Undone"]
    finding = stage.finding(subject)
    (kept,) = stage.world.exceptions.all()
    assert (kept.spec.rule, kept.spec.resource) == (rule, subject.resource.id)
    assert (kept.spec.owner, kept.updated_by, kept.spec.reason) == ("ben", BEN.arn, BEN.reason)
    assert kept.until == began + timedelta(days=7)
    assert (finding.exception, finding.excepted_at) == (kept.id, kept.updated_at)
    assert [event.type for _, event in stage.world.bus.decided] == ["Exception Applied"]
    assert stage.world.executions.status(finding.id, finding.generation) == "SUCCEEDED"
    assert_in_order(stage)


def test_the_record_says_who_wants_it_and_stands_before_the_writes() -> None:
    stage = Railway()
    subject, _ = put_right(stage, BUCKET)
    take_back(stage, subject)
    asked, started, undone = stage.timeline(subject)[-3:]
    assert (asked.actor, asked.reason, started.actor) == (BEN.arn, BEN.reason, BEN.arn)
    assert started.data["writes"] == [
        {
            "service": "s3",
            "operation": "DeletePublicAccessBlock",
            "parameters": {"Bucket": subject.resource.id},
        }
    ]
    assert undone.data["after"] == EXAMPLES[BUCKET].bad
    assert undone.data["exception"] == f"undone-{subject.finding_id}"


def test_config_finds_it_again_and_it_is_left_until_the_exception_ends() -> None:
    stage = Railway()
    subject, broken = put_right(stage, BUCKET)
    take_back(stage, subject, until=rfc3339(stage.now + timedelta(days=2)))
    stage.world.clock.now += timedelta(hours=2)
    stage.says(subject)
    stage.settle()
    stage.sweep()
    assert stage.finding(subject).state is State.EXCEPTED
    assert broken.configuration == EXAMPLES[BUCKET].bad
    stage.world.clock.now += timedelta(days=2)
    stage.sweep()
    stage.settle()
    assert stage.finding(subject).state is State.REMEDIATED
    assert_in_order(stage)


def test_who_deletes_the_exception_has_it_put_right_again_and_may_undo_it_once_more() -> None:
    stage = Railway()
    subject, _ = put_right(stage, BUCKET)
    take_back(stage, subject)
    delete_exception(f"undone-{subject.finding_id}", ANA, stage.world.ports)
    stage.sweep()
    stage.settle()
    assert stage.finding(subject).state is State.REMEDIATED
    assert take_back(stage, subject) is State.EXCEPTED
    assert [each.version for each in stage.world.exceptions.versions(f"undone-{subject.finding_id}")] == [
        3,
        2,
        1,
    ]
    assert_in_order(stage)


def test_what_others_have_set_since_in_other_fields_stays() -> None:
    stage = Railway()
    half = Thing(configuration=deepcopy(EXAMPLES[BUCKET].also_bad[0]))
    subject, bucket = put_right(stage, BUCKET, half)
    bucket.configuration["BlockPublicAcls"] = False  # was on before the fix
    assert take_back(stage, subject) is State.EXCEPTED
    assert bucket.configuration == {**EXAMPLES[BUCKET].also_bad[0], "BlockPublicAcls": False}
    stage = Railway()
    subject, instance = put_right(stage, "instance-metadata")
    instance.configuration["HttpPutResponseHopLimit"] = 3
    assert take_back(stage, subject) is State.EXCEPTED
    assert instance.configuration["HttpTokens"] == "optional"
    assert instance.configuration["HttpPutResponseHopLimit"] == 3


def test_what_aws_shows_late_is_waited_for_as_long_as_for_the_fix() -> None:
    for is_shown in (True, False):
        stage = Railway()
        subject, database = put_right(stage, DATABASE)
        database.deaf = True
        assert take_back(stage, subject) is State.REMEDIATING
        if is_shown:
            database.configuration["BackupRetentionPeriod"] = 0
        stage.settle(days=10)
        state = State.EXCEPTED if is_shown else State.REMEDIATED
        assert stage.finding(subject).state is state
        assert len(stage.executions[-1].visited) < 150
        assert_in_order(stage)


def test_who_comes_late_with_the_fix_is_undone_as_well() -> None:
    stage = Railway()
    subject, bucket = put_right(stage, BUCKET)
    undo_remediation(subject.finding_id, None, BEN, stage.world.ports)
    stage.settle(seconds=30)
    bucket.configuration.update(EXAMPLES[BUCKET].good)
    stage.settle()
    assert stage.finding(subject).state is State.EXCEPTED
    assert bucket.configuration == EXAMPLES[BUCKET].bad


def test_a_dry_run_tells_the_writes_and_changes_nothing() -> None:
    stage = Railway()
    subject, _ = put_right(stage, GROUP)
    before, writes = stage.finding(subject), len(stage.world.estate.writes)
    plan = plan_undo(subject.finding_id, None, stage.world.ports)
    assert [write.operation for write in plan.writes] == ["AuthorizeSecurityGroupIngress"] * 2
    assert plan.until == stage.now + timedelta(days=7)
    assert (stage.finding(subject), len(stage.world.estate.writes)) == (before, writes)
    stage.world.estate.things.clear()
    with pytest.raises(Conflict, match="the resource is gone"):
        plan_undo(subject.finding_id, None, stage.world.ports)


def test_asked_for_twice_and_by_two_it_is_undone_once() -> None:
    stage = Railway()
    subject, _ = put_right(stage, BUCKET)
    undo_remediation(subject.finding_id, None, BEN, stage.world.ports)
    again = undo_remediation(subject.finding_id, None, replace(ANA, reason="me too"), stage.world.ports)
    assert again.remediation.undo and again.remediation.undo.by == BEN.arn
    stage.settle()
    assert undo_remediation(subject.finding_id, None, ANA, stage.world.ports).state is State.EXCEPTED
    assert stage.told(subject).count("Undo Requested") == 1
    assert_in_order(stage)


def test_of_two_at_the_same_moment_one_is_faster() -> None:
    stage = Railway()
    subject, _ = put_right(stage, BUCKET)
    stage.world.wire.fail = slower_at(1)
    assert take_back(stage, subject) is State.EXCEPTED
    assert stage.told(subject).count("Undo Requested") == 1


def test_while_it_is_undone_nobody_puts_it_right() -> None:
    """Config finds it, and finds it compliant by an older look, while the undo is not proven."""
    stage = Railway()
    subject, broken = put_right(stage, BUCKET)
    undo_remediation(subject.finding_id, None, BEN, stage.world.ports)
    stage.settle(seconds=30)
    stage.says(subject)
    stage.says(subject, Verdict.COMPLIANT)
    stage.settle()
    assert stage.finding(subject).state is State.EXCEPTED
    assert broken.configuration == EXAMPLES[BUCKET].bad
    assert_in_order(stage)


def test_an_outage_is_waited_out() -> None:
    stage = Railway()
    subject, broken = put_right(stage, BUCKET)
    until = stage.now + timedelta(minutes=30)

    def away(write: Write) -> None:
        if stage.now < until:
            raise Transient("away")

    stage.world.estate.refuse = away
    assert take_back(stage, subject) is State.EXCEPTED
    assert broken.configuration == EXAMPLES[BUCKET].bad
    assert stage.told(subject).count("Undo Started") == 1
