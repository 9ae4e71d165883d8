"""What the statuses and refusals of databases mean: RDS instances, and clusters of all engines."""

from collections.abc import Sequence

from signalbox.fleets.model import Condition

# Of DescribeDBInstances and DescribeDBClusters: a page, and the ids of one filter that fill it.
PAGE = 100
GONE = frozenset({"deleting", "deleted", "delete-precheck"})
# Asking again helps when what it is busy with is over, or when somebody has freed what is in the way.
PASSING = frozenset({"InvalidDBInstanceState", "InvalidDBClusterStateFault", "InvalidDBInstanceStateFault"})
_SETTLED = {
    "available": Condition.RUNNING,
    "stopped": Condition.STOPPED,
    "starting": Condition.CHANGING,
    "stopping": Condition.CHANGING,
    "storage-full": Condition.BROKEN,
    "failed": Condition.BROKEN,
    "restore-error": Condition.BROKEN,
    "cloning-failed": Condition.BROKEN,
    "migration-failed": Condition.BROKEN,
}
_BROKEN = ("inaccessible-encryption-credentials", "incompatible-", "insufficient-capacity")


def condition_of(status: str) -> Condition:
    """Whatever is none of these is work on it: modifying, backing-up, maintenance, upgrading, configuring-…,
    storage-optimization and what AWS thinks of next."""
    if status.startswith(_BROKEN):
        return Condition.BROKEN
    return _SETTLED.get(status, Condition.BUSY)


def by_id(name: str, ids: Sequence[str]) -> list[dict[str, object]]:
    """The filter of a Describe call; it minds no id that is gone."""
    return [{"Name": name, "Values": list(ids)}]
