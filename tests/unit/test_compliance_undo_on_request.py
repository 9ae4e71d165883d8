"""A proven fix that somebody wants undone: brought back field by field, and left so for a while."""

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from signalbox.compliance.commands.put_exception import delete_exception
from signalbox.compliance.commands.remediate import approve
from signalbox.compliance.commands.undo_remediation import plan_undo, undo_remediation
from signalbox.compliance.model import Mode, Subject, Verdict, Write
from signalbox.compliance.record import State
from signalbox.compliance.rules.registry import RULES
from signalbox.kernel.caller import Caller
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Conflict, Invalid, NotFound, Rejected, Transient
from tests.unit.compliance_examples import EXAMPLES
from tests.unit.compliance_fakes import Thing
from tests.unit.compliance_machine import ANA, Railway, assert_in_order
from tests.unit.compliance_stories import BUCKET, DATABASE, GROUP, VOLUME, slower_at, thing

BEN = Caller(arn="arn:aws:sts::123456789012:assumed-role/deployer/ben", reason="the shop is down")
IN_PLACE = sorted(
    name
    for name, rule in RULES.items()
    if rule.playbook.mode is not Mode.NOTIFY and rule.playbook.stages is None
)


def _put_right(stage: Railway, rule: str, broken: Thing | None = None) -> tuple[Subject, Thing]:
    """A violation of that rule, found, approved where that is needed, and proven."""
    found = broken or thing(rule, is_of_account=RULES[rule].resource_type == "AWS::::Account")
    if rule.startswith("database"):
        found.name = "orders"
    subject = stage.has(rule, found)
    stage.says(subject)
    stage.settle()
    if stage.finding(subject).state is State.WAITING:
        approve(subject.finding_id, ANA, stage.world.ports)
        stage.settle()
    if stage.finding(subject).state is State.REMEDIATING:  # RDS waits for its window
        pending = found.configuration["PendingBackupRetentionPeriod"]
        found.configuration.update(BackupRetentionPeriod=pending, PendingBackupRetentionPeriod=None)
        stage.settle(hours=3)
    assert stage.finding(subject).state is State.REMEDIATED
    return subject, found


def _undo(stage: Railway, subject: Subject, until: str | None = None, caller: Caller = BEN) -> State:
    undo_remediation(subject.finding_id, until, caller, stage.world.ports)
    stage.settle()
    return stage.finding(subject).state


def _restored(rule: str, broken: Thing) -> Any:
    return RULES[rule].playbook.restored(broken.configuration)


@pytest.mark.parametrize("rule", IN_PLACE)
def test_what_was_recorded_is_brought_back_and_left_alone_for_a_week(rule: str) -> None:
    stage = Railway()
    subject, broken = _put_right(stage, rule)
    began = stage.now
    assert _undo(stage, subject) is State.EXCEPTED
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
    subject, _ = _put_right(stage, BUCKET)
    _undo(stage, subject)
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
    subject, broken = _put_right(stage, BUCKET)
    _undo(stage, subject, until=rfc3339(stage.now + timedelta(days=2)))
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
    subject, _ = _put_right(stage, BUCKET)
    _undo(stage, subject)
    delete_exception(f"undone-{subject.finding_id}", ANA, stage.world.ports)
    stage.sweep()
    stage.settle()
    assert stage.finding(subject).state is State.REMEDIATED
    assert _undo(stage, subject) is State.EXCEPTED
    assert [each.version for each in stage.world.exceptions.versions(f"undone-{subject.finding_id}")] == [
        3,
        2,
        1,
    ]
    assert_in_order(stage)


def test_what_others_have_set_since_in_other_fields_stays() -> None:
    stage = Railway()
    half = Thing(configuration=deepcopy(EXAMPLES[BUCKET].also_bad[0]))
    subject, bucket = _put_right(stage, BUCKET, half)
    bucket.configuration["BlockPublicAcls"] = False  # was on before the fix
    assert _undo(stage, subject) is State.EXCEPTED
    assert bucket.configuration == {**EXAMPLES[BUCKET].also_bad[0], "BlockPublicAcls": False}
    stage = Railway()
    subject, instance = _put_right(stage, "instance-metadata")
    instance.configuration["HttpPutResponseHopLimit"] = 3
    assert _undo(stage, subject) is State.EXCEPTED
    assert instance.configuration["HttpTokens"] == "optional"
    assert instance.configuration["HttpPutResponseHopLimit"] == 3


