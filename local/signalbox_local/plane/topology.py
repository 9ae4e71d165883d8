"""What the data plane is to be: instances, target groups and listeners. All times in seconds as they pass."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from signalbox_local.world import Behaviour

Algorithm = Literal["round_robin", "least_outstanding_requests"]
Field = Literal[
    "path-pattern", "host-header", "http-header", "http-request-method", "query-string", "source-ip"
]


@dataclass(frozen=True, kw_only=True)
class InstanceSpec:
    """A server that runs an image."""

    image: str
    zone: str = "a"


@dataclass(frozen=True, kw_only=True)
class HealthCheckSpec:
    """How a target is checked; `matcher` as ELB spells it: `200`, `200,301`, `200-299`."""

    path: str = "/"
    interval: float = 30.0
    timeout: float = 5.0
    healthy_threshold: int = 5
    unhealthy_threshold: int = 2
    matcher: str = "200"


@dataclass(frozen=True, kw_only=True)
class StickinessSpec:
    """Sessions that stay with their target, by the load balancer's own cookie."""

    duration: float = 86_400.0


@dataclass(frozen=True, kw_only=True)
class TargetGroupSpec:
    """`targets`: instance → port, which names the target but is not bound: an instance has a free port of its
    own. `load_balancers`: those that forward to the group (`app/name/id`); without any it is not in use."""

    name: str
    load_balancers: tuple[str, ...] = ()
    targets: Mapping[str, int] = field(default_factory=dict)
    health: HealthCheckSpec = HealthCheckSpec()
    deregistration_delay: float = 300.0
    slow_start: float = 0.0
    algorithm: Algorithm = "round_robin"
    stickiness: StickinessSpec | None = None


@dataclass(frozen=True, kw_only=True)
class Condition:
    """True when any of `values` fits. Of `query-string` a value is `key=value`, or `=value` for any key."""

    field: Field
    values: tuple[str, ...]
    header_name: str | None = None


@dataclass(frozen=True, kw_only=True)
class Forward:
    """Target group → weight; `stickiness`: how long a client stays with its group, None: not at all."""

    weights: Mapping[str, int]
    stickiness: float | None = None


@dataclass(frozen=True, kw_only=True)
class FixedResponse:
    """An answer by the load balancer itself."""

    status: int = 200
    content_type: str = "text/plain"
    body: str = ""


@dataclass(frozen=True, kw_only=True)
class Redirect:
    """Parts of the new address, with ELB's placeholders `#{protocol}`, `#{host}`, `#{port}`, …"""

    status: int = 302
    protocol: str = "#{protocol}"
    host: str = "#{host}"
    port: str = "#{port}"
    path: str = "/#{path}"
    query: str = "#{query}"


@dataclass(frozen=True, kw_only=True)
class Action:
    """One of the three."""

    forward: Forward | None = None
    fixed_response: FixedResponse | None = None
    redirect: Redirect | None = None


@dataclass(frozen=True, kw_only=True)
class RuleSpec:
    """Its last action counts when every condition is true."""

    arn: str
    actions: tuple[Action, ...]
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ListenerSpec:
    """Rules in order of priority, the default rule last. `port` and `protocol` are told to the targets; bound
    is any free port. `idle_timeout`: how long a target may keep the load balancer waiting."""

    load_balancer: str
    rules: tuple[RuleSpec, ...]
    port: int = 80
    protocol: Literal["HTTP", "HTTPS"] = "HTTP"
    idle_timeout: float = 60.0


@dataclass(frozen=True, kw_only=True)
class Topology:
    """All of it, by instance id and ARN. An instance that is not named is closed at once, its connections
    reset; a target that is not named any more drains. An image without behaviour is healthy."""

    instances: Mapping[str, InstanceSpec] = field(default_factory=dict)
    target_groups: Mapping[str, TargetGroupSpec] = field(default_factory=dict)
    listeners: Mapping[str, ListenerSpec] = field(default_factory=dict)
    behaviours: Mapping[str, Behaviour] = field(default_factory=dict)
    seed: int = 1
