"""Canary: x new instances join the current cluster, are watched, then the rest gives way in batches."""

from signalbox.rollouts.model import Step
from signalbox.rollouts.service import Strategy
from signalbox.rollouts.strategies.batches import batch_size
from signalbox.rollouts.strategies.drafts import Fleet, bake, provision, replace_batches, retire

DEFAULT_BAKE = "10m"


def canary(strategy: Strategy, fleet: Fleet) -> list[Step]:
    """One extra provision where the floor leaves less room than a batch needs: the number of batches then
    does not depend on the size of the fleet."""
    first = strategy.canary or 1
    surge = fleet.floor + batch_size(strategy, fleet.size) - fleet.size
    grow = [provision(count=surge)] if surge > first else []
    rest = replace_batches(100, batch=strategy.batch, batch_count=strategy.batch_count)
    return [provision(count=first), bake(strategy.bake or DEFAULT_BAKE), *grow, rest, retire()]
