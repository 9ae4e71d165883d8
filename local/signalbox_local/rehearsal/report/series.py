"""What the plots show, as numbers over time; seconds since the rollout was asked for. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor

from signalbox_local.rehearsal.figures import Latency, latency
from signalbox_local.rehearsal.load.orders import Request
from signalbox_local.rehearsal.phases import Phase, epoch
from signalbox_local.rehearsal.result import Recording, Summary, phases_of

MOST_BINS = 120
FEWEST_FOR_LATENCY = 5  # answers; the percentiles of fewer say nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Requests a second, by bin: answered well by each version, failed by each, and answered by nobody."""

    stable: tuple[float, ...]
    candidate: tuple[float, ...]
    stable_failed: tuple[float, ...]
    candidate_failed: tuple[float, ...]
    unanswered: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """Healthy targets of each version at each look."""

    at: tuple[float, ...]
    stable: tuple[int, ...]
    candidate: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """The candidate's share in percent at each sighting."""

    at: tuple[float, ...]
    wanted: tuple[int, ...]
    actual: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plots:
    """All series of a rehearsal. `bins` are where each bin begins, `width` is its length."""

    began: float
    ended: float
    bins: tuple[float, ...]
    width: float
    shares: Shares
    rates: Rates
    stable_latency: tuple[Latency | None, ...]
    candidate_latency: tuple[Latency | None, ...]
    hosts: Hosts
    size: int
    floor: int
    phases: tuple[Phase, ...]
    detected: float | None
    restored: float | None
    slow_ms: float


def plots(found: Recording, summed: Summary, images: tuple[str, str], slow_ms: float) -> Plots:
    """`images` are the AMI ids of stable and candidate."""
    zero = epoch(found.sightings[0].rollout["created_at"])
    began, ended = found.began - zero, found.ended - zero
    width = float(max(1, ceil((ended - began) / MOST_BINS)))
    # Whole bins only: the rest of one would look like a drop.
    bins = tuple(number * width for number in range(ceil(began / width), floor(ended / width)))
    grouped = _binned(found.requests, zero, width)
    return Plots(
        began=began,
        ended=ended,
        bins=bins,
        width=width,
        shares=_shares(found, zero),
        rates=_rates(grouped, bins, width, images),
        stable_latency=_latencies(grouped, bins, images[0]),
        candidate_latency=_latencies(grouped, bins, images[1]),
        hosts=_hosts(found, zero, images),
        size=summed.size,
        floor=summed.floor,
        phases=tuple(_shifted(phase, zero) for phase in phases_of(found)),
        detected=_after(summed.clocks.detected, zero),
        restored=_after(summed.clocks.restored, zero),
        slow_ms=slow_ms,
    )


def _shifted(phase: Phase, zero: float) -> Phase:
    return Phase(name=phase.name, kind=phase.kind, began=phase.began - zero, ended=phase.ended - zero)


def _after(at: float | None, zero: float) -> float | None:
    return None if at is None else at - zero


def _binned(requests: Sequence[Request], zero: float, width: float) -> Mapping[float, list[Request]]:
    found: dict[float, list[Request]] = defaultdict(list)
    for one in requests:
        found[floor((one.at - zero) / width) * width].append(one)
    return found


def _rates(
    grouped: Mapping[float, list[Request]], bins: Sequence[float], width: float, images: tuple[str, str]
) -> Rates:
    def rate(image: str, failed: bool) -> tuple[float, ...]:
        return tuple(
            sum(one.image == image and one.failed == failed for one in grouped.get(at, ())) / width
            for at in bins
        )

    stable, candidate = images
    return Rates(
        stable=rate(stable, False),
        candidate=rate(candidate, False),
        stable_failed=rate(stable, True),
        candidate_failed=rate(candidate, True),
        unanswered=rate("", True),
    )


def _latencies(
    grouped: Mapping[float, list[Request]], bins: Sequence[float], image: str
) -> tuple[Latency | None, ...]:
    found = ([one for one in grouped.get(at, ()) if one.image == image] for at in bins)
    return tuple(latency(some) if len(some) >= FEWEST_FOR_LATENCY else None for some in found)


def _hosts(found: Recording, zero: float, images: tuple[str, str]) -> Hosts:
    return Hosts(
        at=tuple(look.at - zero for look in found.looks),
        stable=tuple(look.hosts(images[0]) for look in found.looks),
        candidate=tuple(look.hosts(images[1]) for look in found.looks),
    )


def _shares(found: Recording, zero: float) -> Shares:
    told = [(epoch(one.at) - zero, one.rollout["shares"]) for one in found.sightings]
    return Shares(
        at=tuple(at for at, _ in told),
        wanted=tuple(int(shares["wanted"]["candidate"]) for _, shares in told),
        actual=tuple(int(shares["actual"]["candidate"]) for _, shares in told),
    )
