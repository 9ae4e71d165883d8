"""Exceptions that were kept before there were versions, in DynamoDB."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from signalbox.aws import clients
from signalbox.aws.compliance.exception_store import DynamoExceptions
from signalbox.aws.table import Table
from signalbox.compliance.record import Excepted
from signalbox.compliance.spec import ExceptionSpec
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Conflict
from tests.unit.builders import NOW
from tests.unit.compliance_fakes import REGION

OLD = {
    "spec": {
        "id": "legacy", "reason": "later", "owner": "web", "until": rfc3339(NOW),
        "rule": None, "resource": "sg-1", "tags": {"env": "qa"}, "account": None,
    },
    "until": rfc3339(NOW), "created_at": rfc3339(NOW), "updated_at": rfc3339(NOW), "updated_by": "ana",
    "is_breaker": False,
}  # fmt: skip
FIRST = Excepted(
    spec=ExceptionSpec(
        id="legacy", reason="later", owner="web", until=rfc3339(NOW), resource="sg-1", tags={"env": "qa"}
    ),
    until=NOW,
    created_at=NOW,
    updated_at=NOW,
    updated_by="ana",
)
SECOND = replace(FIRST, version=2, updated_by="ben", until=NOW + timedelta(days=1))
THIRD = replace(SECOND, version=3, is_deleted=True)


@pytest.fixture
def exceptions(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoExceptions]:
    """With one of before."""
    clients._made.cache_clear()
    with mock_aws():
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        keys: Any = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
        types: Any = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
        boto3.client("dynamodb").create_table(
            TableName="table", KeySchema=keys, AttributeDefinitions=types, BillingMode="PAY_PER_REQUEST"
        )
        put_as_before()
        yield DynamoExceptions(Table("table"))
    clients._made.cache_clear()


def put_as_before() -> None:
    """As whoever knows of no versions does."""
    item: Any = {"pk": {"S": "EXCEPTIONS"}, "sk": {"S": "legacy"}, "body": {"S": json.dumps(OLD)}}
    boto3.client("dynamodb").put_item(TableName="table", Item=item)


def test_one_of_before_is_the_first_version(exceptions: DynamoExceptions) -> None:
    assert exceptions.find("legacy") == FIRST
    assert exceptions.versions("legacy") == (FIRST,)
    assert exceptions.all() == (FIRST,)


def test_what_follows_one_of_before_keeps_it_as_a_version(exceptions: DynamoExceptions) -> None:
    for version in (SECOND, THIRD):
        exceptions.save(version)
        assert exceptions.find("legacy") == version
    assert exceptions.versions("legacy") == (THIRD, SECOND, FIRST)
    with pytest.raises(Conflict):
        exceptions.save(SECOND)


def test_what_an_older_release_has_put_over_versions_is_the_next_one(exceptions: DynamoExceptions) -> None:
    exceptions.save(SECOND)
    put_as_before()
    between = replace(FIRST, version=3)
    assert exceptions.versions("legacy") == (between, SECOND, FIRST)
    last = replace(THIRD, version=4)
    exceptions.save(last)
    assert exceptions.versions("legacy") == (last, between, SECOND, FIRST)


def test_of_two_who_follow_one_of_before_one_is_first(
    exceptions: DynamoExceptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have read what was there without a number."""
    slower = DynamoExceptions(Table("table"))
    monkeypatch.setattr(slower, "_unnumbered", lambda _: FIRST)
    exceptions.save(SECOND)
    with pytest.raises(Conflict):
        slower.save(replace(SECOND, updated_by="eve"))
    assert exceptions.versions("legacy") == (SECOND, FIRST)
