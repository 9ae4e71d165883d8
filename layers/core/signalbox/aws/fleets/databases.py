"""What is the same of RDS instances and of clusters of all engines: one API, its statuses and refusals."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from signalbox.aws.fleets.answers import one_by_one
from signalbox.aws.fleets.selection import chunks, has_tags, missing, named_in, unsettled
from signalbox.fleets.model import Action, Condition, Kind, Place, Power, Resource
from signalbox.fleets.spec import Select
from signalbox.fleets.switches import Pace, Switched, Target

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


class DatabaseSwitch(ABC):
    """Port `Switch`, but for what RDS calls things. Each database takes a call of its own; RDS publishes no
    rates of its API."""

    kind: Kind
    filter_by_id: str
    batch = 1
    tells_tags = True

    @abstractmethod
    def described(self, place: Place, **request: Any) -> Iterator[Resource]:
        """Those that are not going, of that request to describe them."""

    @abstractmethod
    def act(self, action: Action, id_: str, place: Place) -> None:
        """One call, sent once."""

    def pace(self, action: Action) -> Pace:
        return Pace()

    def find(
        self, select: Select, place: Place, unless: Power | None = None, despite: str = ""
    ) -> Iterator[Resource]:
        """RDS knows no filter by tag, and tells tags of all: of the whole Region when tags are wanted, else
        of those that are named."""
        members, named = named_in(select, self.kind, place)
        ids, seen = {*members, *named}, set[str]()
        for resource in self.described(place) if select.tags else self._of([*members, *named], place):
            if resource.id in ids or (select.tags and has_tags(resource.tags, select.tags)):
                seen.add(resource.id)
                yield resource
        yield from missing(self.kind, named, seen)

    def read(self, ids: Sequence[str], action: Action, place: Place) -> Iterator[Resource]:
        return unsettled(self.kind, ids, self._of(ids, place), action)

    def switch(self, action: Action, targets: Sequence[Target], place: Place) -> Switched:
        return one_by_one(targets, lambda target: self.act(action, target.id, place), PASSING)

    def _of(self, ids: Iterable[str], place: Place) -> Iterator[Resource]:
        """100 a call, which minds no id that is gone."""
        for chunk in chunks(ids, PAGE):
            yield from self.described(place, Filters=[{"Name": self.filter_by_id, "Values": chunk}])
