"""What is simulated: every preset on every placement, with every ending. A new one joins by its line here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

SIZE = 4
FLOOR = 3  # healthy instances that must serve at all times: 75 % of four


class Ending(StrEnum):
    """How a run without faults ends: the new version is good, bad from its first instance, or in numbers."""

    SUCCEEDS = "succeeds"
    ROLLS_BACK = "rolls-back"
    REBUILDS = "rebuilds"

    @property
    def bad_from(self) -> int | None:
        """So many instances of the new version that serve at once make errors; None: it never does."""
        return {Ending.SUCCEEDS: None, Ending.ROLLS_BACK: 1, Ending.REBUILDS: 3}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One service. `platform` is what its spec names, `strategy` its preset with short bakes."""

    preset: str
    platform: str
    router: str = "alb"
    strategy: Mapping[str, object] = field(default_factory=dict)
    watched_for: float
    endings: tuple[Ending, ...] = (Ending.SUCCEEDS, Ending.ROLLS_BACK)

    @property
    def name(self) -> str:
        return f"{self.preset}/{self.platform}"

    @property
    def size(self) -> int:
        """Instances of the service."""
        return SIZE

    @property
    def changes(self) -> dict[str, object]:
        """What differs from the sample's registration."""
        return {"strategy": {"preset": self.preset, **self.strategy}}


PRESETS: Mapping[str, Mapping[str, object]] = {
    "canary": {"canary": 1, "bake": "1m", "batch": 50},
    "blue-green": {"bake": "1m"},
    "linear": {"share": 50, "every": "30s"},
}
PLATFORMS = ("slots", "group")
CAPABILITIES = frozenset({"rollouts"})
REBUILDING = frozenset({"canary"})  # presets that replace stable's own instances

CASES: Mapping[str, Case] = {
    case.name: case
    for preset, strategy in PRESETS.items()
    for platform in PLATFORMS
    for case in [
        Case(
            preset=preset,
            platform=platform,
            strategy=strategy,
            watched_for=60.0,
            endings=tuple(e for e in Ending if e is not Ending.REBUILDS or preset in REBUILDING),
        )
    ]
}
