"""The lots of a run's present stage, and when the next one begins."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.progress import Progress, State
from signalbox.fleets.record import Lot, Run
from signalbox.fleets.steps.turn import kept
from signalbox.kernel.durations import parse_duration

LONGEST_MAINTENANCE = timedelta(hours=12)  # that a resource is waited for which AWS or somebody else works on
LONGEST_WAIT = 60  # seconds between two looks


@dataclass(slots=True)
class Stage:
    """All lots as they are now, and those of the present stage."""

    run: Run
    lots: dict[int, Lot]
    changed: set[int]

    @classmethod
    def of(cls, run: Run, ports: FleetPorts) -> "Stage":
        """Lots of an attempt to resolve that came to nothing do not count."""
        lots = {lot.number: lot for lot in ports.runs.lots(run.run_id) if lot.number < run.lots}
        return cls(run, lots, set())

    @property
    def here(self) -> Sequence[Lot]:
        """Of this stage, by number."""
        return [
            self.lots[number] for number in sorted(self.lots) if self.lots[number].stage == self.run.stage
        ]

    def change(self, lot: Lot) -> None:
        """Put it in the place of what it was."""
        if self.lots[lot.number] != lot:
            self.lots[lot.number] = lot
            self.changed.add(lot.number)

    def keep(self, ports: FleetPorts) -> None:
        """Store what has changed."""
        if self.changed:
            ports.runs.keep(self.run.run_id, [self.lots[number] for number in sorted(self.changed)])
            self.changed.clear()

    def deadline(self, lot: Lot) -> timedelta:
        """How long after the beginning of the stage it is given up; what is in maintenance is waited for."""
        own = parse_duration(self.run.spec.deadline) + timedelta(seconds=lot.after)
        delayed = {id_ for ids in lot.delays.values() for id_ in ids}
        waits_for_others = (
            not lot.asked and bool(lot.waiting) and set(lot.waiting) <= delayed and not lot.tries
        )
        return max(own, LONGEST_MAINTENANCE) if waits_for_others and _is_in_maintenance(lot) else own


def _is_in_maintenance(lot: Lot) -> bool:
    return all(reason.startswith("it is ") for reason in lot.delays)


def next_stage(stage: Stage, ports: FleetPorts) -> Progress:
    """The next stage that has something to do; the report after the last one."""
    left = sorted({lot.stage for lot in stage.lots.values() if not lot.is_settled})
    if not left:
        return Progress(next=State.REPORT_FLEET)
    kept(replace(stage.run, stage=left[0], stage_at=ports.clock(), rounds=0), ports)
    return Progress(next=State.SWITCH_POWER)
