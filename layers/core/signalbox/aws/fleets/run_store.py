"""Keeps runs and their lots: one item for a thousand resources, many in one write."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from signalbox.aws.table import Item, Table, decoded, encoded, key, number
from signalbox.fleets.record import Lot, Run
from signalbox.kernel.errors import NotFound

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

MOST_AT_ONCE = 25  # lots of at most 100 KB: a transaction takes 100 items and 4 MB


def run_item(table: Table, run: Run) -> "TransactWriteItemTypeDef":
    """One part of a transaction: the run, new or at its next revision."""
    item: Item = {
        **key(f"FLEET#{run.fleet}", f"RUN#{run.run_id}"),
        "revision": number(run.revision),
        "body": encoded(run),
    }
    if run.revision == 1:
        return table.put(item, "attribute_not_exists(pk)")
    part = table.put(item, "revision = :before")
    part["Put"]["ExpressionAttributeValues"] = {":before": number(run.revision - 1)}
    return part


class DynamoRuns:
    """Port `Runs`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, fleet: str, run_id: str) -> Run:
        """Raises NotFound."""
        item = self._table.get(f"FLEET#{fleet}", f"RUN#{run_id}")
        if item is None:
            raise NotFound(f"fleet {fleet} has no run {run_id}")
        return decoded(item, "body", Run)

    def list(self, fleet: str, limit: int, cursor: str | None) -> tuple[tuple[Run, ...], str | None]:
        """Newest first; the cursor is the last id of the page before."""
        after = f"RUN#{cursor}" if cursor else None
        found = self._table.query(f"FLEET#{fleet}", "RUN#", after=after, limit=limit, newest_first=True)
        runs = tuple(decoded(item, "body", Run) for item in found)
        return runs, runs[-1].run_id if len(runs) == limit else None

    def save(self, run: Run) -> None:
        """Raises Conflict when it is not of the revision before."""
        self._table.transact([run_item(self._table, run)])

    def lots(self, run_id: str) -> tuple[Lot, ...]:
        """All of a run, by number."""
        return tuple(decoded(item, "body", Lot) for item in self._table.query(f"RUN#{run_id}"))

    def keep(self, run_id: str, lots: Sequence[Lot]) -> None:
        """Over those of the same number, many in one write."""
        items = [{**key(f"RUN#{run_id}", f"LOT#{lot.number:06d}"), "body": encoded(lot)} for lot in lots]
        for start in range(0, len(items), MOST_AT_ONCE):
            self._table.transact([self._table.put(item) for item in items[start : start + MOST_AT_ONCE]])