def test_what_others_have_changed_since_in_the_same_fields_is_left() -> None:
    stage = Railway()
    subject, bucket = _put_right(stage, BUCKET)
    bucket.configuration["RestrictPublicBuckets"] = False
    changed = deepcopy(bucket.configuration)
    with pytest.raises(Conflict, match="others have changed since what was fixed: RestrictPublicBuckets"):
        undo_remediation(subject.finding_id, None, BEN, stage.world.ports)
    assert (bucket.configuration, stage.finding(subject).state) == (changed, State.REMEDIATED)
    assert stage.told(subject)[-1] == "Remediation Succeeded"


def test_what_others_change_between_the_request_and_the_writes_is_left_and_told() -> None:
    stage = Railway()
    subject, bucket = _put_right(stage, BUCKET)
    closed_at, writes = stage.finding(subject).closed_at, len(stage.world.estate.writes)
    undo_remediation(subject.finding_id, None, BEN, stage.world.ports)
    bucket.configuration["RestrictPublicBuckets"] = False
    stage.settle()
    finding = stage.finding(subject)
    assert finding.reason == "not undone: others have changed since what was fixed: RestrictPublicBuckets"
    assert (finding.state, finding.closed_at) == (State.REMEDIATED, closed_at)
    assert stage.told(subject)[-1] == "Undo Failed"
    assert stage.world.executions.status(finding.id, finding.generation) == "FAILED"
    assert (len(stage.world.estate.writes), stage.world.exceptions.all()) == (writes, ())
    assert_in_order(stage)


def test_an_undo_that_aws_refuses_leaves_it_put_right_and_can_be_asked_for_again() -> None:
    stage = Railway()
    subject, bucket = _put_right(stage, BUCKET)

    def refuse(write: Write) -> None:
        raise Rejected("AccessDenied")

    stage.world.estate.refuse = refuse
    assert _undo(stage, subject) is State.REMEDIATED
    assert stage.finding(subject).reason.startswith("not undone: AccessDenied; Configured is not as before")
    assert stage.world.exceptions.all() == ()
    stage.world.estate.refuse = lambda write: None
    assert _undo(stage, subject) is State.EXCEPTED
    assert bucket.configuration == EXAMPLES[BUCKET].bad
    assert_in_order(stage)


def test_an_undo_that_is_half_done_has_failed() -> None:
    stage = Railway()
    subject, _ = _put_right(stage, GROUP)
    done = len(stage.world.estate.writes)

    def refuse(write: Write) -> None:
        if len(stage.world.estate.writes) > done:
            raise Rejected("no")

    stage.world.estate.refuse = refuse
    assert _undo(stage, subject) is State.FAILED
    assert stage.finding(subject).reason == "not undone: no; no; Open is not as before"
    with pytest.raises(Conflict, match="is failed: only what was put right can be undone"):
        _undo(stage, subject)
    assert_in_order(stage)


def test_what_aws_shows_late_is_waited_for_as_long_as_for_the_fix() -> None:
    for is_shown in (True, False):
        stage = Railway()
        subject, database = _put_right(stage, DATABASE)
        database.deaf = True
        assert _undo(stage, subject) is State.REMEDIATING
        if is_shown:
            database.configuration["BackupRetentionPeriod"] = 0
        stage.settle(days=10)
        state = State.EXCEPTED if is_shown else State.REMEDIATED
        assert stage.finding(subject).state is state
        assert len(stage.executions[-1].visited) < 150
        assert_in_order(stage)


def test_who_comes_late_with_the_fix_is_undone_as_well() -> None:
    stage = Railway()
    subject, bucket = _put_right(stage, BUCKET)
    undo_remediation(subject.finding_id, None, BEN, stage.world.ports)
    stage.settle(seconds=30)
    bucket.configuration.update(EXAMPLES[BUCKET].good)
    stage.settle()
    assert stage.finding(subject).state is State.EXCEPTED
    assert bucket.configuration == EXAMPLES[BUCKET].bad


@pytest.mark.parametrize("observed", [1, 2, 3])
def test_a_resource_that_goes_meanwhile_is_gone(observed: int) -> None:
    stage = Railway()
    subject, _ = _put_right(stage, BUCKET)
    looks: list[int] = []

    def go() -> None:
        looks.append(1)
        if len(looks) == observed:
            stage.world.estate.things.clear()

    stage.world.estate.blind = go
    if observed == 1:
        with pytest.raises(Conflict, match="the resource is gone"):
            undo_remediation(subject.finding_id, None, BEN, stage.world.ports)
        return
    assert _undo(stage, subject) is State.GONE
    assert_in_order(stage)


@pytest.mark.parametrize(("seen", "state"), [(1, State.REMEDIATED), (2, State.FAILED)])
def test_what_cannot_be_read_any_more_is_told(seen: int, state: State) -> None:
    """Before the first write it stays put right; after it nobody knows."""
    stage = Railway()
    subject, _ = _put_right(stage, BUCKET)
    looks: list[int] = []

    def blind() -> None:
        looks.append(1)
        if len(looks) > seen:
            raise Rejected("AccessDenied")

    stage.world.estate.blind = blind
    assert _undo(stage, subject) is state
    assert stage.finding(subject).reason == "not undone: AccessDenied"
    assert_in_order(stage)


