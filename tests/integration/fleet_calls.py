"""Counts the calls of fleets' own clients, and lets some of them fail."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from signalbox.aws.places import client_in
from signalbox.fleets.model import Kind, Place
from tests.integration.fleet_stages import HOME

_SERVICES = {
    Kind.EC2: ("ec2",),
    Kind.AUTOSCALING: ("autoscaling",),
    Kind.RDS: ("rds",),
    Kind.CLUSTER: ("rds",),
    Kind.ECS: ("ecs", "application-autoscaling", "resourcegroupstaggingapi"),
    Kind.BEANSTALK: ("elasticbeanstalk", "autoscaling", "resourcegroupstaggingapi"),
    Kind.WORKSPACES: ("workspaces", "resourcegroupstaggingapi"),
    Kind.APPSTREAM: ("appstream", "resourcegroupstaggingapi"),
}


class Calls:
    """Of one kind, at one place."""

    def __init__(self, kind: Kind, place: Place = HOME) -> None:
        self._counted: Counter[str] = Counter()
        self._failures: dict[str, Callable[[], Exception]] = {}
        self._clients: list[Any] = []
        for service in _SERVICES[kind]:
            for once in (False, True):
                # The overloads want to know which service it is.
                client: Any = client_in(place, service, once=once)  # type: ignore[call-overload]
                client.meta.events.register("before-call", self._before)
                self._clients.append(client)

    def of(self, operation: str) -> int:
        return self._counted[operation]

    @property
    def all(self) -> dict[str, int]:
        return dict(self._counted)

    def fail(self, operation: str, failure: Callable[[], Exception]) -> None:
        """Every call of it from now on."""
        self._failures[operation] = failure

    def stop(self) -> None:
        for client in self._clients:
            client.meta.events.unregister("before-call", self._before)

    def _before(self, model: Any, **given: object) -> None:
        self._counted[model.name] += 1
        if model.name in self._failures:
            raise self._failures[model.name]()
