"""EC2 instances of a fleet on moto: how many calls it takes, and who is left alone."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from signalbox.aws import places
from signalbox.aws.fleets import instances
from signalbox.aws.fleets.switches import switch_of
from signalbox.fleets.model import Action, Condition, Kind, Power
from signalbox.fleets.spec import Select
from signalbox.fleets.switches import Switch, Target
from signalbox_local.moto_seams import Seams, fleet_resources
from tests.integration.fleet_calls import Calls
from tests.integration.fleet_stages import HOME, REGION, pairs

QA = Select(tags={"env": ("qa",)}, kinds=(Kind.EC2,))


@pytest.fixture
def ec2() -> Iterator[Any]:
    seams = Seams()
    fleet_resources(seams)
    places.forget_clients()
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setattr(instances, "_PAGE", 10)
        yield boto3.client("ec2")
    places.forget_clients()
    seams.undo()


@pytest.fixture
def switch() -> Switch:
    return switch_of(Kind.EC2)


@pytest.fixture
def calls(ec2: Any) -> Iterator[Calls]:
    counted = Calls(Kind.EC2)
    yield counted
    counted.stop()


@pytest.fixture
def ids(ec2: Any) -> Iterator[list[str]]:
    """25 in 7 reservations, as autoscaled and hand-made ones are."""
    made = [id_ for count in (1, 2, 3, 4, 4, 5, 6) for id_ in _run(ec2, count)]
    yield made
    ec2.terminate_instances(InstanceIds=made)


def _run(ec2: Any, count: int, **given: Any) -> list[str]:
    tags = [{"ResourceType": "instance", "Tags": pairs({"env": "qa"})}]
    found = ec2.run_instances(
        ImageId="ami-1", MinCount=count, MaxCount=count, TagSpecifications=tags, **given
    )["Instances"]  # fmt: skip
    return [each["InstanceId"] for each in found]


def test_calls_are_as_few_as_pages_and_batches(switch: Switch, calls: Calls, ids: list[str]) -> None:
    """Pages of 10 here, of 1,000 on AWS."""
    found = list(switch.find(QA, HOME))
    assert sorted(each.id for each in found) == sorted(ids)
    assert calls.all == {"DescribeInstances": 3}
    assert switch.switch(Action.STOP, [Target(id=id_) for id_ in ids], HOME).accepted == tuple(ids)
    assert calls.all == {"DescribeInstances": 3, "StopInstances": 1}
    assert list(switch.read(ids, Action.STOP, HOME)) == []
    assert calls.of("DescribeInstances") == 3 + 1


def test_many_are_looked_for_among_all_whatever_tags_they_have_now(
    ec2: Any, switch: Switch, calls: Calls, ids: list[str]
) -> None:
    """Three calls would ask for each by name, so one is tried that asks for none."""
    ec2.stop_instances(InstanceIds=ids[1:])
    ec2.delete_tags(Resources=ids[:2], Tags=[{"Key": "env"}])
    _run(ec2, 8)
    (found,) = switch.read(ids, Action.STOP, HOME)
    assert (found.id, found.condition, dict(found.tags)) == (ids[0], Condition.RUNNING, {})
    assert calls.of("DescribeInstances") == 1
    _run(ec2, 2)
    assert [each.id for each in switch.read(ids, Action.STOP, HOME)] == [ids[0]]
    assert calls.of("DescribeInstances") == 1 + 1 + 3


@pytest.mark.parametrize("by_ids", [False, True])
def test_what_has_arrived_is_told_when_it_has_a_tag_that_may_want_it_otherwise(
    ec2: Any, switch: Switch, calls: Calls, ids: list[str], by_ids: bool
) -> None:
    ec2.stop_instances(InstanceIds=ids[:-1])
    ec2.create_tags(Resources=ids[:2], Tags=pairs({"signalbox:power": "running until *?"}))
    ec2.create_tags(Resources=ids[2:3], Tags=pairs({"env": "prod", "signalbox:power": "running until"}))
    select = Select(resources=tuple(ids[:2] + ids[3:]), kinds=(Kind.EC2,)) if by_ids else QA
    list(switch.find(select, HOME, Power.STOPPED))
    without = calls.of("DescribeInstances")
    found = [each.id for each in switch.find(select, HOME, Power.STOPPED, "signalbox:power")]
    assert calls.of("DescribeInstances") == 2 * without + (0 if by_ids else 1)
    assert sorted({*found} & {*ids}) == sorted([*ids[:2], ids[-1]])
    assert len(found) == len({*found})


def test_only_what_has_not_arrived_is_read(ec2: Any, switch: Switch, ids: list[str]) -> None:
    switch.switch(Action.STOP, [Target(id=id_) for id_ in ids[:20]], HOME)
    assert {each.id for each in switch.read(ids, Action.STOP, HOME)} == set(ids[20:])
    assert {each.id for each in switch.read(ids, Action.START, HOME)} == set(ids[:20])


def test_what_is_protected_from_stopping_keeps_no_other_back(
    ec2: Any, switch: Switch, calls: Calls, ids: list[str]
) -> None:
    (protected,) = _run(ec2, 1, DisableApiStop=True)
    done = switch.switch(Action.STOP, [Target(id=id_) for id_ in (*ids[:5], protected, *ids[5:])], HOME)
    assert set(done.accepted) == set(ids)
    assert "disableApiStop" in done.refused[protected]
    assert calls.of("StopInstances") == 2
    ec2.terminate_instances(InstanceIds=[protected])


def test_what_is_terminated_is_never_started_again(ec2: Any, switch: Switch, ids: list[str]) -> None:
    ec2.stop_instances(InstanceIds=ids)
    ec2.terminate_instances(InstanceIds=ids[:3])
    done = switch.switch(Action.START, [Target(id=id_) for id_ in ids], HOME)
    assert set(done.accepted) == set(ids[3:])
    assert done.refused == dict.fromkeys(ids[:3], "IncorrectInstanceState: it is terminated")


def test_a_spot_instance_of_a_request_for_one_time_says_so(ec2: Any, switch: Switch) -> None:
    made = _run(ec2, 1, InstanceMarketOptions={"MarketType": "spot"})
    (found,) = switch.find(QA, HOME)
    assert ([found.id], found.obstacle) == (made, "spot one-time: cannot be stopped")
    ec2.terminate_instances(InstanceIds=made)
