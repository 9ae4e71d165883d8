"""Looks at AWS itself after every write and every second, and says which invariant does not hold."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, inf

from signalbox_local.sample_service import SampleService
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
    balancers: frozenset[str]

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
            frozenset(backend.balancers()),
        )

    def all(self) -> Iterator[Hashable]:
        """Each of them."""
        for kind in (self.groups, self.target_groups, self.rules, self.alarms, self.versions, self.balancers):
            yield from kind

    def missing_in(self, now: Names) -> list[str]:
        """What was there and is not there any more."""
        gone = [
            self.groups - now.groups,
            self.target_groups - now.target_groups,
            self.rules - now.rules,
            self.alarms - now.alarms,
            self.versions - now.versions,
            self.balancers - now.balancers,
        ]
        return sorted(str(name) for names in gone for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Of one target: its stable image and size, how many healthy instances must serve at all times, and how
    many of the old version stay until a new one has served for `watched_for` seconds."""

    image: str
    size: int
    floor: int
    kept: int
    watched_for: float


class Watch:
    """One target and what is known of it. `promoted`: people may have ended a bake, then nobody has watched.
    Of somebody else: `foreign` are values of groups, by group and field, `weighed` weights, by rule or name,
    `made` things, by their names, and `shaped` the rules that they have changed otherwise. What they have
    `taken` away lowers the floor until `excused_until`."""

    def __init__(self, backend: Backend, target: SampleService, expected: Expected) -> None:
        self.target = target
        self.size, self.floor = expected.size, expected.floor
        self.promoted = False
        self.foreign: set[tuple[str, str, Hashable]] = set()
        self.weighed: list[tuple[str, Mapping[str, int]]] = []
        self.shaped: set[str] = set()
        self.made: set[str] = set()
        self.taken = 0
        self.excused_until = 0.0
        self.told: dict[str, str] = {}
        self._backend = backend
        self._expected = expected
        self._stable = expected.image
        self._serving_since: float | None = None

    @property
    def missing(self) -> int:
        """Instances that somebody else has just taken away."""
        return self.taken if hub.now < self.excused_until else 0

    def tell(self, invariant: str, text: str) -> None:
        """Something that does not hold and that only the run itself sees."""
        self.told.setdefault(invariant, f"{invariant} {hub.now:.2f} {text}")

    def stable_is_kept(self, *, live: bool) -> Iterator[str]:
        """I4. Without a live rollout, stable is whatever has all traffic."""
        if not live:
            self._settle()
            return
        kept, is_verified = self._members().count(self._stable), self._is_verified()
        if not (self.promoted or is_verified) and kept < self._expected.kept - self.missing:
            yield f"{kept} of {self._expected.kept} of the old version before the new one is verified"

    def _settle(self) -> None:
        serving = {image for images in self._served() for image in images}
        self._serving_since = None
        if len(serving) == 1:
            self._stable = serving.pop()

    def _members(self) -> list[str]:
        """The images of all instances in service, in the target's own groups and in copies of them."""
        return [
            state.instance.image_id
            for name, group in self._backend.groups().items()
            if name.startswith(self.target.groups)
            for state in group.instance_states
            if state.lifecycle_state == "InService"
        ]

    def _served(self) -> list[tuple[str, ...]]:
        return [self._backend.images(arn) for arn in sorted(self._backend.loaded(self.target.references))]

    def _is_verified(self) -> bool:
        """Whether the new version has had traffic, without a break, for as long as it is to be watched; but
        for one that others make."""
        serves = any(image != self._stable for images in self._served() for image in images)
        if serves:
            self._serving_since = self._serving_since or hub.now
        elif not self.missing:
            self._serving_since = None
        return self._serving_since is not None and hub.now - self._serving_since >= self._expected.watched_for


@dataclass(frozen=True, slots=True)
class Holder:
    """A rollout as the table has it; `phase` is None when there are only its locks."""

    service: str
    phase: str | None
    locks: Sequence[str]

    @property
    def lives(self) -> bool:
        """Whether it has not ended for good."""
        return self.phase is not None and self.phase not in FINAL

    def holds(self, watch: Watch) -> bool:
        """Whether it has locked the target."""
        return any(lock.rpartition("/")[2] == watch.target.groups[0] for lock in self.locks)


