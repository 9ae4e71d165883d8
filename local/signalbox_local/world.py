"""A world: how the versions of a service behave in a rehearsal, who asks of them, and what AWS lacks."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from signalbox_cli.documents import BadDocument, read_document

Percent = Annotated[float, Field(ge=0, le=100)]
Milliseconds = Annotated[float, Field(ge=0, le=60_000)]
Seconds = Annotated[float, Field(ge=0, le=86_400)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
RequestPath = Annotated[str, Field(pattern=r"^/[!-~]{0,199}$")]


class _Part(BaseModel):
    """Closed: an unknown field is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_max_length=2_000)


class Latency(_Part):
    """Log-normal, through its median and its 99th percentile."""

    p50_ms: Milliseconds = 20
    p99_ms: Milliseconds = 80

    @model_validator(mode="after")
    def _in_order(self) -> "Latency":
        if self.p99_ms < self.p50_ms:
            raise ValueError("p99_ms must not be below p50_ms")
        return self


class Leak(_Part):
    """What one instance's every served request adds to all later ones."""

    latency_ms: Milliseconds = 0
    errors_percent: Percent = 0


class ColdStart(_Part):
    """An instance's first seconds."""

    seconds: Seconds
    latency_ms: Milliseconds


class Header(_Part):
    """A request header and its value."""

    name: Name
    value: Annotated[str, Field(min_length=1, max_length=200)]


class Only(_Part):
    """Which requests errors, latency and leak apply to; others are served as by a healthy version."""

    paths: tuple[RequestPath, ...] = ()
    header: Header | None = None

    @model_validator(mode="after")
    def _something(self) -> "Only":
        if not self.paths and self.header is None:
            raise ValueError("name paths, a header, or both")
        return self


class Behaviour(_Part):
    """How an instance answers that runs a version, and how many of its good answers are what an experiment of
    the application's own metrics calls a success."""

    latency: Latency = Latency()
    errors_percent: Percent = 0
    leak: Leak | None = None
    cold_start: ColdStart | None = None
    never_healthy: bool = False
    crashes_after_seconds: Annotated[float, Field(gt=0, le=86_400)] | None = None
    restarts_after_seconds: Seconds = 5
    only: Only | None = None
    converts_percent: Percent = 10


class SentHeader(Header):
    """A header that a share of the users sends."""

    share_percent: Percent


class Traffic(_Part):
    """Who asks: an open stream of requests, whose users each keep their cookies. `host`: they look up that
    name in Route 53 instead of going to the load balancer. Who looks up a name remembers the answer for
    `ttl_seconds`. `sticky`: the load balancer keeps a user with a target or with a target group."""

    requests_per_second: Annotated[float, Field(gt=0, le=2_000)] = 40
    shape: Literal["steady", "wave", "bursts"] = "steady"
    users: Annotated[int, Field(ge=1, le=100_000)] = 200
    paths: dict[RequestPath, Annotated[float, Field(gt=0)]] = Field(default={"/": 1}, min_length=1)
    headers: tuple[SentHeader, ...] = ()
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 5
    slow_ms: Milliseconds = 500
    sticky: Literal["no", "targets", "groups"] = "no"
    host: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,5}$")] | None = None
    ttl_seconds: Annotated[int, Field(ge=1, le=3_600)] = 60


class Instances(_Part):
    """The fleet: its size, and how its instances come."""

    size: Annotated[int, Field(ge=1, le=200)] = 4
    boot_seconds: Seconds = 2
    room: Annotated[int, Field(ge=0, le=1_000)] | None = None


class Throttling(_Part):
    """How often AWS answers a call of Signalbox with ThrottlingException; `services` as botocore names them,
    empty for all."""

    percent: Percent = 0
    services: tuple[Name, ...] = ()


class AlarmShape(_Part):
    """What an alarm watches of the target group that serves, over `period_seconds`."""

    watches: Literal["errors", "error-rate", "p50", "p90", "p99", "average-latency"]
    above: Annotated[float, Field(ge=0)]
    period_seconds: Literal[10, 30, 60, 120, 300] = 60
    datapoints: Annotated[int, Field(ge=1, le=10)] = 1
    of: Annotated[int, Field(ge=1, le=10)] = 1

    @model_validator(mode="after")
    def _in_order(self) -> "AlarmShape":
        if self.datapoints > self.of:
            raise ValueError("datapoints must not be more than `of`")
        return self


class Metrics(_Part):
    """How often the load balancer reports."""

    resolution_seconds: Literal[1, 5, 10, 30, 60] = 10


class Expected(_Part):
    """How a rollout of the candidate by the preset canary or blue-green must end here."""

    phase: Literal["succeeded", "rolled_back", "cancelled"]


DEFAULT_ALARMS = {
    "*latency*": AlarmShape(watches="p99", above=0.3),
    "*": AlarmShape(watches="error-rate", above=2),
}


class World(_Part):
    """All of it. Alarms are matched by the pattern of a name (as of `fnmatch`), the first that fits."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 1
    stable: Name = "stable"
    candidate: Name = "candidate"
    versions: dict[Name, Behaviour] = Field(min_length=1)
    traffic: Traffic = Traffic()
    instances: Instances = Instances()
    throttling: Throttling = Throttling()
    metrics: Metrics = Metrics()
    alarms: dict[Annotated[str, Field(min_length=1, max_length=255)], AlarmShape] = DEFAULT_ALARMS
    expected: Expected

    @model_validator(mode="after")
    def _known_versions(self) -> "World":
        for role in ("stable", "candidate"):
            name = getattr(self, role)
            if name not in self.versions:
                raise ValueError(
                    f"{role} is {name!r}, which is not among versions: {', '.join(self.versions)}"
                )
        return self


class BadWorld(Exception):
    """The file is not a world; the text names each field and what would be right."""


def read_world(file: Path) -> World:
    """Raises BadWorld."""
    try:
        return World.model_validate(read_document(file))
    except BadDocument as problem:
        raise BadWorld(str(problem)) from problem
    except ValidationError as problem:
        raise BadWorld("\n".join(_in_words(file, error) for error in problem.errors())) from problem


def _in_words(file: Path, error: ErrorDetails) -> str:
    where = ".".join(str(part) for part in error["loc"])
    return f"{file}: {where or 'the file'}: {error['msg']}"
