"""Rules `SweepEachMinuteRule`, `SweepHourlyRule` and `ExecutionEndedRule`: the reconciler."""

from signalbox.entrypoint import listener
from signalbox.rollouts.commands.occurrences import ExecutionEnded, SweepDue, sweep_reason
from signalbox.rollouts.commands.sweep import sweep
from signalbox.wiring import dead_letters, ports


@listener(sweep_reason)
def handler(occasion: ExecutionEnded | SweepDue) -> str:
    """Look after every open rollout, and after what could not be delivered."""
    return sweep(occasion, ports(), dead_letters())
