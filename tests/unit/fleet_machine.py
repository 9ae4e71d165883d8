"""What wakes and runs the engine, in virtual time: the machine as its ASL says, the timetable, the sweep."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from signalbox.fleets.commands.attend import attend
from signalbox.fleets.commands.put_fleet import put_fleet
from signalbox.fleets.commands.sweep_fleets import sweep_fleets
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.progress import Progress, State
from signalbox.fleets.record import Registered, Run, RunPhase
from signalbox.fleets.spec import FleetSpec
from signalbox.fleets.steps.report_fleet import report_fleet
from signalbox.fleets.steps.resolve_fleet import resolve_fleet
from signalbox.fleets.steps.switch_power import switch_power
from signalbox.fleets.steps.turn import PowerCommand
from signalbox.fleets.steps.verify_power import verify_power
from signalbox.kernel.caller import Caller
from signalbox.kernel.errors import Conflict, Transient
from signalbox.kernel.timeline import Entry
from tests.unit.fleet_fakes import FleetWorld, Killed

ANA = Caller(arn="arn:aws:iam::123456789012:user/ana", reason="a late deployment")
BEN = Caller(arn="arn:aws:iam::123456789012:user/ben", reason="month-end")
TASKS: dict[State, Callable[[PowerCommand, FleetPorts], Progress]] = {
    State.RESOLVE_FLEET: resolve_fleet,
    State.SWITCH_POWER: switch_power,
    State.VERIFY_POWER: verify_power,
    State.REPORT_FLEET: report_fleet,
}
RETRIES = 10
PRECISION = timedelta(seconds=20)  # of EventBridge Scheduler: within the minute
LAMBDA_RETRIES = (0, 60, 120)  # seconds between the attempts of an asynchronous invocation
TURN = timedelta(seconds=1)  # that a task takes
HOUR = timedelta(hours=1)
LONGEST_STORY = 5_000


@dataclass
class Execution:
    """One execution of the machine: the state that it goes to at `at`."""

    fleet: str
    run_id: str
    generation: int
    at: datetime
    progress: Progress = field(default_factory=lambda: Progress(next=State.RESOLVE_FLEET))
    failure: str | None = None
    retries: int = 0
    visited: list[State] = field(default_factory=list)


@dataclass
class Railway:
    """Everything that moves, one at a time, in the order of its time. While `down` nobody is woken."""

    world: FleetWorld = field(default_factory=FleetWorld)
    executions: list[Execution] = field(default_factory=list)
    fired: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    sweeps: bool = True
    sweep_again: datetime | None = None
    down: bool = False
    told: list[str] = field(default_factory=list)
    heard: int = 0

    @property
    def now(self) -> datetime:
        return self.world.clock()

    def registered(self, spec: FleetSpec) -> Registered:
        return put_fleet(spec, ANA, self.world.ports)[0]

    def run_until(self, end: datetime) -> "Railway":
        """Everything that happens until then."""
        for _ in range(LONGEST_STORY):
            self._adopt()
            at, act = min(self._coming(), key=lambda each: each[0], default=(end, None))
            if at > end or act is None:
                self.world.clock.now = max(self.now, end)
                return self
            self.world.clock.now = max(self.now, at)
            act()
        raise AssertionError(f"the story does not end: {[e.visited[-4:] for e in self.executions]}")

    def run_on(self, **by: float) -> "Railway":
        return self.run_until(self.now + timedelta(**by))

    def settle(self) -> "Railway":
        """Until no run is under way, at most a day."""
        end = self.now + timedelta(days=1)
        while self.now < end and any(not run.phase.is_final for run in self.world.store.runs.values()):
            self.run_on(minutes=5)
        return self

    def _coming(self) -> list[tuple[datetime, Callable[[], None]]]:
        if self.down:
            return []
        coming: list[tuple[datetime, Callable[[], None]]] = []
        for execution in self.executions:
            coming.append((execution.at, lambda execution=execution: self._step(execution)))  # type: ignore[misc]
        for name, at in self.world.timetable.armed.items():
            if name not in self.fired:
                coming.append((at + PRECISION, lambda name=name, at=at: self._fire(name, at)))  # type: ignore[misc]
        self._hear()
        for name, (at, attempt) in self.fired.items():
            coming.append((at, lambda name=name, attempt=attempt: self._wake(name, attempt)))  # type: ignore[misc]
        if self.sweeps:
            whole = self.now.replace(minute=0, second=0, microsecond=0) + HOUR
            coming.append((min(self.sweep_again or whole, whole), self.sweep))
        return coming

    def _hear(self) -> None:
        """The rule of what tags hold back wakes the fleet."""
        for name, entry in self.world.bus.published[self.heard :]:
            if entry.type == "Resources Held Back":
                self.fired.setdefault(name, (self.now, 0))
        self.heard = len(self.world.bus.published)

    def _fire(self, name: str, at: datetime) -> None:
        """Once: what is armed meanwhile is another moment."""
        self.world.timetable.armed = {
            fleet: moment
            for fleet, moment in self.world.timetable.armed.items()
            if (fleet, moment) != (name, at)
        }
        self.fired[name] = (self.now, 0)

    def _wake(self, name: str, attempt: int) -> None:
        del self.fired[name]
        try:
            self.told.append(attend(name, self.world.ports))
        except (Transient, Conflict, Killed):
            if attempt + 1 < len(LAMBDA_RETRIES):
                later = self.now + timedelta(seconds=LAMBDA_RETRIES[attempt + 1])
                self.fired[name] = (later, attempt + 1)

    def sweep(self) -> None:
        self.world.clock.now += TURN
        self.sweep_again = None
        try:
            self.told.append(sweep_fleets(self.world.ports))
        except (Killed, Transient):
            self.sweep_again = self.now + timedelta(minutes=1)

    def _adopt(self) -> None:
        for fleet, run_id, generation in self.world.executions.started:
            self.executions.append(Execution(fleet, run_id, generation, self.now))
        self.world.executions.started.clear()

    def _step(self, execution: Execution) -> None:
        """One task, with the machine's retrier and catch."""
        state = execution.progress.next
        execution.visited.append(state)
        command = PowerCommand(
            fleet=execution.fleet,
            run_id=execution.run_id,
            generation=execution.generation,
            failure=execution.failure if state is State.REPORT_FLEET else None,
        )
        began = self.now
        try:
            progress = TASKS[state](command, self.world.ports)
        except (Transient, Conflict, Killed) as error:
            execution.retries += 1
            if state is State.REPORT_FLEET or execution.retries <= RETRIES:
                execution.at = began + timedelta(seconds=min(60, 2 ** min(execution.retries, 6)))
                return
            progress = self._caught(execution, error)
        except Exception as error:
            assert state is not State.REPORT_FLEET, f"ReportFleet is retried without end: {error!r}"
            progress = self._caught(execution, error)
        execution.progress, execution.retries = progress, 0
        execution.at = max(self.now, began + TURN) + timedelta(seconds=progress.seconds)
        if progress.next is State.DONE:
            self.world.executions.statuses[execution.run_id, execution.generation] = "SUCCEEDED"
            self.executions.remove(execution)

    def _caught(self, execution: Execution, error: BaseException) -> Progress:
        execution.failure = f"{type(error).__name__}: {error}"
        return Progress(next=State.REPORT_FLEET)

    def work_twice(self) -> None:
        """A second worker does what the first is about to do, all of it, and wakes whoever is to be woken."""
        for execution in [replace(each, visited=[]) for each in self.executions]:
            self.executions.append(execution)
            self._step(execution)
        for name in list(self.world.store.fleets):
            attend(name, self.world.ports)

    def kill_executions(self, status: str = "FAILED") -> None:
        """They are gone, as when they have too long a history."""
        self._adopt()
        for execution in self.executions:
            self.world.executions.statuses[execution.run_id, execution.generation] = status
        self.executions.clear()

    def run_of(self, name: str = "qa", place: int = -1) -> Run:
        return self.world.runs(name)[place]

    def timeline(self, name: str = "qa") -> list[Entry]:
        return self.world.store.entries.get(name, [])

    def types(self, name: str = "qa") -> list[str]:
        return [entry.type for entry in self.timeline(name)]

    def outcomes(self, run: Run | None = None) -> dict[str, str]:
        """Id → `reached`, `skipped: why` or `failed: why`, of the last run; also where nothing is final."""
        found: dict[str, str] = {}
        for lot in self.world.lots(run or self.run_of()):
            lists = {"waiting": lot.waiting, "asked": lot.asked, "busy": lot.busy, "reached": lot.reached}
            told = [(id_, name) for name, ids in lists.items() for id_ in ids]
            told += [(i, f"skipped: {why}") for why, ids in lot.skipped.items() for i in ids]
            told += [(i, f"failed: {why}") for why, ids in lot.failed.items() for i in ids]
            for id_, outcome in told:
                assert id_ not in found or lot.place.region != "eu-west-1", f"{id_} is in two lists"
                found[id_] = outcome
        return found


def is_over(run: Run) -> bool:
    return run.phase in (RunPhase.SUCCEEDED, RunPhase.INCOMPLETE, RunPhase.SUPERSEDED)
