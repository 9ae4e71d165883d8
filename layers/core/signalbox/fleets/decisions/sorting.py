"""Lots of one kind at one place as they fill. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from signalbox.fleets.decisions.lots import reasons_with
from signalbox.fleets.decisions.order import stage_of
from signalbox.fleets.decisions.planning import Circumstances, Outcome, Verdict, after, decide
from signalbox.fleets.decisions.types import type_of
from signalbox.fleets.model import Action, Condition, Kind, Place, Resource
from signalbox.fleets.record import Lot, Typed

LARGEST_LOT = 1000  # ids: about 20 KB of the 400 KB that an item may have


@dataclass(slots=True)
class Sorting:
    """Resources go to the lot of their stage, by how long after its beginning they are due. `running` is what
    runs, `sizes` what groups have (by `Lot.key_of`), `chosen` the keys of instances to which somebody has
    given another type than we had, `until` when the first tag ends that holds one back."""

    place: Place
    kind: Kind
    given: Circumstances
    running: list[str] = field(default_factory=list)
    sizes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    chosen: list[str] = field(default_factory=list)
    until: datetime | None = None
    done: list[Lot] = field(default_factory=list)
    filling: dict[tuple[int, int], list[tuple[Resource, Verdict]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def take(self, resource: Resource) -> None:
        """One resource to its lot."""
        run = self.given.run
        verdict = decide(resource, self.given)
        if resource.condition is Condition.RUNNING:
            self.running.append(resource.id)
        key = self._empty(0, 0).key_of(resource.id)
        if resource.size:
            self.sizes[key] = resource.size
        if key in self.given.types and resource.unit not in self.given.types[key]:
            self.chosen.append(key)
        if verdict.until is not None:
            self.until = min(self.until or verdict.until, verdict.until)
        slot = stage_of(self.kind, run.spec, run.action), after(resource.id, run.spec, run.action)
        self.filling[slot].append((resource, verdict))
        if len(self.filling[slot]) == LARGEST_LOT:
            self._close(slot)

    def closed(self) -> Sequence[Lot]:
        """All lots, when nothing more comes."""
        for slot in sorted(self.filling):
            self._close(slot)
        return self.done

    def _close(self, slot: tuple[int, int]) -> None:
        members = self.filling.pop(slot)
        lot = self._empty(*slot)
        by: dict[Outcome, list[Resource]] = {
            outcome: [resource for resource, verdict in members if verdict.outcome is outcome]
            for outcome in Outcome
        }
        reasons = {resource.id: verdict.reason for resource, verdict in members if verdict.reason}
        skipped = {resource.id for resource in by[Outcome.SKIPPED]}
        acting = [*by[Outcome.WAITING], *by[Outcome.ASKED], *by[Outcome.BUSY]]
        sizes = {resource.id: self._size(resource, lot) for resource in acting}
        types = {each.id: self._type(each, lot) for each in (*acting, *by[Outcome.REACHED])}
        self.done.append(
            replace(
                lot,
                waiting=tuple(resource.id for resource in by[Outcome.WAITING]),
                asked=tuple(resource.id for resource in by[Outcome.ASKED]),
                busy=tuple(resource.id for resource in by[Outcome.BUSY]),
                reached=tuple(resource.id for resource in by[Outcome.REACHED]),
                found=tuple(resource.id for resource in by[Outcome.REACHED]),
                skipped=reasons_with({}, {id_: why for id_, why in reasons.items() if id_ in skipped}),
                delays=reasons_with({}, {id_: why for id_, why in reasons.items() if id_ not in skipped}),
                sizes={id_: size for id_, size in sizes.items() if size},
                units=reasons_with({}, {each.id: each.unit for each in acting if each.unit}),
                types={id_: typed for id_, typed in types.items() if typed is not None},
            )
        )

    def _size(self, resource: Resource, lot: Lot) -> tuple[int, ...]:
        if self.given.run.action is Action.STOP:
            return resource.size
        return self.given.sizes.get(lot.key_of(resource.id), ())

    def _type(self, resource: Resource, lot: Lot) -> Typed | None:
        known = self.given.types.get(lot.key_of(resource.id), ())
        run = self.given.run
        return type_of(resource, known, run.action) if known and run.spec.mode != "observe" else None

    def _empty(self, stage: int, due: int) -> Lot:
        number = self.given.run.lots + len(self.done)
        return Lot(number=number, stage=stage, kind=self.kind, place=self.place, after=due)
