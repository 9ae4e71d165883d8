"""Seams of EC2, Auto Scaling, RDS and ECS: they tell the bus whose tags were changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from moto.autoscaling.models import AutoScalingBackend
from moto.ec2.models.tags import TagBackend
from moto.ecs.models import EC2ContainerServiceBackend
from moto.rds.models import RDSBackend

from signalbox_local.moto_seams.seams import Seams

Publish = Callable[[Mapping[str, Any]], object]
# Of a call: the ARN of each resource, and the keys that it names.
Named = Callable[..., Iterator[tuple[str, Collection[str]]]]


def tag_changes(seams: Seams, publish: Publish, region: str) -> None:
    """Of the home region, as with all events. The event tells keys only, not all tags of the resource, which
    AWS tells as well; who tags several at once is told of each."""

    # moto tells nobody that a tag has changed.
    def telling(named: Named) -> Callable[..., Any]:
        def around(original: Callable[..., Any]) -> Callable[..., Any]:
            def change(self: Any, *args: Any, **given: Any) -> Any:
                answer = original(self, *args, **given)
                if self.region_name == region:
                    for arn, keys in named(self, *args, **given):
                        publish(_event(arn, keys))
                return answer

            return change

        return around

    for owner, named, names in (
        (TagBackend, _instances, ("create_tags", "delete_tags")),
        (AutoScalingBackend, _groups, ("create_or_update_tags", "delete_tags")),
        (RDSBackend, _databases, ("add_tags_to_resource", "remove_tags_from_resource")),
        (EC2ContainerServiceBackend, _services, ("tag_resource", "untag_resource")),
    ):
        for name in names:
            seams.wrap(owner, name, telling(named))


def _event(arn: str, keys: Collection[str]) -> dict[str, Any]:
    return {
        "source": "aws.tag",
        "detail-type": "Tag Change on Resource",
        "resources": [arn],
        "detail": {"changed-tag-keys": list(keys), "service": arn.split(":")[2]},
    }


def _instances(
    ec2: Any, resource_ids: Collection[str], tags: Mapping[str, object]
) -> Iterator[tuple[str, Collection[str]]]:
    for id_ in resource_ids:
        if id_.startswith("i-"):
            yield f"arn:aws:ec2:{ec2.region_name}:{ec2.account_id}:instance/{id_}", list(tags)


def _groups(autoscaling: Any, tags: Collection[Mapping[str, str]]) -> Iterator[tuple[str, Collection[str]]]:
    for name in dict.fromkeys(tag["ResourceId"] for tag in tags):
        group = autoscaling.autoscaling_groups[name]
        yield group.arn, [tag["Key"] for tag in tags if tag["ResourceId"] == name]


def _databases(_rds: Any, arn: str, tags: Collection[Any] | None = None, **given: Any) -> Any:
    changed = given.get("tag_keys") if tags is None else tags
    yield arn, [each["Key"] if isinstance(each, Mapping) else each for each in changed or ()]


def _services(_ecs: Any, *args: Any, **given: Any) -> Iterator[tuple[str, Collection[str]]]:
    arn, changed = (*args, *given.values())
    yield arn, list(changed)
