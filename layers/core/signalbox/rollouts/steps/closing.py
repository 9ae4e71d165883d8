"""The end of a rollout, whichever: the record ends, locks and watchers go, all is told."""

from dataclasses import replace

from signalbox.kernel.clock import from_rfc3339
from signalbox.kernel.timeline import continue_chain
from signalbox.rollouts.layout import locked_resources
from signalbox.rollouts.model import Outcome, Phase
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.progress import Progress, ended
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.steps.sight import copies_of, watched
from signalbox.rollouts.steps.turn import Turn, publish
from signalbox.rollouts.writes import delete_alarms

DETAIL_TYPES = {
    Phase.SUCCEEDED: "Rollout Succeeded",
    Phase.ROLLED_BACK: "Rollout Rolled Back",
    Phase.ABORTED: "Rollout Aborted",
    Phase.CANCELLED: "Rollout Cancelled",
}

FIGURES = {
    Phase.SUCCEEDED: "RolloutsSucceeded",
    Phase.ROLLED_BACK: "RolloutsRolledBack",
    Phase.ABORTED: "RolloutsAborted",
    Phase.CANCELLED: "RolloutsCancelled",
}


def close(turn: Turn, phase: Phase, ports: Ports, outcome: Outcome | None = None) -> Progress:
    """End the rollout in that phase. Safe to repeat: a closed rollout stays as it is."""
    stop = turn.rollout.stop
    outcome = outcome or (
        Outcome(reason=stop.reason, evidence=stop.evidence) if stop else Outcome(reason="completed")
    )
    turn = turn.change(ended_at=turn.now, hold=None, outcome=outcome, busy_until=None)
    turn = turn.enter_phase(phase, DETAIL_TYPES[phase], outcome.reason, **outcome.evidence)
    head, entries = continue_chain(turn.rollout.head, turn.events)
    rollout = replace(turn.rollout, head=head, revision=turn.rollout.revision + 1)
    locks = locked_resources(rollout.layout, ports.region, ports.account)
    ports.rollouts.close(rollout, entries, watched(rollout, ports), locks)
    ports.gauges.measure(**figures_of(rollout))  # before what may fail and is repeated elsewhere
    bid_farewell(rollout, ports)
    return ended(phase)


def figures_of(rollout: Rollout) -> dict[str, float]:
    """One more of its ending, and the clocks of a rollback in milliseconds."""
    clocks = rollout.clocks
    spans = {
        "TimeToAct": (clocks.detected_at, clocks.acted_at),
        "TimeToRestore": (clocks.detected_at, clocks.restored_at),
    }
    measured = {name: _milliseconds(*span) for name, span in spans.items()}
    return {
        FIGURES[rollout.phase]: 1,
        **{name: value for name, value in measured.items() if value is not None},
    }


def _milliseconds(start: str | None, end: str | None) -> float | None:
    if start is None or end is None:
        return None
    return max(0.0, (from_rfc3339(end) - from_rfc3339(start)).total_seconds() * 1000)


def remove_copies(rollout: Rollout, ports: Ports) -> None:
    """The copies of alarms go. Raises Rejected when AWS refuses: they would ring for nobody."""
    if rollout.touched and copies_of(rollout):
        ports.writer.apply(delete_alarms(copies_of(rollout)))


def bid_farewell(rollout: Rollout, ports: Ports) -> None:
    """What follows the last write: the bus is told, then nobody looks for the rollout any more."""
    publish(rollout, ports)
    ports.rollouts.forget_open(rollout.rollout_id)
