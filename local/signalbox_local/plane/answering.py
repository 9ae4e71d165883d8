"""How an instance answers a request, decided: how long it takes, and whether it fails."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from signalbox_local.world import Behaviour, Latency, Only

Z99 = 2.3263478740408408
"""The standard normal's 99th percentile."""
HEALTHY = Behaviour()


@dataclass(frozen=True, slots=True)
class Answer:
    """After `seconds`, well or with an error."""

    seconds: float
    fails: bool


class Answering:
    """One life of an instance, from its start to its crash."""

    def __init__(self, behaviour: Behaviour, chance: Random, began: float) -> None:
        self.behaviour = behaviour
        self.served = 0
        self._chance = chance
        self._began = began

    def answer(self, path: str, headers: Mapping[str, str], now: float) -> Answer:
        """To the next request; those that `only` does not name are answered as by a healthy version."""
        mine = self.behaviour
        meant = mine.only is None or _names(mine.only, path, headers)
        milliseconds = _draw((mine if meant else HEALTHY).latency, self._chance)
        if mine.cold_start and now - self._began < mine.cold_start.seconds:
            milliseconds += mine.cold_start.latency_ms
        if not meant:
            return Answer(milliseconds / 1000, False)
        percent = mine.errors_percent
        if mine.leak:
            milliseconds += mine.leak.latency_ms * self.served
            percent += mine.leak.errors_percent * self.served
        self.served += 1
        return Answer(milliseconds / 1000, self._chance.random() * 100 < percent)


def _names(only: Only, path: str, headers: Mapping[str, str]) -> bool:
    if only.paths and path not in only.paths:
        return False
    return only.header is None or headers.get(only.header.name) == only.header.value


def _draw(latency: Latency, chance: Random) -> float:
    """Log-normal: its logarithm is normal around that of the median."""
    if not latency.p50_ms:
        return 0.0
    spread = math.log(latency.p99_ms / latency.p50_ms) / Z99
    return chance.lognormvariate(math.log(latency.p50_ms), spread)
