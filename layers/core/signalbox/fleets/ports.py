"""What fleets need of the world. Each has an adapter under `aws/fleets/` and a fake in the tests."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from signalbox.fleets.model import Kind, Place
from signalbox.fleets.record import Lot, Registered, Run, Standing
from signalbox.fleets.spec import FleetSpec
from signalbox.fleets.switches import Pace, Switch, Switched
from signalbox.kernel.clock import Clock
from signalbox.kernel.ids import Entropy
from signalbox.kernel.timeline import Entry


class Fleets(Protocol):
    """Registrations, and what is known of each fleet between its runs.

    `known` and `with_run` read two records at once, which may be of different moments. `save` writes the
    standing at its next revision with its new entries, and runs with them, all or nothing. Raises Conflict
    when somebody else was faster, NotFound when there is no such fleet or run.
    """

    def put(self, fleet: Registered) -> bool: ...
    def get(self, name: str) -> Registered: ...
    def list(self, limit: int, cursor: str | None) -> tuple[tuple[Registered, ...], str | None]: ...
    def all(self) -> Mapping[str, FleetSpec]: ...
    def delete(self, name: str) -> None: ...
    def standing(self, name: str) -> Standing: ...
    def known(self, name: str) -> tuple[Registered, Standing]: ...
    def with_run(self, name: str, run_id: str) -> tuple[Standing, Run]: ...
    def save(
        self, name: str, standing: Standing, entries: Sequence[Entry], runs: Sequence[Run] = ()
    ) -> None: ...
    def timeline(self, name: str, after: int, limit: int) -> tuple[Entry, ...]: ...


class Runs(Protocol):
    """Runs and their lots, which `with_lots` reads together: what is being written meanwhile may be missing.
    `save` writes a run at its next revision, and lots over those of the same number; raises Conflict when
    somebody else was faster, and then changes nothing."""

    def get(self, fleet: str, run_id: str) -> Run: ...
    def with_lots(self, fleet: str, run_id: str) -> tuple[Run, tuple[Lot, ...]]: ...
    def list(self, fleet: str, limit: int, cursor: str | None) -> tuple[tuple[Run, ...], str | None]: ...
    def save(self, run: Run, lots: Sequence[Lot] = ()) -> None: ...


class Timetable(Protocol):
    """Wakes the fleet once, within a minute after an instant; a later call takes its place. None: never."""

    def arm(self, fleet: str, at: datetime | None) -> None: ...


class Executions(Protocol):
    """Executions of the power machine; the same one twice is one."""

    def start(self, fleet: str, run_id: str, generation: int) -> None: ...
    def status(self, run_id: str, generation: int) -> str | None: ...


class Bus(Protocol):
    """Tells what happened to a fleet."""

    def publish(self, fleet: str, entries: Sequence[Entry]) -> None: ...


class Calendars(Protocol):
    """When a Change Calendar of Systems Manager is closed, between two moments, as spans in UTC."""

    def closed(
        self, calendar: str, begin: datetime, end: datetime
    ) -> tuple[tuple[datetime, datetime], ...]: ...


class Groups(Protocol):
    """Ids of a kind that are in a resource group at a place, a call for each fifty as they are wanted. Raises
    Transient, and Rejected when there is no such group."""

    def members(self, group: str, kind: Kind, place: Place) -> Iterator[str]: ...


class InstanceTypes(Protocol):
    """Types of EC2 instances; what is of another kind keeps its size. `architectures` says of those types
    that a Region has what their processors understand. `change` gives instances that stand still the types
    that go with their ids, a call each, at the pace; raises as `Switch.switch` does."""

    @property
    def pace(self) -> Pace: ...
    def architectures(self, types: Collection[str], region: str) -> Mapping[str, frozenset[str]]: ...
    def change(self, types: Mapping[str, str], place: Place) -> Switched: ...


class Restarts(Protocol):
    """Databases at a place, by kind and id, that AWS itself has started since then, and that nobody has
    stopped after that. Raises Transient and Rejected."""

    def by_aws(self, place: Place, since: datetime) -> Sequence[tuple[Kind, str]]: ...


class Patching(Protocol):
    """Instance → what Systems Manager patches it with at this moment, of all at a place: a document, and the
    command or the association that has it run. Raises Transient and Rejected."""

    def patched(self, place: Place, now: datetime) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPorts:
    """All of them, the plug-in of each kind, and the place where Signalbox itself is."""

    fleets: Fleets
    runs: Runs
    timetable: Timetable
    executions: Executions
    bus: Bus
    calendars: Calendars
    switch_of: Callable[[Kind], Switch]
    groups: Groups
    types: InstanceTypes
    patching: Patching
    restarts: Restarts
    clock: Clock
    entropy: Entropy
    home: Place
