"""What is read of databases, services and desktops as AWS describes them, and what stands in their way."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from signalbox.aws import places
from signalbox.aws.fleets.switches import switch_of
from signalbox.fleets.model import Action, Condition, Kind, Resource
from signalbox.fleets.switches import Target
from tests.integration.fleet_answers import NOTHING_TAGGED, answers, one, start
from tests.integration.fleet_stages import HOME


@pytest.fixture(autouse=True, scope="module")
def _keys() -> Iterator[None]:
    places.forget_clients()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        yield
    places.forget_clients()


def _database(**told: Any) -> dict[str, Any]:
    given = {"DBInstanceIdentifier": "orders", "DBInstanceStatus": "available", "Engine": "postgres", **told}
    return {"DBInstances": [given]}


@pytest.mark.parametrize(
    ("status", "condition"),
    [
        ("available", Condition.RUNNING),
        ("stopped", Condition.STOPPED),
        ("starting", Condition.CHANGING),
        ("stopping", Condition.CHANGING),
        ("modifying", Condition.BUSY),
        ("backing-up", Condition.BUSY),
        ("maintenance", Condition.BUSY),
        ("upgrading", Condition.BUSY),
        ("configuring-enhanced-monitoring", Condition.BUSY),
        ("storage-optimization", Condition.BUSY),
        ("rebooting", Condition.BUSY),
        ("storage-full", Condition.BROKEN),
        ("failed", Condition.BROKEN),
        ("inaccessible-encryption-credentials", Condition.BROKEN),
        ("inaccessible-encryption-credentials-recoverable", Condition.BROKEN),
        ("incompatible-network", Condition.BROKEN),
    ],
)
def test_a_database_is_as_its_status_says(status: str, condition: Condition) -> None:
    with answers("rds", DescribeDBInstances=_database(DBInstanceStatus=status)):
        found = one(Kind.RDS, "orders")
    assert (found.condition, found.detail) == (condition, status)


@pytest.mark.parametrize(
    ("told", "obstacle"),
    [
        ({}, ""),
        ({"MultiAZ": True}, ""),
        ({"Engine": "sqlserver-se", "MultiAZ": True}, "SQL Server Multi-AZ: cannot be stopped"),
        ({"Engine": "sqlserver-se"}, ""),
        ({"ReadReplicaSourceDBInstanceIdentifier": "first"}, "read replica: cannot be stopped"),
        ({"ReadReplicaDBInstanceIdentifiers": ["second"]}, "has read replicas: cannot be stopped"),
        ({"Engine": "custom-oracle-ee"}, "RDS Custom: cannot be stopped"),
        ({"Engine": "aurora-mysql", "DBClusterIdentifier": "all"}, ""),
    ],
)
def test_a_database_that_cannot_be_stopped_says_why(told: dict[str, Any], obstacle: str) -> None:
    with answers("rds", DescribeDBInstances=_database(**told)):
        found = one(Kind.RDS, "orders")
    assert (found.obstacle, found.member_of) == (obstacle, told.get("DBClusterIdentifier", ""))


@pytest.mark.parametrize(
    ("code", "waits"),
    [
        ("InvalidDBInstanceState", True),
        ("InsufficientDBInstanceCapacity", True),
        ("DBInstanceNotFound", False),
        ("KMSKeyNotAccessibleFault", False),
        ("AccessDenied", False),
    ],
)
def test_a_database_that_is_refused_says_why(code: str, waits: bool) -> None:
    refusal = ClientError({"Error": {"Code": code, "Message": "no"}}, "StartDBInstance")
    with answers("rds", StartDBInstance=refusal):
        done = start(Kind.RDS, "orders")
    assert (done.later if waits else done.refused) == {"orders": f"{code}: no"}


@pytest.mark.parametrize(
    ("told", "obstacle"),
    [
        ({"Engine": "aurora-postgresql", "EngineMode": "provisioned"}, ""),
        ({"Engine": "neptune"}, ""),
        ({"Engine": "docdb"}, ""),
        ({"Engine": "aurora", "EngineMode": "serverless"}, "Aurora Serverless v1"),
        ({"Engine": "aurora", "EngineMode": "multimaster"}, "multi-master"),
        ({"Engine": "docdb", "GlobalClusterIdentifier": "world"}, "part of a global database"),
        ({"Engine": "aurora-mysql", "ReadReplicaIdentifiers": ["far"]}, "replicates to or from another"),
        ({"Engine": "postgres"}, "Multi-AZ DB cluster: cannot be stopped"),
    ],
)
def test_a_cluster_that_cannot_be_stopped_says_why(told: dict[str, Any], obstacle: str) -> None:
    found = {"DBClusters": [{"DBClusterIdentifier": "all", "Status": "available", **told}]}
    with answers("rds", DescribeDBClusters=found):
        assert one(Kind.CLUSTER, "all").obstacle.startswith(obstacle)
        assert bool(obstacle) == bool(one(Kind.CLUSTER, "all").obstacle)


def _service(**told: Any) -> dict[str, Any]:
    given = {"serviceName": "web", "clusterArn": "arn:aws:ecs:r:a:cluster/shop", "status": "ACTIVE",
             "desiredCount": 2, "runningCount": 2, **told}  # fmt: skip
    return {"services": [given]}


def _read_service(least: int = 0, suspended: bool = False, **told: Any) -> Resource:
    state = {"DynamicScalingOutSuspended": suspended}
    target = {"ResourceId": "service/shop/web", "MinCapacity": least, "SuspendedState": state}
    with (
        answers("ecs", DescribeServices=_service(**told)),
        answers("application-autoscaling", DescribeScalableTargets={"ScalableTargets": [target]}),
    ):
        return one(Kind.ECS, "shop/web")


def test_a_service_that_would_be_scaled_out_again_says_so() -> None:
    assert _read_service(least=2).obstacle.startswith("Application Auto Scaling keeps 2 tasks")
    assert _read_service(least=2, suspended=True).obstacle == ""
    assert _read_service(least=0).obstacle == ""


def test_a_daemon_service_says_so() -> None:
    assert _read_service(schedulingStrategy="DAEMON").obstacle.startswith("daemon service")


def test_a_service_on_its_way_tells_what_holds_it_up() -> None:
    why = "(service web) was unable to place a task because no container instance met its requirements."
    found = _read_service(runningCount=1, events=[{"message": why}, {"message": "before"}])
    assert (found.condition, found.detail) == (Condition.CHANGING, f"2 wanted; 1 running; {why}")


def test_a_service_that_somebody_scaled_meanwhile_stays_so() -> None:
    with answers("ecs", DescribeServices=_service(desiredCount=1)) as asked:
        assert start(Kind.ECS, "shop/web", (5,)).accepted == ("shop/web",)
    assert asked == ["DescribeServices"]
    with answers("ecs", DescribeServices=_service(desiredCount=0)):
        assert "not known" in start(Kind.ECS, "shop/web").refused["shop/web"]


def _desktop(state: str, mode: str = "AUTO_STOP", **told: Any) -> Resource:
    found = {"WorkspaceId": "ws-0123456789", "State": state, **told,
             "WorkspaceProperties": {"RunningMode": mode, "ComputeTypeName": "POWER"}}  # fmt: skip
    with (
        answers("workspaces", DescribeWorkspaces={"Workspaces": [found]}),
        answers("resourcegroupstaggingapi", GetResources=NOTHING_TAGGED),
    ):
        return one(Kind.WORKSPACES, "ws-0123456789")


@pytest.mark.parametrize(
    ("state", "condition"),
    [
        ("AVAILABLE", Condition.RUNNING),
        ("UNHEALTHY", Condition.RUNNING),
        ("STOPPED", Condition.STOPPED),
        ("STOPPING", Condition.CHANGING),
        ("MAINTENANCE", Condition.BUSY),
        ("ADMIN_MAINTENANCE", Condition.BUSY),
        ("REBUILDING", Condition.BUSY),
        ("ERROR", Condition.BROKEN),
        ("SUSPENDED", Condition.BROKEN),
    ],
)
def test_a_desktop_is_as_its_state_says(state: str, condition: Condition) -> None:
    assert _desktop(state).condition is condition


def test_a_desktop_that_is_always_on_cannot_be_stopped() -> None:
    assert _desktop("AVAILABLE", "ALWAYS_ON").obstacle.startswith("ALWAYS_ON")
    assert _desktop("AVAILABLE", "MANUAL").obstacle == ""
    assert _desktop("ERROR", ErrorMessage="no address").detail == "ERROR: no address"


def test_of_desktops_each_is_answered_for_itself() -> None:
    ids = [f"ws-012345678{number}" for number in range(3)]
    failed = [
        {"WorkspaceId": ids[0], "ErrorCode": "OperationNotSupportedException", "ErrorMessage": "no"},
        {"WorkspaceId": ids[1], "ErrorCode": "ResourceNotFound.Workspace", "ErrorMessage": "gone"},
    ]
    with answers("workspaces", StopWorkspaces={"FailedRequests": failed}) as asked:
        done = switch_of(Kind.WORKSPACES).switch(Action.STOP, [Target(id=id_) for id_ in ids], HOME)
    assert (list(done.later), list(done.refused), list(done.accepted)) == ([ids[0]], [ids[1]], [ids[2]])
    assert asked == ["StopWorkspaces"]


def test_a_fleet_of_applications_tells_what_is_wrong_with_it() -> None:
    errors = [{"ErrorCode": "IAM_SERVICE_ROLE_MISSING_ENI_CREATE_ACTION", "ErrorMessage": "no permission"}]
    fleet = {"Arn": "arn:desks", "Name": "desks", "State": "STOPPED", "FleetErrors": errors}
    with (
        answers("appstream", DescribeFleets={"Fleets": [fleet]}),
        answers("resourcegroupstaggingapi", GetResources=NOTHING_TAGGED),
    ):
        found = one(Kind.APPSTREAM, "desks")
    assert (found.condition, found.detail) == (Condition.STOPPED, "STOPPED: no permission")
