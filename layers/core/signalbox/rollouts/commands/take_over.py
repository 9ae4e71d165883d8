"""The next generation of a rollout: the old execution's steps no longer count, a new one goes on."""

from dataclasses import replace

from signalbox.kernel.events import ENGINE, Event
from signalbox.kernel.timeline import continue_chain
from signalbox.rollouts.model import Phase
from signalbox.rollouts.ports import Latch, Ports
from signalbox.rollouts.record import Rollout


def take_over(rollout: Rollout, ports: Ports, *, reason: str) -> Rollout:
    """Raises Conflict when somebody else took over first. The record is written before the execution starts:
    should that fail, the reconciler finds a generation without an execution and starts it."""
    events = [
        Event(type="Generation Taken Over", at=ports.clock(), actor=ENGINE, reason=reason, public=False)
    ]
    phase = rollout.phase
    if phase is Phase.STUCK:
        phase = Phase.ROLLING_BACK
        events.append(Event(type="Rollback Started", at=ports.clock(), actor=ENGINE, reason=reason))
    head, entries = continue_chain(rollout.head, events)
    following = replace(
        rollout,
        head=head,
        phase=phase,
        generation=rollout.generation + 1,
        revision=rollout.revision + 1,
        turns=0,
        hold=None,
        ended_at=None,
        outcome=None,
    )
    ports.rollouts.save(following, entries, Latch(release=True, generation=following.generation))
    ports.executions.start(rollout.service, rollout.rollout_id, following.generation)
    return following
