"""Somebody agrees or not, in time or too late, and to what exactly."""

from typing import Any

import pytest

from signalbox.compliance.commands.dry_run import dry_run, dry_run_rule
from signalbox.compliance.commands.remediate import approve, reject, remediate
from signalbox.compliance.model import Mode, Verdict
from signalbox.compliance.record import State
from signalbox.kernel.errors import Conflict, NotFound, Transient
from tests.unit.compliance_examples import EXAMPLES, SSH_TO_US
from tests.unit.compliance_machine import ANA, BEN, Railway, assert_in_order
from tests.unit.compliance_stories import BUCKET, GROUP, slower_at, thing


def test_somebody_agrees_and_only_then_it_is_done() -> None:
    stage = Railway()
    group = stage.has(GROUP, thing(GROUP))
    stage.says(group)
    stage.settle()
    finding = stage.finding(group)
    assert (finding.state, len(finding.remediation.proposal)) == (State.WAITING, 2)
    assert stage.world.estate.writes == []
    approve(group.finding_id, ANA, stage.world.ports)
    stage.settle()
    assert stage.finding(group).state is State.REMEDIATED
    started = next(entry for entry in stage.timeline(group) if entry.type == "Remediation Started")
    assert started.actor == ANA.arn
    assert_in_order(stage)


def test_an_answer_that_is_faster_than_the_wait_is_not_lost() -> None:
    stage = Railway()
    group = stage.has(GROUP, thing(GROUP))
    stage.says(group)
    stage._adopt()
    stage._step(stage.executions[0])
    approve(group.finding_id, ANA, stage.world.ports)
    stage.settle()
    assert stage.finding(group).state is State.REMEDIATED


def test_a_refusal_that_is_faster_than_the_wait_ends_it() -> None:
    stage = Railway()
    group = stage.has(GROUP, thing(GROUP))
    stage.says(group)
    stage._adopt()
    stage._step(stage.executions[0])
    reject(group.finding_id, ANA, stage.world.ports)
    stage.settle()
    assert stage.executions[0].is_over
    assert stage.world.estate.writes == []


@pytest.mark.parametrize("answer", [approve, reject])
def test_an_answer_beside_another_write_looks_again(answer: Any) -> None:
    stage = Railway()
    group = stage.has(GROUP, thing(GROUP))
    stage.says(group)
    stage.settle()
    stage.world.wire.fail = slower_at(save=1)
    answer(group.finding_id, ANA, stage.world.ports)
    stage.settle()
    assert stage.finding(group).state is (State.REMEDIATED if answer is approve else State.OPEN)
    assert_in_order(stage)


def test_what_is_rejected_is_left_until_somebody_asks() -> None:
    stage = Railway()
    group = stage.has(GROUP, thing(GROUP))
    stage.says(group)
    stage.settle()
    reject(group.finding_id, ANA, stage.world.ports)
    stage.settle()
    stage.sweep()
    stage.settle()
    finding = stage.finding(group)
    assert (finding.state, finding.reason) == (State.OPEN, f"rejected by {ANA.arn}: agreed")
    assert stage.world.estate.writes == []
    assert_in_order(stage)
    remediate(group.finding_id, BEN, stage.world.ports)
    stage.settle()
    with pytest.raises(Conflict, match="yourself"):
        approve(group.finding_id, BEN, stage.world.ports)
    approve(group.finding_id, ANA, stage.world.ports)
    stage.settle()
    assert stage.finding(group).state is State.REMEDIATED
    assert_in_order(stage)


def test_nobody_answers_what_nobody_asks() -> None:
    stage = Railway()
    bucket = stage.has(BUCKET, thing(BUCKET))
    with pytest.raises(NotFound):
        approve(bucket.finding_id, ANA, stage.world.ports)
    stage.says(bucket)
    stage.settle()
    for answer in (approve, reject):
        with pytest.raises(Conflict, match="waits for nobody"):
            answer(bucket.finding_id, ANA, stage.world.ports)


