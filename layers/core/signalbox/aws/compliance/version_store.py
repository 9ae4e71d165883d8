"""Keeps what people decide: the latest version of each in one place, and all versions of each in another."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Generic

from signalbox.aws.table import Table, decoded, encoded, key
from signalbox.compliance.ports import V

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

MOST = 1_000_000  # all: an exception that is left out would not keep a resource from being changed


class DynamoVersions(Generic[V]):
    """Port `Versions`. `latest` is the partition of the latest ones, `each` what the partitions of all
    versions begin with."""

    most_versions = MOST  # that are told of

    def __init__(self, table: Table, kind: type[V], latest: str, each: str) -> None:
        self._table = table
        self._kind = kind
        self._latest = latest
        self._each = each

    def find(self, id_: str, /) -> V | None:
        """Its latest version."""
        item = self._table.get(self._latest, id_)
        return decoded(item, "body", self._kind) if item else None

    def all(self) -> Sequence[V]:
        """By id."""
        found = self._table.query(self._latest, limit=MOST)
        return tuple(decoded(item, "body", self._kind) for item in found)

    def versions(self, id_: str, /) -> Sequence[V]:
        """Newest first."""
        found = self._table.query(self._history(id_), limit=self.most_versions, newest_first=True)
        return tuple(decoded(item, "body", self._kind) for item in found)

    def save(self, record: V, /) -> None:
        """Raises Conflict when that version is there, or the one before it is not the latest."""
        latest = {**key(self._latest, record.id), "body": encoded(record)}
        self._table.transact([self._table.put_next(latest, record.version), self._put_version(record)])

    def _put_version(self, record: V) -> "TransactWriteItemTypeDef":
        """One part of a transaction."""
        version = key(self._history(record.id), f"{record.version:08d}")
        return self._table.put({**version, "body": encoded(record)}, "attribute_not_exists(pk)")

    def _history(self, id_: str) -> str:
        return f"{self._each}#{id_}"
