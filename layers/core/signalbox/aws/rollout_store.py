"""Keeps rollouts, their timelines, locks and watchers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from signalbox.aws.latch_changes import fresh_latch, latched
from signalbox.aws.latch_store import latch_key, read_signals
from signalbox.aws.table import Item, Table, decoded, encoded, key, number, text
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Conflict, NotFound
from signalbox.kernel.timeline import Entry
from signalbox.rollouts.model import Phase
from signalbox.rollouts.ports import Latch
from signalbox.rollouts.record import Rollout, held_by
from signalbox.rollouts.signals import Signals

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef

WATCHED_FOR = 400 * 86_400  # seconds; an execution lives for a year at most
MOST_OPEN = 1000


def _rollout_key(service: str, rollout_id: str) -> tuple[str, str]:
    return f"SERVICE#{service}", f"ROLLOUT#{rollout_id}"


def _lock_key(resource: str) -> tuple[str, str]:
    return f"LOCK#{resource}", "LOCK"


def _timeline_item(rollout_id: str, entry: Entry) -> Item:
    return {**key(f"TIMELINE#{rollout_id}", f"{entry.sequence:08d}"), "body": encoded(entry)}


class DynamoRollouts:
    """Port `Rollouts`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def create(
        self, rollout: Rollout, entries: Sequence[Entry], locks: Sequence[str], sequence: int | None
    ) -> None:
        """Raises Conflict naming the rollout that holds a lock, or a later sequence."""
        unique = list(dict.fromkeys(locks))
        items = [
            self._record(rollout, "attribute_not_exists(pk)"),
            fresh_latch(self._table, rollout),
            self._table.put({**key("OPEN", rollout.rollout_id), "service": text(rollout.service)}),
            *(self._entry(rollout.rollout_id, entry) for entry in entries),
            self._counted(rollout.service, sequence),
            *(self._lock(rollout, resource) for resource in unique),
        ]
        try:
            self._table.transact(items)
        except Conflict as conflict:
            raise Conflict(
                self._who(unique) or f"the registration of {rollout.service} has changed"
            ) from conflict

    def _counted(self, service: str, sequence: int | None) -> "TransactWriteItemTypeDef":
        condition, change = "attribute_exists(pk)", "ADD open_rollouts :one"
        values: dict[str, AttributeValueTypeDef] = {":one": number(1)}
        if sequence is not None:
            condition += " AND (attribute_not_exists(last_sequence) OR last_sequence <= :sequence)"
            change = f"SET last_sequence = :sequence {change}"
            values[":sequence"] = number(sequence)
        return {
            "Update": {
                "TableName": self._table.name,
                "Key": key(f"SERVICE#{service}", "SERVICE"),
                "ConditionExpression": condition,
                "UpdateExpression": change,
                "ExpressionAttributeValues": values,
            }
        }

    def _lock(self, rollout: Rollout, resource: str) -> "TransactWriteItemTypeDef":
        owner = {"service": text(rollout.service), "rollout_id": text(rollout.rollout_id)}
        return self._table.put({**key(*_lock_key(resource)), **owner}, "attribute_not_exists(pk)")

    def _who(self, locks: Sequence[str]) -> str | None:
        for resource in locks:
            owner = self.owner(resource)
            if owner is not None:
                return held_by(resource, owner)
        return None

    def _record(self, rollout: Rollout, condition: str) -> "TransactWriteItemTypeDef":
        item: Item = {
            **key(*_rollout_key(rollout.service, rollout.rollout_id)),
            "revision": number(rollout.revision),
            "generation": number(rollout.generation),
            "phase": text(rollout.phase),
            "body": encoded(rollout),
        }
        return self._table.put(item, condition)

    def _next_record(self, rollout: Rollout) -> "TransactWriteItemTypeDef":
        part = self._record(rollout, "revision = :before")
        part["Put"]["ExpressionAttributeValues"] = {":before": number(rollout.revision - 1)}
        return part

    def _entry(self, rollout_id: str, entry: Entry) -> "TransactWriteItemTypeDef":
        return self._table.put(_timeline_item(rollout_id, entry), "attribute_not_exists(pk)")

    def get(self, service: str, rollout_id: str) -> Rollout:
        """Raises NotFound."""
        item = self._table.get(*_rollout_key(service, rollout_id))
        if item is None:
            raise NotFound(f"service {service} has no rollout {rollout_id}")
        return decoded(item, "body", Rollout)

    def load(self, service: str, rollout_id: str) -> tuple[Rollout, Signals]:
        """Record and latch in one read; the latch of a closed rollout is empty. Raises NotFound."""
        record, latch = self._table.get_all(_rollout_key(service, rollout_id), latch_key(rollout_id))
        if record is None:
            raise NotFound(f"service {service} has no rollout {rollout_id}")
        rollout = decoded(record, "body", Rollout)
        empty = Signals(rollout_id=rollout_id, service=service, generation=rollout.generation)
        return rollout, read_signals(latch) if latch is not None else empty

    def save(self, rollout: Rollout, entries: Sequence[Entry], latch: Latch) -> None:
        """The record at its next revision, its new entries, and what changes on the latch."""
        self._table.transact([*self._saved(rollout, entries), *latched(self._table, rollout, latch)])

    def _saved(self, rollout: Rollout, entries: Sequence[Entry]) -> "list[TransactWriteItemTypeDef]":
        return [self._next_record(rollout), *(self._entry(rollout.rollout_id, entry) for entry in entries)]

    def arm(self, rollout: Rollout, entries: Sequence[Entry], alarms: Sequence[str], latch: Latch) -> None:
        """A save together with the watchers, one per alarm ARN."""
        began = rollout.started_at or rollout.created_at
        expires = number(int(began.timestamp()) + WATCHED_FOR)
        watchers = [
            self._table.put({**key(f"ALARM#{arn}", f"ROLLOUT#{rollout.rollout_id}"), "expires_at": expires})
            for arn in dict.fromkeys(alarms)
        ]
        changed = latched(self._table, rollout, latch, armed_at=rfc3339(began))
        self._table.transact([*self._saved(rollout, entries), *watchers, *changed])

    def close(
        self, rollout: Rollout, entries: Sequence[Entry], alarms: Sequence[str], locks: Sequence[str]
    ) -> None:
        """The last save: locks, watchers and latch go with it."""
        gone = [self._gone(f"ALARM#{arn}", f"ROLLOUT#{rollout.rollout_id}") for arn in dict.fromkeys(alarms)]
        released = [self._released(rollout, resource) for resource in dict.fromkeys(locks)]
        counted: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table.name,
                "Key": key(f"SERVICE#{rollout.service}", "SERVICE"),
                "UpdateExpression": "ADD open_rollouts :less",
                "ExpressionAttributeValues": {":less": number(-1)},
            }
        }
        latch = self._gone(*latch_key(rollout.rollout_id))
        if rollout.phase is Phase.SUCCEEDED and not rollout.past_return:
            # A reason to go back that was latched a moment ago is not lost with the latch.
            latch["Delete"]["ConditionExpression"] = "attribute_not_exists(#stop)"
            latch["Delete"]["ExpressionAttributeNames"] = {"#stop": "stop"}
        self._table.transact([*self._saved(rollout, entries), *gone, *released, latch, counted])

    def _gone(self, pk: str, sk: str) -> "TransactWriteItemTypeDef":
        return {"Delete": {"TableName": self._table.name, "Key": key(pk, sk)}}

    def _released(self, rollout: Rollout, resource: str) -> "TransactWriteItemTypeDef":
        return {
            "Delete": {
                "TableName": self._table.name,
                "Key": key(*_lock_key(resource)),
                "ConditionExpression": "attribute_not_exists(pk) OR rollout_id = :owner",
                "ExpressionAttributeValues": {":owner": text(rollout.rollout_id)},
            }
        }

    def list(self, service: str, limit: int, cursor: str | None) -> tuple[tuple[Rollout, ...], str | None]:
        """Newest first; the cursor is the last id of the page before."""
        after = f"ROLLOUT#{cursor}" if cursor else None
        found = self._table.query(
            f"SERVICE#{service}", "ROLLOUT#", after=after, limit=limit, newest_first=True
        )
        rollouts = tuple(decoded(item, "body", Rollout) for item in found)
        return rollouts, rollouts[-1].rollout_id if len(rollouts) == limit else None

    def timeline(self, rollout_id: str, after: int, limit: int) -> tuple[Entry, ...]:
        """Entries after a sequence, oldest first."""
        start = f"{after:08d}" if after else None
        found = self._table.query(f"TIMELINE#{rollout_id}", after=start, limit=limit)
        return tuple(decoded(item, "body", Entry) for item in found)

    def open(self) -> tuple[tuple[str, str], ...]:
        """(service, rollout id) of all that have not said farewell, oldest first."""
        found = self._table.query("OPEN", limit=MOST_OPEN)
        return tuple((str(item["service"]["S"]), str(item["sk"]["S"])) for item in found)

    def is_open(self, rollout_id: str) -> bool:
        """Whether the reconciler must look: it has not said farewell."""
        return self._table.get("OPEN", rollout_id) is not None

    def forget_open(self, rollout_id: str) -> None:
        """The reconciler need not look any more."""
        self._table.transact([self._gone("OPEN", rollout_id)])

    def owner(self, resource: str) -> tuple[str, str] | None:
        """(service, rollout id) of who holds a lock."""
        item = self._table.get(*_lock_key(resource))
        return (str(item["service"]["S"]), str(item["rollout_id"]["S"])) if item is not None else None
