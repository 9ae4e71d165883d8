"""Keeps findings and their timelines."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from signalbox.aws.table import Table, decoded, encoded, key
from signalbox.compliance.record import Finding
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.timeline import Entry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

FINDINGS = "FINDINGS"
PAGE = 100


class DynamoFindings:
    """Port `Findings`. Each stands twice, in one transaction: by its id, where its revision is checked, and
    with all others by the time of its making, where it is listed."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, finding_id: str) -> Finding | None:
        """None when nothing of that id was ever found."""
        item = self._table.get(f"FINDING#{finding_id}", "FINDING")
        return decoded(item, "body", Finding) if item is not None else None

    def list(self, limit: int, cursor: str | None) -> tuple[tuple[Finding, ...], str | None]:
        """Newest first; the cursor is the last key of the page before."""
        found = self._table.query(FINDINGS, after=cursor, limit=limit, newest_first=True)
        findings = tuple(decoded(item, "body", Finding) for item in found)
        return findings, str(found[-1]["sk"]["S"]) if len(found) == limit else None

    def all(self) -> Iterator[Finding]:
        """Every finding, newest first."""
        cursor: str | None = None
        while True:
            page, cursor = self.list(PAGE, cursor)
            yield from page
            if cursor is None:
                return

    def save(self, finding: Finding, entries: Sequence[Entry]) -> None:
        """Raises Conflict when it is not of the revision before."""
        item = {**key(f"FINDING#{finding.id}", "FINDING"), "body": encoded(finding)}
        own = self._table.put_next(item, finding.revision)
        listed = {
            **key(FINDINGS, f"{rfc3339(finding.created_at)}#{finding.id}"),
            "body": encoded(finding),
        }
        self._table.transact([own, self._table.put(listed), *(self._entry(finding.id, e) for e in entries)])

    def _entry(self, finding_id: str, entry: Entry) -> "TransactWriteItemTypeDef":
        item = {**key(_timeline(finding_id), f"{entry.sequence:08d}"), "body": encoded(entry)}
        return self._table.put(item, "attribute_not_exists(pk)")

    def timeline(self, finding_id: str, after: int, limit: int) -> tuple[Entry, ...]:
        """Entries after a sequence, oldest first."""
        start = f"{after:08d}" if after else None
        found = self._table.query(_timeline(finding_id), after=start, limit=limit)
        return tuple(decoded(item, "body", Entry) for item in found)


def _timeline(finding_id: str) -> str:
    return f"TIMELINE#FINDING#{finding_id}"
