"""A target group: its targets, their health, and which of them gets the next request."""

import asyncio
from collections.abc import Callable
from random import Random

from signalbox_local.plane.reports import NOT_REGISTERED, TargetHealth
from signalbox_local.plane.standing import CHECKING, DRAINING, NOT_IN_USE, Standing, after_check
from signalbox_local.plane.topology import TargetGroupSpec

Told = Callable[[str, str, TargetHealth], object]


class Target:
    """An instance's place in a group. `drains_until` and `ramps_since`: seconds of the loop's clock."""

    def __init__(self, instance: str) -> None:
        self.instance = instance
        self.standing = Standing()
        self.ramps_since: float | None = None
        self.drains_until: float | None = None
        self.in_flight: set[asyncio.Task[object]] = set()
        self.cut_off = False

    @property
    def healthy(self) -> bool:
        return self.drains_until is None and self.standing.health.state == "healthy"


class TargetGroup:
    """Knows nothing of HTTP; `told` hears each change of a target's health."""

    def __init__(self, arn: str, told: Told, chance: Random) -> None:
        self.arn = arn
        self.spec = TargetGroupSpec(name="")
        self.targets: dict[str, Target] = {}
        self._told = told
        self._chance = chance
        self._turn = 0

    @property
    def in_use(self) -> bool:
        return bool(self.spec.load_balancers)

    @property
    def dimension(self) -> str:
        """`targetgroup/name/id`, as CloudWatch knows it."""
        return self.arn.rsplit(":", 1)[-1]

    def become(self, spec: TargetGroupSpec, now: float) -> None:
        """Targets that are new are registered, those that are missing drain."""
        was_used, self.spec = self.in_use, spec
        for instance in spec.targets:
            target = self.targets.get(instance)
            if target is None or target.drains_until is not None:
                self.targets[instance] = Target(instance)
                self._tell(instance)
            elif was_used != self.in_use:
                target.standing = Standing()
                self._tell(instance)
        for instance, target in list(self.targets.items()):
            if instance not in spec.targets and target.drains_until is None:
                self._deregister(target, now)

    def begin_checks(self, target: Target) -> None:
        """Registration is done, the first check is under way."""
        target.standing = Standing(CHECKING)
        self._tell(target.instance)

    def take_check(self, target: Target, failure: str | None, now: float) -> None:
        """The outcome of a health check: a reason code, or None."""
        was_healthy, before = target.healthy, target.standing
        target.standing = after_check(before, failure, self.spec.health)
        if target.healthy and not was_healthy:
            target.ramps_since = now if self._starts_slowly(target, now) else None
        if target.standing.health != before.health and self.targets.get(target.instance) is target:
            self._tell(target.instance)

    def forget_drained(self, now: float) -> None:
        """Requests that outlast the deregistration delay are cut off, as by ALB."""
        for instance, target in list(self.targets.items()):
            if target.drains_until is not None and target.drains_until <= now:
                del self.targets[instance]
                self._told(self.arn, instance, NOT_REGISTERED)
                target.cut_off = True
                for request in list(target.in_flight):
                    request.cancel()

    def health(self, target: Target) -> TargetHealth:
        if target.drains_until is not None:
            return DRAINING
        return target.standing.health if self.in_use else NOT_IN_USE

    def count(self, state: str) -> int:
        return sum(self.health(target).state == state for target in self.targets.values())

    def find_sticky(self, instance: str) -> Target | None:
        """The target of a session, if it may still have requests."""
        target = self.targets.get(instance)
        return target if target in self._usable() else None

    def pick(self, now: float) -> Target | None:
        """By the group's algorithm; None when no target is registered."""
        usable = self._usable()
        if not usable:
            return None
        if self.spec.algorithm == "least_outstanding_requests":
            fewest = min(len(target.in_flight) for target in usable)
            return self._chance.choice([t for t in usable if len(t.in_flight) == fewest])
        while True:
            self._turn += 1
            target = usable[self._turn % len(usable)]
            if self._chance.random() < (self._ramp(target, now) or 1.0):
                return target

    def _usable(self) -> list[Target]:
        """The healthy ones; when there is none, all that are registered (fail open)."""
        healthy = [target for target in self.targets.values() if target.healthy]
        return healthy or [target for target in self.targets.values() if target.drains_until is None]

    def _starts_slowly(self, target: Target, now: float) -> bool:
        """Only beside a healthy target that is past its slow start."""
        others = [other for other in self.targets.values() if other is not target and other.healthy]
        return self.spec.slow_start > 0 and any(self._ramp(other, now) is None for other in others)

    def _ramp(self, target: Target, now: float) -> float | None:
        """The share of its turns that a target in slow start takes; None: all of them."""
        if target.ramps_since is None or not self.spec.slow_start:
            return None
        share = (now - target.ramps_since) / self.spec.slow_start
        return max(share, 0.01) if share < 1 else None

    def _deregister(self, target: Target, now: float) -> None:
        if self.in_use:
            target.drains_until = now + self.spec.deregistration_delay
            self._tell(target.instance)
        else:
            del self.targets[target.instance]
            self._told(self.arn, target.instance, NOT_REGISTERED)

    def _tell(self, instance: str) -> None:
        self._told(self.arn, instance, self.health(self.targets[instance]))
