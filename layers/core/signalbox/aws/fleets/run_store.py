"""Keeps runs and their lots: one item for a thousand resources, many in one transaction."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from signalbox.aws.table import Item, Table, decoded, encoded, key, number
from signalbox.fleets.record import Lot, Run
from signalbox.kernel.errors import NotFound

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

MOST_LOTS = 40  # in one transaction, which takes 4 MB: of lots of at most 100 KB


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

    def save(self, run: Run, lots: Sequence[Lot] = ()) -> None:
        """Raises Conflict when it is not of the revision before. Lots that do not fit into one transaction go
        first, as long as the run is of that revision: what is half written is written again."""
        parts = [self._lot(run, lot) for lot in lots]
        while len(parts) > MOST_LOTS:
            self._table.transact([self._unchanged(run), *parts[:MOST_LOTS]])
            parts = parts[MOST_LOTS:]
        self._table.transact([run_item(self._table, run), *parts])

    def lots(self, run: Run) -> tuple[Lot, ...]:
        """All of a run, by number."""
        return tuple(decoded(item, "body", Lot) for item in self._table.query(f"RUN#{run.run_id}"))

    def _lot(self, run: Run, lot: Lot) -> "TransactWriteItemTypeDef":
        item = {**key(f"RUN#{run.run_id}", f"LOT#{lot.number:06d}"), "body": encoded(lot)}
        return self._table.put(item)

    def _unchanged(self, run: Run) -> "TransactWriteItemTypeDef":
        return {
            "ConditionCheck": {
                "TableName": self._table.name,
                "Key": key(f"FLEET#{run.fleet}", f"RUN#{run.run_id}"),
                "ConditionExpression": "revision = :before",
                "ExpressionAttributeValues": {":before": number(run.revision - 1)},
            }
        }
