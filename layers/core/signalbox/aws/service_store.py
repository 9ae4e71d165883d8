"""Keeps the registrations of services."""

from dataclasses import replace
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from signalbox.aws.clients import client
from signalbox.aws.errors import aws_errors, code_of
from signalbox.aws.table import Item, Table, decoded, encoded, key, number, text
from signalbox.kernel.errors import Conflict, NotFound
from signalbox.rollouts.ports import Registered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


class DynamoServices:
    """Port `Services`. A second item per service, sorted by the time of registration, serves the list."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, service: Registered) -> bool:
        """Create or replace; whether it is new. What counts rollouts on the item stays. Raises Conflict when
        somebody else registers or forgets it at the same moment."""
        is_new = service.created_at == service.updated_at
        listed = self._table.put({**key("SERVICES", _sort_key(service)), "name": text(service.spec.name)})
        try:
            self._table.transact([self._body(service, is_new=is_new), listed])
        except Conflict as conflict:
            raise Conflict(
                f"{service.spec.name} is being registered or forgotten by somebody else: ask again"
            ) from conflict
        return is_new

    def _body(self, service: Registered, *, is_new: bool) -> "TransactWriteItemTypeDef":
        return {
            "Update": {
                "TableName": self._table.name,
                "Key": key(f"SERVICE#{service.spec.name}", "SERVICE"),
                "ConditionExpression": f"attribute_{'not_' if is_new else ''}exists(body)",
                "UpdateExpression": "SET body = :body",
                "ExpressionAttributeValues": {":body": encoded(service)},
            }
        }

    def get(self, name: str) -> Registered:
        """Raises NotFound."""
        item = self._table.get(f"SERVICE#{name}", "SERVICE")
        if item is None or "body" not in item:
            raise NotFound(f"there is no service {name}")
        return _read(item)

    def list(self, limit: int, cursor: str | None) -> tuple[tuple[Registered, ...], str | None]:
        """Newest first; the cursor is the last key of the page before."""
        found = self._table.query("SERVICES", after=cursor, limit=limit, newest_first=True)
        if not found:
            return (), None
        keys = [(f"SERVICE#{item['name']['S']}", "SERVICE") for item in found]
        services = tuple(_read(item) for item in self._table.get_all(*keys) if item is not None)
        return services, str(found[-1]["sk"]["S"]) if len(found) == limit else None

    def delete(self, name: str) -> None:
        """Raises NotFound, or Conflict while a rollout is open."""
        service = self.get(name)
        with aws_errors():
            try:
                client("dynamodb").delete_item(
                    TableName=self._table.name,
                    Key=key(f"SERVICE#{name}", "SERVICE"),
                    ConditionExpression="attribute_not_exists(open_rollouts) OR open_rollouts = :none",
                    ExpressionAttributeValues={":none": number(0)},
                )
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    raise Conflict(f"a rollout of {name} is open: abort it or wait for its end") from error
                raise
            client("dynamodb").delete_item(
                TableName=self._table.name, Key=key("SERVICES", _sort_key(service))
            )


def _read(item: Item) -> Registered:
    service = decoded(item, "body", Registered)
    sequence = int(str(item["last_sequence"]["N"])) if "last_sequence" in item else None
    return replace(service, sequence=sequence)


def _sort_key(service: Registered) -> str:
    return f"{service.created_at}#{service.spec.name}"