def test_nothing_leads_back_from_a_swap_and_what_remains_is_named() -> None:
    stage = Railway()
    subject, _ = _put_right(stage, VOLUME, Thing(configuration=deepcopy(EXAMPLES[VOLUME].bad)))
    with pytest.raises(Conflict, match=r"nothing leads back: .* There remain volume-encrypted-1 \(not enc"):
        undo_remediation(subject.finding_id, None, BEN, stage.world.ports)
    assert stage.finding(subject).state is State.REMEDIATED


def test_what_is_not_entrusted_any_more_is_left() -> None:
    stage = Railway()
    subject, bucket = _put_right(stage, BUCKET)
    bucket.tags.clear()
    with pytest.raises(Conflict, match="does not entrust it any more"):
        undo_remediation(subject.finding_id, None, BEN, stage.world.ports)


def test_only_what_signalbox_has_put_right_can_be_undone() -> None:
    stage = Railway()
    with pytest.raises(NotFound):
        undo_remediation("c-0", None, BEN, stage.world.ports)
    bucket = stage.has(BUCKET, thing(BUCKET, tags={}))
    stage.says(bucket)
    stage.settle()
    with pytest.raises(Conflict, match="is open: only what was put right can be undone"):
        undo_remediation(bucket.finding_id, None, BEN, stage.world.ports)
    stage.world.clock.now += timedelta(minutes=1)
    stage.says(bucket, Verdict.COMPLIANT)
    with pytest.raises(Conflict, match="was not put right by Signalbox: AWS Config finds it compliant"):
        undo_remediation(bucket.finding_id, None, BEN, stage.world.ports)


def test_what_was_undone_and_then_put_right_by_others_is_theirs() -> None:
    stage = Railway()
    subject, bucket = _put_right(stage, BUCKET)
    _undo(stage, subject)
    bucket.configuration.update(EXAMPLES[BUCKET].good)
    stage.world.clock.now += timedelta(minutes=1)
    stage.says(subject, Verdict.COMPLIANT)
    assert stage.finding(subject).state is State.REMEDIATED
    with pytest.raises(Conflict, match="was not put right by Signalbox"):
        undo_remediation(subject.finding_id, None, BEN, stage.world.ports)


@pytest.mark.parametrize("days", [-1, 0, 367])
def test_an_end_is_ahead_and_within_a_year(days: int) -> None:
    stage = Railway()
    subject, _ = _put_right(stage, BUCKET)
    for ask in (
        lambda end: undo_remediation(subject.finding_id, end, BEN, stage.world.ports),
        lambda end: plan_undo(subject.finding_id, end, stage.world.ports),
    ):
        with pytest.raises(Invalid, match="until: give a moment after now"):
            ask(rfc3339(stage.now + timedelta(days=days)))


def test_a_dry_run_tells_the_writes_and_changes_nothing() -> None:
    stage = Railway()
    subject, _ = _put_right(stage, GROUP)
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
    subject, _ = _put_right(stage, BUCKET)
    undo_remediation(subject.finding_id, None, BEN, stage.world.ports)
    again = undo_remediation(subject.finding_id, None, replace(ANA, reason="me too"), stage.world.ports)
    assert again.remediation.undo and again.remediation.undo.by == BEN.arn
    stage.settle()
    assert undo_remediation(subject.finding_id, None, ANA, stage.world.ports).state is State.EXCEPTED
    assert stage.told(subject).count("Undo Requested") == 1
    assert_in_order(stage)


def test_of_two_at_the_same_moment_one_is_faster() -> None:
    stage = Railway()
    subject, _ = _put_right(stage, BUCKET)
    stage.world.wire.fail = slower_at(1)
    assert _undo(stage, subject) is State.EXCEPTED
    assert stage.told(subject).count("Undo Requested") == 1


def test_while_it_is_undone_nobody_puts_it_right() -> None:
    """Config finds it, and finds it compliant by an older look, while the undo is not proven."""
    stage = Railway()
    subject, broken = _put_right(stage, BUCKET)
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
    subject, broken = _put_right(stage, BUCKET)
    until = stage.now + timedelta(minutes=30)

    def away(write: Write) -> None:
        if stage.now < until:
            raise Transient("away")

    stage.world.estate.refuse = away
    assert _undo(stage, subject) is State.EXCEPTED
    assert broken.configuration == EXAMPLES[BUCKET].bad
    assert stage.told(subject).count("Undo Started") == 1
