"""What every task of a run begins with, and how what happened is told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Lot, Run, RunPhase, Standing
from signalbox.kernel.errors import Conflict
from signalbox.kernel.events import ENGINE, Event, JsonObject
from signalbox.kernel.timeline import Entry, continue_chain

LONGEST_TURN = 20.0  # seconds of asking AWS; the timeout of the functions in template.yaml leaves the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerCommand:
    """What a task is called with; everything else is in the table. `failure` is what led to the report."""

    fleet: str
    run_id: str
    generation: int
    failure: str | None = None


def goes_on(run: Run, command: PowerCommand) -> bool:
    """Whether this execution may: the run has not ended, and no later one has taken it over."""
    return not run.phase.is_final and run.generation == command.generation


def superseded(
    name: str, standing: Standing, reason: str, ports: FleetPorts
) -> tuple[list[Run], list[Event]]:
    """The run that is under way, ended, to be stored with what takes its place: it stops at its next look."""
    run = under_way(name, standing, ports)
    if run is None:
        return [], []
    now = ports.clock()
    data: JsonObject = {"run_id": run.run_id, "action": run.action, "cause": run.cause}
    ended = Event(type="Fleet Run Superseded", at=now, actor=ENGINE, reason=reason, data=data)
    run = replace(run, phase=RunPhase.SUPERSEDED, ended_at=now, failure=reason, revision=run.revision + 1)
    return [run], [ended]


def under_way(name: str, standing: Standing, ports: FleetPorts) -> Run | None:
    """The run that may act."""
    return ports.runs.get(name, standing.run_id) if standing.run_id else None


def kept(run: Run, ports: FleetPorts, lots: Sequence[Lot] = ()) -> Run:
    """The run, stored at its next revision with those lots. Raises Conflict when somebody else was faster."""
    following = replace(run, revision=run.revision + 1)
    ports.runs.save(following, lots)
    return following


@dataclass(frozen=True, slots=True)
class Told:
    """A standing as it has been stored, and the entries of the timeline that were stored with it."""

    standing: Standing
    entries: Sequence[Entry] = ()


def recorded(
    name: str, standing: Standing, events: Sequence[Event], ports: FleetPorts, runs: Sequence[Run] = ()
) -> Told:
    """The standing and the runs, stored in one write with what happened. It is not out yet: see `publish`."""
    head, entries = continue_chain(standing.head, events)
    following = replace(standing, head=head, revision=standing.revision + 1)
    ports.fleets.save(name, following, entries, runs)
    return Told(following, entries)


def tell(
    name: str, standing: Standing, events: Sequence[Event], ports: FleetPorts, runs: Sequence[Run] = ()
) -> None:
    """Stored, and then on the bus."""
    publish(name, recorded(name, standing, events, ports, runs), ports)


def publish(name: str, told: Told, ports: FleetPorts) -> bool:
    """Put on the bus what is in the timeline and not yet out, and remember that it is: whether that could be
    written, which means that nobody else has written the standing meanwhile. Who dies in between leaves it to
    the next one; consumers know an entry by its sequence."""
    standing = told.standing
    untold = standing.head.sequence - standing.published
    if not untold:
        return False
    entries = told.entries
    if len(entries) != untold:  # somebody has left more to be told
        entries = ports.fleets.timeline(name, standing.published, untold)
    ports.bus.publish(name, [entry for entry in entries if entry.public])
    following = replace(standing, published=standing.head.sequence, revision=standing.revision + 1)
    try:
        ports.fleets.save(name, following, ())
    except Conflict:  # it is out; whoever was faster tells it again at worst
        return False
    return True


def publish_armed(name: str, told: Told, ports: FleetPorts) -> None:
    """The same, after the timetable was armed for what the standing says. Who is so slow that others have
    gone on meanwhile has put an old moment in the place of theirs: the standing, read again, tells."""
    if publish(name, told, ports):
        return
    now = ports.fleets.standing(name).armed_for
    if now != told.standing.armed_for:
        ports.timetable.arm(name, now)


def ours(run: Run, standing: Standing) -> Standing:
    """The standing. Raises Conflict when a later run has taken the place of this one."""
    if standing.run_id != run.run_id:
        raise Conflict(f"run {standing.run_id} goes on")
    return standing


def still_ours(run: Run, ports: FleetPorts) -> Standing:
    """The standing, read again. Raises Conflict when a later run has taken the place of this one."""
    return ours(run, ports.fleets.standing(run.fleet))