class Observer:
    """Remembers each violation once, with its first instant."""

    def __init__(self, backend: Backend, table: str, watches: Sequence[Watch]) -> None:
        self._backend = backend
        self._table = table
        self._watches = watches
        self._found: dict[str, str] = {}
        self._before = Names.of(backend)
        self._last: object = None
        self._weighted_at: dict[str, float] = {}  # target groups of a name, when they last had weight

    @property
    def violations(self) -> dict[str, str]:
        """Invariant -> where it was first seen not to hold."""
        told = {key: text for watch in self._watches for key, text in watch.told.items()}
        return {**told, **self._found}

    def look(self, why: str) -> None:
        """Check everything that holds at all times; `why` names what has just happened."""
        state = self._backend.state(), [watch.missing for watch in self._watches]
        if why == EACH_SECOND and state == self._last:
            return
        self._last = state
        rollouts = self._rollouts()
        checks = {
            "I1": self._shares(),
            "I2": (*self._capacity(), *self._remembered()),
            "I4": self._stable_is_kept(rollouts),
            "I5": self._locks(rollouts),
            "I9": self._nothing_foreign_goes(),
        }
        for invariant, found in checks.items():
            for text in found:
                self._found.setdefault(invariant, f"{invariant} {hub.now:.2f} after {why}: {text}")

    def _shares(self) -> Iterator[str]:
        for arn, weights in self._backend.rules().items():
            if sum(weights.values()) != 100 or min(weights.values()) < 0:
                yield f"{_short(arn)} has the weights {sorted(weights.values())}"
            if sum(1 for weight in weights.values() if weight) > 2:
                yield f"{_short(arn)} sends traffic to three groups"

    def _capacity(self) -> Iterator[str]:
        floors = {
            rule: watch.floor - watch.missing for watch in self._watches for rule in watch.target.references
        }
        for rule, weights in self._backend.rules().items():
            for arn, weight in weights.items():
                needed = ceil(floors.get(rule, 0) * weight / 100)
                healthy = len(self._backend.images(arn)) if needed else 0
                if healthy < needed:
                    yield f"{healthy} of {needed} healthy in {_short(arn)}"
        for record in self._backend.leading_nowhere(self._before.balancers):
            yield f"{record} has weight and leads to no load balancer that is active"

    def _remembered(self) -> Iterator[str]:
        """Resolvers lead clients to what has lost its weight for twice the TTL: somebody must serve there."""
        rules = self._backend.rules()
        for watch in self._watches:
            for name in watch.target.references if watch.target.ttl else ():
                for arn, weight in rules.get(name, {}).items():
                    if weight:
                        self._weighted_at[arn] = hub.now
                    gone_for = hub.now - self._weighted_at.get(arn, -inf)
                    if (
                        gone_for < 2 * watch.target.ttl
                        and not watch.missing
                        and not self._backend.images(arn)
                    ):
                        yield f"nobody serves behind {_short(arn)}, which had weight {gone_for:.0f} s ago"

    def _rollouts(self) -> dict[str, Holder]:
        found: dict[str, Holder] = {}
        held: dict[str, list[str]] = {}
        for lock in self._backend.items(self._table, "LOCK#"):
            held.setdefault(lock["rollout_id"], []).append(lock["pk"])
        for item in self._backend.items(self._table, "SERVICE#"):
            if item["sk"].startswith("ROLLOUT#"):
                name = item["sk"].removeprefix("ROLLOUT#")
                found[name] = Holder(item["pk"], item["phase"], held.pop(name, []))
        return {**found, **{name: Holder("", None, locks) for name, locks in held.items()}}

    def _stable_is_kept(self, rollouts: Mapping[str, Holder]) -> Iterator[str]:
        for watch in self._watches:
            yield from watch.stable_is_kept(live=any(r.holds(watch) for r in rollouts.values()))

    def _locks(self, rollouts: Mapping[str, Holder]) -> Iterator[str]:
        live = {name: rollout for name, rollout in rollouts.items() if rollout.lives}
        for name, rollout in rollouts.items():
            if rollout.locks and not rollout.lives:
                yield f"{rollout.locks} are held by {name}, which does not live"
            if rollout.lives and not rollout.locks:
                yield f"{name} lives and holds no lock"
        if len({rollout.service for rollout in live.values()}) < len(live):
            yield f"more than one rollout of {', '.join(live)} lives on one service"
        for watch in self._watches:
            on_one = [name for name, rollout in live.items() if rollout.holds(watch)]
            if len(on_one) > 1:
                yield f"{on_one} live on one target"

    def _nothing_foreign_goes(self) -> Iterator[str]:
        now = Names.of(self._backend)
        theirs = {name for watch in self._watches for name in watch.made} - {str(name) for name in now.all()}
        for name in (*self._before.missing_in(now), *sorted(theirs)):
            yield f"{name} has gone, which Signalbox did not make"


def _short(arn: str) -> str:
    return arn.rsplit(":", maxsplit=1)[-1]
