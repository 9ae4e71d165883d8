"""Canary: x new instances join the current cluster, are watched, then the rest gives way in batches."""

from signalbox.rollouts.model import Step
from signalbox.rollouts.scene import part
from signalbox.rollouts.service import Strategy
from signalbox.rollouts.strategies.drafts import Fleet, bake, provision, replace_batches, retire

DEFAULT_BAKE = "10m"
DEFAULT_BATCH = 25


def canary(strategy: Strategy, fleet: Fleet) -> list[Step]:
    """One extra provision where the floor leaves less room than a batch needs: the number of batches then
    does not depend on the size of the fleet."""
    first = strategy.canary or 1
    batch = strategy.batch or DEFAULT_BATCH
    surge = fleet.floor + part(batch, fleet.size) - fleet.size
    grow = [provision(count=surge)] if surge > first else []
    watch = bake(strategy.bake or DEFAULT_BAKE)
    return [provision(count=first), watch, *grow, replace_batches(100, batch), retire()]
