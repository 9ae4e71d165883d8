"""What goes wrong is undone field by field, and told; what cannot be looked at is not touched."""

from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import pytest

from signalbox.compliance.commands.remediate import approve
from signalbox.compliance.model import Write
from signalbox.compliance.record import State
from signalbox.kernel.errors import Rejected, Transient
from tests.unit.compliance_machine import ANA, Railway, assert_in_order
from tests.unit.compliance_stories import BUCKET, GROUP, refusing, thing


def test_what_takes_no_effect_is_not_proven() -> None:
    stage = Railway()
    bucket = stage.has(BUCKET, thing(BUCKET, deaf=True))
    stage.says(bucket)
    stage.settle()
    finding = stage.finding(bucket)
    assert finding.state is State.FAILED
    assert finding.reason.startswith("not proven in time: off: BlockPublicAcls")
    assert finding.reason.endswith("nothing was changed")
    assert stage.world.executions.status(finding.id, 1) == "FAILED"
    assert_in_order(stage)


def test_what_goes_wrong_halfway_is_undone_field_by_field() -> None:
    stage = Railway()
    open_group = thing(GROUP)
    before = deepcopy(open_group.configuration)
    group = stage.has(GROUP, open_group)

    def refuse(write: Write) -> None:
        if len(stage.world.estate.writes) == 1 and write.operation == "RevokeSecurityGroupIngress":
            raise Rejected("no")

    stage.world.estate.refuse = refuse
    stage.says(group)
    stage.settle()
    approve(group.finding_id, ANA, stage.world.ports)
    stage.settle()
    finding = stage.finding(group)
    assert (finding.state, finding.reason) == (State.FAILED, "Rejected: no; undone")
    assert stage.told(group)[-2:] == ["Undo Started", "Remediation Undone"]
    found: Any = open_group.configuration["Ingress"]
    assert sorted(map(str, found)) == sorted(map(str, before["Ingress"]))  # type: ignore[call-overload]
    assert_in_order(stage)


def test_an_undo_that_aws_refuses_is_told() -> None:
    stage = Railway()
    stage.says(group := stage.has(GROUP, thing(GROUP)))
    stage.settle()

    def refuse(write: Write) -> None:
        if stage.world.estate.writes:
            raise Rejected("no")

    stage.world.estate.refuse = refuse
    approve(group.finding_id, ANA, stage.world.ports)
    stage.settle()
    finding = stage.finding(group)
    assert finding.state is State.FAILED
    assert finding.reason == "Rejected: no; not undone: no; no; Open is not as before"
    assert stage.told(group)[-1] == "Undo Failed"
    assert_in_order(stage)


def test_a_resource_that_goes_during_the_undo_is_gone() -> None:
    stage = Railway()
    stage.says(group := stage.has(GROUP, thing(GROUP)))
    stage.settle()

    def refuse(write: Write) -> None:
        if stage.world.estate.writes and write.operation.startswith("Revoke"):
            raise Rejected("no")
        if write.operation.startswith("Authorize"):
            stage.world.estate.things.clear()
            raise Rejected("it is gone")

    stage.world.estate.refuse = refuse
    approve(group.finding_id, ANA, stage.world.ports)
    stage.settle()
    assert stage.finding(group).state is State.GONE


def test_a_fix_that_is_refused_since_the_resource_has_gone_halts_nothing() -> None:
    """Seen in the simulation: a bucket was deleted just before its fix, and all others of the rule waited."""
    stage = Railway()
    bucket = stage.has(BUCKET, thing(BUCKET))

    def refuse(write: Write) -> None:
        stage.world.estate.things.pop(bucket.resource.id)
        raise Rejected("NoSuchBucket")

    stage.world.estate.refuse = refuse
    stage.says(bucket)
    stage.settle()
    assert stage.finding(bucket).state is State.GONE
    assert stage.told(bucket) == ["Finding Opened", "Remediation Started", "Finding Closed"]
    assert not stage.world.waves.kept.of(BUCKET).halted


def test_what_cannot_be_looked_at_is_not_touched_and_somebody_is_told() -> None:
    """Fail closed: also when it is an exception that cannot be read."""
    for call in ("estate.observe", "exceptions.all"):
        stage = Railway()
        bucket = stage.has(BUCKET, thing(BUCKET))
        stage.world.wire.fail = refusing(call, Rejected("AccessDenied"))
        stage.says(bucket)
        stage.settle()
        finding = stage.finding(bucket)
        assert finding.state is State.FAILED
        assert finding.reason.endswith("AccessDenied; nothing was changed")
        assert stage.world.executions.status(finding.id, 1) == "FAILED"
        assert stage.world.estate.writes == []
        assert_in_order(stage)


@pytest.mark.parametrize("call", ["estate.observe", "exceptions.all", "estate.write"])
def test_aws_that_is_down_for_an_hour_is_waited_for(call: str) -> None:
    """Nobody would look again at a finding that is given up: AWS Config tells of it once."""
    stage, of = Railway(), thing(BUCKET)
    bucket = stage.has(BUCKET, of)
    down: list[datetime] = []

    def fail(asked: str) -> None:
        if asked == call:
            down.append(stage.now)
            if down[-1] - down[0] < timedelta(hours=1):
                stage.world.clock.now += timedelta(minutes=5)  # attempts until now
                raise Transient("away")

    stage.world.wire.fail = fail
    stage.says(bucket)
    stage.settle(hours=3)
    assert stage.finding(bucket).state is State.REMEDIATED
    assert stage.told(bucket) == ["Finding Opened", "Remediation Started", "Remediation Succeeded"]
    assert_in_order(stage)


def test_the_time_for_the_proof_begins_when_aws_has_taken_the_fix() -> None:
    """Its write had to wait for an hour, and at first AWS shows how it was before."""
    stage, of = Railway(), thing(BUCKET)
    before = deepcopy(of.configuration)
    bucket = stage.has(BUCKET, of)
    down: list[datetime] = []
    fixed: list[Any] = []

    def fail(asked: str) -> None:
        if asked == "estate.write":
            down.append(stage.now)
            if down[-1] - down[0] < timedelta(hours=1):
                stage.world.clock.now += timedelta(minutes=5)  # attempts until now
                raise Transient("away")
        if asked == "estate.observe" and stage.world.estate.writes:
            fixed.append(deepcopy(of.configuration))
            of.configuration = before if len(fixed) == 1 else fixed[0]

    stage.world.wire.fail = fail
    stage.says(bucket)
    stage.settle(hours=3)
    assert len(fixed) > 1
    assert stage.finding(bucket).state is State.REMEDIATED
    assert "Remediation Stopped" not in stage.told(bucket)


def test_what_cannot_be_read_any_more_after_the_fix_is_told_as_not_undone() -> None:
    stage = Railway()
    bucket = stage.has(BUCKET, thing(BUCKET))

    def blind() -> None:
        if stage.world.estate.writes:
            raise Rejected("AccessDenied")

    stage.world.estate.blind = blind
    stage.says(bucket)
    stage.settle()
    assert stage.finding(bucket).reason.endswith("not undone: AccessDenied")
    assert_in_order(stage)


def test_a_rule_that_a_later_version_has_dropped_is_not_undone_blindly() -> None:
    stage = Railway()
    bucket = stage.has(BUCKET, thing(BUCKET))
    stage.says(bucket)
    del stage.world.rules[BUCKET]
    stage.settle()
    assert stage.finding(bucket).state is State.FAILED
    assert stage.finding(bucket).reason.endswith("nothing was changed")
