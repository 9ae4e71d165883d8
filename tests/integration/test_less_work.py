"""What moto is spared: it answers as it would by itself."""

import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.ec2.models import ec2_backends

from signalbox_local.moto_seams import Seams, less_work

ACCOUNT, REGION = "123456789012", "eu-west-1"


@pytest.fixture(params=[False, True], ids=["by itself", "with less work"], scope="module")
def moto(request: pytest.FixtureRequest) -> Iterator[None]:
    seams = Seams()
    if request.param:
        less_work(seams)
    with mock_aws():
        yield
    seams.undo()


@pytest.fixture(scope="module")
def ec2(moto: None) -> Any:
    return boto3.client("ec2", REGION)


def image(ec2: Any) -> str:
    return str(ec2.describe_images(Filters=[{"Name": "name", "Values": ["amzn2*"]}])["Images"][0]["ImageId"])


def launched(ec2: Any, image_id: str) -> str:
    made = ec2.run_instances(ImageId=image_id, InstanceType="t3.micro", MinCount=1, MaxCount=1)
    return str(made["Instances"][0]["InstanceId"])


def test_each_instance_is_found_by_its_id_also_when_others_came_before(ec2: Any) -> None:
    chosen = image(ec2)
    first, second = launched(ec2, chosen), launched(ec2, chosen)
    ec2.terminate_instances(InstanceIds=[first])
    backend = ec2_backends[ACCOUNT][REGION]
    found = [backend.get_instance_by_id(each) for each in (first, second, "i-unknown")]
    assert [one and (one.id, one.state) for one in found] == [
        (first, "terminated"), (second, "running"), None,
    ]  # fmt: skip


def test_an_instance_that_is_not_there_is_refused_by_name(ec2: Any) -> None:
    with pytest.raises(ClientError, match=r"InvalidInstanceID.NotFound.*i-1234567890abcdef0"):
        ec2.modify_instance_attribute(InstanceId="i-1234567890abcdef0", Attribute="userData", Value="")


def test_an_instance_is_as_its_image_says(ec2: Any) -> None:
    chosen = ec2.describe_images(Filters=[{"Name": "name", "Values": ["amzn2*"]}])["Images"][0]
    described = ec2.describe_instances(InstanceIds=[launched(ec2, chosen["ImageId"])])
    [instance] = described["Reservations"][0]["Instances"]
    assert instance["Architecture"] == chosen["Architecture"]
    assert instance["RootDeviceName"] == chosen["RootDeviceName"]


@pytest.mark.parametrize("pattern", ["exact", "ami-*", "ami-unknown"])
def test_images_are_filtered_by_their_ids(ec2: Any, pattern: str) -> None:
    chosen = image(ec2)
    wanted = chosen if pattern == "exact" else pattern
    found = ec2.describe_images(Filters=[{"Name": "image-id", "Values": [wanted]}])["Images"]
    ids = {each["ImageId"] for each in found}
    assert {"exact": ids == {chosen}, "ami-*": len(ids) > 1, "ami-unknown": not ids}[pattern]


def test_what_was_known_before_a_reset_is_forgotten(ec2: Any) -> None:
    known = launched(ec2, image(ec2))
    backend = ec2_backends[ACCOUNT][REGION]
    assert backend.get_instance_by_id(known)
    backend.reset()
    assert backend.get_instance_by_id(known) is None


@pytest.mark.usefixtures("moto")
def test_an_item_is_read_as_it_was_written_of_whatever_kind() -> None:
    table = boto3.client("dynamodb", REGION)
    key: Any = {"AttributeName": "id", "AttributeType": "S"}
    table.create_table(
        TableName="kinds",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[key],
        BillingMode="PAY_PER_REQUEST",
    )
    plain: list[Any] = [{"S": ""}, {"N": "1.5"}, {"BOOL": False}, {"NULL": True}, {"B": b"\x00"}]
    sets: list[Any] = [{"SS": ["a"]}, {"NS": ["1"]}, {"BS": [b"1"]}]
    item: dict[str, Any] = {
        "id": {"S": "1"},
        "all": {"M": {"plain": {"L": plain}, "none": {"L": []}, "sets": {"L": sets}}},
    }
    table.put_item(TableName="kinds", Item=item)
    assert table.get_item(TableName="kinds", Key={"id": {"S": "1"}})["Item"] == item


@pytest.mark.usefixtures("moto")
def test_answers_have_identifiers_of_their_own() -> None:
    queues = boto3.client("sqs", REGION)
    ids = [queues.list_queues()["ResponseMetadata"]["RequestId"] for _ in range(2)]
    assert ids[0] != ids[1]
    assert all(re.fullmatch("[A-Za-z0-9]{52}", each) for each in ids)
