"""Types of instances on moto: which there are, and another one for what stands still."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from signalbox.aws import places
from signalbox.aws.fleets.switches import switch_of
from signalbox.aws.fleets.types import Ec2Types
from signalbox.fleets.model import Action, Kind
from signalbox.fleets.switches import Target
from signalbox_local.moto_seams import Seams, fleet_resources
from tests.integration.fleet_calls import Calls
from tests.integration.fleet_stages import HOME, REGION

TYPES = Ec2Types(HOME)


@pytest.fixture(scope="module")
def ec2() -> Iterator[Any]:
    seams = Seams()
    fleet_resources(seams)
    places.forget_clients()
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        yield boto3.client("ec2")
    places.forget_clients()
    seams.undo()


@pytest.fixture
def ids(ec2: Any) -> list[str]:
    made = ec2.run_instances(ImageId="ami-1", MinCount=3, MaxCount=3, InstanceType="m5.large")
    return [each["InstanceId"] for each in made["Instances"]]


def type_of(ec2: Any, id_: str) -> str:
    (found,) = ec2.describe_instances(InstanceIds=[id_])["Reservations"]
    return str(found["Instances"][0]["InstanceType"])


def refused_with(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, operation)


def test_a_region_says_what_its_types_understand(ec2: Any) -> None:
    found = TYPES.architectures({"m5.large", "m6g.large", "z9.large"}, REGION)
    assert found == {"m5.large": frozenset({"x86_64"}), "m6g.large": frozenset({"arm64"})}


def test_what_stands_still_takes_another_type_and_keeps_it_the_second_time(ec2: Any, ids: list[str]) -> None:
    ec2.stop_instances(InstanceIds=ids[:2])
    for _ in range(2):
        done = TYPES.change(dict.fromkeys(ids, "m5a.large"), HOME)
        assert done.accepted == tuple(ids[:2])
        assert list(done.later) == [ids[2]]
        assert done.later[ids[2]].startswith("IncorrectInstanceState: ")
    assert [type_of(ec2, id_) for id_ in ids] == ["m5a.large", "m5a.large", "m5.large"]


def test_what_is_not_entrusted_is_refused_by_name(ec2: Any, ids: list[str]) -> None:
    calls = Calls(Kind.EC2)
    refusal = ClientError(
        {"Error": {"Code": "UnauthorizedOperation", "Message": "no"}}, "ModifyInstanceAttribute"
    )
    calls.fail("ModifyInstanceAttribute", lambda: refusal)
    done = TYPES.change(dict.fromkeys(ids, "m5a.large"), HOME)
    calls.stop()
    assert done.refused == dict.fromkeys(ids, "UnauthorizedOperation: no")


def test_who_has_no_capacity_is_told_apart(ec2: Any, ids: list[str]) -> None:
    calls = Calls(Kind.EC2)
    shortage = ClientError(
        {"Error": {"Code": "InsufficientInstanceCapacity", "Message": "none"}}, "StartInstances"
    )
    calls.fail("StartInstances", lambda: shortage)
    done = switch_of(Kind.EC2).switch(Action.START, [Target(id=id_) for id_ in ids], HOME)
    calls.stop()
    assert done.lacking == frozenset(ids) == frozenset(done.later)
