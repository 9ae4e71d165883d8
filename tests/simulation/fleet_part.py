"""One fleet in a play, as the table, the timetable and its timeline have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from moto.scheduler.models import scheduler_backends

from signalbox.fleets.commands.put_fleet import put_fleet
from signalbox.fleets.model import Action
from signalbox.fleets.record import Lot, Run, RunPhase, Standing
from signalbox.fleets.spec import FleetSpec
from signalbox.kernel.caller import Caller
from tests.simulation.universe import ACCOUNT, REGION, Universe

CALLER = Caller(arn="arn:aws:iam::123456789012:user/operator", reason="a simulation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A transition that is to come, and the one after it."""

    fleet: str
    action: Action
    at: datetime
    following: datetime


class FleetPart:
    """A fleet and what it selects."""

    def __init__(self, universe: Universe, spec: FleetSpec, selected: Sequence[str]) -> None:
        self.universe = universe
        self.name = spec.name
        self.selected = tuple(selected)
        self.only_observes = spec.mode == "observe"
        self.enforces = spec.mode == "enforce"
        self.refused = False
        assert universe.ask_fleets(lambda ports: put_fleet(spec, CALLER, ports)), "the registration failed"

    @property
    def may_change(self) -> tuple[str, ...]:
        """Of what it selects."""
        return () if self.only_observes else self.selected

    def standing(self) -> Standing:
        """As the product keeps it."""
        (found,) = self._decoded(f"FLEET#{self.name}", "STANDING", Standing)
        assert isinstance(found, Standing)
        return found

    def runs(self) -> list[Run]:
        """In the order of their beginnings."""
        items = [item for item in self.universe.items(f"FLEET#{self.name}") if item["sk"].startswith("RUN#")]
        heads = [self._decoded(item["sk"], "HEAD", Run) for item in items]
        return sorted((run for (run,) in heads), key=lambda run: run.run_id)

    def lots(self, run: Run) -> list[Lot]:
        """Those that count."""
        found = self._decoded(f"RUN#{run.run_id}", "LOT#", Lot)
        return [lot for lot in found if lot.number < run.lots]

    def entries(self) -> list[dict[str, Any]]:
        """The timeline."""
        items = self.universe.items(f"TIMELINE#FLEET#{self.name}")
        return [msgspec.json.decode(item["body"]) for item in items]

    def armed_for(self) -> list[datetime]:
        """For when the timetable has it."""
        return [at for name, at in timetable().items() if name == self.name]

    def has_begun(self, moment: Moment) -> bool:
        """Whether the transition is being acted on."""
        return any(run.created_at >= moment.at and run.phase is not RunPhase.PENDING for run in self.runs())

    def is_settled(self, moment: Moment) -> bool:
        """Whether nothing of the transition is left to be done or told."""
        standing = self.standing()
        done = standing.acted_at == moment.at and standing.run_id is None
        return done and standing.published == standing.head.sequence and bool(self.armed_for())

    def rests(self, moment: Moment) -> bool:
        """Whether nothing is under way any more, and something was."""
        is_idle = self.standing().run_id is None and self.is_told()
        return is_idle and any(run.created_at >= moment.at for run in self.runs())

    def is_told(self) -> bool:
        """Whether the bus has heard of everything."""
        standing = self.standing()
        return standing.published == standing.head.sequence

    def story(self) -> list[str]:
        """The timeline, as a person reads it."""
        return [f"{e['at']} {self.name} {e['type']}: {e['reason']} {e['data']}" for e in self.entries()]

    def _decoded(self, pk: str, prefix: str, kind: Any) -> list[Any]:
        items = [item for item in self.universe.items(pk) if item["pk"] == pk]
        return [msgspec.json.decode(i["body"], type=kind) for i in items if i["sk"].startswith(prefix)]


def timetable() -> dict[str, datetime]:
    """Every schedule that is there, by name."""
    groups = scheduler_backends[ACCOUNT][REGION].schedule_groups.values()
    found = [schedule for group in groups for schedule in group.schedules.values()]
    return {s.name: datetime.fromisoformat(s.schedule_expression[3:-1]).replace(tzinfo=UTC) for s in found}
