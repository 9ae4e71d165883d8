"""What the gateway must know of the REST API of the template, and which route a request takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote


@dataclass(frozen=True, slots=True)
class Route:
    """One method (or ANY) of one path; `path` with `{parameters}`, `function` is the ARN that is invoked."""

    method: str
    path: str
    function: str
    auth: Literal["AWS_IAM", "NONE"] = "AWS_IAM"
    api_key_required: bool = False


@dataclass(frozen=True, slots=True)
class Quota:
    """Requests per period: DAY, WEEK or MONTH."""

    limit: int
    period: str


@dataclass(frozen=True, slots=True)
class ApiFacts:
    """The API, its stage and its one usage plan: `rate` in requests per second, None means unlimited."""

    region: str
    account: str
    rest_api_id: str
    stage: str
    routes: tuple[Route, ...]
    api_key: str | None = None
    api_key_id: str | None = None
    rate: float | None = None
    burst: int | None = None
    quota: Quota | None = None

    def invoke_arn(self, method: str, path: str) -> str:
        """What IAM is asked about."""
        api = f"arn:aws:execute-api:{self.region}:{self.account}:{self.rest_api_id}"
        return f"{api}/{self.stage}/{method}{path}"


@dataclass(frozen=True, slots=True)
class Match:
    """The route of a request and the decoded values of its path's parameters."""

    route: Route
    path_parameters: Mapping[str, str] = field(default_factory=dict)


class Router:
    """Finds routes; a literal segment goes before a parameter, a parameter before `{name+}`."""

    def __init__(self, facts: ApiFacts) -> None:
        self._routes = sorted(facts.routes, key=lambda route: [*map(_rank, _segments(route.path))])

    def find(self, method: str, path: str) -> Match | None:
        """`path` as received, escapes and all."""
        segments = _segments(path)
        for route in self._routes:
            found = _parameters(_segments(route.path), segments)
            if found is not None and route.method in (method, "ANY"):
                return Match(route, found)
        return None


def _segments(path: str) -> list[str]:
    return path.removesuffix("/").split("/")[1:]


def _rank(segment: str) -> int:
    return 2 if segment.endswith("+}") else int(segment.startswith("{"))


def _parameters(wanted: list[str], given: list[str]) -> dict[str, str] | None:
    """None when the path does not fit."""
    found: dict[str, str] = {}
    for position, segment in enumerate(wanted):
        if segment.endswith("+}"):
            rest = "/".join(given[position:])
            return {**found, segment[1:-2]: unquote(rest)} if rest else None
        if position >= len(given) or not (segment.startswith("{") or segment == given[position]):
            return None
        if segment.startswith("{"):
            found[segment[1:-1]] = unquote(given[position])
    return found if len(wanted) == len(given) else None
