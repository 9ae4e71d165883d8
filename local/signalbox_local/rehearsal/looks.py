"""What an observer saw of a service, look by look, and what follows from it. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

# What a target may be without anybody having taken its capacity away: it serves, or it fails by itself.
OF_ITSELF = frozenset({"healthy", "unhealthy"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One instant, in epoch seconds. `weights` by reference and target group, `targets` (instance → state) by
    target group, `images` of the instances that live (instance → AMI id)."""

    at: float
    weights: Mapping[str, Mapping[str, int]]
    targets: Mapping[str, Mapping[str, str]]
    images: Mapping[str, str]

    def healthy(self, image: str | None = None) -> int:
        """Healthy targets behind a target group that gets traffic, of one image or all."""
        return len(self._in(frozenset({"healthy"}), image))

    def hosts(self, image: str) -> int:
        """Healthy targets of an image anywhere, whether or not it gets traffic."""
        every = {i for states in self.targets.values() for i, state in states.items() if state == "healthy"}
        return sum(1 for instance in every if self.images.get(instance) == image)

    def alive(self, image: str | None = None) -> int:
        """Instances that live, of one image or all."""
        return sum(1 for found in self.images.values() if image in (None, found))

    def _in(self, states: frozenset[str], image: str | None = None) -> set[str]:
        served = {arn for split in self.weights.values() for arn, weight in split.items() if weight}
        found = {i for arn in served for i, state in self.targets.get(arn, {}).items() if state in states}
        return {i for i in found if image in (None, self.images.get(i))}

    def lacking(self, floor: int) -> list[str]:
        """Target groups that get traffic with fewer targets than their part of the floor; what fails by
        itself is not what a rollout has taken away."""
        return [text for reference in self.weights for text in self._short_of(reference, floor)]

    def _short_of(self, reference: str, floor: int) -> list[str]:
        split = {arn: weight for arn, weight in self.weights[reference].items() if weight}
        if not split:
            return [f"{reference} sends nothing anywhere"]
        total, found = sum(split.values()), []
        for arn, weight in split.items():
            there = Counter(state in OF_ITSELF for state in self.targets.get(arn, {}).values())[True]
            needed = ceil(floor * weight / total)
            if there < needed:
                found.append(f"{there} of {needed} in service in {_name(arn)}")
        return found


def _name(arn: str) -> str:
    return arn.rpartition("targetgroup/")[2].partition("/")[0]


def lowest_healthy(looks: Sequence[Look]) -> int:
    """The fewest healthy targets that carried the traffic."""
    return min((look.healthy() for look in looks), default=0)


def instance_seconds(
    looks: Sequence[Look], baseline: int, faster: Sequence[tuple[float, float, float]]
) -> float:
    """Instances alive above the baseline, over time; a look stands for the time until the next one.

    `faster` are spans (from, to, factor) in which a second stands for more of them.
    """
    total = 0.0
    for one, after in zip(looks, looks[1:], strict=False):
        seconds = stretched(one.at, after.at, faster)
        total += max(0, one.alive() - baseline) * seconds
    return total


def stretched(began: float, ended: float, faster: Sequence[tuple[float, float, float]]) -> float:
    """The seconds from one instant to another, those within a span multiplied by its factor."""
    extra = 0.0
    for first, last, factor in faster:
        extra += max(0.0, min(ended, last) - max(began, first)) * (factor - 1)
    return ended - began + extra
