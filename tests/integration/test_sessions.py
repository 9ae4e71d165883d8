"""What sessions of botocore are given: one loader for all, and a faster reader of moments."""

from datetime import UTC, datetime

import boto3
import pytest
from botocore.utils import parse_timestamp
from moto import mock_aws

from signalbox.aws.sessions import moment, new_session


@pytest.mark.parametrize(
    "told",
    [
        "2026-11-30T08:00:00.000Z",
        "2026-11-30T08:00:00.123456Z",
        "2026-11-30T08:00:00+01:00",
        "2026-11-30T08:00:00",
        "2026-11-30T08:00:00.1234567Z",
        "2026-11-30T8:00:00Z",
        "20261130T080000Z",
        "Mon, 30 Nov 2026 08:00:00 GMT",
        "1796025600",
        1796025600.5,
    ],
)
def test_a_moment_is_what_botocore_takes_it_for(told: str | float) -> None:
    assert moment(told) == parse_timestamp(told)  # type: ignore[arg-type]


def test_sessions_read_what_is_known_of_the_services_once() -> None:
    one, another = new_session(), new_session()
    assert one is not another
    assert one.get_component("data_loader") is another.get_component("data_loader")


@mock_aws
def test_their_clients_answer_with_moments() -> None:
    before = datetime.now(UTC)
    ec2 = boto3.Session(botocore_session=new_session()).client("ec2", "eu-west-1")
    made = ec2.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1)["Instances"][0]
    assert abs((made["LaunchTime"] - before).total_seconds()) < 60  # noqa: PLR2004 - seconds
