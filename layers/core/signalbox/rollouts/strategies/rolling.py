"""Rolling: the group's own instances give way batch by batch, each batch watched."""

from signalbox.rollouts.model import Step
from signalbox.rollouts.service import Strategy
from signalbox.rollouts.strategies.batches import batch_size, watched_batches
from signalbox.rollouts.strategies.drafts import Fleet, provision, retire


def rolling(strategy: Strategy, fleet: Fleet) -> list[Step]:
    """A batch is out of service at a time."""
    return watched_batches(strategy, fleet)


def rolling_with_additional_batch(strategy: Strategy, fleet: Fleet) -> list[Step]:
    """One more batch serves first, so that capacity never falls below what it was."""
    extra = provision(count=batch_size(strategy, fleet.size))
    return [extra, *watched_batches(strategy, fleet), retire()]
