"""What the reconciler does when it is woken."""

from signalbox.rollouts.commands.occurrences import ExecutionEnded, SweepDue
from signalbox.rollouts.commands.patrol import patrol
from signalbox.rollouts.commands.reconcile import is_restoring_for_long, reconcile, reconcile_one
from signalbox.rollouts.model import Phase
from signalbox.rollouts.ports import DeadLetters, Ports


def sweep(occasion: ExecutionEnded | SweepDue, ports: Ports, letters: DeadLetters) -> str:
    """One rollout after its execution has ended; otherwise all that are open, and the dead letters."""
    if isinstance(occasion, ExecutionEnded):
        return _after_execution(occasion, ports)
    count = reconcile(ports)
    replayed = letters.replay()
    _measure(ports)
    return "; ".join([f"{count} open, {replayed} replayed", *(_patrol(ports) if occasion.hourly else ())])


def _patrol(ports: Ports) -> tuple[str, ...]:
    found = patrol(ports)
    ports.gauges.measure(TrafficWithoutCapacity=len(found))
    return found


def _after_execution(ended: ExecutionEnded, ports: Ports) -> str:
    """Most end with their rollout, which has said farewell: saying it again would tell the end twice."""
    if not ports.rollouts.is_open(ended.rollout_id):
        return "it has ended"
    return reconcile_one(ended.service, ended.rollout_id, ports)


def _measure(ports: Ports) -> None:
    rollouts = [ports.rollouts.get(service, rollout_id) for service, rollout_id in ports.rollouts.open()]
    now = ports.clock()
    ports.gauges.measure(
        RolloutsOpen=len(rollouts),
        RolloutsStuck=sum(1 for r in rollouts if r.phase is Phase.STUCK),
        RestoresOverdue=sum(1 for r in rollouts if is_restoring_for_long(r, now)),
    )
