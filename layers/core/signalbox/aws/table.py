"""The one table: items by pk and sk, records as JSON in `body`, what conditions look at beside it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import msgspec
from botocore.exceptions import ClientError

from signalbox.aws.clients import client
from signalbox.aws.errors import aws_errors, code_of
from signalbox.kernel.errors import Conflict, Transient

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef

T = TypeVar("T")
Item = Mapping[str, "AttributeValueTypeDef"]
_MOST_KEYS = 100  # that BatchGetItem takes at once


def text(value: str) -> "AttributeValueTypeDef":
    """A string attribute."""
    return {"S": value}


def number(value: int) -> "AttributeValueTypeDef":
    """A number attribute."""
    return {"N": str(value)}


def flag(value: bool) -> "AttributeValueTypeDef":  # noqa: FBT001
    """A boolean attribute."""
    return {"BOOL": value}


def encoded(record: object) -> "AttributeValueTypeDef":
    """A record as JSON."""
    return {"S": msgspec.json.encode(record).decode()}


def decoded(item: Item, name: str, kind: type[T]) -> T:
    """The record in an attribute; fields that it does not know are skipped."""
    return msgspec.json.decode(str(item[name]["S"]), type=kind)


def key(pk: str, sk: str) -> "dict[str, AttributeValueTypeDef]":
    """The primary key."""
    return {"pk": text(pk), "sk": text(sk)}


@contextmanager
def conditional_writes() -> Iterator[None]:
    """Conflict for a condition that did not hold, Transient for two transactions at once."""
    with aws_errors():
        try:
            yield
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                raise Conflict(str(error)) from error
            if code_of(error) == "TransactionCanceledException":
                raise _cancelled(error) from error
            raise


def _cancelled(error: ClientError) -> Exception:
    reasons = error.response.get("CancellationReasons", [])
    codes = [str(reason.get("Code")) for reason in reasons]
    if "ConditionalCheckFailed" in codes:
        number = codes.index("ConditionalCheckFailed")
        return Conflict(f"somebody else changed it meanwhile (condition {number} of the write does not hold)")
    return Transient(str(error))


class Table:
    """What the stores need of DynamoDB, with consistent reads."""

    def __init__(self, name: str) -> None:
        self.name = name

    def get(self, pk: str, sk: str) -> Item | None:
        """One item, or None."""
        with aws_errors():
            answer = client("dynamodb").get_item(TableName=self.name, Key=key(pk, sk), ConsistentRead=True)
        return answer.get("Item")

    def get_all(self, *keys: tuple[str, str]) -> list[Item | None]:
        """Several items, in the order asked, up to 100 in one read."""
        found: dict[tuple[str, str], Item] = {}
        for start in range(0, len(keys), _MOST_KEYS):
            wanted = [key(pk, sk) for pk, sk in keys[start : start + _MOST_KEYS]]
            with aws_errors():
                answer = client("dynamodb").batch_get_item(
                    RequestItems={self.name: {"Keys": wanted, "ConsistentRead": True}}
                )
            if answer.get("UnprocessedKeys"):
                raise Transient(f"{self.name} did not read all keys")
            found |= {(i["pk"]["S"], i["sk"]["S"]): i for i in answer["Responses"].get(self.name, [])}
        return [found.get(each) for each in keys]

    def query(
        self,
        pk: str,
        prefix: str = "",
        *,
        after: str | None = None,
        limit: int = 1000,
        newest_first: bool = False,
    ) -> Sequence[Item]:
        """Items of a partition whose sk begins with the prefix, from (not with) `after` on."""
        start = {"ExclusiveStartKey": key(pk, after)} if after else {}
        condition = "pk = :pk AND begins_with(sk, :sk)" if prefix else "pk = :pk"
        values = {":pk": text(pk), **({":sk": text(prefix)} if prefix else {})}
        found: list[Item] = []
        while len(found) < limit:
            with aws_errors():
                answer = client("dynamodb").query(
                    TableName=self.name,
                    KeyConditionExpression=condition,
                    ExpressionAttributeValues=values,
                    ConsistentRead=True,
                    ScanIndexForward=not newest_first,
                    Limit=limit - len(found),
                    **start,  # type: ignore[arg-type]
                )
            found += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                break
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
        return found

    def transact(self, items: "Sequence[TransactWriteItemTypeDef]") -> None:
        """All or nothing; raises Conflict when a condition does not hold."""
        with conditional_writes():
            client("dynamodb").transact_write_items(TransactItems=items)

    def put_next(self, item: Item, revision: int) -> "TransactWriteItemTypeDef":
        """One part of a transaction: the item at that revision, over the one before it."""
        numbered = {**item, "revision": number(revision)}
        if revision == 1:
            return self.put(numbered, "attribute_not_exists(pk)")
        part = self.put(numbered, "revision = :before")
        part["Put"]["ExpressionAttributeValues"] = {":before": number(revision - 1)}
        return part

    def put(self, item: Item, condition: str = "") -> "TransactWriteItemTypeDef":
        """One part of a transaction."""
        given = {"ConditionExpression": condition} if condition else {}
        return {"Put": {"TableName": self.name, "Item": item, **given}}  # type: ignore[typeddict-item]
