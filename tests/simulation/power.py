"""Instances and databases take their time to start and to stop, and EventBridge is told when they have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.instances import Instance, InstanceBackend
from moto.rds.models import DBInstance, RDSBackend

from signalbox_local.moto_seams.fleets import IncorrectInstanceState
from signalbox_local.moto_seams.seams import Seams
from tests.simulation.fibers import hub

PENDING, RUNNING, STOPPING, STOPPED = (
    (0, "pending"),
    (16, "running"),
    (64, "stopping"),
    (80, "stopped"),
)
INSTANCE_TAKES = 20.0  # seconds
DATABASE_TAKES = 40.0
TOLD = {"available": "RDS-EVENT-0088", "stopped": "RDS-EVENT-0087"}
STOOD_TOO_LONG = "RDS-EVENT-0154"
Publish = Callable[[dict[str, Any]], object]


class Power:
    """`turns` grows with each thing that has arrived by itself. EC2 has none left of the types in `scarce`;
    while it `is_silent` no event tells of anything."""

    def __init__(self, publish: Publish) -> None:
        self.turns = 0
        self.scarce: frozenset[str] = frozenset()
        self.is_silent = False
        self._publish = publish

    def install(self, seams: Seams) -> None:
        """Around moto, where a start or a stop is over at once and nobody hears of it."""
        seams.wrap(InstanceBackend, "start_instances", self._instances(PENDING, RUNNING, STOPPING))
        seams.wrap(InstanceBackend, "stop_instances", self._instances(STOPPING, STOPPED, PENDING))
        seams.wrap(RDSBackend, "start_db_instance", self._database("starting", "available"))
        seams.wrap(RDSBackend, "stop_db_instance", self._database("stopping", "stopped"))

    def _instances(
        self, on_the_way: tuple[int, str], there: tuple[int, str], wrong: tuple[int, str]
    ) -> Callable[..., Any]:
        def around(original: Callable[..., Any]) -> Callable[..., Any]:
            def change(backend: InstanceBackend, instance_ids: list[str]) -> Any:
                found = backend.get_multi_instances_by_id(instance_ids)
                _none_is(wrong, found)
                if there is RUNNING:
                    _there_is_room(each for each in found if each.instance_type in self.scarce)
                before = {each.id: each._state.name for each in found}
                answer = original(backend, instance_ids)
                for each in found:
                    if before[each.id] in (there[1], on_the_way[1]):
                        _put(each, there if before[each.id] == there[1] else on_the_way)
                    else:
                        _put(each, on_the_way)
                        self.later(INSTANCE_TAKES, self._arrival(each, on_the_way, there))
                return answer

            return change

        return around

    def _arrival(
        self, instance: Instance, on_the_way: tuple[int, str], there: tuple[int, str]
    ) -> Callable[[], None]:
        def arrive() -> None:
            if instance._state.name == on_the_way[1]:
                _put(instance, there)
                detail = {"instance-id": instance.id, "state": there[1]}
                self.tell("aws.ec2", "EC2 Instance State-change Notification", detail)

        return arrive

    def _database(self, on_the_way: str, there: str) -> Callable[..., Any]:
        def around(original: Callable[..., Any]) -> Callable[..., Any]:
            def change(backend: RDSBackend, name: str, *given: Any) -> Any:
                database: DBInstance = original(backend, name, *given)
                database.status = on_the_way
                self.later(DATABASE_TAKES, lambda: self._settle(database, there))
                return database

            return change

        return around

    def start_database(self, database: DBInstance) -> None:
        """As RDS does by itself with what has stood still for seven days."""
        database.status = "starting"
        self._tell_of(database, STOOD_TOO_LONG)
        self.later(DATABASE_TAKES, lambda: self._settle(database, "available"))

    def _settle(self, database: DBInstance, there: str) -> None:
        database.status = there
        self._tell_of(database, TOLD[there])

    def _tell_of(self, database: DBInstance, event: str) -> None:
        detail: Mapping[str, str] = {
            "SourceType": "DB_INSTANCE",
            "SourceIdentifier": str(database.db_instance_identifier),
            "EventID": event,
        }
        self.tell("aws.rds", "RDS DB Instance Event", detail)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Something arrives by itself."""

        def turn() -> None:
            self.turns += 1
            act()

        hub.call_later(seconds, turn)

    def tell(self, source: str, kind: str, detail: Mapping[str, str]) -> None:
        """On the bus."""
        if not self.is_silent:
            self._publish({"source": source, "detail-type": kind, "detail": dict(detail)})


def _none_is(wrong: tuple[int, str], instances: Iterable[Instance]) -> None:
    verb = "started" if wrong is STOPPING else "stopped"
    for each in instances:
        if each._state.name == wrong[1]:
            raise IncorrectInstanceState(each.id, verb)


def _there_is_room(lacking: Iterable[Instance]) -> None:
    for each in lacking:
        if each._state.name == STOPPED[1]:
            said = f"We currently do not have sufficient {each.instance_type} capacity"
            raise EC2ClientError("InsufficientInstanceCapacity", said)


def _put(instance: Instance, state: tuple[int, str]) -> None:
    instance._state.code, instance._state.name = state
