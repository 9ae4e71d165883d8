"""All at once: every instance gives way in the same moment. That means downtime, unless there is a floor."""

from signalbox.rollouts.model import Step
from signalbox.rollouts.scene import part
from signalbox.rollouts.service import ServiceSpec, Strategy
from signalbox.rollouts.strategies.drafts import Fleet, bake, replace_batches

DEFAULT_BAKE = "5m"


def all_at_once(strategy: Strategy, fleet: Fleet) -> list[Step]:
    """Replace all in one batch, bake."""
    return [replace_batches(100, batch=100), bake(strategy.bake or DEFAULT_BAKE)]


def in_batches(spec: ServiceSpec, size: int) -> list[str]:
    """A warning where the floor leaves some of the instances serving, of so many: the others go first."""
    floor = part(spec.guards.min_healthy_percent or 0, size)
    if spec.strategy.preset != "all-at-once" or not floor:
        return []
    what = f"{floor} of {size} instances have to serve, so all-at-once goes in batches"
    return [f"guards.min_healthy_percent: {what}, with both versions side by side"]
