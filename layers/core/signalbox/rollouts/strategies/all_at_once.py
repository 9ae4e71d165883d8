"""All at once: every instance gives way in the same moment. That means downtime."""

from signalbox.rollouts.model import Step
from signalbox.rollouts.service import Strategy
from signalbox.rollouts.strategies.drafts import Fleet, bake, replace_batches

DEFAULT_BAKE = "5m"


def all_at_once(strategy: Strategy, fleet: Fleet) -> list[Step]:
    """Replace all in one batch, bake."""
    return [replace_batches(100, batch=100), bake(strategy.bake or DEFAULT_BAKE)]
