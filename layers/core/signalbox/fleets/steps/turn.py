"""What every task of a run begins with, and how what happened is told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Lot, Run, RunPhase, Standing
from signalbox.kernel.errors import Conflict
from signalbox.kernel.events import Event, JsonObject
from signalbox.kernel.timeline import continue_chain

ENGINE = "signalbox"
T = TypeVar("T")
MOST_LOOKS = 5  # at a standing that somebody else changes all the time
LONGEST_TURN = 20.0  # seconds of asking AWS; the timeout of the functions in template.yaml leaves the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerCommand:
    """What a task is called with; everything else is in the table. `failure` is what led to the report."""

    fleet: str
    run_id: str
    generation: int
    failure: str | None = None


def persistently(act: Callable[[], T]) -> T:
    """Looks again when somebody else was faster. Raises Conflict when somebody always is."""
    for _ in range(MOST_LOOKS - 1):
        try:
            return act()
        except Conflict:
            continue
    return act()


def take_turn(command: PowerCommand, ports: FleetPorts) -> Run | None:
    """The run, when it may go on: it has not ended, no later one has taken its place, and no later execution
    has taken it over. A superseded one ends here."""
    run = ports.runs.get(command.fleet, command.run_id)
    if run.phase.is_final or run.generation != command.generation:
        return None
    standing = ports.fleets.standing(command.fleet)
    if standing.run_id == run.run_id:
        return run
    _superseded(run, standing, ports)
    return None


def _superseded(run: Run, standing: Standing, ports: FleetPorts) -> None:
    now = ports.clock()
    data: JsonObject = {"run_id": run.run_id, "action": run.action, "cause": run.cause}
    reason = (
        f"run {standing.run_id} goes on" if standing.run_id else "a later run was there, or the fleet is gone"
    )
    ended = Event(type="Fleet Run Superseded", at=now, actor=ENGINE, reason=reason, data=data)
    run = replace(run, phase=RunPhase.SUPERSEDED, ended_at=now, revision=run.revision + 1)
    tell(run.fleet, standing, [ended], ports, run)


def kept(run: Run, ports: FleetPorts, lots: Sequence[Lot] = ()) -> Run:
    """The run, stored at its next revision with those lots. Raises Conflict when somebody else was faster."""
    following = replace(run, revision=run.revision + 1)
    ports.runs.save(following, lots)
    return following


def recorded(
    name: str, standing: Standing, events: Sequence[Event], ports: FleetPorts, run: Run | None = None
) -> Standing:
    """The standing and the run, stored in one write with what happened. It is not out yet: see `publish`."""
    head, entries = continue_chain(standing.head, events)
    following = replace(standing, head=head, revision=standing.revision + 1)
    ports.fleets.save(name, following, entries, run)
    return following


def tell(
    name: str, standing: Standing, events: Sequence[Event], ports: FleetPorts, run: Run | None = None
) -> Standing:
    """Stored, and then on the bus."""
    return publish(name, recorded(name, standing, events, ports, run), ports)


def publish(name: str, standing: Standing, ports: FleetPorts) -> Standing:
    """Put on the bus what is in the timeline and not yet out, and remember that it is. Who dies in between
    leaves it to the next one; consumers know an entry by its sequence."""
    untold = standing.head.sequence - standing.published
    if not untold:
        return standing
    entries = ports.fleets.timeline(name, standing.published, untold)
    ports.bus.publish(name, [entry for entry in entries if entry.public])
    following = replace(standing, published=standing.head.sequence, revision=standing.revision + 1)
    try:
        ports.fleets.save(name, following, ())
    except Conflict:  # it is out; whoever was faster tells it again at worst
        return standing
    return following


def still_ours(run: Run, ports: FleetPorts) -> Standing:
    """The standing, read again. Raises Conflict when a later run has taken the place of this one."""
    standing = ports.fleets.standing(run.fleet)
    if standing.run_id != run.run_id:
        raise Conflict(f"run {standing.run_id} goes on")
    return standing
