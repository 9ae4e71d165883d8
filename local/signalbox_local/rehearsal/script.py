"""What is to be rehearsed: everything that can be wrong with it is found before anything starts. Pure."""

from dataclasses import dataclass

from signalbox.rollouts.service import ServiceSpec, Strategy
from signalbox_local.rehearsal.blueprint import Blueprint, CannotReplicate, blueprint
from signalbox_local.rehearsal.own_metrics import OF_AWS
from signalbox_local.rehearsal.spec import experiments, has_pause, paced, strategy_name, with_preset
from signalbox_local.world import World

SPEED = 20.0
FASTEST_METRICS = 0.25  # seconds


class UnknownVersion(Exception):
    """The world has no version of that name."""


class TooFast(Exception):
    """A period of an alarm would be over before the load balancer reports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A service, a world, the version to bring it to, and a strategy as its owner would run it."""

    spec: ServiceSpec
    world: World
    plan: Blueprint
    version: str
    strategy: Strategy
    speed: float
    seed: int

    @property
    def strategy_name(self) -> str:
        """The preset, or `steps`."""
        return strategy_name(self.strategy)

    @property
    def paced(self) -> Strategy:
        """At the speed of the rehearsal."""
        return paced(self.strategy, self.speed)

    @property
    def slow_seconds(self) -> float:
        """An answer that takes longer hurts."""
        return self.world.traffic.slow_ms / 1000

    @property
    def notes(self) -> tuple[str, ...]:
        """What the rehearsal does otherwise."""
        pause = "strategy.steps: pauses are left out, nobody is there to end them"
        name = (
            f"traffic.record_name: resolvers remember it for {self.paced_world.traffic.ttl_seconds} s here,"
            f" for {self.world.traffic.ttl_seconds} s at real speed"
        )
        asks = "strategy.experiment: nobody is there to be asked; where a person would be, it goes back"
        asking = any(one.otherwise == "ask" for one in experiments(self.strategy))
        told = ((pause, has_pause(self.strategy)), (name, self.plan.host), (asks, asking))
        return tuple(text for text, applies in told if applies)

    @property
    def paced_world(self) -> World:
        """Names are remembered for as much shorter, but for whole seconds."""
        ttl = max(1, round(self.world.traffic.ttl_seconds / self.speed))
        traffic = self.world.traffic.model_copy(update={"ttl_seconds": ttl})
        return self.world.model_copy(update={"traffic": traffic})

    def parameters(self) -> dict[str, str]:
        """Of the stack: it may write to the zone of the service's name, whose id is not known yet."""
        return {"HostedZoneArns": "arn:aws:route53:::hostedzone/*"} if self.plan.host else {}

    def pace(self) -> dict[str, str]:
        """The environment of the runtime."""
        resolution = max(FASTEST_METRICS, self.world.metrics.resolution_seconds / self.speed)
        return {
            "SIGNALBOX_LOCAL_TRAFFIC": "on",
            "SIGNALBOX_LOCAL_BOOT_SECONDS": f"{self.world.instances.boot_seconds:g}",
            "SIGNALBOX_LOCAL_HEALTH_SPEEDUP": "10",
            "SIGNALBOX_LOCAL_METRIC_SECONDS": f"{resolution:g}",
            "SIGNALBOX_LOCAL_ALARM_SPEEDUP": f"{self.speed:g}",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What is not given is the world's, or the service's own."""

    version: str | None = None
    preset: str | None = None
    speed: float = SPEED
    seed: int | None = None


def write_script(spec: ServiceSpec, world: World, wishes: Wishes) -> Script:
    """Raises UnknownVersion, BadSpec, CannotReplicate and TooFast."""
    name = wishes.version or world.candidate
    if name not in world.versions:
        raise UnknownVersion(f"the world has no version {name!r}; it has: {', '.join(world.versions)}")
    if name == world.stable:
        raise UnknownVersion(f"{name!r} is the version that serves already")
    strategy = with_preset(spec, wishes.preset) if wishes.preset else spec.strategy
    paced(strategy, wishes.speed)
    plan = blueprint(spec, world)
    _check_speed(plan, wishes.speed)
    _check_metrics(strategy)
    return Script(
        spec=spec,
        world=world,
        plan=plan,
        version=name,
        strategy=strategy,
        speed=wishes.speed,
        seed=world.seed if wishes.seed is None else wishes.seed,
    )


def _check_metrics(strategy: Strategy) -> None:
    for one in experiments(strategy):
        if one.mean is not None and not one.mean.namespace.startswith(OF_AWS):
            named = f"{one.mean.namespace} {one.mean.name}"
            raise CannotReplicate(f"strategy.experiment.mean: a world tells rates only, nothing of {named}")


def _check_speed(plan: Blueprint, speed: float) -> None:
    for name, shape in plan.alarms.items():
        fastest = shape.period_seconds / FASTEST_METRICS
        if speed > fastest:
            periods = f"periods of {shape.period_seconds} s, which allow {fastest:g}"
            raise TooFast(f"--speed {speed:g}: {name} looks at {periods}")
