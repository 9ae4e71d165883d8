"""An undo that somebody has asked for, and that cannot be made: refused, or told, with nothing half done."""

from copy import deepcopy
from datetime import timedelta

import pytest

from signalbox.compliance.commands.undo_remediation import plan_undo, undo_remediation
from signalbox.compliance.model import Mode, Verdict, Write
from signalbox.compliance.record import State
from signalbox.compliance.rules.registry import RULES
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Conflict, Invalid, NotFound, Rejected
from tests.unit.compliance_examples import EXAMPLES
from tests.unit.compliance_fakes import Thing
from tests.unit.compliance_machine import Railway, assert_in_order
from tests.unit.compliance_stories import (
    BEN,
    BUCKET,
    GROUP,
    VOLUME,
    put_right,
    take_back,
    thing,
)

IN_PLACE = sorted(
    name
    for name, rule in RULES.items()
    if rule.playbook.mode is not Mode.NOTIFY and rule.playbook.stages is None
)


def test_what_others_have_changed_since_in_the_same_fields_is_left() -> None:
    stage = Railway()
    subject, bucket = put_right(stage, BUCKET)
    bucket.configuration["RestrictPublicBuckets"] = False
    changed = deepcopy(bucket.configuration)
    with pytest.raises(Conflict, match="others have changed since what was fixed: RestrictPublicBuckets"):
        undo_remediation(subject.finding_id, None, BEN, stage.world.ports)
    assert (bucket.configuration, stage.finding(subject).state) == (changed, State.REMEDIATED)
    assert stage.told(subject)[-1] == "Remediation Succeeded"


def test_what_others_change_between_the_request_and_the_writes_is_left_and_told() -> None:
    stage = Railway()
    subject, bucket = put_right(stage, BUCKET)
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
    subject, bucket = put_right(stage, BUCKET)

    def refuse(write: Write) -> None:
        raise Rejected("AccessDenied")

    stage.world.estate.refuse = refuse
    assert take_back(stage, subject) is State.REMEDIATED
    assert stage.finding(subject).reason.startswith("not undone: AccessDenied; Configured is not as before")
    assert stage.world.exceptions.all() == ()
    stage.world.estate.refuse = lambda write: None
    assert take_back(stage, subject) is State.EXCEPTED
    assert bucket.configuration == EXAMPLES[BUCKET].bad
    assert_in_order(stage)


def test_an_undo_that_is_half_done_has_failed() -> None:
    stage = Railway()
    subject, _ = put_right(stage, GROUP)
    done = len(stage.world.estate.writes)

    def refuse(write: Write) -> None:
        if len(stage.world.estate.writes) > done:
            raise Rejected("no")

    stage.world.estate.refuse = refuse
    assert take_back(stage, subject) is State.FAILED
    assert stage.finding(subject).reason == "not undone: no; no; Open is not as before"
    with pytest.raises(Conflict, match="is failed: only what was put right can be undone"):
        take_back(stage, subject)
    assert_in_order(stage)


@pytest.mark.parametrize("observed", [1, 2, 3])
def test_a_resource_that_goes_meanwhile_is_gone(observed: int) -> None:
    stage = Railway()
    subject, _ = put_right(stage, BUCKET)
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
    assert take_back(stage, subject) is State.GONE
    assert_in_order(stage)


@pytest.mark.parametrize(("seen", "state"), [(1, State.REMEDIATED), (2, State.FAILED)])
def test_what_cannot_be_read_any_more_is_told(seen: int, state: State) -> None:
    """Before the first write it stays put right; after it nobody knows."""
    stage = Railway()
    subject, _ = put_right(stage, BUCKET)
    looks: list[int] = []

    def blind() -> None:
        looks.append(1)
        if len(looks) > seen:
            raise Rejected("AccessDenied")

    stage.world.estate.blind = blind
    assert take_back(stage, subject) is state
    assert stage.finding(subject).reason == "not undone: AccessDenied"
    assert_in_order(stage)


def test_nothing_leads_back_from_a_swap_and_what_remains_is_named() -> None:
    stage = Railway()
    subject, _ = put_right(stage, VOLUME, Thing(configuration=deepcopy(EXAMPLES[VOLUME].bad)))
    with pytest.raises(Conflict, match=r"nothing leads back: .* There remain volume-encrypted-1 \(not enc"):
        undo_remediation(subject.finding_id, None, BEN, stage.world.ports)
    assert stage.finding(subject).state is State.REMEDIATED


def test_what_is_not_entrusted_any_more_is_left() -> None:
    stage = Railway()
    subject, bucket = put_right(stage, BUCKET)
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
    subject, bucket = put_right(stage, BUCKET)
    take_back(stage, subject)
    bucket.configuration.update(EXAMPLES[BUCKET].good)
    stage.world.clock.now += timedelta(minutes=1)
    stage.says(subject, Verdict.COMPLIANT)
    assert stage.finding(subject).state is State.REMEDIATED
    with pytest.raises(Conflict, match="was not put right by Signalbox"):
        undo_remediation(subject.finding_id, None, BEN, stage.world.ports)


@pytest.mark.parametrize("days", [-1, 0, 367])
def test_an_end_is_ahead_and_within_a_year(days: int) -> None:
    stage = Railway()
    subject, _ = put_right(stage, BUCKET)
    for ask in (
        lambda end: undo_remediation(subject.finding_id, end, BEN, stage.world.ports),
        lambda end: plan_undo(subject.finding_id, end, stage.world.ports),
    ):
        with pytest.raises(Invalid, match="until: give a moment after now"):
            ask(rfc3339(stage.now + timedelta(days=days)))
