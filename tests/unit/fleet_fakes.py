"""The ports of fleets in memory, with the conditions of the real stores, and everything that may die."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Lot, Registered, Run, Standing
from signalbox.fleets.spec import FleetSpec
from signalbox.kernel.errors import Conflict, NotFound
from signalbox.kernel.timeline import Entry
from tests.unit.fakes import FakeClock
from tests.unit.fleet_world import HOME, FakeAws, FakeGroups, FakePatching, FakeRestarts, FakeTypes


class Killed(BaseException):
    """The process is gone: nobody catches that."""


@dataclass
class FleetStore:
    """The table."""

    fleets: dict[str, Registered] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)
    entries: dict[str, list[Entry]] = field(default_factory=dict)
    runs: dict[tuple[str, str], Run] = field(default_factory=dict)
    lots: dict[str, dict[int, Lot]] = field(default_factory=dict)

    def check_run(self, run: Run) -> None:
        stored = self.runs.get((run.fleet, run.run_id))
        if (stored.revision if stored else 0) != run.revision - 1:
            raise Conflict("condition 0 does not hold")


class FakeFleets:
    """Port `Fleets`."""

    def __init__(self, store: FleetStore) -> None:
        self._store = store

    def put(self, fleet: Registered) -> bool:
        name = fleet.spec.name
        is_new = name not in self._store.fleets
        self._store.fleets[name] = fleet
        return is_new

    def get(self, name: str) -> Registered:
        try:
            return self._store.fleets[name]
        except KeyError:
            raise NotFound(f"there is no fleet {name}") from None

    def list(self, limit: int, cursor: str | None) -> tuple[tuple[Registered, ...], str | None]:
        def place(fleet: Registered) -> str:
            return f"{fleet.created_at}#{fleet.spec.name}"

        found = sorted(self._store.fleets.values(), key=place, reverse=True)
        page = tuple(fleet for fleet in found if cursor is None or place(fleet) < cursor)[:limit]
        return page, place(page[-1]) if len(page) == limit else None

    def all(self) -> Mapping[str, FleetSpec]:
        return {name: fleet.spec for name, fleet in self._store.fleets.items()}

    def delete(self, name: str) -> None:
        self.get(name)
        del self._store.fleets[name]

    def standing(self, name: str) -> Standing:
        return self._store.standings.get(name, Standing())

    def known(self, name: str) -> tuple[Registered, Standing]:
        return self.get(name), self.standing(name)

    def with_run(self, name: str, run_id: str) -> tuple[Standing, Run]:
        return self.standing(name), FakeRuns(self._store).get(name, run_id)

    def save(self, name: str, standing: Standing, entries: Sequence[Entry], runs: Sequence[Run] = ()) -> None:
        known = self._store.entries.setdefault(name, [])
        if self.standing(name).revision != standing.revision - 1:
            raise Conflict("condition 0 does not hold")
        if any(entry.sequence <= len(known) for entry in entries):
            raise Conflict("condition 1 does not hold")
        for run in runs:
            self._store.check_run(run)
        self._store.runs |= {(name, run.run_id): run for run in runs}
        self._store.standings[name] = standing
        known += entries

    def timeline(self, name: str, after: int, limit: int) -> tuple[Entry, ...]:
        return tuple(e for e in self._store.entries.get(name, []) if e.sequence > after)[:limit]


class FakeRuns:
    """Port `Runs`."""

    def __init__(self, store: FleetStore) -> None:
        self._store = store

    def get(self, fleet: str, run_id: str) -> Run:
        try:
            return self._store.runs[fleet, run_id]
        except KeyError:
            raise NotFound(f"fleet {fleet} has no run {run_id}") from None

    def list(self, fleet: str, limit: int, cursor: str | None) -> tuple[tuple[Run, ...], str | None]:
        found = sorted(
            (run for (name, _), run in self._store.runs.items() if name == fleet),
            key=lambda run: run.run_id,
            reverse=True,
        )
        page = tuple(run for run in found if cursor is None or run.run_id < cursor)[:limit]
        return page, page[-1].run_id if len(page) == limit else None

    def save(self, run: Run, lots: Sequence[Lot] = ()) -> None:
        self._store.check_run(run)
        self._store.runs[run.fleet, run.run_id] = run
        self._store.lots.setdefault(run.run_id, {}).update({lot.number: lot for lot in lots})

    def with_lots(self, fleet: str, run_id: str) -> tuple[Run, tuple[Lot, ...]]:
        lots = self._store.lots.get(run_id, {})
        return self.get(fleet, run_id), tuple(lot for _, lot in sorted(lots.items()))


class FakeTimetable:
    """Port `Timetable`: what each fleet is still to be woken for."""

    def __init__(self) -> None:
        self.armed: dict[str, datetime] = {}

    def arm(self, fleet: str, at: datetime | None) -> None:
        self.armed.pop(fleet, None)
        if at is not None:
            self.armed[fleet] = at


class FakeExecutions:
    """Port `Executions`."""

    def __init__(self) -> None:
        self.statuses: dict[tuple[str, int], str] = {}
        self.started: list[tuple[str, str, int]] = []

    def start(self, fleet: str, run_id: str, generation: int) -> None:
        if (run_id, generation) not in self.statuses:
            self.statuses[run_id, generation] = "RUNNING"
            self.started.append((fleet, run_id, generation))

    def status(self, run_id: str, generation: int) -> str | None:
        return self.statuses.get((run_id, generation))


class FakeBus:
    """Port `Bus`."""

    def __init__(self) -> None:
        self.published: list[tuple[str, Entry]] = []

    def publish(self, fleet: str, entries: Sequence[Entry]) -> None:
        self.published += [(fleet, entry) for entry in entries]


class FakeCalendars:
    """Port `Calendars`."""

    def __init__(self) -> None:
        self.spans: tuple[tuple[datetime, datetime], ...] = ()

    def closed(self, calendar: str, begin: datetime, end: datetime) -> tuple[tuple[datetime, datetime], ...]:
        return self.spans


@dataclass
class Wire:
    """Every call of a port, by `port.method`. At call number `dies_at` the process dies, before anything is
    done, or `after` it; `fail` may raise instead."""

    log: list[str] = field(default_factory=list)
    dies_at: int | None = None
    after: bool = False
    fail: Callable[[str], None] = lambda name: None

    def call(self, name: str, method: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        number = len(self.log)
        self.log.append(name)
        if number == self.dies_at and not self.after:
            raise Killed(name)
        self.fail(name)
        answer = method(*args, **kwargs)
        if isinstance(answer, Iterator):
            answer = iter(list(answer))
        if number == self.dies_at:
            raise Killed(name)
        return answer


class Wired:
    """A port behind the wire."""

    def __init__(self, name: str, port: object, wire: Wire) -> None:
        self._name, self._port, self._wire = name, port, wire

    def __getattr__(self, method: str) -> Any:
        found = getattr(self._port, method)
        if method in {"kind", "batch", "filters", "tells_tags", "pace"}:
            return found
        name = f"{self._name}.{method}"
        return lambda *args, **kwargs: self._wire.call(name, found, args, kwargs)


@dataclass
class FleetWorld:
    """All ports over one store and one AWS."""

    clock: FakeClock = field(default_factory=FakeClock)
    store: FleetStore = field(default_factory=FleetStore)
    timetable: FakeTimetable = field(default_factory=FakeTimetable)
    executions: FakeExecutions = field(default_factory=FakeExecutions)
    bus: FakeBus = field(default_factory=FakeBus)
    calendars: FakeCalendars = field(default_factory=FakeCalendars)
    wire: Wire = field(default_factory=Wire)
    born: int = 0

    def __post_init__(self) -> None:
        self.aws = FakeAws(self.clock)

    @property
    def ports(self) -> FleetPorts:
        wired: Any = self._wired
        return FleetPorts(
            fleets=wired("fleets", FakeFleets(self.store)),
            runs=wired("runs", FakeRuns(self.store)),
            timetable=wired("timetable", self.timetable),
            executions=wired("executions", self.executions),
            bus=wired("bus", self.bus),
            calendars=wired("calendars", self.calendars),
            switch_of=lambda kind: wired("switch", self.aws.switch_of(kind)),
            groups=wired("groups", FakeGroups(self.aws)),
            types=wired("types", FakeTypes(self.aws)),
            restarts=wired("restarts", FakeRestarts(self.aws)),
            patching=wired("patching", FakePatching(self.aws)),
            clock=self.clock,
            entropy=self._entropy,
            home=HOME,
        )

    def _wired(self, name: str, port: object) -> Wired:
        return Wired(name, port, self.wire)

    def _entropy(self, size: int) -> bytes:
        self.born += 1
        return self.born.to_bytes(size, "big")

    def standing(self, name: str = "qa") -> Standing:
        return self.store.standings.get(name, Standing())

    def set_standing(self, name: str = "qa", **fields: Any) -> None:
        self.store.standings[name] = replace(self.standing(name), **fields)

    def runs(self, name: str = "qa") -> list[Run]:
        """Oldest first."""
        return sorted(
            (run for (fleet, _), run in self.store.runs.items() if fleet == name), key=lambda run: run.run_id
        )

    def lots(self, run: Run) -> list[Lot]:
        return [lot for number, lot in sorted(self.store.lots[run.run_id].items()) if number < run.lots]
