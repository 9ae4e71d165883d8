"""Keeps exceptions, the latest versions all in one place: whoever assesses a finding reads all of them."""

from collections.abc import Sequence
from dataclasses import replace

from signalbox.aws.compliance.version_store import DynamoVersions
from signalbox.aws.table import Table, decoded, encoded, key, number
from signalbox.compliance.record import Excepted

EXCEPTIONS = "EXCEPTIONS"


class DynamoExceptions(DynamoVersions[Excepted]):
    """Port `Exceptions`. One that was kept before there were versions has no number: it is the next one of
    its versions, and is kept as such once another follows."""

    def __init__(self, table: Table) -> None:
        super().__init__(table, Excepted, EXCEPTIONS, "EXCEPTION")

    def find(self, id_: str, /) -> Excepted | None:
        """Its latest version."""
        return self._unnumbered(id_) or super().find(id_)

    def versions(self, id_: str, /) -> Sequence[Excepted]:
        """Newest first."""
        latest, known = self._unnumbered(id_), super().versions(id_)
        return (latest, *known) if latest else known

    def save(self, record: Excepted, /) -> None:
        """Raises Conflict when that version is there, or the one before it is not the latest."""
        before = self._unnumbered(record.id)
        if before is None:
            super().save(record)
            return
        latest = {**key(EXCEPTIONS, record.id), "body": encoded(record), "revision": number(record.version)}
        self._table.transact(
            [
                self._table.put(latest, "attribute_exists(pk) AND attribute_not_exists(revision)"),
                self._put_version(before),
                self._put_version(record),
            ]
        )

    def _unnumbered(self, id_: str) -> Excepted | None:
        item = self._table.get(EXCEPTIONS, id_)
        if item is None or "revision" in item:
            return None
        known = super().versions(id_)
        return replace(decoded(item, "body", Excepted), version=known[0].version + 1 if known else 1)
