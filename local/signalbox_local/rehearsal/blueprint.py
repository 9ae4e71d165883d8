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
    """A group and the target group that it serves, the latter by ARN and name; `side` is the set identifier
    of the record that leads to it, where a name divides the traffic."""

    group: str
    arn: str
    target_group: str
    side: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """Of a service with one group, or two slots of which the first serves. Either `references` send traffic
    to it, or the name `host` of the hosted zone `zone` leads to it."""

    name: str
    pairs: tuple[Pair, ...]
    references: tuple[Reference, ...]
    alarms: dict[str, AlarmShape]
    host: str = ""
    zone: str = ""

    def watched_by(self, alarm: str) -> int:
        """The place of the pair that an alarm of that name looks at: the one after whose group it is called
        most closely, or the first."""
        called = [len(pair.group) if alarm.startswith(pair.group) else 0 for pair in self.pairs]
        return called.index(max(called))


def blueprint(spec: ServiceSpec, world: World) -> Blueprint:
    """Raises CannotReplicate with everything that is in the way."""
    problems: list[str] = []
    traffic = spec.traffic
    host = (traffic.record_name or "").lower().rstrip(".")
    pairs = tuple(_pair(group, arn, side, problems) for group, arn, side in _groups(spec))
    references = () if host else tuple(_reference(arn, problems) for arn in traffic.references)
    alarms = {name: _shape(name, world, problems) for name in spec.guards.alarms}
    if len({pair.target_group for pair in pairs}) < len(pairs):
        problems.append("platform.slots: two target groups of the same name: a replica needs two names")
    problems += _twins(references)
    if problems:
        raise CannotReplicate("\n".join(problems))
    return Blueprint(
        name=spec.name,
        pairs=pairs,
        references=references,
        alarms=alarms,
        host=host,
        zone=traffic.hosted_zone_id or "",
    )


def _groups(spec: ServiceSpec) -> list[tuple[str, str, str]]:
    """(group, target group ARN, set identifier) of each side."""
    if spec.platform.slots:
        return [
            (slot.group, slot.target_group_arn, slot.set_identifier or "") for slot in spec.platform.slots
        ]
    traffic = spec.traffic
    return [(spec.platform.group or "", traffic.target_group_arn or "", traffic.set_identifier or "")]


def _pair(group: str, arn: str, side: str, problems: list[str]) -> Pair:
    found = _TARGET_GROUP.fullmatch(_resource(arn))
    if not found:
        problems.append(f"{arn!r} is not the ARN of a target group")
    return Pair(group=group, arn=arn, target_group=found[1] if found else "", side=side)


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
