"""Who goes first when much is found, or approved, at once, as it is remembered."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """Of one rule. `first` are the findings whose fix is watched before any other is made; `waiting`: others
    wait for them; `halted` says why nothing of the rule is put right any more but one that somebody asks for,
    which stands in `first` then, `resumed_at` when that was over."""

    first: tuple[str, ...] = ()
    waiting: bool = False
    halted: str = ""
    resumed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waves:
    """All of an account and Region. `free_at` is when the next one may be begun."""

    by_rule: Mapping[str, Wave] = field(default_factory=dict)
    free_at: datetime | None = None
    revision: int = 0

    def of(self, rule: str) -> Wave:
        """That of a rule."""
        return self.by_rule.get(rule, Wave())


def with_wave(waves: Waves, rule: str, wave: Wave) -> Waves:
    """At its next revision. Of a rule for which nothing is remembered nothing is kept."""
    by_rule = {**waves.by_rule, rule: wave}
    kept = {name: each for name, each in by_rule.items() if each != Wave()}
    return replace(waves, by_rule=kept, revision=waves.revision + 1)
