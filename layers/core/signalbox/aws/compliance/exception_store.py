"""Keeps exceptions, all in one place: whoever assesses a finding reads all of them."""

from collections.abc import Sequence

from signalbox.aws.table import Table, decoded, encoded, key
from signalbox.compliance.record import Excepted
from signalbox.kernel.errors import NotFound

EXCEPTIONS = "EXCEPTIONS"
MOST = 1_000_000  # all: one that is left out would not keep a resource from being changed


class DynamoExceptions:
    """Port `Exceptions`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, exception: Excepted) -> bool:
        """Create or replace; whether it is new."""
        id_ = exception.spec.id
        is_new = self._table.get(EXCEPTIONS, id_) is None
        self._table.transact([self._table.put({**key(EXCEPTIONS, id_), "body": encoded(exception)})])
        return is_new

    def get(self, exception_id: str) -> Excepted:
        """Raises NotFound."""
        item = self._table.get(EXCEPTIONS, exception_id)
        if item is None:
            raise NotFound(f"there is no exception {exception_id}")
        return decoded(item, "body", Excepted)

    def all(self) -> Sequence[Excepted]:
        """By id."""
        return tuple(decoded(item, "body", Excepted) for item in self._table.query(EXCEPTIONS, limit=MOST))

    def delete(self, exception_id: str) -> None:
        """Raises NotFound."""
        self.get(exception_id)
        gone = {"TableName": self._table.name, "Key": key(EXCEPTIONS, exception_id)}
        self._table.transact([{"Delete": gone}])  # type: ignore[typeddict-item]
