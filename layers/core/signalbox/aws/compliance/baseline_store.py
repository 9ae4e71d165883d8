"""Keeps baselines: the latest version of each in one place, and all versions of each in another."""

from collections.abc import Sequence

from signalbox.aws.table import Table, decoded, encoded, key
from signalbox.compliance.record import Baseline

BASELINES = "BASELINES"
_MOST_VERSIONS = 100  # that are told of: the latest


class DynamoBaselines:
    """Port `Baselines`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, resource_type: str) -> Baseline | None:
        """Its latest version."""
        item = self._table.get(BASELINES, resource_type)
        return decoded(item, "body", Baseline) if item else None

    def all(self) -> Sequence[Baseline]:
        """By type: there are few."""
        return tuple(decoded(item, "body", Baseline) for item in self._table.query(BASELINES))

    def versions(self, resource_type: str) -> Sequence[Baseline]:
        """Newest first."""
        found = self._table.query(_history(resource_type), limit=_MOST_VERSIONS, newest_first=True)
        return tuple(decoded(item, "body", Baseline) for item in found)

    def save(self, baseline: Baseline) -> None:
        """Raises Conflict when that version is there, or the one before it is not the latest."""
        body, type_ = {"body": encoded(baseline)}, baseline.resource_type
        version = key(_history(type_), f"{baseline.version:08d}")
        self._table.transact(
            [
                self._table.put_next({**key(BASELINES, type_), **body}, baseline.version),
                self._table.put({**version, **body}, "attribute_not_exists(pk)"),
            ]
        )


def _history(resource_type: str) -> str:
    return f"BASELINE#{resource_type}"
