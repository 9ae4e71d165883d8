"""A/B test: a share of the traffic goes to the candidate until it is known which version is better."""

from signalbox.rollouts.model import Step
from signalbox.rollouts.service import Strategy
from signalbox.rollouts.strategies.drafts import Fleet, analyse, keep_old, provision, retire, shift

DEFAULT_SHARE = 10  # percent


def ab_test(strategy: Strategy, fleet: Fleet) -> list[Step]:
    """Provision all, shift the share, analyse; if the candidate wins, shift all, retire."""
    test = analyse(strategy.experiment)
    split = shift(strategy.share or DEFAULT_SHARE)
    return [provision(percent=100), split, test, shift(100), *keep_old(strategy), retire()]
