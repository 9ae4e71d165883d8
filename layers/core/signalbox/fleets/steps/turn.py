"""What every task of a run begins with, and how what happened is told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Run, RunPhase, Standing
from signalbox.kernel.errors import Conflict
from signalbox.kernel.events import Event
from signalbox.kernel.timeline import continue_chain

ENGINE = "signalbox"
LONGEST_TURN = 20.0  # seconds of asking AWS; the timeout of the functions in template.yaml leaves the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerCommand:
    """What a task is called with; everything else is in the table. `failure` is what led to the report."""

    fleet: str
    run_id: str
    generation: int
    failure: str | None = None


def take_turn(command: PowerCommand, ports: FleetPorts) -> Run | None:
    """The run, when it may go on: it has not ended, no later one has taken its place, and no later execution
    has taken it over. A superseded one ends here."""
    run = ports.runs.get(command.fleet, command.run_id)
    if run.phase.is_final or run.generation != command.generation:
        return None
    if ports.fleets.standing(command.fleet).run_id == run.run_id:
        return run
    kept(replace(run, phase=RunPhase.SUPERSEDED, ended_at=ports.clock()), ports)
    return None


def kept(run: Run, ports: FleetPorts) -> Run:
    """The run, stored at its next revision. Raises Conflict when somebody else was faster."""
    following = replace(run, revision=run.revision + 1)
    ports.runs.save(following)
    return following


def tell(
    name: str, standing: Standing, events: Sequence[Event], ports: FleetPorts, run: Run | None = None
) -> Standing:
    """The standing and the run, stored in one write with what happened; then the bus."""
    head, entries = continue_chain(standing.head, events)
    following = replace(standing, head=head, revision=standing.revision + 1)
    ports.fleets.save(name, following, entries, run)
    return publish(name, following, ports)


def publish(name: str, standing: Standing, ports: FleetPorts) -> Standing:
    """Put on the bus what is in the timeline and not yet out, and remember that it is. Who dies in between
    leaves it to the next one; consumers know an entry by its sequence."""
    untold = standing.head.sequence - standing.published
    if not untold:
        return standing
    entries = ports.fleets.timeline(name, standing.published, untold)
    ports.bus.publish(name, [entry for entry in entries if entry.public])
    following = replace(standing, published=standing.head.sequence, revision=standing.revision + 1)
    ports.fleets.save(name, following, ())
    return following


def still_ours(run: Run, ports: FleetPorts) -> Standing:
    """The standing, read again. Raises Conflict when a later run has taken the place of this one."""
    standing = ports.fleets.standing(run.fleet)
    if standing.run_id != run.run_id:
        raise Conflict(f"run {standing.run_id} goes on")
    return standing
