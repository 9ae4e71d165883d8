"""The batches in which a group's own instances give way."""

from math import ceil

from signalbox.rollouts.model import Step
from signalbox.rollouts.scene import part
from signalbox.rollouts.service import Strategy
from signalbox.rollouts.strategies.drafts import DEFAULT_BATCH, Fleet, bake, replace_batches

DEFAULT_BAKE = "1m"


def batch_size(strategy: Strategy, size: int) -> int:
    """Instances out of service at a time, at least one: a count, or percent of the group rounded up."""
    wanted = strategy.batch_count or part(strategy.batch or DEFAULT_BATCH, size)
    return max(1, min(wanted, size))


def watched_batches(strategy: Strategy, fleet: Fleet) -> list[Step]:
    """Replace and bake, batch after batch. Of more than a hundred batches those of each percent are watched
    together: the plan does not grow with the fleet."""
    size = max(1, fleet.size)
    batch = batch_size(strategy, size)
    ends = {100 * min(size, number * batch) // size for number in range(1, ceil(size / batch) + 1)}
    return [
        step
        for percent in sorted(ends - {0})
        for step in (
            replace_batches(percent, batch=strategy.batch, batch_count=strategy.batch_count),
            bake(strategy.bake or DEFAULT_BAKE),
        )
    ]
