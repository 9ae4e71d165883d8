"""Seams of EC2 and RDS: they tell the bus what was started and stopped, whoever asked for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from moto.ec2.models.instances import InstanceBackend, Reservation
from moto.rds.models import RDSBackend

from signalbox_local.bus import iso
from signalbox_local.clock import Clock
from signalbox_local.moto_seams.seams import Seams

Publish = Callable[[Mapping[str, Any]], object]
INSTANCES = {
    "run_instances": ("pending", "running"),
    "start_instances": ("pending", "running"),
    "stop_instances": ("stopping", "stopped"),
    "terminate_instances": ("shutting-down", "terminated"),
}
DATABASES = {
    "start_db_instance": ("RDS-EVENT-0088", "DB_INSTANCE", "DB instance started"),
    "stop_db_instance": ("RDS-EVENT-0087", "DB_INSTANCE", "DB instance stopped"),
    "start_db_cluster": ("RDS-EVENT-0151", "CLUSTER", "DB cluster started"),
    "stop_db_cluster": ("RDS-EVENT-0150", "CLUSTER", "DB cluster stopped"),
}
DETAIL_TYPES = {"DB_INSTANCE": "RDS DB Instance Event", "CLUSTER": "RDS DB Cluster Event"}


def power_events(seams: Seams, publish: Publish, clock: Clock, region: str) -> None:
    """Events do not cross regions: only those of the home region have a bus here."""

    # moto tells nobody that an instance has changed its state.
    def of_instances(states: tuple[str, ...]) -> Callable[..., Any]:
        def around(original: Callable[..., Any]) -> Callable[..., Any]:
            def change(self: InstanceBackend, *args: Any, **given: Any) -> Any:
                answer = original(self, *args, **given)
                owner = cast(Any, self)
                if owner.region_name == region:
                    for instance in _changed(answer, states[-1]):
                        for state in states:
                            publish(_of_instance(owner, instance, state))
                return answer

            return change

        return around

    # moto tells nobody that a database was started or stopped.
    def of_databases(told: tuple[str, str, str]) -> Callable[..., Any]:
        def around(original: Callable[..., Any]) -> Callable[..., Any]:
            def change(self: RDSBackend, *args: Any, **given: Any) -> Any:
                answer = original(self, *args, **given)
                if self.region_name == region:
                    publish(_of_database(answer, told, iso(clock.now())))
                return answer

            return change

        return around

    for name, states in INSTANCES.items():
        seams.wrap(InstanceBackend, name, of_instances(states))
    for name, told in DATABASES.items():
        seams.wrap(RDSBackend, name, of_databases(told))


def _changed(answer: Any, state: str) -> Iterable[Any]:
    """A reservation that was made, or instances with the state that each had before."""
    if isinstance(answer, Reservation):
        return list(answer.instances)
    return [instance for instance, before in answer if before.name != state]


def _of_instance(owner: Any, instance: Any, state: str) -> dict[str, Any]:
    return {
        "source": "aws.ec2",
        "detail-type": "EC2 Instance State-change Notification",
        "resources": [f"arn:aws:ec2:{owner.region_name}:{owner.account_id}:instance/{instance.id}"],
        "detail": {"instance-id": instance.id, "state": state},
    }


def _of_database(database: Any, told: tuple[str, str, str], date: str) -> dict[str, Any]:
    event, source, message = told
    name = database.db_instance_identifier if source == "DB_INSTANCE" else database.db_cluster_identifier
    arn = database.db_instance_arn if source == "DB_INSTANCE" else database.db_cluster_arn
    return {
        "source": "aws.rds",
        "detail-type": DETAIL_TYPES[source],
        "resources": [arn],
        "detail": {
            "EventCategories": ["notification"],
            "SourceType": source,
            "SourceArn": arn,
            "Date": date,
            "Message": message,
            "SourceIdentifier": name,
            "EventID": event,
        },
    }
