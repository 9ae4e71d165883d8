"""Blue/green: a second group takes all traffic at once; the old one stays alive until it has been watched."""

from signalbox.rollouts.model import Step
from signalbox.rollouts.service import Strategy
from signalbox.rollouts.strategies.drafts import Fleet, bake, keep_old, provision, retire, shift

DEFAULT_BAKE = "10m"


def blue_green(strategy: Strategy, fleet: Fleet) -> list[Step]:
    """Provision all, shift all, bake, retire."""
    watch = bake(strategy.bake or DEFAULT_BAKE)
    return [provision(percent=100), shift(100), watch, *keep_old(strategy), retire()]
