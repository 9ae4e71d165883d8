"""One suite over the stores of compliance in memory and in DynamoDB."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from signalbox.aws import clients
from signalbox.aws.compliance import finding_store
from signalbox.aws.compliance.baseline_store import DynamoBaselines
from signalbox.aws.compliance.exception_store import DynamoExceptions
from signalbox.aws.compliance.finding_store import DynamoFindings
from signalbox.aws.table import Table
from signalbox.compliance.model import Mode, Resource, Subject, Write
from signalbox.compliance.ports import Baselines, Exceptions, Findings
from signalbox.compliance.record import Approval, Baseline, Excepted, Finding, Remediation, State
from signalbox.compliance.spec import ExceptionSpec
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Conflict
from signalbox.kernel.events import Event
from signalbox.kernel.timeline import Entry, continue_chain, first_break
from tests.contract.template import resources, template
from tests.unit.builders import NOW
from tests.unit.compliance_fakes import ACCOUNT, REGION, FakeFindings, FakeVersions

WRITE = Write(service="s3", operation="PutPublicAccessBlock", parameters={"Bucket": "b", "Blocks": [True]})


@dataclass(frozen=True)
class Stores:
    """Those that share one table."""

    findings: Findings
    exceptions: Exceptions
    baselines: Baselines


@pytest.fixture(params=["memory", "dynamodb"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "memory":
        yield Stores(FakeFindings(), FakeVersions(), FakeVersions())
        return
    clients._made.cache_clear()
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        settings: Any = dict(next(iter(resources(template(), "AWS::DynamoDB::Table").values()))["Properties"])
        for name in ("TimeToLiveSpecification", "PointInTimeRecoverySpecification"):
            settings.pop(name, None)
        boto3.client("dynamodb").create_table(TableName="table", **settings)
        table = Table("table")
        yield Stores(DynamoFindings(table), DynamoExceptions(table), DynamoBaselines(table))
    clients._made.cache_clear()


def finding(id_: str = "photos", hours: int = 0) -> Finding:
    """With everything that one can have."""
    resource = Resource(type="AWS::S3::Bucket", id=id_, account=ACCOUNT, region=REGION)
    at = NOW + timedelta(hours=hours)
    return Finding(
        id=Subject(rule="bucket-public-access", resource=resource).finding_id,
        rule="bucket-public-access",
        resource=resource,
        mode=Mode.AUTO,
        created_at=at,
        detected_at=at,
        result_at=at,
        state=State.WAITING,
        reason="it needs an approval",
        name="photos",
        closed_at=at,
        noticed=(at, at),
        exception="legacy",
        under_way=True,
        revision=1,
        remediation=Remediation(
            requested_by="ben",
            proposal=(WRITE,),
            tokens=("token",),
            until=at,
            approval=Approval(by="ana", at=at, writes=(WRITE,)),
            before={"Configured": False, "Ingress": [{"FromPort": 22}], "Days": None},
            writes=(WRITE,),
            acted_at=at,
            rounds=2,
            undoing=True,
            failure="no",
            after={"Configured": True},
        ),
    )


def told(found: Finding, count: int) -> tuple[Finding, tuple[Entry, ...]]:
    head, entries = continue_chain(
        found.head, [Event(type="Finding Left", at=NOW, actor="signalbox")] * count
    )
    return replace(found, head=head), entries


def test_a_finding_is_read_as_it_was_written(stores: Stores) -> None:
    stores.findings.save(finding(), ())
    assert stores.findings.find(finding().id) == finding()
    assert stores.findings.find("c-nobody") is None


def test_a_finding_is_written_by_one_at_a_time(stores: Stores) -> None:
    stores.findings.save(finding(), ())
    with pytest.raises(Conflict):
        stores.findings.save(finding(), ())
    second = replace(finding(), revision=2, state=State.FAILED)
    stores.findings.save(second, ())
    with pytest.raises(Conflict):
        stores.findings.save(replace(second, state=State.OPEN), ())
    assert stores.findings.find(finding().id) == second
    assert [each.state for each in stores.findings.all()] == [State.FAILED]


def test_a_conflict_leaves_no_entry_behind(stores: Stores) -> None:
    first, entries = told(finding(), 2)
    stores.findings.save(first, entries)
    again, more = told(replace(first, revision=9), 1)
    with pytest.raises(Conflict):
        stores.findings.save(again, more)
    assert stores.findings.timeline(first.id, 0, 10) == entries
    assert first_break(entries) is None


def test_a_timeline_is_read_from_where_one_wants(stores: Stores) -> None:
    first, entries = told(finding(), 3)
    stores.findings.save(first, entries)
    assert stores.findings.timeline(first.id, 1, 1) == entries[1:2]
    assert stores.findings.timeline("c-nobody", 0, 10) == ()


def test_findings_are_listed_newest_first(stores: Stores) -> None:
    for number in range(3):
        stores.findings.save(finding(f"b{number}", hours=number), ())
    found, _ = stores.findings.list(2, None)
    assert [each.resource.id for each in found] == ["b2", "b1"]


def test_all_are_found_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding_store, "PAGE", 2)
    clients._made.cache_clear()
    with mock_aws():
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        keys: Any = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
        types: Any = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
        boto3.client("dynamodb").create_table(
            TableName="table", KeySchema=keys, AttributeDefinitions=types, BillingMode="PAY_PER_REQUEST"
        )
        findings = DynamoFindings(Table("table"))
        for number in range(5):
            findings.save(finding(f"b{number}", hours=number), ())
        assert [each.resource.id for each in findings.all()] == ["b4", "b3", "b2", "b1", "b0"]
    clients._made.cache_clear()


def excepted(version: int = 1, id_: str = "a", **more: Any) -> Excepted:
    """With everything that one can have."""
    spec = ExceptionSpec(
        id=id_,
        reason="later",
        owner="web",
        until=rfc3339(NOW),
        rule="ssh-closed",
        resource="sg-1",
        tags={"env": "qa"},
        account=ACCOUNT,
    )
    by: dict[str, Any] = {"updated_by": "ana", "is_breaker": True, "version": version}
    return Excepted(**{"spec": spec, "until": NOW, "created_at": NOW, "updated_at": NOW, **by, **more})


def test_an_exception_is_kept_with_all_of_its_versions(stores: Stores) -> None:
    assert stores.exceptions.find("a") is None
    assert stores.exceptions.versions("a") == ()
    first, second = excepted(), excepted(2, updated_by="ben")
    deleted = excepted(3, updated_by="ben", is_deleted=True)
    for number, version in enumerate((first, second, deleted), start=1):
        stores.exceptions.save(version)
        assert stores.exceptions.find("a") == version
        assert stores.exceptions.versions("a") == (deleted, second, first)[-number:]
    other = excepted(id_="b")
    stores.exceptions.save(other)
    assert stores.exceptions.all() == (deleted, other)


@pytest.mark.parametrize("version", [1, 3])
def test_of_two_who_decide_the_same_version_one_is_first(stores: Stores, version: int) -> None:
    stores.exceptions.save(excepted())
    with pytest.raises(Conflict):
        stores.exceptions.save(excepted(version, updated_by="ben"))
    assert stores.exceptions.versions("a") == (excepted(),)
    assert stores.exceptions.all() == (excepted(),)


def baseline(version: int = 1, type_: str = "AWS::EC2::Volume", **more: Any) -> Baseline:
    """With everything that one can have."""
    expected = {"configuration.a": [1, 1.5, None, {"b": True}], "configuration.c": "d"}
    return Baseline(
        **{
            **{
                "resource_type": type_,
                "version": version,
                "expected": expected,
                "reason": f"audit {version}",
            },
            **{"at": NOW, "by": "arn:aws:iam::123456789012:user/ana", "like": "vol-1"},
            **more,
        }
    )


def test_a_baseline_is_kept_with_all_of_its_versions(stores: Stores) -> None:
    assert stores.baselines.find("AWS::EC2::Volume") is None
    assert stores.baselines.versions("AWS::EC2::Volume") == ()
    first, ended = baseline(), baseline(2, is_ended=True)
    stores.baselines.save(first)
    assert stores.baselines.find("AWS::EC2::Volume") == first
    stores.baselines.save(ended)
    assert stores.baselines.find("AWS::EC2::Volume") == ended
    assert stores.baselines.versions("AWS::EC2::Volume") == (ended, first)
    other = baseline(type_="AWS::S3::Bucket")
    stores.baselines.save(other)
    assert stores.baselines.all() == (ended, other)


@pytest.mark.parametrize("version", [1, 3])
def test_of_two_who_record_the_same_version_one_is_first(stores: Stores, version: int) -> None:
    stores.baselines.save(baseline())
    with pytest.raises(Conflict):
        stores.baselines.save(baseline(version, reason="mine"))
    assert stores.baselines.versions("AWS::EC2::Volume") == (baseline(),)
