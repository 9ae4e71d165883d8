"""Seams of load balancers themselves: they take their time, and their names and ports are taken once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.elbv2.exceptions import DuplicateListenerError, DuplicateLoadBalancerName
from moto.elbv2.models import ELBv2Backend, FakeListener, FakeLoadBalancer

from signalbox_local.moto_seams.seams import Seams, given_first


def load_balancers(seams: Seams, now: Callable[[], float], seconds: float) -> None:
    """So many seconds after it was asked for, a load balancer is active."""
    due: dict[str, float] = {}

    # moto's load balancers are active at the first look.
    def asked(original: Callable[..., None]) -> Callable[..., None]:
        def initialise(self: FakeLoadBalancer, *args: Any, **given: Any) -> None:
            original(self, *args, **given)
            due[self.arn] = now() + seconds

        return initialise

    def activated(original: Callable[..., None]) -> Callable[..., None]:
        def activate(self: FakeLoadBalancer) -> None:
            if now() >= due.get(self.arn, 0.0):
                original(self)

        return activate

    seams.wrap(FakeLoadBalancer, "__init__", asked)
    seams.wrap(FakeLoadBalancer, "activate", activated)
    # moto makes a second load balancer of a name, and a second listener on a port.
    seams.wrap(ELBv2Backend, "create_load_balancer", given_first(_create_load_balancer))
    seams.wrap(ELBv2Backend, "create_listener", given_first(_create_listener))


def _create_load_balancer(
    original: Callable[..., FakeLoadBalancer], self: ELBv2Backend, *args: Any, **given: Any
) -> FakeLoadBalancer:
    name = given["name"] if "name" in given else args[0]
    if any(balancer.name == name for balancer in self.load_balancers.values()):
        raise DuplicateLoadBalancerName
    return original(self, *args, **given)


def _create_listener(
    original: Callable[..., FakeListener], self: ELBv2Backend, *args: Any, **given: Any
) -> FakeListener:
    arn = given["load_balancer_arn"] if "load_balancer_arn" in given else args[0]
    port = given["port"] if "port" in given else args[2]
    balancer = self.load_balancers.get(arn)
    if balancer and any(str(one.port) == str(port) for one in balancer.listeners.values()):
        raise DuplicateListenerError
    return original(self, *args, **given)
