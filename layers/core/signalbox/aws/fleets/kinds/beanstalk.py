"""Elastic Beanstalk environments, through their Auto Scaling groups."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from signalbox.aws.errors import aws_errors
from signalbox.aws.fleets.answers import one_by_one
from signalbox.aws.fleets.groups import ENVIRONMENT, resource_of, switch_group, with_tags
from signalbox.aws.fleets.selection import chunks, missing, named_in, tagged, tags_of, unsettled
from signalbox.aws.places import client_in
from signalbox.fleets.model import Action, Condition, Kind, Place, Power, Resource
from signalbox.fleets.spec import Select
from signalbox.fleets.switches import Pace, Switched, Target

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef as Group
    from mypy_boto3_elasticbeanstalk.type_defs import EnvironmentDescriptionTypeDef as Environment

# Names or tag values of one call, of DescribeEnvironments and DescribeAutoScalingGroups.
_PAGE = 100
_GONE = frozenset({"Terminating", "Terminated"})


class BeanstalkSwitch:
    """Port `Switch`. An id is the name of the environment, which is unique in its Region.

    The group of an environment is found by the tag that Elastic Beanstalk gives it: one call for many, and
    none of the permissions in all its services that DescribeEnvironmentResources asks of its caller. Each
    group takes a call of its own. Elastic Beanstalk and Auto Scaling publish no rates of their APIs.
    """

    kind = Kind.BEANSTALK
    batch = _PAGE
    tells_tags = False

    def pace(self, action: Action) -> Pace:
        return Pace()

    def find(
        self, select: Select, place: Place, unless: Power | None = None, despite: str = ""
    ) -> Iterator[Resource]:
        members, named = named_in(select, self.kind, place)
        with_tags_ = tagged(select.tags, self.kind, "elasticbeanstalk:environment", place)
        environments = list(_described(dict.fromkeys((*with_tags_, *members, *named)), place))
        arns = [_arn(each) for each in environments if _name(each) not in with_tags_]
        others = tags_of(arns, place)
        groups = _groups([_name(each) for each in environments], place)
        for each in environments:
            tags = with_tags_.get(_name(each)) or others.get(_arn(each), {})
            yield replace(_resource(each, groups), tags=tags)
        yield from missing(self.kind, named, map(_name, environments))

    def read(self, ids: Sequence[str], action: Action, place: Place) -> Iterator[Resource]:
        groups = _groups(ids, place)
        return unsettled(self.kind, ids, (_resource(each, groups) for each in _described(ids, place)), action)

    def switch(self, action: Action, targets: Sequence[Target], place: Place) -> Switched:
        """An update of the environment sets the sizes that its configuration names: after one it runs."""
        groups = _groups([target.id for target in targets], place)

        def act(target: Target) -> str | None:
            own = groups.get(target.id, [])
            if len(own) != 1:
                return _no_group(own)
            return switch_group(action, own[0]["AutoScalingGroupName"], target, own[0], place)

        return one_by_one(targets, act)


def _described(names: Iterable[str], place: Place) -> "Iterator[Environment]":
    wanted = list(names)
    for chunk in chunks(wanted, _PAGE):
        with aws_errors():
            paginator = client_in(place, "elasticbeanstalk").get_paginator("describe_environments")
            for page in paginator.paginate(EnvironmentNames=chunk, IncludeDeleted=False):
                for each in page.get("Environments", []):
                    if each.get("Status") not in _GONE and _name(each) in chunk:
                        yield each


def _groups(names: Sequence[str], place: Place) -> "dict[str, list[Group]]":
    """Name of the environment → its groups, of which there is one."""
    found: dict[str, list[Group]] = {}
    for chunk in chunks(names, _PAGE):
        for group in with_tags({ENVIRONMENT: chunk}, place):
            found.setdefault(resource_of(group).member_of, []).append(group)
    return found


def _name(found: "Environment") -> str:
    return found.get("EnvironmentName", "")


def _arn(found: "Environment") -> str:
    return found.get("EnvironmentArn", "")


def _resource(found: "Environment", groups: "Mapping[str, Sequence[Group]]") -> Resource:
    """As its group is, while nothing works on it."""
    own, status = groups.get(_name(found), ()), found.get("Status", "")
    if len(own) != 1:
        return Resource(
            kind=Kind.BEANSTALK,
            id=_name(found),
            condition=Condition.BUSY if status != "Ready" else Condition.BROKEN,
            detail=status,
            obstacle="" if status != "Ready" else _no_group(own),
        )
    group = resource_of(own[0])
    ready = status == "Ready"
    return replace(
        group,
        kind=Kind.BEANSTALK,
        id=_name(found),
        condition=group.condition if ready else Condition.BUSY,
        detail=group.detail if ready else status,
        member_of="",
    )


def _no_group(own: "Sequence[Group]") -> str:
    return f"{len(own)} Auto Scaling groups have its name in the tag {ENVIRONMENT}: there should be one"
