"""What the engine asks of each kind of resource; one adapter each under `aws/fleets/kinds/`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from signalbox.fleets.model import Action, Kind, Place, Power, Resource
from signalbox.fleets.spec import Select


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A token bucket as AWS documents it: tokens at most, and how many come back each second."""

    capacity: float
    per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What one call costs: a token of `calls`, and one of `resources` for each resource. None: no limit."""

    calls: Bucket | None = None
    resources: Bucket | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is to be switched. `size` is what a group is scaled back to when it starts, if it is known."""

    id: str
    size: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Switched:
    """What became of a batch, each id in exactly one of the three: AWS accepted it (it is not there yet), it
    may be asked again later (throttling, no capacity: with the reason), or AWS refused it for good. `lacking`
    are those of the second for which there is no capacity."""

    accepted: tuple[str, ...] = ()
    later: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    lacking: frozenset[str] = frozenset()


class Switch(Protocol):
    """One kind of resource, in all places.

    `batch` is the most that one call takes, or, where each resource takes a call of its own, how many share
    the look that a start begins with. `find` reads everything that is selected (of `tags`, `group` and
    `resources` it is given what concerns the kind). Of EC2 AWS itself leaves out what is in the condition
    `unless` (but for what has the tag `despite`, which takes a call more): then calls are as few as what is
    not, and what is gone is told as broken. `read` reads those of the ids that are not settled in the
    condition that the action leads to, in as few calls as AWS allows: what is missing in the answer has
    arrived, whatever its tags are now, what is gone is broken. Where a kind `tells_tags` they are in the
    answer. `switch` makes one call for the batch, and more only to tell apart who is to blame when AWS
    refuses it: nobody is punished for another, and throttling is never answered with more calls. Raises
    Transient when AWS cannot be asked, and Rejected when it refuses to be asked at all.
    """

    kind: Kind
    batch: int
    tells_tags: bool

    def pace(self, action: Action) -> Pace: ...
    def find(
        self, select: Select, place: Place, unless: Power | None = None, despite: str = ""
    ) -> Iterator[Resource]: ...
    def read(self, ids: Sequence[str], action: Action, place: Place) -> Iterator[Resource]: ...
    def switch(self, action: Action, targets: Sequence[Target], place: Place) -> Switched: ...
