"""Traffic splitting: a part of the clients' traffic goes to the candidate first."""

from signalbox.rollouts.model import Step
from signalbox.rollouts.service import Strategy
from signalbox.rollouts.strategies.drafts import Fleet, bake, keep_old, provision, retire, shift

DEFAULT_SHARES = (10,)  # percent
DEFAULT_EVERY = "5m"
DEFAULT_BAKE = "10m"


def traffic_splitting(strategy: Strategy, fleet: Fleet) -> list[Step]:
    """Each share is watched for `every`, all of the traffic for `bake`."""
    shares = strategy.shares or DEFAULT_SHARES
    watched = [step for percent in shares for step in (shift(percent), bake(strategy.every or DEFAULT_EVERY))]
    last = [shift(100), bake(strategy.bake or DEFAULT_BAKE)]
    return [provision(percent=100), *watched, *last, *keep_old(strategy), retire()]
