"""The commands of `signalbox findings`, against an API that answers what it is told to."""

import csv
import io
from dataclasses import asdict
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from signalbox.kernel.events import Event
from signalbox.kernel.timeline import Head, continue_chain
from signalbox_cli import reaching
from signalbox_cli.asking import Answer, Tampered
from signalbox_cli.findings import app as findings
from signalbox_cli.problems import explain
from tests.unit.builders import NOW
from tests.unit.fleets_as_read import FakeApi, api

ID = "c-2f5e0f3b6f0f4c8e9d1a"
WRITE = {"service": "s3", "operation": "PutPublicAccessBlock", "parameters": {"Bucket": "photos"}}
EVENT = {
    "sequence": 1, "at": "2026-11-22T10:00:03.207Z", "type": "Finding Opened", "actor": "aws.config",
    "reason": "off: BlockPublicAcls", "data": {}, "previous_hash": "0", "hash": "1",
}  # fmt: skip


def finding(**more: Any) -> dict[str, Any]:
    return {
        "id": ID,
        "rule": "bucket-public-access",
        "resource": {
            "type": "AWS::S3::Bucket", "id": "photos", "name": "", "account": "1", "region": "eu-west-1",
        },
        "state": "open", "playbook": "auto", "danger": "refuses",
        "detected_at": "2026-11-22T10:00:03.207Z", "closed_at": None,
        "reason": "it serves a website", "exception": None, "queued": False, "turn_at": None,
        "evidence": {
            "proposal": [WRITE], "before": None, "writes": [], "after": None, "requested_by": "",
            "approved_by": None, "timeline": [EVENT],
            "head": {"sequence": EVENT["sequence"], "hash": EVENT["hash"]}, "chain_verified": True,
        },
        **more,
    }  # fmt: skip


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command against an API that tells this."""

    def ask(app: typer.Typer, told: dict[str, Any], *words: str) -> tuple[FakeApi, Result]:
        fake = api(told)
        monkeypatch.setattr(reaching, "reach", lambda _: (fake, False))
        return fake, CliRunner(env={"COLUMNS": "160"}).invoke(app, list(words))

    return ask


def test_findings_are_listed_with_why(asked: Any) -> None:
    page = {"items": [finding(), finding(id="c-1", state="failed", reason="no")], "cursor": None}
    _, result = asked(findings, {"GET /findings": page}, "list")
    assert "photos" in result.stdout
    assert "it serves a website" in result.stdout
    _, result = asked(findings, {"GET /findings": page}, "list", "--state", "failed")
    assert "c-1" in result.stdout
    assert ID not in result.stdout


def test_a_finding_is_shown_with_everything_that_happened(asked: Any) -> None:
    _, result = asked(findings, {f"GET /findings/{ID}": finding()}, "show", ID)
    assert result.exit_code == 0
    assert "Finding Opened" in result.stdout


def test_why_is_told_in_sentences(asked: Any) -> None:
    _, result = asked(findings, {f"GET /findings/{ID}": finding()}, "why", ID)
    assert result.stdout.splitlines() == [
        "AWS::S3::Bucket photos is open for bucket-public-access: it serves a website.",
        "2026-11-22T10:00:03Z finding opened by aws.config: off: BlockPublicAcls.",
        "It would take s3:PutPublicAccessBlock.",
        "That may refuse some of those who use the resource.",
    ]


@pytest.mark.parametrize(
    ("last", "told"),
    [
        ("2026-11-22T11:00:00.000Z", ["It has its turn by about 2026-11-22T11:00:00Z, if all goes well."]),
        (None, []),
    ],
)
def test_of_what_is_queued_it_is_told_when_it_has_its_turn(
    asked: Any, last: str | None, told: list[str]
) -> None:
    queued = finding(queued=True, reason="others of bucket-public-access are tried first: c-1, c-2")
    rules = [
        {"rule": "ssh-closed", "last_turn_at": "2026-11-22T12:00:00.000Z"},
        {"rule": "bucket-public-access", "last_turn_at": last},
    ]
    answers = {f"GET /findings/{ID}": queued, "GET /posture": {"rules": rules}}
    _, result = asked(findings, answers, "why", ID)
    lines = result.stdout.splitlines()
    assert lines[0].endswith("others of bucket-public-access are tried first: c-1, c-2.")
    assert lines[1:-3] == told


def test_a_record_that_somebody_has_changed_is_told(asked: Any) -> None:
    changed = finding()
    changed["evidence"] |= {"chain_verified": False, "proposal": [], "timeline": [{**EVENT, "reason": ""}]}
    _, result = asked(findings, {f"GET /findings/{ID}": changed}, "why", ID)
    assert "The record does not hold" in result.stdout
    assert "finding opened by aws.config." in result.stdout


def test_what_would_become_of_a_rule_s_findings_is_told(asked: Any) -> None:
    of = {"id": ID, "resource": finding()["resource"], "state": "open", "reason": "so", "writes": [WRITE]}
    items = [of | {"outcome": outcome} for outcome in ("act", "wait", "skip", "unknown")]
    told = {"GET /rules/ssh-closed/dry-run": {"items": items, "cursor": None}}
    _, result = asked(findings, told, "dry-run", "ssh-closed")
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[1] == f"{ID} photos be put right so s3:PutPublicAccessBlock"
    assert [line.split("photos ")[1].split(" so ")[0] for line in lines[2:]] == [
        "wait for an approval", "be left", "fail: it cannot be looked at",
    ]  # fmt: skip


STANDING = {
    "states": {"open": 3, "failed": 1, "remediated": 2}, "open": 4, "oldest": "2026-11-20T10:00:00.000Z",
    "ages": {"under a day": 1, "under a week": 3, "under a month": 0, "older": 0}, "queued": 3,
}  # fmt: skip
SPEED = {"count": 2, "p50": 4.2, "p90": 61.0, "p95": 200.0}


def posture_as_read(**of_rule: Any) -> dict[str, Any]:
    rule = {
        **STANDING, "rule": "bucket-public-access", "title": "", "playbook": "auto", "danger": "refuses",
        "first": [], "halted": "", "time_to_remediate": SPEED,
        "last_turn_at": "2026-11-22T10:02:00.000Z",
        "verdict": "non_compliant", "looked_at": None, "no_data": "",
    }  # fmt: skip
    return {
        **STANDING, "at": "2026-11-22T10:00:00.000Z", "rules": [rule | of_rule],
        "owners": [{**STANDING, "owner": ""}], "time_to_remediate": SPEED, "next_turn_at": None,
    }  # fmt: skip


def test_posture_is_told_by_rule_and_owner(asked: Any) -> None:
    _, result = asked(findings, {"GET /posture": posture_as_read(first=["c-1", "c-2"])}, "posture")
    shown = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert shown[1] == (
        "bucket-public-access 3 open, 1 failed 2026-11-20 10:00 2, half in 4.20 s, 95 % in 3 min 20 s"
    )
    assert shown[4] == "nobody 4 2026-11-20 10:00 1 3 0 0"
    assert " ".join(result.stdout.split()).endswith(
        "bucket-public-access: 3 wait until c-1, c-2 are proven; "
        "the last of them has its turn at about 2026-11-22T10:02:00Z."
    )


def test_posture_says_of_which_rules_there_is_no_data_and_why(asked: Any) -> None:
    off = {"verdict": "no_data", "no_data": "the recorder of AWS Config is off"}
    told = posture_as_read(queued=0, **off)
    told["rules"].append(told["rules"][0] | {"rule": "ssh-closed"})
    told["rules"].append(told["rules"][0] | {"rule": "rdp-closed", "no_data": "no such rule"})
    _, result = asked(findings, {"GET /posture": told}, "posture")
    assert "bucket-public-access no data, 3 open, 1 failed" in " ".join(result.stdout.split())
    told["rules"] = [told["rules"][0] | {"verdict": "compliant", "states": {"remediated": 2}, "no_data": ""}]
    _, well = asked(findings, {"GET /posture": told}, "posture")
    assert "bucket-public-access compliant 2026" in " ".join(well.stdout.split())
    assert result.stdout.splitlines()[-2:] == [
        "No data of bucket-public-access, ssh-closed: the recorder of AWS Config is off.",
        "No data of rdp-closed: no such rule.",
    ]


def test_posture_does_not_list_all_rules_that_are_without_data_for_one_reason(asked: Any) -> None:
    told = posture_as_read(queued=0, verdict="no_data", no_data="the recorder of AWS Config is off")
    told["rules"].append(told["rules"][0] | {"rule": "ssh-closed"})
    _, result = asked(findings, {"GET /posture": told}, "posture")
    assert result.stdout.splitlines()[-1] == "No data of any rule: the recorder of AWS Config is off."


def test_posture_says_what_is_halted_and_what_to_do(asked: Any) -> None:
    halted = posture_as_read(halted="c-1: denied") | {
        "next_turn_at": "2026-11-22T10:00:07.000Z",
        "owners": [],
    }
    _, result = asked(findings, {"GET /posture": halted}, "posture")
    assert "bucket-public-access is halted, 3 wait: c-1: denied. Have one of them put right" in result.stdout
    assert "the next free one is at 2026-11-22T10:00:07Z" in result.stdout
    fresh = posture_as_read(queued=0, oldest=None, time_to_remediate={"count": 0, "p50": None, "p95": None})
    _, result = asked(findings, {"GET /posture": fresh}, "posture")
    assert "wait" not in result.stdout.replace("waiting", "")


@pytest.mark.parametrize(
    ("outcome", "said"),
    [("act", "when it has its turn"), ("wait", "wait for an approval"), ("skip", "left as it is")],
)
def test_a_dry_run_says_what_would_be_written(asked: Any, outcome: str, said: str) -> None:
    told = {
        "id": ID, "state": "open", "dry_run": True, "outcome": outcome, "reason": "so", "writes": [WRITE],
    }  # fmt: skip
    fake, result = asked(findings, {f"POST /findings/{ID}/remediate": told}, "remediate", ID, "--dry-run")
    assert said in result.stdout
    assert "s3:PutPublicAccessBlock(Bucket=photos)" in result.stdout
    ((_, _, body),) = fake.asked
    assert body == {"reason": "", "dry_run": True}


@pytest.mark.parametrize("verb", ["remediate", "approve", "reject"])
def test_what_is_said_to_a_finding_is_answered(asked: Any, verb: str) -> None:
    told = {"id": ID, "state": "waiting", "reason": "it needs an approval"}
    path = f"POST /findings/{ID}/{verb}"
    fake, result = asked(findings, {path: Answer(status=202, body=told)}, verb, ID, "--reason", "audit")
    assert result.stdout == f"{ID} is waiting: it needs an approval\n"
    ((_, _, body),) = fake.asked
    assert body["reason"] == "audit"


def test_an_undo_says_why_and_until_when(asked: Any) -> None:
    told = {"id": ID, "state": "remediating", "reason": "it is being undone: the shop is down"}
    path = f"POST /findings/{ID}/undo"
    why = ("undo", ID, "--reason", "the shop is down")
    fake, result = asked(findings, {path: Answer(status=202, body=told)}, *why)
    assert result.stdout == f"{ID} is remediating: it is being undone: the shop is down\n"
    ((_, _, body),) = fake.asked
    assert body == {"reason": "the shop is down", "until": None, "dry_run": False}
    plan = {**told, "dry_run": True, "outcome": "undo", "reason": "so", "writes": [WRITE]}
    fake, result = asked(findings, {path: plan}, *why, "--dry-run", "--until", "2026-12-24T18:00:00+01:00")
    assert result.stdout.splitlines()[0] == "It would be undone: so."
    assert "s3:PutPublicAccessBlock(Bucket=photos)" in result.stdout
    ((_, _, body),) = fake.asked
    assert body == {"reason": "the shop is down", "until": "2026-12-24T17:00:00.000Z", "dry_run": True}


@pytest.mark.parametrize("words", [(), ("--reason", "so", "--until", "someday")])
def test_an_undo_without_a_reason_or_with_no_end_that_means_something_is_wrong_usage(
    asked: Any, words: tuple[str, ...]
) -> None:
    fake, result = asked(findings, {}, "undo", ID, *words)
    assert result.exit_code == 2
    assert fake.asked == []


def recorded(**more: Any) -> dict[str, Any]:
    """With a timeline whose hashes are true."""
    event = Event(type="Finding Opened", at=NOW, actor="aws.config", reason="off", data={"n": 1})
    head, entries = continue_chain(Head(), [event])
    told = [{name: value for name, value in asdict(entry).items() if name != "public"} for entry in entries]
    found = finding(**more)
    found["evidence"] |= {"timeline": told, "before": {"Days": 0}, "approved_by": "=cmd()"}
    found["evidence"]["head"] = {"sequence": head.sequence, "hash": head.hash}
    return found


def test_evidence_is_exported_as_rows(asked: Any) -> None:
    page = {"items": [finding()], "cursor": None}
    _, result = asked(findings, {"GET /findings": page, f"GET /findings/{ID}": recorded()}, "export")
    assert result.exit_code == 0
    (row,) = csv.DictReader(io.StringIO(result.stdout))
    assert (row["finding"], row["name"], row["state"], row["closed_at"]) == (ID, "photos", "open", "")
    assert (row["before"], row["approved_by"]) == ('{"Days": 0}', "'=cmd()")
    assert (row["entries"], row["chain_holds"]) == ("1", "true")


@pytest.mark.parametrize("tamper", [lambda told: told[0].update(reason="on"), lambda told: told.clear()])
def test_a_record_that_was_changed_or_cut_off_fails_the_export(asked: Any, tamper: Any) -> None:
    changed = recorded()
    tamper(changed["evidence"]["timeline"])
    page = {"items": [finding()], "cursor": None}
    _, result = asked(findings, {"GET /findings": page, f"GET /findings/{ID}": changed}, "export")
    assert isinstance(result.exception, Tampered)
    assert explain(result.exception).title.endswith("somebody has changed it")
    assert "false" in result.stdout
