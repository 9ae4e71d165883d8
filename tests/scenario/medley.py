"""Rollouts of every kind at once, and every signal: what the functions' roles are used for."""

import json
from typing import Any

from signalbox_local.sample_service import SampleService
from tests.scenario.roles import lacking
from tests.scenario.scaling import drop_hook, furnish
from tests.scenario.schedules import HOUR, MINUTE, let_pass, pass_by
from tests.scenario.stack import dead_letter_queue, execution_arn, letters, throttled
from tests.scenario.world import Story, World, eventually

FLEET = "fleet"  # the role that instances run with
HOOKS = "arn:aws:iam::123456789012:role/hooks"  # with which lifecycle hooks notify
_VISITS = {"namespace": "Shop", "name": "Visits", "dimensions": {"TargetGroup": "{target_group}"}}
EXPERIMENT = {
    "goal": "increase",
    "rate": {"trials": _VISITS, "successes": {**_VISITS, "name": "Orders"}},
    "duration": "1h",
}
TWO_LOOKS = 150  # seconds: the first look that reads metrics comes a minute after the shift
STRATEGIES: tuple[dict[str, Any], ...] = (
    {"preset": "canary", "canary": 1, "bake": "1s", "batch": 100},
    {"preset": "blue-green", "bake": "1s"},
    {"preset": "blue-green", "bake": "5m"},
    {"preset": "linear", "share": 50, "every": "5m"},
    {"preset": "blue-green", "bake": "5m"},
    {"preset": "ab-test", "experiment": EXPERIMENT},
    {"steps": [{"replace": {"percent": 50}}, {"bake": {"for": "5m"}}, {"replace": {}}]},
    {"preset": "blue-green", "bake": "1s"},
)
CLUSTER = "orders"  # that one of them writes to
BY_NAME, COPIED = 4, 7  # the places of their strategies


def play(world: World) -> None:
    """Returns when all have ended and the sweep has gone to sleep."""
    profile = _instance_profile(world)
    services = [_dressed(world, _service(world, number), profile) for number in range(len(STRATEGIES))]
    world.aws("rds").create_db_cluster(
        DBClusterIdentifier=CLUSTER,
        Engine="aurora-postgresql",
        EngineVersion="16.4",
        MasterUsername="orders",
        MasterUserPassword="not-a-secret",  # noqa: S106 - of nothing
    )
    topic = world.aws("sns").create_topic(Name="hooks")["TopicArn"]
    furnish(world, services[1].name, NotificationTargetARN=topic, RoleARN=HOOKS)
    started = {n: _start(world, services[n], STRATEGIES[n]) for n in (0, *range(2, len(STRATEGIES)), 1)}
    _ask(started[1], "pause")  # before its bake begins: the hold finds the wish already there
    canary, copied, in_slots, shared, named, tested, replaced, doubled = (started[n] for n in sorted(started))
    _grow(world, shared, services[3])
    replaced.until_holding("bake")
    _ask(replaced, "abort")
    in_slots.until_holding("bake")
    world.raise_alarm(services[2].alarm)
    named.until_holding("bake")
    world.raise_alarm(services[4].alarm)
    copied.until_holding("pause")
    drop_hook(world, services[1].name, f"{services[1].name}-sb-{copied.rollout_id[-8:]}")
    _ask(copied, "resume")
    _kill(world, shared)
    for story in (canary, copied, in_slots, shared, named, replaced, doubled):
        story.until_ended()
    tested.until(_has_read_metrics, TWO_LOOKS)
    _ask(tested, "abort")
    tested.until_ended()
    _and_back(world, services[COPIED])
    world.calm_alarm(services[4].alarm)
    _start(world, services[4], STRATEGIES[0]).until_ended()
    world.eventually(lambda: not world.items("OPEN"))
    _die_before_telling(world, services[0])
    let_pass(world, MINUTE)
    _lose_events(world)


def _service(world: World, number: int) -> SampleService:
    return world.service(
        size=2,
        slots=number in (2, BY_NAME),
        rules=0 if number == 3 else 1,  # noqa: PLR2004 - the place of its strategy
        ttl=1 if number in (BY_NAME, COPIED) else 0,
    )


