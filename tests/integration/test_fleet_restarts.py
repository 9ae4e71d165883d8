"""What RDS tells of databases that it has started by itself."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from signalbox.aws import places
from signalbox.aws.fleets.restarts import RdsRestarts
from signalbox.fleets.model import Kind
from signalbox.kernel.errors import Rejected
from tests.integration.fleet_answers import answers
from tests.integration.fleet_stages import HOME, REGION

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
BY_AWS = "DB {} is being started due to it exceeding the maximum allowed time being stopped."


@pytest.fixture(autouse=True)
def aws() -> Iterator[None]:
    places.forget_clients()
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        yield
    places.forget_clients()


def event(name: str, message: str, minutes: int = 0, source: str = "db-instance") -> dict[str, Any]:
    date = NOON + timedelta(minutes=minutes)
    return {"SourceIdentifier": name, "SourceType": source, "Message": message, "Date": date}


def restarted(*events: dict[str, Any]) -> list[tuple[Kind, str]]:
    with answers("rds", DescribeEvents={"Events": list(events)}):
        return sorted(RdsRestarts().by_aws(HOME, NOON))


def test_what_aws_has_started_is_told_by_kind_and_name() -> None:
    assert restarted(
        event("orders", BY_AWS.format("instance")),
        event("orders", "DB instance started", 9),
        event("orders", "Finished DB instance backup", 10),
        event("shop", BY_AWS.format("cluster"), source="db-cluster"),
        event("bills", "DB instance started"),
        event("orders", "Manual snapshot created", source="db-snapshot"),
    ) == [(Kind.CLUSTER, "shop"), (Kind.RDS, "orders")]


def test_what_has_been_stopped_since_runs_because_somebody_started_it() -> None:
    started, stopped = event("orders", BY_AWS.format("instance")), event("orders", "DB instance stopped", 30)
    assert restarted(started, stopped, event("orders", "DB instance started", 60)) == []
    assert restarted(stopped, started) == [], "in whatever order it is told"
    shop = event("shop", BY_AWS.format("cluster"), source="db-cluster")
    assert restarted(shop, event("shop", "DB cluster stopped", 5, "db-cluster")) == []
    again = event("orders", BY_AWS.format("instance"), 90)
    assert restarted(started, stopped, again) == [(Kind.RDS, "orders")]


def test_all_pages_since_then_are_read() -> None:
    bodies: list[dict[str, Any]] = []

    def page(given: Any) -> dict[str, Any]:
        bodies.append(given["body"])
        if "Marker" in given["body"]:
            return {"Events": [event("two", BY_AWS.format("instance"))]}
        return {"Events": [event("one", BY_AWS.format("instance"))], "Marker": "more"}

    with answers("rds", DescribeEvents=page):
        found = RdsRestarts().by_aws(HOME, NOON)
    assert [name for _, name in found] == ["one", "two"]
    assert [(body["StartTime"], body["MaxRecords"]) for body in bodies] == [("2026-11-28T12:00:00Z", 100)] * 2


def test_who_may_not_see_it_is_told_so() -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeEvents")
    with answers("rds", DescribeEvents=denied), pytest.raises(Rejected, match="DescribeEvents"):
        RdsRestarts().by_aws(HOME, NOON)
