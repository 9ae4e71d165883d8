"""Every preset: what it compiles to, what it takes, and how much it leaves in service."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from signalbox.rollouts.model import Step
from signalbox.rollouts.service import ServiceSpec, Strategy
from signalbox.rollouts.strategies import (
    ab_test,
    all_at_once,
    batches,
    blue_green,
    canary,
    immutable,
    linear,
    rolling,
    traffic_splitting,
)
from signalbox.rollouts.strategies.drafts import Fleet


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """`waits` are the durations that it takes, with their defaults, "" for none; `takes` what else it takes.
    `out_of_service`: the instances that it may take away at a time, of so many."""

    steps: Callable[[Strategy, Fleet], list[Step]]
    waits: Mapping[str, str]
    takes: frozenset[str] = frozenset()
    out_of_service: Callable[[Strategy, int], int] | None = None

    @property
    def parameters(self) -> frozenset[str]:
        """The names of all that it takes."""
        return self.takes | frozenset(self.waits)


_BATCH = frozenset({"batch", "batch_count"})
_KEEP = {"keep_old_for": ""}

PRESETS: Mapping[str, Preset] = {
    "all-at-once": Preset(
        steps=all_at_once.all_at_once,
        waits={"bake": all_at_once.DEFAULT_BAKE},
        out_of_service=lambda strategy, size: size,
    ),
    "rolling": Preset(
        steps=rolling.rolling,
        waits={"bake": batches.DEFAULT_BAKE},
        takes=_BATCH,
        out_of_service=batches.batch_size,
    ),
    "rolling-with-additional-batch": Preset(
        steps=rolling.rolling_with_additional_batch, waits={"bake": batches.DEFAULT_BAKE}, takes=_BATCH
    ),
    "immutable": Preset(
        steps=immutable.immutable,
        waits={"check": immutable.DEFAULT_CHECK, "bake": immutable.DEFAULT_BAKE, **_KEEP},
        takes=frozenset({"first"}),
    ),
    "traffic-splitting": Preset(
        steps=traffic_splitting.traffic_splitting,
        waits={"every": traffic_splitting.DEFAULT_EVERY, "bake": traffic_splitting.DEFAULT_BAKE, **_KEEP},
        takes=frozenset({"shares"}),
    ),
    "canary": Preset(
        steps=canary.canary, waits={"bake": canary.DEFAULT_BAKE}, takes=_BATCH | frozenset({"canary"})
    ),
    "linear": Preset(
        steps=linear.linear, waits={"every": linear.DEFAULT_EVERY, **_KEEP}, takes=frozenset({"share"})
    ),
    "blue-green": Preset(steps=blue_green.blue_green, waits={"bake": blue_green.DEFAULT_BAKE, **_KEEP}),
    "ab-test": Preset(steps=ab_test.ab_test, waits=_KEEP, takes=frozenset({"share", "experiment"})),
}


def with_floor(spec: ServiceSpec, size: int) -> ServiceSpec:
    """The service with the part of its instances that must serve at any time: what its owner says, or all but
    those that the preset takes away, in whole percent."""
    if spec.guards.min_healthy_percent is not None:
        return spec
    floor = 100 * (size - _out_of_service(spec.strategy, size)) // size if size else 100
    return replace(spec, guards=replace(spec.guards, min_healthy_percent=floor))


def _out_of_service(strategy: Strategy, size: int) -> int:
    preset = PRESETS.get(strategy.preset or "")
    return preset.out_of_service(strategy, size) if preset and preset.out_of_service else 0
