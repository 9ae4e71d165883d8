"""Seams of DynamoDB's transactions: what one changes is put back when it fails."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from moto.dynamodb import models
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

from signalbox_local.moto_seams.seams import Seams

Partition = tuple[Table, DynamoType]


def transactions(seams: Seams) -> None:
    """Only what a transaction names is kept and put back; the caller sees to one request at a time."""

    # moto copies the whole table for each part of a transaction; a table with a stream keeps that, for the
    # stream is put back too.
    def copied(thing: Any) -> Any:
        kept = isinstance(thing, Table) and thing.stream_shard is None
        return thing if kept else copy.deepcopy(thing)

    def all_or_nothing(original: Callable[..., None]) -> Callable[..., None]:
        def transact_write_items(self: models.DynamoDBBackend, items: list[dict[str, Any]]) -> None:
            before = _partitions(self, items)
            try:
                original(self, items)
            except Exception:
                _put_back(before)
                raise

        return transact_write_items

    seams.replace(models, "copy", SimpleNamespace(deepcopy=copied))
    seams.wrap(models.DynamoDBBackend, "transact_write_items", all_or_nothing)


def _partitions(backend: models.DynamoDBBackend, items: Iterable[Mapping[str, Any]]) -> dict[Partition, Any]:
    """What lies under the partition keys that the items name, copies of the rows that may change among it;
    None where nothing does."""
    found: dict[Partition, Any] = {}
    for item in items:
        for operation in item.values():
            table = backend.tables.get(operation.get("TableName", ""))
            key = operation.get("Item") or operation.get("Key") or {}
            if table and table.stream_shard is None and table.hash_key_attr in key:
                partition = DynamoType(key[table.hash_key_attr])
                rows = found.setdefault((table, partition), copy.copy(table.items.get(partition)))
                _copy_row(found, (table, partition), rows, key)
    return found


def _copy_row(found: dict[Partition, Any], partition: Partition, rows: Any, key: Mapping[str, Any]) -> None:
    table, _ = partition
    if table.range_key_attr is None:
        found[partition] = copy.deepcopy(rows)
    elif rows and table.range_key_attr in key:
        row = DynamoType(key[table.range_key_attr])
        rows.update({row: copy.deepcopy(rows[row])} if row in rows else {})


def _put_back(before: Mapping[Partition, Any]) -> None:
    for (table, partition), rows in before.items():
        if rows is None:
            table.items.pop(partition, None)
        else:
            table.items[partition] = rows
