"""What the reconciler does when it is woken."""

from functools import partial

from signalbox.kernel.each import each
from signalbox.rollouts.commands.occurrences import ExecutionEnded, SweepDue
from signalbox.rollouts.commands.patrol import patrol
from signalbox.rollouts.commands.reconcile import is_restoring_for_long, reconcile, reconcile_one
from signalbox.rollouts.model import Phase
from signalbox.rollouts.ports import DeadLetters, Ports


def sweep(occasion: ExecutionEnded | SweepDue, ports: Ports, letters: DeadLetters) -> str:
    """One rollout after its execution has ended; otherwise all that are open, and the dead letters. What came
    in the way of one rollout is raised when all else is done: an alarm tells people when that goes on."""
    if isinstance(occasion, ExecutionEnded):
        return _after_execution(occasion, ports)
    count, failures = reconcile(ports)
    failures += _measure(ports)
    replayed = letters.replay()
    told = "; ".join([f"{count} open, {replayed} replayed", *(_patrol(ports) if occasion.hourly else ())])
    if not failures:
        return told
    for other in failures[1:]:
        failures[0].add_note(f"and {other!r}")
    raise failures[0]


def _patrol(ports: Ports) -> tuple[str, ...]:
    found = patrol(ports)
    ports.gauges.measure(TrafficWithoutCapacity=len(found))
    return found


def _after_execution(ended: ExecutionEnded, ports: Ports) -> str:
    """Most end with their rollout, which has said farewell: saying it again would tell the end twice."""
    if not ports.rollouts.is_open(ended.rollout_id):
        return "it has ended"
    return reconcile_one(ended.service, ended.rollout_id, ports)


def _measure(ports: Ports) -> list[Exception]:
    """Of all that can be read; what came in the way of others."""
    rollouts, failures = each(partial(ports.rollouts.get, *found) for found in ports.rollouts.open())
    now = ports.clock()
    ports.gauges.measure(
        RolloutsOpen=len(rollouts),
        RolloutsStuck=sum(1 for r in rollouts if r.phase is Phase.STUCK),
        RestoresOverdue=sum(1 for r in rollouts if is_restoring_for_long(r, now)),
    )
    return failures
