"""The words of fleets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Power(StrEnum):
    """What a resource, or a fleet, is meant to be."""

    RUNNING = "running"
    STOPPED = "stopped"


class Action(StrEnum):
    """What brings a resource there."""

    START = "start"
    STOP = "stop"

    @property
    def power(self) -> Power:
        """Where it leads."""
        return Power.RUNNING if self is Action.START else Power.STOPPED

    @classmethod
    def towards(cls, power: Power) -> "Action":
        """What leads there."""
        return cls.START if power is Power.RUNNING else cls.STOP


class Kind(StrEnum):
    """What can be in a fleet. Each is a plug-in under `aws/fleets/kinds/`."""

    EC2 = "ec2"
    AUTOSCALING = "autoscaling"
    RDS = "rds"
    CLUSTER = "cluster"
    ECS = "ecs"
    BEANSTALK = "beanstalk"
    WORKSPACES = "workspaces"
    APPSTREAM = "appstream"


DATABASES = (Kind.RDS, Kind.CLUSTER)


class Condition(StrEnum):
    """How a resource is. `changing` is on its way to running or stopped; `busy` is in maintenance, being
    patched, backed up or modified: it is waited for; `broken` stays as it is until somebody mends it."""

    RUNNING = "running"
    STOPPED = "stopped"
    CHANGING = "changing"
    BUSY = "busy"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a resource is: a Region of an account. Without a role it is Signalbox's own account."""

    region: str
    account: str
    role_arn: str = ""
    external_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One thing that can run or not. `id` is what its service calls it: an instance id, the name of a group,
    `cluster/service` of ECS.

    `detail` is the condition in the service's own words; `obstacle` says why it cannot be started or stopped
    at all (`spot one-time: cannot be stopped`). `member_of` names the group that alone may start and stop it.
    `size` is what a group is scaled back to: (min, max, desired) of Auto Scaling, (desired,) of ECS; empty
    for what has no size, or is at nothing. `unit` is what a price list calls it: `m5.large`, `db.t3.medium`.
    """

    kind: Kind
    id: str
    condition: Condition
    detail: str = ""
    obstacle: str = ""
    member_of: str = ""
    size: tuple[int, ...] = ()
    unit: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """The moment, in UTC, from which a fleet is meant to run or to stand still, and why."""

    at: datetime
    action: Action
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a fleet is meant to be at some moment, and why."""

    power: Power
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Until when somebody wants something else than the schedule, and why. `since` and `until` are in UTC."""

    power: Power
    since: datetime
    until: datetime
    reason: str
    by: str
