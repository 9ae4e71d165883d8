"""When who asks for what: a Poisson process, the same for the same seed. Pure."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from signalbox_local.world import SentHeader, Traffic

WAVE_SECONDS, WAVE_HEIGHT = 30.0, 0.6
BURST_EVERY, BURST_SECONDS, BURST_HEIGHT = 12.0, 2.0, 3.0
# Between bursts as much less that the mean stays what the world asks for.
_CALM = (BURST_EVERY - BURST_SECONDS * BURST_HEIGHT) / (BURST_EVERY - BURST_SECONDS)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request: due `at` seconds after the beginning."""

    at: float
    user: int
    path: str


def arrivals(traffic: Traffic, seed: int) -> Iterator[Arrival]:
    """Without end, in order of time; by thinning of a steady stream at the highest rate (Lewis, Shedler)."""
    chance = Random(f"arrivals {seed}")  # noqa: S311 - chance of a simulation
    shape, peak = SHAPES[traffic.shape]
    paths, weights = list(traffic.paths), list(accumulate(traffic.paths.values()))
    at = 0.0
    while True:
        at += chance.expovariate(traffic.requests_per_second * peak)
        if chance.random() * peak < shape(at):
            path = chance.choices(paths, cum_weights=weights)[0]
            yield Arrival(at, chance.randrange(traffic.users), path)


def _steady(at: float) -> float:
    return 1.0


def _wave(at: float) -> float:
    return 1 + WAVE_HEIGHT * math.sin(2 * math.pi * at / WAVE_SECONDS)


def _bursts(at: float) -> float:
    return BURST_HEIGHT if at % BURST_EVERY >= BURST_EVERY - BURST_SECONDS else _CALM


SHAPES: dict[str, tuple[Callable[[float], float], float]] = {
    "steady": (_steady, 1.0),
    "wave": (_wave, 1 + WAVE_HEIGHT),
    "bursts": (_bursts, BURST_HEIGHT),
}
"""By name: the rate at a time as a multiple of the mean, and its highest value."""


def sent_headers(headers: tuple[SentHeader, ...], user: int, seed: int) -> dict[str, str]:
    """What a user sends with every request: each header by the chance of its share, once and for all."""
    return {
        header.name: header.value
        for header in headers
        if Random(f"{seed} {header.name} {header.value} {user}").random() * 100 < header.share_percent  # noqa: S311
    }
