"""What a rehearsal did to users, counted. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import TypeVar

from signalbox_local.rehearsal.load.orders import Request
from signalbox_local.rehearsal.looks import stretched
from signalbox_local.rehearsal.phases import Phase

K = TypeVar("K")
NOBODY = "nobody"  # the load balancer answered by itself, or nobody did
Versions = Mapping[str, str]
"""AMI id → what people call the version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Requests that were answered or given up, those that failed, and those that were well but slow."""

    requests: int = 0
    failed: int = 0
    slowed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseCount:
    """One phase: how long it took here, and its requests by version."""

    name: str
    seconds: float
    versions: dict[str, Count]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blast:
    """Who was hurt from the rollout's start to its end: by one request at least that failed or was slow.
    `users_hurt_by_stable` are those whom the version that served before hurt, alone or too. Error minutes:
    each second counts by the share of its requests that failed; `at_real_speed` with bakes in full."""

    users: int
    users_hurt: int
    users_hurt_by_stable: int
    failed: int
    slowed: int
    error_minutes: float
    error_minutes_at_real_speed: float

    @property
    def share_hurt(self) -> float:
        """Percent of the users who asked."""
        return 100 * self.users_hurt / self.users if self.users else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Of the answers of one version, milliseconds."""

    p50: float
    p99: float


def count(requests: Iterable[Request], slow_seconds: float) -> Count:
    """Failed ones are not slow as well."""
    found = Counter(
        "failed" if one.failed else "slowed" if one.seconds > slow_seconds else "well" for one in requests
    )
    return Count(requests=found.total(), failed=found["failed"], slowed=found["slowed"])


def by_version(requests: Iterable[Request], versions: Versions, slow_seconds: float) -> dict[str, Count]:
    """In the order of `versions`, nobody last; those without requests are left out."""
    grouped = _grouped(requests, lambda one: versions.get(one.image, NOBODY))
    names = dict.fromkeys([*versions.values(), NOBODY])
    return {name: count(grouped[name], slow_seconds) for name in names if name in grouped}


def by_phase(
    requests: Sequence[Request], phases: Sequence[Phase], versions: Versions, slow_seconds: float
) -> tuple[PhaseCount, ...]:
    """Requests belong to the phase in which they were due."""
    return tuple(
        PhaseCount(
            name=phase.name,
            seconds=phase.seconds,
            versions=by_version(within(requests, phase.began, phase.ended), versions, slow_seconds),
        )
        for phase in phases
    )


def within(requests: Iterable[Request], began: float, ended: float) -> list[Request]:
    """Those that were due in that time."""
    return [one for one in requests if began <= one.at < ended]


def blast(
    requests: Sequence[Request],
    stable: str,
    slow_seconds: float,
    faster: Sequence[tuple[float, float, float]],
) -> Blast:
    """Of the requests of the rollout. `stable` is an AMI id; `faster` are the spans that were sped up."""
    hurt = [one for one in requests if one.failed or one.seconds > slow_seconds]
    found = count(requests, slow_seconds)
    return Blast(
        users=len({one.user for one in requests}),
        users_hurt=len({one.user for one in hurt}),
        users_hurt_by_stable=len({one.user for one in hurt if one.image == stable}),
        failed=found.failed,
        slowed=found.slowed,
        error_minutes=_error_seconds(requests, ()) / 60,
        error_minutes_at_real_speed=_error_seconds(requests, faster) / 60,
    )


def _error_seconds(requests: Iterable[Request], faster: Sequence[tuple[float, float, float]]) -> float:
    total = 0.0
    for second, asked in _grouped(requests, lambda one: int(one.at)).items():
        share = sum(one.failed for one in asked) / len(asked)
        total += share * stretched(second, second + 1, faster)
    return total


def latency(requests: Iterable[Request]) -> Latency | None:
    """None without answers."""
    seconds = sorted(one.seconds for one in requests if one.status)
    if not seconds:
        return None
    cuts = quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else seconds * 99
    return Latency(p50=cuts[49] * 1000, p99=cuts[98] * 1000)


def first_hurt(requests: Iterable[Request], stable: str, slow_seconds: float) -> float | None:
    """When the first bad answer was due that stable did not give: the candidate gave it, or nobody did."""
    bad = (one.at for one in requests if one.image != stable and (one.failed or one.seconds > slow_seconds))
    return min(bad, default=None)


def last_after(requests: Iterable[Request], image: str, since: float) -> float:
    """Seconds after an instant at which a version was still asked; 0 when it was not."""
    return max((one.at - since for one in requests if one.image == image and one.at > since), default=0.0)


def _grouped(requests: Iterable[Request], key: Callable[[Request], K]) -> dict[K, list[Request]]:
    found: dict[K, list[Request]] = defaultdict(list)
    for one in requests:
        found[key(one)].append(one)
    return found
