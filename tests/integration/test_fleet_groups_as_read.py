"""What is read of instances and their groups as AWS describes them, and what stands in their way."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from signalbox.aws import places
from signalbox.aws.fleets.switches import switch_of
from signalbox.fleets.model import Action, Condition, Kind, Resource
from tests.integration.fleet_answers import NOTHING_TAGGED, answers, one, start
from tests.integration.fleet_stages import HOME, pairs


@pytest.fixture(autouse=True, scope="module")
def _keys() -> Iterator[None]:
    places.forget_clients()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        yield
    places.forget_clients()


def _instance(**told: Any) -> dict[str, Any]:
    given = {"InstanceId": "i-00000001", "State": {"Name": "running"}, "InstanceType": "m5.large", **told}
    return {"Reservations": [{"Instances": [given]}]}


def _read_instance(**told: Any) -> Resource:
    spots = {"SpotInstanceRequests": [{"SpotInstanceRequestId": "sir-2", "Type": "persistent"}]}
    with answers("ec2", DescribeInstances=_instance(**told), DescribeSpotInstanceRequests=spots):
        return one(Kind.EC2, "i-00000001")


@pytest.mark.parametrize(
    ("told", "obstacle"),
    [
        ({}, ""),
        ({"InstanceLifecycle": "spot", "SpotInstanceRequestId": "sir-1"}, "spot one-time: cannot be stopped"),
        ({"InstanceLifecycle": "spot", "SpotInstanceRequestId": "sir-2"}, ""),
        ({"InstanceLifecycle": "scheduled"}, "scheduled instance: cannot be stopped"),
        ({"RootDeviceType": "instance-store"}, "instance store root: cannot be stopped"),
        (
            {"Operator": {"Managed": True, "Principal": "eks.amazonaws.com"}},
            "managed by eks.amazonaws.com: only it starts and stops it",
        ),
    ],
)
def test_an_instance_that_cannot_be_stopped_says_why(told: dict[str, Any], obstacle: str) -> None:
    assert _read_instance(**told).obstacle == obstacle


def test_a_member_of_a_group_names_it() -> None:
    found = _read_instance(Tags=pairs({"aws:autoscaling:groupName": "web"}))
    assert (found.member_of, found.unit) == ("web", "m5.large")


def test_a_start_that_fails_after_it_was_accepted_is_read_with_its_cause() -> None:
    why = "Client.InvalidKMSKey.InvalidState: The KMS key provided is in an incorrect state"
    told = _instance(
        State={"Name": "stopped"},
        StateReason={"Code": "Client.InvalidKMSKey.InvalidState", "Message": why},
    )
    with answers("ec2", DescribeInstances=told):
        (found,) = switch_of(Kind.EC2).read(["i-00000001"], Action.START, HOME)
    assert (found.condition, found.detail) == (Condition.STOPPED, why)


def test_an_instance_that_somebody_stopped_needs_no_cause() -> None:
    reason = {"Code": "Client.UserInitiatedShutdown", "Message": "Client.UserInitiatedShutdown: User …"}
    assert _read_instance(State={"Name": "stopped"}, StateReason=reason).detail == "stopped"


def test_ids_that_are_gone_are_taken_out_of_the_question() -> None:
    gone = [f"i-{number:08x}" for number in range(2, 500)]

    def describe(params: Any) -> Any:
        ids = {value for name, value in params["body"].items() if name.startswith("InstanceId.")}
        if ids & set(gone):
            named = sorted(ids & set(gone))[:1]
            told = {"Error": {"Code": "InvalidInstanceID.NotFound", "Message": f"'{named}' does not exist"}}
            raise ClientError(told, "DescribeInstances")  # type: ignore[arg-type]
        return _instance() if ids or "i-00000001" in params["body"].values() else {"Reservations": []}

    with answers("ec2", DescribeInstances=describe) as asked:
        found = list(switch_of(Kind.EC2).read(["i-00000001", *gone], Action.STOP, HOME))
    assert [each.id for each in found if each.condition is Condition.RUNNING] == ["i-00000001"]
    assert sorted(each.id for each in found if each.condition is Condition.BROKEN) == gone
    assert len(asked) == 2 + 3


def _group(**told: Any) -> dict[str, Any]:
    given = {"AutoScalingGroupName": "web", "MinSize": 1, "MaxSize": 4, "DesiredCapacity": 2, **told}
    return {"AutoScalingGroups": [given]}


def _member(state: str = "InService", **told: Any) -> dict[str, Any]:
    return {"InstanceId": "i-1", "LifecycleState": state, "InstanceType": "m5.large", **told}


@pytest.mark.parametrize(
    ("told", "condition", "detail"),
    [
        ({"Instances": [_member()] * 2}, Condition.RUNNING, "2 wanted; 2 InService"),
        ({"Instances": [_member("Pending")]}, Condition.CHANGING, "2 wanted; 1 Pending"),
        ({"Instances": [_member(WeightedCapacity="2")]}, Condition.RUNNING, "2 wanted; 1 InService"),
        ({"DesiredCapacity": 0}, Condition.STOPPED, "0 wanted; none there"),
        ({"DesiredCapacity": 0, "Instances": [_member("Warmed:Stopped")]}, Condition.STOPPED, "0 wanted"),
        (
            {"DesiredCapacity": 0, "Instances": [_member(ProtectedFromScaleIn=True)]},
            Condition.CHANGING,
            "0 wanted; 1 InService, 1 protected from scale-in",
        ),
    ],
)
def test_a_group_is_as_its_instances_are(told: dict[str, Any], condition: Condition, detail: str) -> None:
    with answers("autoscaling", DescribeAutoScalingGroups=_group(**told)):
        found = one(Kind.AUTOSCALING, "web")
    assert found.condition is condition
    assert found.detail.startswith(detail)
    assert found.size == ((1, 4, 2) if told.get("DesiredCapacity", 2) else ())


def test_a_group_that_may_not_launch_says_so() -> None:
    told = _group(SuspendedProcesses=[{"ProcessName": "Launch"}, {"ProcessName": "AZRebalance"}])
    with answers("autoscaling", DescribeAutoScalingGroups=told):
        assert one(Kind.AUTOSCALING, "web").obstacle == "Launch suspended: it cannot be scaled"


def test_a_group_of_an_environment_names_it() -> None:
    told = _group(Tags=pairs({"elasticbeanstalk:environment-name": "shop"}))
    with answers("autoscaling", DescribeAutoScalingGroups=told):
        assert one(Kind.AUTOSCALING, "web").member_of == "shop"


@pytest.mark.parametrize(
    ("now", "size", "written"),
    [
        ((0, 4, 0), (1, 4, 2), {"DesiredCapacity": "2", "MinSize": "1"}),
        ((1, 4, 0), (2, 4, 2), {"DesiredCapacity": "2"}),
        ((0, 4, 3), (1, 4, 2), {"MinSize": "1"}),
        ((0, 4, 1), (2, 4, 3), {"MinSize": "1"}),
        ((0, 1, 0), (2, 4, 3), {"DesiredCapacity": "1", "MinSize": "1"}),
        ((0, 4, 0), (0, 4, 2), {"DesiredCapacity": "2"}),
        ((1, 4, 1), (2, 4, 2), None),
        ((0, 4, 1), (), None),
    ],
)
def test_what_somebody_changed_since_the_stop_stays(
    now: tuple[int, int, int], size: tuple[int, ...], written: dict[str, str] | None
) -> None:
    wrote: list[dict[str, str]] = []

    def update(params: Any) -> Any:
        wrote.append(
            {k: str(v) for k, v in params["body"].items() if k in {"MinSize", "MaxSize", "DesiredCapacity"}}
        )
        return {}  # fmt: skip

    group = _group(MinSize=now[0], MaxSize=now[1], DesiredCapacity=now[2])
    with answers("autoscaling", DescribeAutoScalingGroups=group, UpdateAutoScalingGroup=update):
        done = start(Kind.AUTOSCALING, "web", size)
    assert done.accepted == ("web",)
    assert wrote == ([] if written is None else [written])


@pytest.mark.parametrize(
    ("group", "size", "reason"),
    [
        (_group(MinSize=0, DesiredCapacity=0), (), "its size before the stop is not known"),
        (_group(MinSize=0, DesiredCapacity=0, MaxSize=0), (1, 4, 2), "its maximum is 0"),
        ({"AutoScalingGroups": []}, (1, 4, 2), "there is no such group"),
    ],
)
def test_a_group_that_cannot_be_scaled_back_says_why(
    group: dict[str, Any], size: tuple[int, ...], reason: str
) -> None:
    with answers("autoscaling", DescribeAutoScalingGroups=group):
        done = start(Kind.AUTOSCALING, "web", size)
    assert done.refused["web"].startswith(reason)


def _environment(status: str, *groups: dict[str, Any]) -> Resource:
    told = {"EnvironmentName": "shop", "EnvironmentArn": "arn:shop", "Status": status}
    with (
        answers("elasticbeanstalk", DescribeEnvironments={"Environments": [told]}),
        answers("autoscaling", DescribeAutoScalingGroups={"AutoScalingGroups": list(groups)}),
        answers("resourcegroupstaggingapi", GetResources=NOTHING_TAGGED),
    ):
        return one(Kind.BEANSTALK, "shop")


def test_an_environment_is_as_its_group_is_unless_it_is_worked_on() -> None:
    tags = pairs({"elasticbeanstalk:environment-name": "shop"})
    (group,) = _group(Instances=[_member()] * 2, Tags=tags)["AutoScalingGroups"]
    ready = _environment("Ready", group)
    assert (ready.condition, ready.size, ready.member_of) == (Condition.RUNNING, (1, 4, 2), "")
    updating = _environment("Updating", group)
    assert (updating.condition, updating.detail) == (Condition.BUSY, "Updating")
    assert _environment("Launching").condition is Condition.BUSY
    assert _environment("Ready").obstacle.startswith("0 Auto Scaling groups")
