"""RDS keeps what would interrupt a database for its maintenance window: moto would do it at once."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from moto.rds.models import rds_backends

from tests.simulation.fibers import hub
from tests.simulation.universe import ACCOUNT, REGION

DAYS = "backup_retention_period"


class Windows:
    """How long backups are kept waits for a window, which opens so many seconds after somebody has changed
    it. What is changed to what it is does not wait for anything any more."""

    def __init__(self, opens_after: float) -> None:
        backend = rds_backends[ACCOUNT][REGION]
        self._modify = backend.modify_db_instance
        self._opens_after = opens_after
        backend.modify_db_instance = self  # type: ignore[method-assign]

    def __call__(self, db_instance_identifier: str, db_kwargs: MutableMapping[str, Any]) -> Any:
        days = db_kwargs.pop(DAYS, None)
        database: Any = self._modify(db_instance_identifier, dict(db_kwargs))
        if days is not None:
            database.pending_modified_values = (
                {} if days == database.backup_retention_period else {DAYS: days}
            )
            hub.call_later(self._opens_after, lambda: _open(database))
        return database


def pending_days(database: Any) -> int | None:
    """For how long backups will be kept from the window on, None when nothing waits for it."""
    waiting: dict[str, int] = getattr(database, "pending_modified_values", {})
    return waiting.get(DAYS)


def _open(database: Any) -> None:
    days = pending_days(database)
    if days is not None:
        database.pending_modified_values = {}
        database.backup_retention_period = days
