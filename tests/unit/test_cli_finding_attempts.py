"""All attempts of a finding, one row each: read from timelines as the engine writes them."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from signalbox.compliance.commands.put_exception import delete_exception
from signalbox.compliance.commands.remediate import approve, reject, remediate
from signalbox.compliance.commands.undo_remediation import undo_remediation
from signalbox.compliance.model import Subject, Verdict, Write
from signalbox.compliance.record import State
from signalbox.kernel.caller import Caller
from signalbox.kernel.errors import Rejected
from signalbox_cli.finding_attempts import Attempt, attempts_in
from signalbox_cli.finding_evidence import COLUMNS, evidence_csv
from tests.unit.compliance_examples import EXAMPLES
from tests.unit.compliance_floods import approved, queued, states
from tests.unit.compliance_machine import ANA, Railway
from tests.unit.compliance_stories import BUCKET, GROUP, thing

BEN = Caller(arn="arn:aws:iam::123456789012:user/ben", reason="the shop is down")


def _events(stage: Railway, subject: Subject) -> list[dict[str, Any]]:
    """The timeline as the API tells it."""
    told = [asdict(entry) for entry in stage.timeline(subject)]
    return [{name: event[name] for name in event if name != "public"} for event in told]


def _read(stage: Railway, subject: Subject) -> list[Attempt]:
    return attempts_in(_events(stage, subject))


def _what(attempts: Sequence[Attempt]) -> list[tuple[str, str]]:
    return [(each.kind, each.outcome) for each in attempts]


def _operations(writes: Sequence[Any]) -> list[str]:
    return [write["operation"] for write in writes]


def test_a_fix_its_undo_and_the_next_fix_are_three() -> None:
    stage = Railway()
    stage.says(bucket := stage.has(BUCKET, thing(BUCKET)))
    stage.settle()
    undo_remediation(bucket.finding_id, None, BEN, stage.world.ports)
    stage.settle()
    delete_exception(f"undone-{bucket.finding_id}", ANA, stage.world.ports)
    stage.sweep()
    stage.settle()
    fix, undo, again = _read(stage, bucket)
    assert _what([fix, undo, again]) == [("fix", "succeeded"), ("undo", "undone"), ("fix", "succeeded")]
    bad, good = EXAMPLES[BUCKET].bad, EXAMPLES[BUCKET].good
    assert [(each.before, each.after) for each in (fix, undo, again)] == [
        (bad, good),
        (good, bad),
        (bad, good),
    ]
    assert [each.requested_by for each in (fix, undo, again)] == ["", BEN.arn, ""]
    assert _operations(undo.writes) == ["DeletePublicAccessBlock"]
    assert fix.started_at is not None
    assert fix.ended_at is not None
    assert fix.started_at < fix.ended_at <= str(undo.started_at)


def test_who_has_asked_and_who_has_agreed_stand_beside_what_failed_and_was_undone() -> None:
    stage = Railway()
    stage.says(group := stage.has(GROUP, thing(GROUP)))
    stage.settle()

    def refuse(write: Write) -> None:
        if stage.world.estate.writes and write.operation.startswith("Revoke"):
            raise Rejected("no")

    stage.world.estate.refuse = refuse
    approve(group.finding_id, ANA, stage.world.ports)
    stage.settle()
    stage.world.estate.refuse = lambda write: None
    remediate(group.finding_id, BEN, stage.world.ports)
    stage.settle()
    approve(group.finding_id, ANA, stage.world.ports)
    stage.settle()
    failed, made = _read(stage, group)
    assert _what([failed, made]) == [("fix", "undone"), ("fix", "succeeded")]
    assert (failed.requested_by, failed.approved_by) == ("", ANA.arn)
    assert (made.requested_by, made.approved_by) == (BEN.arn, ANA.arn)
    assert (failed.reason, _operations(failed.undo_writes)) == (
        "Rejected: no; undone",
        ["AuthorizeSecurityGroupIngress"] * 2,
    )
    assert made.undo_writes == []


def test_what_has_not_ended_is_under_way_and_what_was_only_left_is_no_attempt() -> None:
    stage = Railway()
    stage.says(group := stage.has(GROUP, thing(GROUP)))
    stage.settle()
    assert _read(stage, group) == []
    stage.world.clock.now += timedelta(minutes=1)
    stage.says(group, Verdict.COMPLIANT)
    assert _read(stage, group) == []
    stage.says(bucket := stage.has(BUCKET, thing(BUCKET, deaf=True)))
    stage.settle(seconds=10)
    (going,) = _read(stage, bucket)
    assert (going.outcome, going.ended_at, _operations(going.writes)) == ("", None, ["PutPublicAccessBlock"])


def test_what_goes_in_the_middle_ends_the_attempt() -> None:
    stage = Railway()
    stage.says(bucket := stage.has(BUCKET, thing(BUCKET, deaf=True)))
    stage.settle(seconds=10)
    stage.world.estate.things.clear()
    stage.settle()
    assert _what(_read(stage, bucket)) == [("fix", "gone")]


def test_a_row_for_each_attempt_has_all_columns_of_before() -> None:
    stage = Railway()
    stage.says(bucket := stage.has(BUCKET, thing(BUCKET)))
    stage.settle()
    undo_remediation(bucket.finding_id, None, BEN, stage.world.ports)
    stage.settle()
    kept, head = stage.finding(bucket), stage.finding(bucket).head
    finding = {
        "id": kept.id, "rule": kept.rule, "state": kept.state, "reason": kept.reason, "closed_at": None,
        "detected_at": "2026-11-22T10:00:00.000Z", "resource": {**asdict(kept.resource), "name": ""},
        "evidence": {
            "timeline": _events(stage, bucket), "head": asdict(head), "requested_by": "", "approved_by": None,
            "before": None, "writes": [], "after": None,
        },
    }  # fmt: skip
    first, second = csv.DictReader(io.StringIO(evidence_csv([finding])))
    assert tuple(first) == COLUMNS
    assert [(row["attempt"], row["kind"], row["outcome"]) for row in (first, second)] == [
        ("1", "fix", "succeeded"),
        ("2", "undo", "undone"),
    ]
    assert {row["finding"] for row in (first, second)} == {bucket.finding_id}
    assert (first["requested_by"], second["requested_by"], second["chain_holds"]) == ("", BEN.arn, "true")
    assert json.loads(second["after"]) == EXAMPLES[BUCKET].bad
    assert _operations(json.loads(second["writes"])) == ["DeletePublicAccessBlock"]


def test_who_asks_for_what_is_queued_takes_no_approval_away() -> None:
    stage = Railway()
    one, _, last = found = approved(stage, 3)
    stage.settle(seconds=30)
    assert queued(stage, found) == [last]
    remediate(last.finding_id, BEN, stage.world.ports)
    stage.settle()
    (fix,) = _read(stage, last)
    finding = stage.finding(last)
    assert finding.remediation.approval is not None
    assert (fix.requested_by, fix.approved_by) == (BEN.arn, finding.remediation.approval.by)
    assert _read(stage, one)[0].requested_by == ""


def test_an_approval_that_was_taken_out_of_the_queue_counts_for_no_later_fix() -> None:
    stage = Railway()
    *_, last = found = approved(stage, 3)
    stage.settle(seconds=30)
    reject(last.finding_id, BEN, stage.world.ports)
    stage.settle()
    remediate(last.finding_id, BEN, stage.world.ports)
    stage.settle(seconds=5)
    approve(last.finding_id, replace(ANA, arn="arn:cat"), stage.world.ports)
    stage.settle()
    (fix,) = _read(stage, last)
    assert (fix.requested_by, fix.approved_by) == (BEN.arn, "arn:cat")
    assert states(stage, found) == {State.REMEDIATED}
