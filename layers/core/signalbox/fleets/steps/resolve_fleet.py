"""Find what is selected, and decide what to do with each of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from signalbox.fleets.decisions.claims import pairs_of
from signalbox.fleets.decisions.sorting import Sorting
from signalbox.fleets.model import Action, Kind, Place, Power
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.progress import Progress, State
from signalbox.fleets.record import Cause, Lot, Run, RunPhase, Standing, where
from signalbox.fleets.spec import FleetSpec
from signalbox.fleets.steps.finding import Finding
from signalbox.fleets.steps.held import hold_back
from signalbox.fleets.steps.lots import first_stage, run_with_lots
from signalbox.fleets.steps.turn import LONGEST_TURN, PowerCommand, goes_on, kept, ours, still_ours
from signalbox.kernel.again import later
from signalbox.kernel.errors import Rejected, Transient

MOST_ATTEMPTS = 10  # to look through a place, in five minutes; then the others are not kept waiting any more
LONGEST_WAIT = 60  # seconds between two of them
EVERYTHING = "*"  # the id of what could not even be looked for


def resolve_fleet(command: PowerCommand, ports: FleetPorts) -> Progress:
    """Place by place and kind by kind; what takes longer than a turn goes on in the next one. Nothing is
    changed here: what is found twice replaces what was found before."""
    standing, run = ports.fleets.with_run(command.fleet, command.run_id)
    if not goes_on(run, command):
        return Progress(next=State.DONE)
    if run.phase is RunPhase.RUNNING:
        return Progress(next=State.SWITCH_POWER)
    return _Resolving(run, ours(run, standing), ports.fleets.all(), ports).everything()


@dataclass(slots=True)
class _Resolving:
    """One turn; `lots` are not stored yet. Whoever takes the place of the run meanwhile writes both run and
    standing: neither can be written here then."""

    run: Run
    standing: Standing
    specs: Mapping[str, FleetSpec]
    ports: FleetPorts
    lots: list[Lot] = field(default_factory=list)

    def everything(self) -> Progress:
        """Each pair of place and kind that is left, stored in one write, which begins the first stage."""
        began = self.ports.clock()
        for place, kind in pairs_of(self.run.spec, self.ports.home)[self.run.resolved :]:
            if (self.ports.clock() - began).total_seconds() > LONGEST_TURN:
                self._keep(self.run)
                return Progress(next=State.RESOLVE_FLEET)
            try:
                lots = self._resolved(place, kind)
            except Transient as error:
                if self.run.rounds + 1 < MOST_ATTEMPTS:
                    self._keep(replace(self.run, rounds=self.run.rounds + 1))
                    return Progress(next=State.RESOLVE_FLEET, seconds=later(self.run.rounds, 1, LONGEST_WAIT))
                lots = self._unknown(place, kind, error)
            except Rejected as error:
                lots = self._unknown(place, kind, error)
            self.run = replace(self.run, resolved=self.run.resolved + 1, lots=self.run.lots + len(lots))
            self.lots += lots
        if self.run.look_again_at is not None:
            hold_back(self.run.fleet, still_ours(self.run, self.ports), self.run.look_again_at, self.ports)
        began = self.ports.clock()
        self._keep(replace(self.run, phase=RunPhase.RUNNING, stage=self._first(), stage_at=began, rounds=0))
        return Progress(next=State.SWITCH_POWER)

    def _first(self) -> int:
        """The stage that has something to do, so that no turn goes by for those that have not. Of lots that
        earlier turns have stored nobody knows here: then it is 0."""
        is_all = self.run.lots == len(self.lots)
        return (first_stage(self.lots, self.run.action) or 0) if is_all else 0

    def _resolved(self, place: Place, kind: Kind) -> Sequence[Lot]:
        finding = Finding(place=place, kind=kind, specs=self.specs, ports=self.ports)
        sorting = finding.sorted_for(self.run, self.standing)
        lots = sorting.closed()
        self._remember(sorting)
        until = [at for at in (self.run.look_again_at, sorting.until) if at]
        self.run = replace(self.run, look_again_at=min(until, default=None), rounds=0)
        return lots

    def _unknown(self, place: Place, kind: Kind, error: Exception) -> Sequence[Lot]:
        """Where AWS cannot be asked everything has failed, and the others go on. Nobody waits as long again
        for the next kind."""
        failed = {f"not looked for: {error}": (EVERYTHING,)}
        away = isinstance(error, Transient)
        return [Lot(number=self.run.lots, stage=0, kind=kind, place=place, failed=failed, unanswered=away)]

    def _keep(self, run: Run) -> None:
        self.run = kept(run, self.ports, self.lots)

    def _remember(self, sorting: Sorting) -> None:
        """Before anything is stopped: what size groups have, or had before they strayed; before anything is
        started: what runs although the fleet has stood still until now. A type that somebody has chosen is
        theirs from now on."""
        run = self.run
        sizes = {**sorting.sizes, **self._before_they_strayed(sorting)}

        def noted(before: Standing) -> Standing:
            types = {key: known for key, known in before.types.items() if key not in sorting.chosen}
            after = replace(before, types=types)
            if run.action is Action.STOP:
                return replace(after, sizes={**before.sizes, **sizes})
            if not run.only and run.spec.retain and run.was is not Power.RUNNING:
                running = {where(sorting.place, sorting.kind): tuple(sorting.running)}
                return replace(after, kept={**before.kept, **running})
            return after

        self._save(noted)

    def _before_they_strayed(self, sorting: Sorting) -> Mapping[str, tuple[int, ...]]:
        """The sizes that groups had when the fleet was stopped, of those that somebody has given another one
        since."""
        stopped_by = self.standing.stopped_by
        if self.run.cause is not Cause.ENFORCEMENT or stopped_by is None or not sorting.sizes:
            return {}
        _, lots = run_with_lots(self.run.fleet, stopped_by, self.ports)
        stopped = {lot.key_of(id_): lot.sizes[id_] for lot in lots for id_ in lot.reached if id_ in lot.sizes}
        return {key: size for key, size in stopped.items() if key in sorting.sizes}

    def _save(self, change: Callable[[Standing], Standing]) -> None:
        if change(self.standing) != self.standing:
            standing = still_ours(self.run, self.ports)
            self.standing = replace(change(standing), revision=standing.revision + 1)
            self.ports.fleets.save(self.run.fleet, self.standing, ())
