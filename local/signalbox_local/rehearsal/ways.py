"""The load balancers, listeners and rules of a replica, as its references need them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from signalbox_local.owner import NOTHING, Aws, make_balancer, make_listener, make_rule
from signalbox_local.rehearsal.blueprint import Reference

FIRST_PORT = 80
FIRST_PRIORITY, LAST_PRIORITY = 10, 1000  # the last is that of the rule that takes every path


@dataclass(frozen=True, slots=True, kw_only=True)
class WayIn:
    """A listener's port on a load balancer (by its DNS name), and the host that leads to one of its rules."""

    balancer: str
    port: int
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A local reference, and the ARN for which it stands."""

    stands_for: str
    arn: str
    balancer_arn: str
    way_in: WayIn


@dataclass(slots=True)
class _Listener:
    arn: str
    port: int
    serves: bool
    rules: int = 0


class Ways:
    """Makes balancers and listeners once each. Of a listener's rules the first takes every path, the others
    a host of their own each; where the listener itself serves, all of them do."""

    def __init__(self, aws: Aws, action: Mapping[str, object], subnets: Sequence[str]) -> None:
        self._aws = aws
        self._action = action
        self._subnets = subnets
        self._balancers: dict[str, dict[str, Any]] = {}
        self._listeners: dict[tuple[str, str], _Listener] = {}

    def make(self, references: Sequence[Reference]) -> tuple[Made, ...]:
        """Listeners that serve come before the rules on them."""
        return tuple(self._make(one) for one in sorted(references, key=lambda one: one.is_rule))

    def _make(self, one: Reference) -> Made:
        listener = self._listener(one)
        balancer = self._balancer(one.balancer)
        host = self._host(one, listener) if one.is_rule else ""
        arn = self._rule(listener, host) if one.is_rule else listener.arn
        way_in = WayIn(balancer=balancer["DNSName"], port=listener.port, host=host)
        balancer_arn = str(balancer["LoadBalancerArn"])
        return Made(stands_for=one.arn, arn=arn, balancer_arn=balancer_arn, way_in=way_in)

    def _balancer(self, name: str) -> dict[str, Any]:
        if name not in self._balancers:
            self._balancers[name] = make_balancer(self._aws, name, self._subnets)
        return self._balancers[name]

    def _listener(self, one: Reference) -> _Listener:
        key = (one.balancer, one.listener)
        if key not in self._listeners:
            port = FIRST_PORT + sum(known == one.balancer for known, _ in self._listeners)
            action = NOTHING if one.is_rule else self._action
            arn = make_listener(self._aws, self._balancer(one.balancer)["LoadBalancerArn"], action, port)
            self._listeners[key] = _Listener(arn, port, serves=not one.is_rule)
        return self._listeners[key]

    def _host(self, one: Reference, listener: _Listener) -> str:
        return f"door-{listener.rules}.{one.balancer}.test" if listener.serves or listener.rules else ""

    def _rule(self, listener: _Listener, host: str) -> str:
        condition = ("host-header", host) if host else ("path-pattern", "/*")
        priority = FIRST_PRIORITY + listener.rules if host else LAST_PRIORITY
        listener.rules += 1
        return make_rule(self._aws, listener.arn, priority, condition, self._action)
