"""What the statuses and refusals of databases mean: RDS instances, and clusters of all engines."""

from collections.abc import Callable, Iterable, Iterator

from signalbox.aws.fleets.selection import chunks, has_tags, missing, named_in
from signalbox.fleets.model import Condition, Kind, Place, Resource
from signalbox.fleets.spec import Select

Filters = list[dict[str, object]]

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


def selected(
    kind: Kind,
    select: Select,
    place: Place,
    everything: Callable[[], Iterator[Resource]],
    with_ids: Callable[[Iterable[str]], Iterator[Resource]],
) -> Iterator[Resource]:
    """RDS knows no filter by tag, and tells tags of all: of the whole Region when tags are wanted, else of
    those that are named."""
    members, named = named_in(select, kind, place)
    ids = {*members, *named}
    seen: set[str] = set()
    for resource in everything() if select.tags else with_ids([*members, *named]):
        if resource.id in ids or (select.tags and has_tags(resource.tags, select.tags)):
            seen.add(resource.id)
            yield resource
    yield from missing(kind, named, seen)


def by_id(name: str, ids: Iterable[str]) -> Iterator[Filters]:
    """The filters of Describe calls for those ids, 100 a call; they mind no id that is gone."""
    for chunk in chunks(ids, PAGE):
        yield [{"Name": name, "Values": chunk}]
