"""Find what is selected, and decide what to do with each of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from signalbox.fleets.decisions.lots import reasons_with
from signalbox.fleets.decisions.planning import Circumstances, after, decide, stage_of
from signalbox.fleets.model import Action, Kind, Place, Power, Resource
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.progress import Progress, State
from signalbox.fleets.record import Lot, Run, RunPhase
from signalbox.fleets.spec import FleetSpec
from signalbox.fleets.steps.turn import LONGEST_TURN, PowerCommand, kept, still_ours, take_turn

LARGEST_LOT = 1000  # ids: about 20 KB of the 400 KB that an item may have


def resolve_fleet(command: PowerCommand, ports: FleetPorts) -> Progress:
    """Place by place and kind by kind; what takes longer than a turn goes on in the next one. Nothing is
    changed here: what is found twice replaces what was found before."""
    run = take_turn(command, ports)
    if run is None:
        return Progress(next=State.DONE)
    if run.phase is RunPhase.RUNNING:
        return Progress(next=State.SWITCH_POWER)
    began = ports.clock()
    pairs = pairs_of(run.spec, ports.home)
    given = _circumstances(run, ports)
    for place, kind in pairs[run.resolved :]:
        run = _resolved(run, place, kind, given, ports)
        if (ports.clock() - began).total_seconds() > LONGEST_TURN:
            return Progress(next=State.RESOLVE_FLEET)
    kept(replace(run, phase=RunPhase.RUNNING, stage=0, stage_at=ports.clock(), rounds=0), ports)
    return Progress(next=State.SWITCH_POWER)


def pairs_of(spec: FleetSpec, home: Place) -> list[tuple[Place, Kind]]:
    """Where to look for what."""
    regions = spec.select.regions or (home.region,)
    accounts = spec.select.accounts
    if accounts is None:
        places = [replace(home, region=region) for region in regions]
    else:
        places = [
            Place(
                region=region,
                account=account.role_arn.split(":")[4],
                role_arn=account.role_arn,
                external_id=account.external_id,
            )
            for account in accounts
            for region in regions
        ]
    return [(place, kind) for place in places for kind in dict.fromkeys(spec.select.kinds)]


def _circumstances(run: Run, ports: FleetPorts) -> Circumstances:
    return Circumstances(
        run=run,
        standing=still_ours(run, ports),
        now=ports.clock(),
        home=ports.home,
        others=ports.fleets.all(),
    )


@dataclass(slots=True)
class _Sorting:
    """Lots of one pair as they fill, by stage and by how long after its beginning they are due."""

    run: Run
    place: Place
    kind: Kind
    sizes: Mapping[str, tuple[int, ...]]
    given: Circumstances
    done: list[Lot] = field(default_factory=list)
    filling: dict[tuple[int, int], list[tuple[Resource, str]]] = field(default_factory=dict)
    running: list[str] = field(default_factory=list)
    was: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def take(self, resource: Resource) -> None:
        """One resource to its lot. A group that runs is remembered as it is."""
        spec, action = self.run.spec, self.run.action
        key = self.empty(0, 0).key_of(resource.id)
        if str(resource.condition) == str(Power.RUNNING):
            self.running.append(key)
            if resource.size:
                self.was[key] = resource.size
        slot = stage_of(self.kind, spec, action), after(resource.id, spec, action)
        members = self.filling.setdefault(slot, [])
        members.append((resource, key))
        if len(members) == LARGEST_LOT:
            self.close(slot)

    def close(self, slot: tuple[int, int]) -> None:
        """The lot of a slot, as it is."""
        members = self.filling.pop(slot)
        lot = self.empty(*slot)
        verdicts = [(r, decide(r, key, self.place, self.given)) for r, key in members]
        skipped = {r.id: v.reason for r, v in verdicts if not v.acts and not v.arrived}
        acting = [r for r, v in verdicts if v.acts]
        sizes = {r.id: self._size(r, lot) for r in acting}
        self.done.append(
            replace(
                lot,
                waiting=tuple(r.id for r in acting),
                reached=tuple(r.id for r, v in verdicts if v.arrived),
                skipped=reasons_with({}, skipped),
                delays=reasons_with({}, {r.id: v.reason for r, v in verdicts if v.acts and v.reason}),
                sizes={id_: size for id_, size in sizes.items() if size},
                units=reasons_with({}, {r.id: r.unit for r in acting if r.unit}),
            )
        )

    def _size(self, resource: Resource, lot: Lot) -> tuple[int, ...]:
        return (
            self.sizes.get(lot.key_of(resource.id), ()) if self.run.action is Action.START else resource.size
        )

    def empty(self, stage: int, due: int) -> Lot:
        """A lot that nothing is in."""
        number = self.run.lots + len(self.done)
        return Lot(number=number, stage=stage, kind=self.kind, place=self.place, after=due)


def _resolved(run: Run, place: Place, kind: Kind, given: Circumstances, ports: FleetPorts) -> Run:
    standing = given.standing
    sorting = _Sorting(run, place, kind, standing.sizes, given)
    for resource in _found(run, place, kind, ports):
        sorting.take(resource)
    for slot in sorted(sorting.filling):
        sorting.close(slot)
    run = replace(run, resolved=run.resolved + 1)
    if not sorting.done:
        return run
    _remember(sorting, ports)
    ports.runs.keep(run.run_id, sorting.done)
    return kept(replace(run, lots=run.lots + len(sorting.done)), ports)


def _remember(sorting: _Sorting, ports: FleetPorts) -> None:
    """Before anything is stopped: what size groups have; before anything is started: what runs already."""
    run = sorting.run
    if run.only or not (sorting.was if run.action is Action.STOP else run.spec.retain):
        return
    standing = still_ours(run, ports)
    if run.action is Action.STOP:
        standing = replace(standing, sizes={**standing.sizes, **sorting.was})
    else:
        here = sorting.empty(0, 0).key_of("")
        others = [key for key in standing.kept if not key.startswith(here)]
        standing = replace(standing, kept=tuple(sorted({*others, *sorting.running})))
    ports.fleets.save(run.fleet, replace(standing, revision=standing.revision + 1), ())


def _found(run: Run, place: Place, kind: Kind, ports: FleetPorts) -> Iterator[Resource]:
    select = run.spec.select
    if run.only:
        select = replace(select, tags=None, group=None, resources=run.only)
    return ports.switch_of(kind).find(select, place)
