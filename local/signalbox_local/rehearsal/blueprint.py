"""What the replica of a service must consist of, read from the names and ARNs in its registration. Pure."""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from signalbox.rollouts.service import ServiceSpec
from signalbox_local.world import AlarmShape, World

_ELB = re.compile(r"arn:[\w-]+:elasticloadbalancing:[\w-]*:\d*:(.+)")
_TARGET_GROUP = re.compile(r"targetgroup/([A-Za-z0-9-]{1,32})/\w+")
_REFERENCE = re.compile(r"(listener|listener-rule)/app/([A-Za-z0-9-]{1,32})/(\w+)/(\w+)(?:/(\w+))?")


class CannotReplicate(Exception):
    """What of the service a replica cannot do; one reason a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What sends traffic to the service: a rule, or a listener by its default action."""

    arn: str
    balancer: str
    listener: str
    is_rule: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A group and the target group that it serves, the latter by ARN and name."""

    group: str
    arn: str
    target_group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """Of a service with one group, or two slots of which the first serves."""

    name: str
    pairs: tuple[Pair, ...]
    references: tuple[Reference, ...]
    alarms: dict[str, AlarmShape]


def blueprint(spec: ServiceSpec, world: World) -> Blueprint:
    """Raises CannotReplicate with everything that is in the way."""
    problems: list[str] = []
    pairs = tuple(_pair(group, arn, problems) for group, arn in _groups(spec))
    references = tuple(_reference(arn, problems) for arn in spec.traffic.references)
    alarms = {name: _shape(name, world, problems) for name in spec.guards.alarms}
    if len({pair.target_group for pair in pairs}) < len(pairs):
        problems.append("platform.slots: two target groups of the same name: a replica needs two names")
    problems += _twins(references)
    if problems:
        raise CannotReplicate("\n".join(problems))
    return Blueprint(name=spec.name, pairs=pairs, references=references, alarms=alarms)


def _groups(spec: ServiceSpec) -> list[tuple[str, str]]:
    if spec.platform.slots:
        return [(slot.group, slot.target_group_arn) for slot in spec.platform.slots]
    return [(spec.platform.group or "", spec.traffic.target_group_arn or "")]


def _pair(group: str, arn: str, problems: list[str]) -> Pair:
    found = _TARGET_GROUP.fullmatch(_resource(arn))
    if not found:
        problems.append(f"{arn!r} is not the ARN of a target group")
    return Pair(group=group, arn=arn, target_group=found[1] if found else "")


def _reference(arn: str, problems: list[str]) -> Reference:
    found = _REFERENCE.fullmatch(_resource(arn))
    if not found or (found[1] == "listener-rule") != bool(found[5]):
        problems.append(f"{arn!r} is not the ARN of a listener or rule of an Application Load Balancer")
        return Reference(arn=arn, balancer="", listener="", is_rule=False)
    return Reference(arn=arn, balancer=found[2], listener=found[4], is_rule=found[1] == "listener-rule")


def _resource(arn: str) -> str:
    found = _ELB.fullmatch(arn)
    return found[1] if found else ""


def _shape(name: str, world: World, problems: list[str]) -> AlarmShape:
    for pattern, shape in world.alarms.items():
        if fnmatchcase(name, pattern):
            return shape
    problems.append(f"guards.alarms: no pattern of the world's alarms fits {name!r}")
    return next(iter(world.alarms.values()), AlarmShape(watches="errors", above=0))


def _twins(references: tuple[Reference, ...]) -> list[str]:
    defaults = [one for one in references if not one.is_rule and one.balancer]
    listeners = [(one.balancer, one.listener) for one in defaults]
    return ["traffic: the same listener twice"] if len(set(listeners)) < len(listeners) else []