def _and_back(world: World, service: SampleService) -> None:
    """A load balancer that was copied goes on the way back, too."""
    story = world.start(service, "v3", strategy={"preset": "blue-green", "bake": "5m"})
    story.until_holding("bake")
    _ask(story, "abort")
    story.until_ended()


def _instance_profile(world: World) -> str:
    """One with the role that the stack may pass to instances."""
    iam = world.aws("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam.create_role(RoleName=FLEET, AssumeRolePolicyDocument=document)
    iam.create_instance_profile(InstanceProfileName=FLEET)
    iam.add_role_to_instance_profile(InstanceProfileName=FLEET, RoleName=FLEET)
    return FLEET


def _dressed(world: World, service: SampleService, profile: str) -> SampleService:
    """Its launch template passes a role and tags what it launches: permissions of their own."""
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "service", "Value": service.name}]}]
    data = {
        "ImageId": service.images["v1"],
        "InstanceType": "t4g.micro",
        "IamInstanceProfile": {"Name": profile},
        "TagSpecifications": tags,
    }
    world.aws("ec2").create_launch_template_version(
        LaunchTemplateId=service.template, LaunchTemplateData=data
    )
    template = {"LaunchTemplateId": service.template, "Version": "2"}
    for group in service.groups:
        world.aws("autoscaling").update_auto_scaling_group(
            AutoScalingGroupName=group, LaunchTemplate=template, MaxSize=6
        )
    return service


def _start(world: World, service: SampleService, strategy: dict[str, Any]) -> Story:
    guards = {"alarms": [service.alarm], "min_healthy_percent": 50}
    facts = {"database_cluster": CLUSTER} if strategy is STRATEGIES[0] else {}
    world.register(service, strategy=strategy, guards=guards, facts=facts)
    return world.start(service)


def _has_read_metrics(rollout: dict[str, Any]) -> bool:
    analysis = rollout["analysis"]
    return analysis is not None and analysis["looked_at"] > analysis["began_at"]


def _ask(story: Story, verb: str) -> None:
    assert story.ask(verb).status == 202


def _grow(world: World, story: Story, service: SampleService) -> None:
    """Stable grows between two shifts: the candidate has to follow."""
    story.until_holding("bake")
    world.aws("autoscaling").set_desired_capacity(AutoScalingGroupName=service.name, DesiredCapacity=3)
    _ask(story, "promote")


def _kill(world: World, story: Story) -> None:
    story.until(lambda rollout: rollout["shares"]["actual"]["candidate"] == 100)
    world.aws("stepfunctions").stop_execution(executionArn=execution_arn(world, story))


def _die_before_telling(world: World, service: SampleService) -> None:
    """A Finish that closes the record and then may not tell: the sweep says the last words."""
    with lacking(world, "FinishFunction", "TellWhatHappened"):
        world.start(service, version="v2").until_ended()
        world.eventually(lambda: not world.items("OPEN"))


def _lose_events(world: World) -> None:
    """Whatever an event wakes is throttled for a while: all of it ends in the queue, and is replayed."""
    queue, wanted = dead_letter_queue(world), {"aws.cloudwatch", "aws.autoscaling", "aws.events"}
    with throttled(world, "OnAlarmFunction", "OnPlatformEventFunction", "SweepFunction"):
        service = world.service(size=1)  # whose launch is an event
        world.raise_alarm(service.alarm)
        pass_by(world, HOUR)
        eventually(lambda: wanted <= {json.loads(one["Body"])["source"] for one in letters(world, queue)})
    since = world.last_call()
    let_pass(world, HOUR)
    eventually(lambda: _looked_at_services(world, since))


def _looked_at_services(world: World, since: int) -> bool:
    """What a sweep does last, once an hour."""
    seen = {call["operation"] for call in world.calls(since) if "SweepFunction" in call["principal"]}
    wanted = {"DescribeAutoScalingGroups", "DescribeListeners", "DescribeRules", "ListResourceRecordSets"}
    return wanted <= seen
