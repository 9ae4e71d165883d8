"""DNS weights on their way: foreseen before they are written, known by Route 53's ids, followed until all its
servers have them, and then for as long as resolvers may remember the old ones."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from math import ceil

from signalbox.kernel.clock import from_rfc3339, rfc3339
from signalbox.rollouts import dns, routing
from signalbox.rollouts.estate import Rule
from signalbox.rollouts.model import Propagation
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.scene import Decision, Scene, wait, write
from signalbox.rollouts.steps.turn import Turn
from signalbox.rollouts.writes import Write

LOOK_EVERY = 10  # seconds; a change takes about a minute


def foreseen(turn: Turn, writes: Sequence[Write]) -> Turn:
    """Before the write: from now on weights may be on their way, whatever becomes of the answer."""
    weighs = any(map(routing.weighs, writes))
    return turn.change(propagation=Propagation()) if weighs else turn


def told(turn: Turn, writes: Sequence[Write], changes: Sequence[str | None]) -> Turn:
    """After the writes: the ids of the changes, if there are any that clients follow."""
    both = zip(writes, changes, strict=True)
    known = tuple(change for write, change in both if change is not None and routing.weighs(write))
    return turn.change(propagation=Propagation(changes=known)) if known else turn


def doubted(turn: Turn) -> Turn:
    """Somebody else may have written since: what is known of a change is not the last one."""
    return turn.change(propagation=Propagation()) if turn.rollout.propagation else turn


def insisted(turn: Turn, scene: Scene, decision: Decision) -> Decision:
    """The weights as they are once more, when nothing else is to be written and no id is known to follow.
    Where somebody has removed the name there is nothing to follow."""
    unknown = turn.rollout.propagation == Propagation()
    if not unknown or decision.writes or not scene.estate.rules:
        return decision
    again = [routing.forward(rule, rule.actions) for rule in scene.estate.rules]
    return write("the same weights again: it is not known whether all servers have them", *again)


def followed(turn: Turn, ports: Ports) -> Turn:
    """Looks whether all of Route 53's servers have the weights; the first time is remembered."""
    going = turn.rollout.propagation
    if going is None or going.in_sync_at is not None or not going.changes:
        return turn
    if not all(ports.estates.is_in_sync(change) for change in going.changes):
        return turn
    return turn.change(propagation=replace(going, in_sync_at=rfc3339(turn.now)))


def arrived(turn: Turn, decision: Decision) -> Decision:
    """A settled decision stands once the weights have arrived."""
    going = turn.rollout.propagation
    if not decision.settled or going is None or going.in_sync_at is not None:
        return decision
    return wait("Route 53 carries the weights to its servers", LOOK_EVERY)


def lag_of(rollout: Rollout, rules: Iterable[Rule], now: datetime) -> int:
    """Seconds for which resolvers may still go by former weights."""
    going = rollout.propagation
    if going is None:
        return 0
    since = from_rfc3339(going.in_sync_at) if going.in_sync_at else now
    return max(0, ceil(dns.longest_lag(rules) - (now - since).total_seconds()))
