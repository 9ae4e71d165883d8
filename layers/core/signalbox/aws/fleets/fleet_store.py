"""Keeps registrations of fleets, what is known of each between its runs, and its timeline."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from signalbox.aws.fleets.run_store import run_item
from signalbox.aws.table import Item, Table, decoded, encoded, key, number, text
from signalbox.fleets.record import Registered, Run, Standing
from signalbox.fleets.spec import FleetSpec
from signalbox.kernel.errors import NotFound
from signalbox.kernel.timeline import Entry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

FLEETS = "FLEETS"
MOST_FLEETS = 1_000_000  # all: whoever is left out is neither swept nor anybody's rival


class DynamoFleets:
    """Port `Fleets`. Registrations stand together, by the time at which they were first made: whoever plans
    a run reads all of them at once."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, fleet: Registered) -> bool:
        """Create or replace; whether it is new."""
        name = fleet.spec.name
        pointer = self._table.get(f"FLEET#{name}", "FLEET")
        created = str(pointer["created_at"]["S"]) if pointer else fleet.created_at
        self._table.transact(
            [
                self._table.put({**key(f"FLEET#{name}", "FLEET"), "created_at": text(created)}),
                self._table.put({**key(FLEETS, _sort_key(created, name)), "body": encoded(fleet)}),
            ]
        )
        return pointer is None

    def get(self, name: str) -> Registered:
        """Raises NotFound."""
        pointer = self._table.get(f"FLEET#{name}", "FLEET")
        item = self._table.get(FLEETS, _sort_key(str(pointer["created_at"]["S"]), name)) if pointer else None
        if item is None:
            raise NotFound(f"there is no fleet {name}")
        return decoded(item, "body", Registered)

    def list(self, limit: int, cursor: str | None) -> tuple[tuple[Registered, ...], str | None]:
        """Newest first; the cursor is the last key of the page before."""
        found = self._table.query(FLEETS, after=cursor, limit=limit, newest_first=True)
        fleets = tuple(decoded(item, "body", Registered) for item in found)
        return fleets, str(found[-1]["sk"]["S"]) if len(found) == limit else None

    def all(self) -> Mapping[str, FleetSpec]:
        """Every fleet's spec, by name."""
        found = self._table.query(FLEETS, limit=MOST_FLEETS)
        return {fleet.spec.name: fleet.spec for fleet in (decoded(i, "body", Registered) for i in found)}

    def delete(self, name: str) -> None:
        """Raises NotFound. The standing stays: a fleet of the same name goes on with its timeline."""
        fleet = self.get(name)
        self._table.transact(
            [
                self._gone(f"FLEET#{name}", "FLEET"),
                self._gone(FLEETS, _sort_key(fleet.created_at, name)),
            ]
        )

    def _gone(self, pk: str, sk: str) -> "TransactWriteItemTypeDef":
        return {"Delete": {"TableName": self._table.name, "Key": key(pk, sk)}}

    def standing(self, name: str) -> Standing:
        """As it is now; of a new fleet nothing is known."""
        item = self._table.get(f"FLEET#{name}", "STANDING")
        return decoded(item, "body", Standing) if item is not None else Standing()

    def save(self, name: str, standing: Standing, entries: Sequence[Entry], runs: Sequence[Run] = ()) -> None:
        """Raises Conflict when the standing, or one of the runs, is not of the revision before."""
        parts = [
            self._standing(name, standing),
            *(self._table.put(_timeline_item(name, entry), "attribute_not_exists(pk)") for entry in entries),
            *(run_item(self._table, run) for run in runs),
        ]
        self._table.transact(parts)

    def _standing(self, name: str, standing: Standing) -> "TransactWriteItemTypeDef":
        item: Item = {
            **key(f"FLEET#{name}", "STANDING"),
            "revision": number(standing.revision),
            "body": encoded(standing),
        }
        condition = "attribute_not_exists(pk) OR revision = :before"
        part = self._table.put(item, condition if standing.revision == 1 else "revision = :before")
        part["Put"]["ExpressionAttributeValues"] = {":before": number(standing.revision - 1)}
        return part

    def timeline(self, name: str, after: int, limit: int) -> tuple[Entry, ...]:
        """Entries after a sequence, oldest first."""
        start = f"{after:08d}" if after else None
        found = self._table.query(f"TIMELINE#FLEET#{name}", after=start, limit=limit)
        return tuple(decoded(item, "body", Entry) for item in found)


def _timeline_item(name: str, entry: Entry) -> Item:
    return {**key(f"TIMELINE#FLEET#{name}", f"{entry.sequence:08d}"), "body": encoded(entry)}


def _sort_key(created_at: str, name: str) -> str:
    return f"{created_at}#{name}"
