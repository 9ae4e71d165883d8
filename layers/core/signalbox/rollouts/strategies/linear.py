"""Linear: equal shares every n minutes."""

from signalbox.rollouts.model import Step
from signalbox.rollouts.service import Strategy
from signalbox.rollouts.strategies.drafts import Fleet, bake, keep_old, provision, retire, shift

DEFAULT_SHARE = 20
DEFAULT_EVERY = "5m"


def linear(strategy: Strategy, fleet: Fleet) -> list[Step]:
    """The last share is what is left to 100; each is watched for the same time."""
    share = strategy.share or DEFAULT_SHARE
    shares = [*range(share, 100, share), 100]
    watched = [step for percent in shares for step in (shift(percent), bake(strategy.every or DEFAULT_EVERY))]
    return [provision(percent=100), *watched, *keep_old(strategy), retire()]