def test_an_approval_that_comes_too_late_finds_it_open() -> None:
    stage = Railway()
    group = stage.has(GROUP, thing(GROUP))
    stage.says(group)
    stage.settle(days=8)
    finding = stage.finding(group)
    assert (finding.state, finding.reason) == (State.OPEN, "nobody approved within 7 days")
    assert_in_order(stage)


def test_what_changes_before_the_answer_is_asked_for_again() -> None:
    stage = Railway()
    open_group = thing(GROUP)
    group = stage.has(GROUP, open_group)
    stage.says(group)
    stage.settle()
    ingress: Any = open_group.configuration["Ingress"]
    ingress.pop(2)
    approve(group.finding_id, ANA, stage.world.ports)
    stage.settle()
    finding = stage.finding(group)
    assert (finding.state, len(finding.remediation.proposal)) == (State.WAITING, 1)
    assert "changed since" in finding.reason
    assert stage.world.estate.writes == []
    approve(group.finding_id, ANA, stage.world.ports)
    stage.settle()
    assert stage.finding(group).state is State.REMEDIATED


@pytest.mark.parametrize("change", ["others", "well", "wide", "gone"])
def test_what_changes_between_the_decision_and_the_fix_is_looked_at_again(change: str) -> None:
    stage = Railway()
    open_group = thing(GROUP)
    group = stage.has(GROUP, open_group)
    stage.says(group)
    stage.settle()
    approve(group.finding_id, ANA, stage.world.ports)
    stage._step(stage.executions[0])
    stage._step(stage.executions[0])
    ingress: Any = open_group.configuration["Ingress"]
    match change:
        case "others":
            ingress.pop(2)
        case "well":
            open_group.configuration["Ingress"] = [SSH_TO_US]
        case "wide":
            ingress[1]["FromPort"] = 0
        case _:
            stage.world.estate.things.clear()
    stage.settle()
    states = {"others": State.WAITING, "well": State.REMEDIATED, "wide": State.OPEN, "gone": State.GONE}
    assert stage.finding(group).state is states[change]
    assert stage.world.estate.writes == []


def test_a_person_may_ask_again_for_what_has_failed() -> None:
    stage = Railway()
    photos = thing(BUCKET, deaf=True)
    bucket = stage.has(BUCKET, photos)
    stage.says(bucket)
    stage.settle()
    photos.deaf = False
    assert remediate(bucket.finding_id, BEN, stage.world.ports).under_way
    assert remediate(bucket.finding_id, BEN, stage.world.ports).generation == 2
    stage.settle()
    assert stage.finding(bucket).state is State.REMEDIATED
    assert remediate(bucket.finding_id, BEN, stage.world.ports).state is State.REMEDIATED
    assert_in_order(stage)


def test_what_is_only_told_is_put_right_by_nobody_here() -> None:
    stage = Railway()
    stage.world.ceiling = Mode.NOTIFY
    bucket = stage.has(BUCKET, thing(BUCKET))
    stage.says(bucket)
    stage.settle()
    assert stage.told(bucket) == ["Finding Opened", "Finding Left"]
    with pytest.raises(Conflict, match="only told"):
        remediate(bucket.finding_id, BEN, stage.world.ports)


def test_a_proposal_is_done_when_one_asks_and_another_agrees() -> None:
    stage = Railway()
    stage.world.ceiling = Mode.PROPOSE
    bucket = stage.has(BUCKET, thing(BUCKET))
    stage.says(bucket)
    stage.settle()
    assert stage.finding(bucket).remediation.proposal
    remediate(bucket.finding_id, BEN, stage.world.ports)
    stage.settle()
    approve(bucket.finding_id, ANA, stage.world.ports)
    stage.settle()
    assert stage.finding(bucket).state is State.REMEDIATED


def test_a_dry_run_says_what_would_be_done_and_does_nothing() -> None:
    stage = Railway()
    stage.world.ceiling = Mode.PROPOSE
    photos = thing(BUCKET)
    bucket = stage.has(BUCKET, photos)
    stage.says(bucket)
    stage.settle()
    saved = dict(stage.world.findings.kept)

    def looked() -> tuple[str, int]:
        found = dry_run(bucket.finding_id, BEN.arn, stage.world.ports)
        return found.outcome, len(found.writes)

    assert looked() == ("wait", 1)
    stage.world.ceiling = Mode.AUTO
    assert looked() == ("act", 1)
    stage.world.ceiling = Mode.NOTIFY
    assert looked() == ("skip", 0)
    photos.configuration = dict(EXAMPLES[BUCKET].good)
    assert looked() == ("skip", 0)
    stage.world.estate.things.clear()
    assert looked() == ("skip", 0)
    assert stage.world.findings.kept == saved
    assert stage.world.estate.writes == []


