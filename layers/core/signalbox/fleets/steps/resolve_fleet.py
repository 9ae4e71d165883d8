"""Find what is selected, and decide what to do with each of it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from signalbox.fleets.decisions.claims import Claim, claim_of, pairs_of, place_of
from signalbox.fleets.decisions.planning import Circumstances
from signalbox.fleets.decisions.sorting import Sorting
from signalbox.fleets.model import Action, Kind, Place, Power, Resource
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.progress import Progress, State
from signalbox.fleets.record import Lot, Run, RunPhase, Standing
from signalbox.fleets.spec import FleetSpec
from signalbox.fleets.steps.held import hold_back
from signalbox.fleets.steps.patched import with_patches
from signalbox.fleets.steps.turn import LONGEST_TURN, PowerCommand, kept, still_ours, take_turn
from signalbox.kernel.errors import Rejected, Transient

MOST_ATTEMPTS = 10  # to look through a place, in five minutes; then the others are not kept waiting any more
LONGEST_WAIT = 60  # seconds between two of them
EVERYTHING = "*"  # the id of what could not even be looked for


def resolve_fleet(command: PowerCommand, ports: FleetPorts) -> Progress:
    """Place by place and kind by kind; what takes longer than a turn goes on in the next one. Nothing is
    changed here: what is found twice replaces what was found before."""
    run = take_turn(command, ports)
    if run is None:
        return Progress(next=State.DONE)
    if run.phase is RunPhase.RUNNING:
        return Progress(next=State.SWITCH_POWER)
    began = ports.clock()
    for place, kind in pairs_of(run.spec, ports.home)[run.resolved :]:
        if (ports.clock() - began).total_seconds() > LONGEST_TURN:
            return Progress(next=State.RESOLVE_FLEET)
        try:
            run = _resolved(run, place, kind, ports)
        except Transient as error:
            if run.rounds + 1 < MOST_ATTEMPTS:
                run = kept(replace(run, rounds=run.rounds + 1), ports)
                return Progress(next=State.RESOLVE_FLEET, seconds=min(LONGEST_WAIT, 2**run.rounds))
            run = _unknown(run, place, kind, error, ports)
        except Rejected as error:
            run = _unknown(run, place, kind, error, ports)
    if run.look_again_at is not None:
        hold_back(run.fleet, still_ours(run, ports), run.look_again_at, ports)
    kept(replace(run, phase=RunPhase.RUNNING, stage=0, stage_at=ports.clock(), rounds=0), ports)
    return Progress(next=State.SWITCH_POWER)


def _resolved(run: Run, place: Place, kind: Kind, ports: FleetPorts) -> Run:
    standing = still_ours(run, ports)
    where = Lot(number=0, stage=0, kind=kind, place=place).where
    given = Circumstances(
        run=run,
        now=ports.clock(),
        others=tuple(_others(run, place, kind, ports)),
        kept=frozenset(standing.kept.get(where, ())),
        sizes=standing.sizes,
        types=standing.types,
    )
    sorting = Sorting(place, kind, given)
    for resource in with_patches(_found(run, place, kind, ports), kind, place, run.action, ports):
        sorting.take(resource)
    lots = sorting.closed()
    _remember(run, where, sorting, standing, ports)
    return kept(
        replace(
            run,
            resolved=run.resolved + 1,
            rounds=0,
            lots=run.lots + len(lots),
            look_again_at=min((at for at in (run.look_again_at, sorting.until) if at), default=None),
        ),
        ports,
        lots,
    )


def _found(run: Run, place: Place, kind: Kind, ports: FleetPorts) -> Iterator[Resource]:
    """What a narrow run names must still be selected: tags may have changed since."""
    switch = ports.switch_of(kind)
    if not run.only:
        yield from switch.find(run.spec.select, place)
        return
    claim = claim_of(run.spec, kind, place)
    select = replace(run.spec.select, tags=None, group=None, resources=run.only)
    yield from (resource for resource in switch.find(select, place) if claim.has(resource))


def _others(run: Run, place: Place, kind: Kind, ports: FleetPorts) -> Iterator[Claim]:
    """What other fleets claim there. One that only observes claims nothing."""
    for name, spec in ports.fleets.all().items():
        theirs = place_of(spec, place, kind, ports.home)
        if name != run.fleet and spec.mode != "observe" and theirs is not None:
            yield claim_of(spec, kind, place, _members(spec, kind, theirs, ports))


def _members(spec: FleetSpec, kind: Kind, theirs: Place, ports: FleetPorts) -> Sequence[str]:
    """Of the other fleet's resource group, seen with its own role: what that may not see or AWS does not know
    the other fleet cannot touch either, and its own runs name it."""
    if not spec.select.group:
        return ()
    select = replace(spec.select, tags=None, resources=None)
    try:
        return [resource.id for resource in ports.switch_of(kind).find(select, theirs)]
    except Rejected:
        return ()


def _remember(run: Run, where: str, sorting: Sorting, standing: Standing, ports: FleetPorts) -> None:
    """Before anything is stopped: what size groups have; before anything is started: what runs although the
    fleet has stood still until now. A type that somebody has chosen is theirs from now on."""
    types = {key: known for key, known in standing.types.items() if key not in sorting.chosen}
    after = replace(standing, types=types)
    if run.action is Action.STOP:
        after = replace(after, sizes={**standing.sizes, **sorting.sizes})
    elif run.spec.retain and not run.only and run.was is not Power.RUNNING:
        after = replace(after, kept={**standing.kept, where: tuple(sorting.running)})
    if after != standing:
        ports.fleets.save(run.fleet, replace(after, revision=standing.revision + 1), ())


def _unknown(run: Run, place: Place, kind: Kind, error: Exception, ports: FleetPorts) -> Run:
    """Where AWS cannot be asked everything has failed, and the others go on. Nobody waits as long again for
    the next kind."""
    lot = Lot(
        number=run.lots, stage=0, kind=kind, place=place, failed={f"not looked for: {error}": (EVERYTHING,)}
    )
    return kept(replace(run, resolved=run.resolved + 1, lots=run.lots + 1), ports, [lot])
