"""Immutable: a full second group, first a few instances, then the rest, then the switch."""

from signalbox.rollouts.model import Step
from signalbox.rollouts.service import Strategy
from signalbox.rollouts.strategies.drafts import Fleet, bake, keep_old, provision, retire, shift

DEFAULT_FIRST = 1  # instances
DEFAULT_CHECK = "1m"
DEFAULT_BAKE = "10m"


def immutable(strategy: Strategy, fleet: Fleet) -> list[Step]:
    """The switch comes when all are healthy: what never is costs a few instances and no traffic. The first
    ones are no more than all that there are."""
    return [
        provision(count=min(strategy.first or DEFAULT_FIRST, max(1, fleet.size))),
        bake(strategy.check or DEFAULT_CHECK, "check"),
        provision(percent=100),
        shift(100),
        bake(strategy.bake or DEFAULT_BAKE),
        *keep_old(strategy),
        retire(),
    ]
