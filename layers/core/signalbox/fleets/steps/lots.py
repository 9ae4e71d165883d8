"""The lots of a run up to its present stage, and when the next one begins."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from signalbox.fleets.decisions.lots import given_up, watched
from signalbox.fleets.decisions.types import kept_as_they_are, returning
from signalbox.fleets.model import Action
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.progress import Progress, State
from signalbox.fleets.record import Lot, Run
from signalbox.fleets.steps.turn import PowerCommand, goes_on, kept
from signalbox.kernel.durations import parse_duration
from signalbox.kernel.errors import Transient

LONGEST_MAINTENANCE = timedelta(hours=12)  # that a resource is waited for which AWS or somebody else works on
# Longer than between two looks of a run: it had thousands to ask for, or stood still.
UNSEEN = timedelta(minutes=20)


@dataclass(slots=True)
class Stage:
    """All lots as they are now, by number."""

    run: Run
    lots: dict[int, Lot]
    changed: set[int] = field(default_factory=set)

    @classmethod
    def taken(cls, command: PowerCommand, ports: FleetPorts) -> "Stage | None":
        """As they are stored, when the run may go on."""
        run, lots = run_with_lots(command.fleet, command.run_id, ports)
        return cls(run, {lot.number: lot for lot in lots}) if goes_on(run, command) else None

    @property
    def here(self) -> Sequence[Lot]:
        """Of this stage and what earlier ones have left, by number."""
        return [lot for _, lot in sorted(self.lots.items()) if lot.stage <= self.run.stage]

    def change(self, lot: Lot) -> None:
        """Put it in the place of what it was."""
        if self.lots[lot.number] != lot:
            self.lots[lot.number] = lot
            self.changed.add(lot.number)

    def kept(self, run: Run, ports: FleetPorts) -> Run:
        """The run and what has changed of its lots, stored in one."""
        run = kept(run, ports, [self.lots[number] for number in sorted(self.changed)])
        self.changed.clear()
        return run

    def give_up_late(self, lot: Lot, now: datetime) -> Lot:
        """After the deadline, which counts from when AWS was asked; what is in maintenance has longer, and
        what waits for its turn is not late. Time in which nobody could look does not count."""
        since = lot.since or self._begins(lot, now)
        asked_for = set(watched(lot)) - set(lot.busy)
        deadline = parse_duration(self.run.spec.deadline)
        unseen = now - max(since, self.run.looked_at or since)
        if asked_for and unseen > UNSEEN:
            since += unseen
            lot = replace(lot, since=since)
        if now - since > deadline:
            lot = kept_as_they_are(given_up(lot, asked_for, self.run.action), self.run.action)
        if now - self._begins(lot, now) > LONGEST_MAINTENANCE:
            lot = given_up(lot, lot.busy, self.run.action)
        return lot

    def _begins(self, lot: Lot, now: datetime) -> datetime:
        return (self.run.stage_at or now) + timedelta(seconds=lot.after)

    def next(self, now: datetime) -> int | None:
        """The next stage that has something to do, once this one has nothing to do any more; what is in
        maintenance keeps the others waiting until the deadline only."""
        patient = now - (self.run.stage_at or now) <= parse_duration(self.run.spec.deadline)
        here = [lot for lot in self.lots.values() if lot.stage == self.run.stage]
        if any(not is_done(lot, self.run.action) if patient else lot.waiting or lot.asked for lot in here):
            return None
        later = [lot for lot in self.lots.values() if lot.stage > self.run.stage]
        return first_stage(later, self.run.action)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do in any stage."""
        return all(is_done(lot, self.run.action) for lot in self.lots.values())


def is_done(lot: Lot, action: Action) -> bool:
    """Whether nothing is left to do with it, whichever stage it is of."""
    return lot.is_settled and not returning(lot, action)


def first_stage(lots: Iterable[Lot], action: Action) -> int | None:
    """The first one of theirs that has something to do."""
    return min((lot.stage for lot in lots if not is_done(lot, action)), default=None)


def run_with_lots(fleet: str, run_id: str, ports: FleetPorts) -> tuple[Run, Sequence[Lot]]:
    """A run and all lots that count: an attempt to resolve that came to nothing may have left others. A lot
    may be older than the run, then what is asked for again changes nothing. Raises NotFound, and Transient
    while one that is being written is not there yet."""
    run, found = ports.runs.with_lots(fleet, run_id)
    lots = [lot for lot in found if lot.number < run.lots]
    if len(lots) < run.lots:
        raise Transient(f"{len(lots)} of the {run.lots} lots of run {run_id} are there")
    return run, lots


def following(stage: Stage, run: Run, ports: FleetPorts) -> Progress | None:
    """The report after the last stage, or the next stage; None while this one goes on. All is stored."""
    now = ports.clock()
    if stage.is_over:
        if stage.changed:
            stage.kept(run, ports)
        return Progress(next=State.REPORT_FLEET)
    number = stage.next(now)
    if number is None:
        return None
    stage.kept(replace(run, stage=number, stage_at=now, looked_at=None, rounds=0, again=False), ports)
    return Progress(next=State.SWITCH_POWER)
