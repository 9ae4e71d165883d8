"""Fleets that sleep, wake, stray and are lost: what the roles of fleets are used for."""

import json
from datetime import timedelta
from typing import Any

from tests.scenario.fleets import FRIDAY, MONDAY, Fleet, coming, make_fleet, now, set_clock
from tests.scenario.schedules import HOUR, pass_by
from tests.scenario.stack import dead_letter_queue, function_name, throttled
from tests.scenario.world import World, eventually

ROLE = "arn:aws:iam::123456789012:role/lent-to-fleets"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
_WAKERS = ("OnTransitionFunction", "OnPowerEventFunction", "SweepFleetsFunction")
_LUNCH = {"days": "mon-fri", "from": "08:00", "to": "13:00"}


def play_fleets(world: World) -> None:
    """Returns when all that was begun has ended."""
    set_clock(world, coming(world, FRIDAY, 10))
    near, far = make_fleet(world, "near"), make_fleet(world, "far")
    _encrypt(world, near)
    near.register(mode="enforce", schedule=[_LUNCH], alternates={"t4g.micro": ["t4g.small"]})
    near.register(mode="enforce")
    _lend_role(world)
    account = {"role_arn": ROLE, "external_id": "between-us"}
    select = {"tags": {"fleet": [far.name]}, "kinds": ["ec2"], "accounts": [account]}
    far.register(mode="enforce", select=select)
    _keep_up(world, far)
    near.ask("POST", "/stop")
    near.until_run(1)
    near.ask("POST", "/start")
    near.until_run(2)
    with throttled(world, "SweepFleetsFunction"):  # which would be as quick as the schedules
        set_clock(world, coming(world, FRIDAY, 20))
        far.until_run(1)
        near.until_run(3)
    world.aws("ec2").start_instances(InstanceIds=[near.instances[0]])
    near.until_run(4)
    _look_for_strays(world)
    _wake_late(world, near)
    _lose_events(world, near)
    _miss_the_target(world)
    far.ask("DELETE")


def _keep_up(world: World, fleet: Fleet) -> None:
    """One instance is to run for two months more."""
    until = now(world) + timedelta(days=60)
    power = {"Key": "signalbox:power", "Value": f"running until {until.isoformat()}"}
    world.aws("ec2").create_tags(Resources=[fleet.instances[1]], Tags=[power])


def _encrypt(world: World, fleet: Fleet) -> None:
    """One instance gets a volume with its owner's key."""
    ec2, id_ = world.aws("ec2"), fleet.instances[0]
    volume = ec2.create_volume(
        AvailabilityZone=f"{world.runtime.region}a", Size=1, Encrypted=True, KmsKeyId=KEY
    )
    ec2.attach_volume(VolumeId=volume["VolumeId"], InstanceId=id_, Device="/dev/sdf")


def _lend_role(world: World) -> None:
    """What an owner of another account does, in this one."""
    iam = world.aws("iam")
    root = {"AWS": f"arn:aws:iam::{world.runtime.account}:root"}
    trust = {"Effect": "Allow", "Principal": root, "Action": "sts:AssumeRole"}
    may = {
        "Effect": "Allow",
        "Action": [
            "ec2:DescribeInstances",
            "ec2:StartInstances",
            "ec2:StopInstances",
            "ssm:DescribeAssociationExecutionTargets",
            "ssm:DescribeAssociationExecutions",
            "ssm:ListAssociations",
            "ssm:ListCommandInvocations",
        ],
        "Resource": "*",
    }
    name = ROLE.rpartition("/")[2]
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document(trust))
    iam.put_role_policy(RoleName=name, PolicyName="fleets", PolicyDocument=_document(may))


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _look_for_strays(world: World) -> None:
    """The hourly sweep, when nothing is under way: here, and with the role that was lent."""
    since = world.last_call()
    pass_by(world, HOUR)
    eventually(lambda: _has(world, since, "SweepFleets", "DescribeAutoScalingGroups"))
    eventually(lambda: _has(world, 0, "SweepFleets", "AssumeRole"))  # which lasts for an hour


def _wake_late(world: World, fleet: Fleet) -> None:
    """Nobody acts on Monday morning but the sweep; the next sweep, and a second waking, find its run under
    way."""
    with throttled(world, "OnTransitionFunction", "SwitchPowerFunction"):
        set_clock(world, coming(world, MONDAY, 8) + timedelta(minutes=1))
        eventually(lambda: len(fleet.runs()) > 4)  # noqa: PLR2004 - those before
        since = world.last_call()
        pass_by(world, HOUR)
        eventually(lambda: _has(world, since, "SweepFleets", "DescribeExecution"))
    due = json.dumps({"source": "signalbox.timetable", "fleet": fleet.name}).encode()
    world.aws("lambda").invoke(FunctionName=function_name(world, "OnTransition") + ":live", Payload=due)
    fleet.until_run(5)


def _lose_events(world: World, fleet: Fleet) -> None:
    """Whatever wakes fleets is throttled for a while: what it was called with ends in the queue."""
    since = world.last_call()
    with throttled(world, *_WAKERS):
        world.aws("ec2").stop_instances(InstanceIds=[fleet.instances[0]])
        set_clock(world, coming(world, MONDAY, 20))
        eventually(lambda: all(_has(world, since, name, "SendMessage") for name in _WAKERS))


def _miss_the_target(world: World) -> None:
    """A schedule with the stack's role whose function is not there: Scheduler leaves it in the queue."""
    since, region, account = world.last_call(), world.runtime.region, world.runtime.account
    queue = dead_letter_queue(world)
    attributes = world.aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    world.aws("scheduler").create_schedule(
        Name="nobody",
        ScheduleExpression=f"at({now(world) + timedelta(minutes=1):%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={
            "Arn": f"arn:aws:lambda:{region}:{account}:function:signalbox-OnTransitionFunction-gone:live",
            "RoleArn": scheduler_role(world),
            "DeadLetterConfig": {"Arn": attributes["Attributes"]["QueueArn"]},
        },
    )
    pass_by(world, timedelta(minutes=1))
    eventually(lambda: _has(world, since, "FleetSchedulerRole", "SendMessage"))


def scheduler_role(world: World) -> str:
    """The ARN of the role that Scheduler calls fleets with."""
    roles = world.aws("iam").list_roles()["Roles"]
    return next(str(role["Arn"]) for role in roles if "FleetSchedulerRole" in role["RoleName"])


def _has(world: World, since: int, function: str, operation: str) -> bool:
    """Whether a function's role has made such a call, and was answered."""
    calls = [call for call in world.calls(since) if function in call["principal"]]
    return any(call["operation"] == operation and call["status"] == 200 for call in calls)  # noqa: PLR2004
