"""See whether what was asked for is there: the state reached counts, not the call accepted."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from signalbox.fleets.decisions.claims import claim_of
from signalbox.fleets.decisions.lots import fresh, reasons_with, reasons_without, seen, watched
from signalbox.fleets.decisions.types import returning
from signalbox.fleets.model import Condition, Resource
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.progress import Progress, State
from signalbox.fleets.record import Lot, Run
from signalbox.fleets.steps.lots import Stage, following
from signalbox.fleets.steps.patched import with_patches
from signalbox.fleets.steps.turn import PowerCommand
from signalbox.kernel.again import later
from signalbox.kernel.errors import Rejected, Transient

SOONEST = 30  # seconds between two looks; each round twice as many
LONGEST_WAIT = 60  # seconds


def verify_power(command: PowerCommand, ports: FleetPorts) -> Progress:
    """One look at all that has been asked for; what is late is given up, and named."""
    stage = Stage.taken(command, ports)
    if stage is None:
        return Progress(next=State.DONE)
    run, now = stage.run, ports.clock()
    for lot in _looked_at(stage, ports):
        stage.change(lot)
    for lot in stage.here:
        stage.change(stage.give_up_late(lot, now))
    run = replace(run, looked_at=now, again=True)
    over = following(stage, run, ports)
    if over is not None:
        return over
    if any(fresh(lot) for lot in stage.here):
        stage.kept(run, ports)
        return Progress(next=State.SWITCH_POWER)
    stage.kept(replace(run, rounds=run.rounds + 1), ports)
    waits = any(lot.waiting or returning(lot, run.action) for lot in stage.here)
    pause = later(run.rounds, SOONEST, LONGEST_WAIT)
    return Progress(next=State.SWITCH_POWER if waits else State.VERIFY_POWER, seconds=pause)


def _looked_at(stage: Stage, ports: FleetPorts) -> Iterator[Lot]:
    """All lots of a kind at a place at once: AWS takes many ids in a call."""
    lots = sorted((lot for lot in stage.here if watched(lot)), key=lambda lot: lot.where)
    for _, alike in groupby(lots, key=lambda lot: lot.where):
        yield from _looked_at_alike(list(alike), stage, ports)


def _looked_at_alike(lots: Sequence[Lot], stage: Stage, ports: FleetPorts) -> Iterator[Lot]:
    """Where AWS cannot be asked everything stays as it is, until its deadline."""
    run = stage.run
    try:
        ids = [id_ for lot in lots for id_ in watched(lot)]
        found = list(ports.switch_of(lots[0].kind).read(ids, run.action, lots[0].place))
    except (Transient, Rejected) as error:
        for lot in lots:
            unseen = dict.fromkeys(lot.asked, f"it could not be looked at: {error}")
            delays = reasons_with(reasons_without(lot.delays, unseen), unseen)
            yield replace(lot, delays=delays, unanswered=isinstance(error, Transient))
        return
    busy = {id_ for lot in lots for id_ in lot.busy}
    if busy:
        found = _still_patched(found, busy, lots[0], run, ports)
    left = _left(found, lots[0], run, ports)
    for lot in lots:
        yield seen(lot, found, run.action, ports.clock(), left)


def _still_patched(
    found: Sequence[Resource], busy: Collection[str], first: Lot, run: Run, ports: FleetPorts
) -> list[Resource]:
    """While nobody can see whether patching is over, what waits for that goes on waiting."""
    try:
        return list(with_patches(found, first.kind, first.place, run.action, ports))
    except (Transient, Rejected) as error:
        unseen = f"being patched, or not: {error}"
        return [
            replace(one, condition=Condition.BUSY, detail=unseen) if one.id in busy else one for one in found
        ]


def _left(found: Sequence[Resource], first: Lot, run: Run, ports: FleetPorts) -> Collection[str]:
    """Those that the fleet does not select any more. Where a resource group selects, or the kind tells no
    tags, nobody can say."""
    if run.spec.select.group or not ports.switch_of(first.kind).tells_tags:
        return ()
    claim = claim_of(run.spec, first.kind, first.place)
    return frozenset(one.id for one in found if not claim.has(one))