def test_a_rule_is_looked_at_as_a_whole_before_anything_is_done() -> None:
    stage = Railway()
    ours, foreign, hidden, well = (
        stage.has(
            GROUP, thing(GROUP, tags={} if name == "foreign" else {"signalbox:managed": "true"}), id_=name
        )
        for name in ("ours", "foreign", "hidden", "well")
    )
    bucket = stage.has(BUCKET, thing(BUCKET))
    for subject in (ours, foreign, hidden, well, bucket):
        stage.says(subject)
    stage.settle()
    stage.says(well, Verdict.COMPLIANT)
    looks = iter([None, None, Transient("throttled")])

    def blind() -> None:
        if problem := next(looks):
            raise problem

    stage.world.estate.blind = blind
    writes = list(stage.world.estate.writes)
    found, cursor = dry_run_rule(GROUP, 100, None, stage.world.ports)
    assert cursor is None
    assert sorted(each.outcome for each in found) == ["skip", "unknown", "wait"]
    assert {each.finding.id for each in found} == {each.finding_id for each in (ours, foreign, hidden)}
    assert stage.world.estate.writes == writes
    with pytest.raises(NotFound, match="there is no rule nobody: baseline-kept, bucket-public-access"):
        dry_run_rule("nobody", 100, None, stage.world.ports)


def test_a_dry_run_of_a_rule_tells_what_no_event_has_told_of() -> None:
    stage = Railway()
    known, unheard, closed, again = (
        stage.has(GROUP, thing(GROUP), id_=name) for name in ("sg-1", "sg-2", "sg-3", "sg-4")
    )
    for subject in (known, closed, again):
        stage.says(subject)
    stage.settle()
    said = [stage.result(known), stage.result(unheard), stage.result(closed)]
    stage.world.clock.move(minutes=1)
    for subject in (closed, again):
        stage.says(subject, Verdict.COMPLIANT)
    stage.world.clock.move(minutes=1)
    stage.world.evaluations.said[f"config-{GROUP}"] = [*said, stage.result(again)]
    before = dict(stage.world.findings.kept)
    found, cursor = dry_run_rule(GROUP, 100, None, stage.world.ports)
    assert cursor is None
    assert {each.finding.resource.id: each.outcome for each in found} == {
        "sg-1": "wait",
        "sg-2": "wait",
        "sg-4": "wait",
    }
    assert stage.world.findings.kept == before


def test_a_dry_run_of_a_page_that_is_not_the_last_asks_config_nothing() -> None:
    stage = Railway()
    for name in ("sg-1", "sg-2"):
        stage.says(stage.has(GROUP, thing(GROUP), id_=name))
    stage.settle()
    stage.world.evaluations.said[f"config-{GROUP}"] = [
        stage.result(stage.has(GROUP, thing(GROUP), id_="sg-3"))
    ]
    first, cursor = dry_run_rule(GROUP, 1, None, stage.world.ports)
    assert cursor is not None
    assert len(first) == 1
    last, _ = dry_run_rule(GROUP, 1, cursor, stage.world.ports)
    assert "sg-3" in {each.finding.resource.id for each in last}


def test_a_dry_run_tells_no_more_than_it_was_asked_for_of_what_nobody_has_heard_of() -> None:
    stage = Railway()
    unheard = [stage.has(GROUP, thing(GROUP), id_=f"sg-{number}") for number in range(9)]
    stage.world.evaluations.said[f"config-{GROUP}"] = [stage.result(subject) for subject in unheard]
    found, cursor = dry_run_rule(GROUP, 5, None, stage.world.ports)
    assert (len(found), cursor) == (5, None)
