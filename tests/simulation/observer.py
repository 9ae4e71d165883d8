"""Looks at AWS itself after every write and every second, and says which invariant does not hold."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from math import ceil

from tests.simulation.backend import Backend
from tests.simulation.fibers import hub

EACH_SECOND = "a second"
FINAL = ("succeeded", "rolled_back", "aborted", "cancelled", "superseded")


@dataclass(frozen=True, slots=True)
class Names:
    """What the owner of a service has, by name. Signalbox may add to it, and removes only what it added."""

    groups: frozenset[str]
    target_groups: frozenset[str]
    rules: frozenset[str]
    alarms: frozenset[str]
    versions: frozenset[tuple[str, int]]

    @classmethod
    def of(cls, backend: Backend) -> Names:
        """As they are now."""
        versions = backend.template_versions()
        return cls(
            frozenset(backend.groups()),
            frozenset(backend.target_groups()),
            frozenset(backend.rules()),
            frozenset(backend.alarms()),
            frozenset((template, number) for template, numbers in versions.items() for number in numbers),
        )

    def missing_in(self, now: Names) -> list[str]:
        """What was there and is not there any more."""
        gone = [
            self.groups - now.groups,
            self.target_groups - now.target_groups,
            self.rules - now.rules,
            self.alarms - now.alarms,
            self.versions - now.versions,
        ]
        return sorted(str(name) for names in gone for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Of one service: its stable image and size, the floor, and how long a version must be watched."""

    image: str
    size: int
    floor: int
    watched_for: float


class Observer:
    """Remembers each violation once, with its first instant."""

    def __init__(self, backend: Backend, table: str, expected: Expected) -> None:
        self.violations: dict[str, str] = {}
        self.promoted = False
        self._backend = backend
        self._table = table
        self._expected = expected
        self._before = Names.of(backend)
        self._serving_since: float | None = None
        self._last: Hashable = None

    def look(self, why: str) -> None:
        """Check everything that holds at all times; `why` names what has just happened."""
        state = self._backend.state()
        if why == EACH_SECOND and state == self._last:
            return
        self._last = state
        checks = {
            "I1": self._shares(),
            "I2": self._capacity(),
            "I4": self._stable_is_kept(),
            "I5": self._locks(),
            "I9": self._nothing_foreign_goes(),
        }
        for invariant, found in checks.items():
            for text in found:
                self.violations.setdefault(invariant, f"{invariant} {hub.now:.2f} after {why}: {text}")

    def _shares(self) -> Iterator[str]:
        for arn, weights in self._backend.rules().items():
            if sum(weights.values()) != 100 or min(weights.values()) < 0:
                yield f"{_short(arn)} has the weights {sorted(weights.values())}"
            if sum(1 for weight in weights.values() if weight) > 2:
                yield f"{_short(arn)} sends traffic to three groups"

    def _capacity(self) -> Iterator[str]:
        for weights in self._backend.rules().values():
            for arn, weight in weights.items():
                needed = ceil(self._expected.floor * weight / 100)
                healthy = len(self._backend.images(arn)) if needed else 0
                if healthy < needed:
                    yield f"{healthy} of {needed} healthy in {_short(arn)}"

    def _stable_is_kept(self) -> Iterator[str]:
        kept = sum(
            1
            for group in self._backend.groups().values()
            for state in group.instance_states
            if state.lifecycle_state == "InService" and state.instance.image_id == self._expected.image
        )
        if not self.promoted and not self._is_verified() and kept < self._expected.size:
            yield f"{kept} of {self._expected.size} of the old version before the new one is verified"

    def _is_verified(self) -> bool:
        """Whether the new version has had traffic for as long as it is to be watched."""
        serves = any(
            image != self._expected.image
            for arn, weight in _loads(self._backend).items()
            for image in (self._backend.images(arn) if weight else ())
        )
        if serves and self._serving_since is None:
            self._serving_since = hub.now
        return self._serving_since is not None and hub.now - self._serving_since >= self._expected.watched_for

    def _locks(self) -> Iterator[str]:
        phases = {
            item["sk"].removeprefix("ROLLOUT#"): item["phase"]
            for item in self._backend.items(self._table, "SERVICE#")
            if item["sk"].startswith("ROLLOUT#")
        }
        for lock in self._backend.items(self._table, "LOCK#"):
            if phases.get(lock["rollout_id"], "none") in (*FINAL, "none"):
                yield f"{lock['pk']} is held by {lock['rollout_id']}, which does not live"
        live = [rollout for rollout, phase in phases.items() if phase not in FINAL]
        if len(live) > 1:
            yield f"{len(live)} rollouts live on one service"

    def _nothing_foreign_goes(self) -> Iterator[str]:
        for name in self._before.missing_in(Names.of(self._backend)):
            yield f"{name} has gone, which Signalbox did not make"


def _loads(backend: Backend) -> Mapping[str, int]:
    return {arn: weight for weights in backend.rules().values() for arn, weight in weights.items()}


def _short(arn: str) -> str:
    return arn.rsplit(":", maxsplit=1)[-1]
