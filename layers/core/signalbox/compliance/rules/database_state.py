"""An RDS instance, and what was made to take its place; fields as RDS calls them."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from signalbox.compliance.model import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSnapshot:
    """One that Signalbox has made; on which day."""

    DBSnapshotIdentifier: str
    Status: str
    Encrypted: bool
    Day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseCopy:
    """The encrypted instance that takes its place; `Modified` as in the state of the database."""

    DBInstanceIdentifier: str
    DBInstanceStatus: str
    StorageEncrypted: bool
    DeletionProtection: bool
    Modified: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseState:
    """`Restored` are the parameters that make a restored instance like it, `Modified` those that can only be
    set on one that is there, `Lost` what neither brings back; `Pending` what waits for its window."""

    DBInstanceIdentifier: str
    DBInstanceArn: str
    DBInstanceStatus: str
    StorageEncrypted: bool
    Cluster: str
    Replicas: tuple[str, ...]
    Restored: Mapping[str, object]
    Modified: Mapping[str, object]
    Lost: tuple[str, ...]
    Pending: tuple[str, ...]
    Tags: Mapping[str, str]
    Snapshots: tuple[DatabaseSnapshot, ...]
    Copy: DatabaseCopy | None
    KeptSince: str


def database_in(configuration: Configuration) -> DatabaseState:
    """Of what was read, also after it was stored."""
    return msgspec.convert(configuration, DatabaseState)
