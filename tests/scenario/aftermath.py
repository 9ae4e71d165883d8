"""What a rollout leaves behind: what was there before, the record, and nothing else."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

from signalbox_local.sample_service import SampleService
from tests.scenario.world import Story, World, eventually
from tests.timelines import TERMINAL, first_break

PATIENCE = 5  # seconds that the last words of a rollout may take


@dataclass(frozen=True, kw_only=True)
class GroupPicture:
    """An Auto Scaling group, field by field, without what moves by itself."""

    min: int
    max: int
    desired: int
    template_version: str
    suspended: tuple[str, ...]
    target_groups: tuple[str, ...]
    tags: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What the owner of a service sees of it. `rules` holds the actions exactly as AWS describes them."""

    groups: dict[str, GroupPicture]
    rules: dict[str, Any]
    template_versions: tuple[int, ...]
    target_groups: tuple[str, ...]
    alarms: tuple[str, ...]
    balancers: tuple[str, ...] = ()
    images: dict[str, set[str]] = field(default_factory=dict)


def picture(world: World, service: SampleService) -> Picture:
    """The estate of a service now; everything whose name begins with the service's belongs to it."""
    groups = world.aws("autoscaling").get_paginator("describe_auto_scaling_groups").paginate()
    found = [g for page in groups for g in page["AutoScalingGroups"] if _is_of(service, g)]
    versions = world.aws("ec2").describe_launch_template_versions(LaunchTemplateId=service.template)
    return Picture(
        groups={g["AutoScalingGroupName"]: _group(g) for g in found},
        rules={arn: world.actions(arn) for arn in service.references},
        template_versions=tuple(sorted(v["VersionNumber"] for v in versions["LaunchTemplateVersions"])),
        target_groups=_target_groups(world, service),
        alarms=_alarms(world, service.name),
        balancers=_balancers(world, service),
        images={g["AutoScalingGroupName"]: world.images(g["AutoScalingGroupName"]) for g in found},
    )


def _is_of(service: SampleService, group: dict[str, Any]) -> bool:
    return str(group["AutoScalingGroupName"]).startswith(service.name)


def _group(found: dict[str, Any]) -> GroupPicture:
    return GroupPicture(
        min=found["MinSize"],
        max=found["MaxSize"],
        desired=found["DesiredCapacity"],
        template_version=found["LaunchTemplate"]["Version"],
        suspended=tuple(sorted(each["ProcessName"] for each in found["SuspendedProcesses"])),
        target_groups=tuple(found["TargetGroupARNs"]),
        tags={tag["Key"]: tag["Value"] for tag in found["Tags"]},
    )


def _target_groups(world: World, service: SampleService) -> tuple[str, ...]:
    found = world.aws("elbv2").describe_target_groups()["TargetGroups"]
    return tuple(sorted(g["TargetGroupName"] for g in found if g["TargetGroupName"].startswith(service.name)))


def _balancers(world: World, service: SampleService) -> tuple[str, ...]:
    found = world.aws("elbv2").describe_load_balancers()["LoadBalancers"]
    return tuple(sorted(n for n in (one["LoadBalancerName"] for one in found) if n.startswith(service.name)))


def _alarms(world: World, prefix: str) -> tuple[str, ...]:
    found = world.aws("cloudwatch").describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]
    return tuple(sorted(alarm["AlarmName"] for alarm in found))


def assert_as_before(before: Picture, after: Picture) -> None:
    """Field by field; desired sizes at least, since scaling policies may have grown a group meanwhile."""
    for name, group in before.groups.items():
        assert after.groups[name].desired >= group.desired, name
    grown = {n: replace(g, desired=after.groups[n].desired) for n, g in before.groups.items()}
    assert replace(before, groups=grown) == after


def assert_nothing_left(world: World, service: SampleService, story: Story) -> None:
    """No group, target group, load balancer, record, alarm, lock, watcher, latch or open mark of the rollout;
    its story is whole."""
    suffix, rollout_id = f"-sb-{story.rollout_id[-8:]}", story.rollout_id
    now = picture(world, service)
    named = (*now.groups, *now.target_groups, *now.balancers)
    assert [name for name in named if name.endswith(suffix)] == []
    assert suffix not in json.dumps(now.rules, default=str)
    assert _alarms(world, f"signalbox-{rollout_id}") == ()
    succeeded = story.read()["phase"] == "succeeded"
    assert succeeded or _made_versions(world, service, rollout_id) == []
    eventually(lambda: _items_of(world, rollout_id) == [], PATIENCE)
    assert_story_is_whole(world, story)


def _made_versions(world: World, service: SampleService, rollout_id: str) -> list[int]:
    found = world.aws("ec2").describe_launch_template_versions(LaunchTemplateId=service.template)
    return [
        version["VersionNumber"]
        for version in found["LaunchTemplateVersions"]
        if version.get("VersionDescription") == f"signalbox {rollout_id}"
    ]


def _items_of(world: World, rollout_id: str) -> list[tuple[str, str]]:
    """What the table still holds of a rollout beside its record and timeline."""
    keys = [(item["pk"]["S"], item["sk"]["S"]) for item in world.items() if rollout_id in json.dumps(item)]
    return [(pk, sk) for pk, sk in keys if not pk.startswith(("SERVICE#", "TIMELINE#", "IDEMPOTENCY#"))]


def assert_story_is_whole(world: World, story: Story) -> None:
    """One terminal event, in the timeline and on the bus; the chain holds; shares always sum to 100."""
    entries = story.timeline()
    assert [entry["type"] for entry in entries if entry["type"] in TERMINAL] == [entries[-1]["type"]]
    eventually(lambda: _terminal_on_bus(world, story), PATIENCE)
    assert _terminal_on_bus(world, story) == [entries[-1]["type"]]
    assert first_break(entries) is None
    shares = [entry["data"] for entry in entries if {"stable", "candidate"} <= entry["data"].keys()]
    assert [s for s in shares if s["stable"] + s["candidate"] != 100] == []
    told = story.read()["shares"]
    assert [sum(told[kind].values()) for kind in ("wanted", "actual")] == [100, 100]


def _terminal_on_bus(world: World, story: Story) -> list[str]:
    events = [recorded["event"] for recorded in world.events() if recorded["bus"] == "signalbox"]
    ours = [event for event in events if event["detail"].get("rollout_id") == story.rollout_id]
    return [event["detail-type"] for event in ours if event["detail-type"] in TERMINAL]
