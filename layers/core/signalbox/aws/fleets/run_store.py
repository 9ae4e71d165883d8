"""Keeps runs and their lots: one item for a thousand resources, many in one transaction. A run stands before
its lots, so that one read has them all; its fleet has a pointer to it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from signalbox.aws.table import Item, Table, decoded, encoded, key, number
from signalbox.fleets.record import Lot, Run
from signalbox.kernel.errors import NotFound

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

MOST_LOTS = 40  # in one transaction, which takes 4 MB: of lots of at most 100 KB
MOST_READ = 1_000_000  # all


def key_of_run(run_id: str) -> tuple[str, str]:
    """Of its item, which sorts before its lots."""
    return f"RUN#{run_id}", "HEAD"


def run_items(table: Table, run: Run) -> "list[TransactWriteItemTypeDef]":
    """Parts of a transaction: the run at its next revision; a new one, and the pointer to it."""
    own = table.put_next({**key(*key_of_run(run.run_id)), "body": encoded(run)}, run.revision)
    if run.revision > 1:
        return [own]
    return [own, table.put(key(f"FLEET#{run.fleet}", f"RUN#{run.run_id}"))]


def run_in(item: Item | None, fleet: str, run_id: str) -> Run:
    """Raises NotFound when there is none, or when it is another fleet's."""
    run = decoded(item, "body", Run) if item is not None else None
    if run is None or run.fleet != fleet:
        raise NotFound(f"fleet {fleet} has no run {run_id}")
    return run


class DynamoRuns:
    """Port `Runs`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, fleet: str, run_id: str) -> Run:
        """Raises NotFound."""
        return run_in(self._table.get(*key_of_run(run_id)), fleet, run_id)

    def with_lots(self, fleet: str, run_id: str) -> tuple[Run, tuple[Lot, ...]]:
        """All of a run, by number. Raises NotFound."""
        found = self._table.query(f"RUN#{run_id}", limit=MOST_READ)
        run = run_in(next(iter(found), None), fleet, run_id)
        return run, tuple(decoded(item, "body", Lot) for item in found[1:])

    def list(self, fleet: str, limit: int, cursor: str | None) -> tuple[tuple[Run, ...], str | None]:
        """Newest first; the cursor is the last id of the page before."""
        after = f"RUN#{cursor}" if cursor else None
        found = self._table.query(f"FLEET#{fleet}", "RUN#", after=after, limit=limit, newest_first=True)
        ids = [str(item["sk"]["S"]).removeprefix("RUN#") for item in found]
        items = self._table.get_all(*(key_of_run(run_id) for run_id in ids))
        runs = tuple(run_in(item, fleet, run_id) for item, run_id in zip(items, ids, strict=True))
        return runs, runs[-1].run_id if len(runs) == limit else None

    def save(self, run: Run, lots: Sequence[Lot] = ()) -> None:
        """Raises Conflict when it is not of the revision before. Lots that do not fit into one transaction go
        first, as long as the run is of that revision: what is half written is written again."""
        parts = [self._lot(run, lot) for lot in lots]
        while len(parts) > MOST_LOTS:
            self._table.transact([self._unchanged(run), *parts[:MOST_LOTS]])
            parts = parts[MOST_LOTS:]
        self._table.transact([*run_items(self._table, run), *parts])

    def _lot(self, run: Run, lot: Lot) -> "TransactWriteItemTypeDef":
        item = {**key(f"RUN#{run.run_id}", f"LOT#{lot.number:06d}"), "body": encoded(lot)}
        return self._table.put(item)

    def _unchanged(self, run: Run) -> "TransactWriteItemTypeDef":
        return {
            "ConditionCheck": {
                "TableName": self._table.name,
                "Key": key(*key_of_run(run.run_id)),
                "ConditionExpression": "revision = :before",
                "ExpressionAttributeValues": {":before": number(run.revision - 1)},
            }
        }
