"""A transaction of DynamoDB that fails leaves every row as it was, those aside that it does not name."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from signalbox_local.moto_seams import Seams, dynamodb_requests

TABLE = "rows"
KEYS = [("pk", "HASH"), ("sk", "RANGE")]


@pytest.fixture
def table(moto_aws: None) -> Iterator[Any]:
    """A client; the table has three rows under `a` and one under `b`."""
    seams = Seams()
    dynamodb_requests(seams)
    client: Any = boto3.client("dynamodb", region_name="eu-west-1")
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in KEYS],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in KEYS],
    )
    for key in ("a1", "a2", "a3", "b1"):
        client.put_item(TableName=TABLE, Item={**_key(key), "n": {"N": "1"}, "l": {"L": [{"S": "x"}]}})
    yield client
    client.delete_table(TableName=TABLE)
    seams.undo()


def _key(text: str) -> dict[str, Any]:
    return {"pk": {"S": text[0]}, "sk": {"S": text[1:]}}


def _rows(table: Any) -> Any:
    return table.scan(TableName=TABLE)["Items"]


def _changes() -> list[dict[str, Any]]:
    """One of each kind: in place, away, over another, and where nothing was."""
    values = {":n": {"N": "2"}, ":x": {"S": "y"}}
    set_n = {"UpdateExpression": "SET n = :n, l[0] = :x", "ExpressionAttributeValues": values}
    return [
        {"Update": {"TableName": TABLE, "Key": _key("a1"), **set_n}},
        {"Delete": {"TableName": TABLE, "Key": _key("a2")}},
        {"Put": {"TableName": TABLE, "Item": {**_key("b1"), "n": {"N": "3"}}}},
        {"Put": {"TableName": TABLE, "Item": _key("c1")}},
    ]


def test_all_of_it_is_done(table: Any) -> None:
    table.transact_write_items(TransactItems=_changes())
    found = {row["pk"]["S"] + row["sk"]["S"]: row.get("n", {}).get("N") for row in _rows(table)}
    assert found == {"a1": "2", "a3": "1", "b1": "3", "c1": None}


def test_or_nothing(table: Any) -> None:
    before = _rows(table)
    refused = {
        "TableName": TABLE,
        "Key": _key("a3"),
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    with pytest.raises(table.exceptions.TransactionCanceledException):
        table.transact_write_items(TransactItems=[*_changes(), {"ConditionCheck": refused}])
    assert _rows(table) == before


def test_nothing_either_when_it_is_malformed(table: Any) -> None:
    before = _rows(table)
    twice = {"Put": {"TableName": TABLE, "Item": _key("a1")}}
    with pytest.raises(table.exceptions.ClientError):
        table.transact_write_items(TransactItems=[*_changes(), twice])
    assert _rows(table) == before
