"""What a load process is told, and what it tells: JSON on one line each."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from signalbox_local.world import Traffic


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A way in: either a URL or, behind Route 53, a `name`; `host` is what the Host header says."""

    url: str = ""
    name: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """`names_url` answers where names lead now."""

    traffic: Traffic
    seed: int
    doors: tuple[Door, ...]
    names_url: str = ""

    def line(self) -> str:
        """For the standard input of the process."""
        doors = [asdict(door) for door in self.doors]
        traffic = self.traffic.model_dump(mode="json")
        rest = {"seed": self.seed, "names_url": self.names_url}
        return json.dumps({"traffic": traffic, "doors": doors, **rest})

    @staticmethod
    def read(line: str) -> "Orders":
        """The other way round."""
        told: dict[str, Any] = json.loads(line)
        doors = tuple(Door(**door) for door in told.pop("doors"))
        return Orders(traffic=Traffic.model_validate(told.pop("traffic")), doors=doors, **told)


@dataclass(frozen=True, slots=True)
class Request:
    """One request and its answer. `at` is when it was due (epoch seconds) and `seconds` counts from then, so
    that a load generator that lags hides nothing. Status 0: no answer. `image` and `target_group` are empty
    when no instance answered."""

    at: float
    seconds: float
    status: int
    image: str
    target_group: str
    user: int

    @property
    def failed(self) -> bool:
        """Anything but 2xx and 3xx."""
        return not 200 <= self.status < 400  # noqa: PLR2004
