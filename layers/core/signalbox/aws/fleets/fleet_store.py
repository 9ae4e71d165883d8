"""Keeps registrations of fleets, what is known of each between its runs, and its timeline."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from signalbox.aws.fleets.run_store import key_of_run, run_in, run_items
from signalbox.aws.table import Item, Table, decoded, encoded, key, number
from signalbox.fleets.record import Registered, Run, Standing
from signalbox.fleets.spec import FleetSpec
from signalbox.kernel.errors import NotFound
from signalbox.kernel.timeline import Entry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

FLEETS = "FLEETS"
MOST_FLEETS = 1_000_000  # all: whoever is left out is neither swept nor anybody's rival


class DynamoFleets:
    """Port `Fleets`. A registration stands with what else is known of its fleet, and once more with all
    others, by the time at which they were first made: whoever plans a run reads all of them at once."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, fleet: Registered) -> bool:
        """Create or replace; whether it is new."""
        name = fleet.spec.name
        before = self._table.get(f"FLEET#{name}", "FLEET")
        created = decoded(before, "body", Registered).created_at if before else fleet.created_at
        body = {"body": encoded(replace(fleet, created_at=created))}
        self._table.transact(
            [
                self._table.put({**key(f"FLEET#{name}", "FLEET"), **body}),
                self._table.put({**key(FLEETS, _sort_key(created, name)), **body}),
            ]
        )
        return before is None

    def get(self, name: str) -> Registered:
        """Raises NotFound."""
        return _registered(self._table.get(f"FLEET#{name}", "FLEET"), name)

    def known(self, name: str) -> tuple[Registered, Standing]:
        """The registration and the standing in one read. Raises NotFound."""
        fleet, standing = self._table.get_all((f"FLEET#{name}", "FLEET"), _key_of_standing(name))
        return _registered(fleet, name), _standing(standing)

    def with_run(self, name: str, run_id: str) -> tuple[Standing, Run]:
        """The standing and a run in one read. Raises NotFound."""
        standing, run = self._table.get_all(_key_of_standing(name), key_of_run(run_id))
        return _standing(standing), run_in(run, name, run_id)

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
        return _standing(self._table.get(*_key_of_standing(name)))

    def save(self, name: str, standing: Standing, entries: Sequence[Entry], runs: Sequence[Run] = ()) -> None:
        """Raises Conflict when the standing, or one of the runs, is not of the revision before."""
        parts = [
            self._part(name, standing),
            *(self._table.put(_timeline_item(name, entry), "attribute_not_exists(pk)") for entry in entries),
            *(part for run in runs for part in run_items(self._table, run)),
        ]
        self._table.transact(parts)

    def _part(self, name: str, standing: Standing) -> "TransactWriteItemTypeDef":
        item: Item = {
            **key(*_key_of_standing(name)),
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


def _registered(item: Item | None, name: str) -> Registered:
    if item is None:
        raise NotFound(f"there is no fleet {name}")
    return decoded(item, "body", Registered)


def _key_of_standing(name: str) -> tuple[str, str]:
    return f"FLEET#{name}", "STANDING"


def _standing(item: Item | None) -> Standing:
    return decoded(item, "body", Standing) if item is not None else Standing()


def _timeline_item(name: str, entry: Entry) -> Item:
    return {**key(f"TIMELINE#FLEET#{name}", f"{entry.sequence:08d}"), "body": encoded(entry)}


def _sort_key(created_at: str, name: str) -> str:
    return f"{created_at}#{name}"
