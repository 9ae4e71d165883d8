"""The permissions that requests need, beside IAM's own reference (as cfn-lint carries it)."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.model import Shape, StructureShape
from moto.ec2.models import ec2_backends

from signalbox_local.authorisation import Permission
from signalbox_local.permissions import permissions_needed
from signalbox_local.permissions.asked import Asked

ACCOUNT = "123456789012"
REGION = "eu-west-1"
HERE = f"{REGION}:{ACCOUNT}"
SERVICES = (
    "autoscaling", "cloudwatch", "dynamodb", "elbv2", "events",
    "lambda", "sns", "sqs", "stepfunctions", "sts",
)  # fmt: skip
NEWER_THAN_THE_REFERENCE = {
    "cloudwatch:AssociateDatasetKmsKey",
    "cloudwatch:DescribeAlarmContributors",
    "cloudwatch:DisassociateDatasetKmsKey",
    "dynamodb:CancelBulkOperation",
    "dynamodb:DescribeBulkOperation",
    "dynamodb:ListBulkOperations",
    "dynamodb:StartBulkPutItems",
}
NOT_IN_THE_REFERENCE = {"SendTaskFailure", "SendTaskHeartbeat", "SendTaskSuccess"}
"""AWS authorises callbacks on the machine, though the reference gives them no resource."""


@cache
def reference() -> dict[str, Any]:
    """Services → their actions in lower case, each with the resources that it can be limited to."""
    spec = find_spec("cfnlint")
    assert spec and spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0], "data", "AdditionalSpecs")
    services: dict[str, Any] = json.loads((folder / "Policies.json").read_text())
    return services


def needed(service: str, operation: str, **parameters: Any) -> tuple[Permission, ...]:
    return permissions_needed(Asked(service, operation, parameters, REGION, ACCOUNT))


def pairs(permissions: tuple[Permission, ...]) -> list[tuple[str, str]]:
    return [(permission.action, permission.resource) for permission in permissions]


def some_value(shape: Shape, depth: int = 0) -> Any:
    """A value of a shape: every text is `select`, every list has one entry."""
    if isinstance(shape, StructureShape):
        return {} if depth > 2 else {n: some_value(m, depth + 1) for n, m in shape.members.items()}
    if shape.type_name == "list":
        return [some_value(shape.member, depth + 1)]  # type: ignore[attr-defined]
    if shape.type_name == "map":
        return {"select": some_value(shape.value, depth + 1)}  # type: ignore[attr-defined]
    return {"boolean": False, "integer": 1, "string": "select"}.get(shape.type_name, "select")


def all_needed(service: str) -> Iterator[tuple[str, Permission]]:
    """What each operation of a service needs when all its parameters are given."""
    model = botocore.session.get_session().get_service_model(service)
    for name in model.operation_names:
        shape = model.operation_model(name).input_shape
        for permission in needed(service, name, **(some_value(shape) if shape else {})):
            yield name, permission


def limits_of(action: str) -> dict[str, Any] | None:
    """What an action can be limited to, empty for nothing; None when IAM knows no such action."""
    prefix, _, name = action.partition(":")
    limits: dict[str, Any] | None = reference()[prefix]["Actions"].get(name.lower())
    return limits


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_needs_actions_that_iam_knows(service: str) -> None:
    unknown = {p.action for _, p in all_needed(service) if limits_of(p.action) is None}
    assert unknown <= NEWER_THAN_THE_REFERENCE


@pytest.mark.parametrize("service", SERVICES)
def test_what_can_only_be_granted_on_everything_is_asked_on_everything(service: str) -> None:
    limited = {
        (permission.action, permission.resource)
        for operation, permission in all_needed(service)
        if limits_of(permission.action) == {} and operation not in NOT_IN_THE_REFERENCE
    }
    assert {resource for _, resource in limited} <= {"*"}, limited


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("dynamodb", "TransactWriteItems"),
        ("events", "PutEvents"),
        ("elbv2", "SetRulePriorities"),
        ("elbv2", "CreateLoadBalancer"),
    ],
)
def test_a_request_without_its_parameters_is_still_authorised(service: str, operation: str) -> None:
    broken = {"TransactItems": [{"Put": {}}], "Entries": [{}], "RulePriorities": [{}], "Type": "odd"}
    assert needed(service, operation, **broken)


def test_tables_and_indexes() -> None:
    table = f"arn:aws:dynamodb:{HERE}:table/t"
    query = needed("dynamodb", "Query", TableName="t", IndexName="i")
    assert pairs(query) == [("dynamodb:Query", f"{table}/index/i")]
    assert pairs(needed("dynamodb", "GetItem", TableName=table)) == [("dynamodb:GetItem", table)]
    items = [{"Update": {"TableName": "t"}}, {"Delete": {"TableName": "t"}}, {"Update": {"TableName": "t"}}]
    assert pairs(needed("dynamodb", "TransactWriteItems", TransactItems=items)) == [
        ("dynamodb:UpdateItem", table),
        ("dynamodb:DeleteItem", table),
    ]


def test_a_version_of_a_machine_is_authorised_as_the_machine() -> None:
    machine = f"arn:aws:states:{HERE}:stateMachine:m"
    started = needed("stepfunctions", "StartExecution", stateMachineArn=f"{machine}:3")
    assert pairs(started) == [("states:StartExecution", machine)]
    execution = f"arn:aws:states:{HERE}:execution:m:e"
    stopped = needed("stepfunctions", "StopExecution", executionArn=execution)
    assert pairs(stopped) == [("states:StopExecution", execution)]


def test_a_callback_with_a_foreign_token_needs_some_machine() -> None:
    (callback,) = needed("stepfunctions", "SendTaskSuccess", taskToken="nobody's", output="{}")
    assert callback.action == "states:SendTaskSuccess"
    assert callback.resource == f"arn:aws:states:{HERE}:stateMachine:*"


def test_listeners_rules_and_target_groups() -> None:
    group = f"arn:aws:elasticloadbalancing:{HERE}:targetgroup/blue/1"
    listener = f"arn:aws:elasticloadbalancing:{HERE}:listener/app/web/1/2"
    rule = f"arn:aws:elasticloadbalancing:{HERE}:listener-rule/app/web/1/2/3"
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    changed = needed("elbv2", "ModifyRule", RuleArn=rule, Actions=forward)
    assert pairs(changed) == [("elasticloadbalancing:ModifyRule", rule)]
    assert needed("elbv2", "DescribeTargetHealth", TargetGroupArn=group)[0].resource == "*"
    created = needed("elbv2", "CreateRule", ListenerArn=listener, Tags=[{"Key": "a", "Value": "b"}])
    assert pairs(created) == [
        ("elasticloadbalancing:CreateRule", listener),
        ("elasticloadbalancing:AddTags", f"arn:aws:elasticloadbalancing:{HERE}:listener-rule/app/web/1/2/*"),
    ]
    priorities = needed("elbv2", "SetRulePriorities", RulePriorities=[{"RuleArn": rule, "Priority": 1}])
    assert priorities[0].resource == rule


def test_rules_carry_the_name_of_their_bus() -> None:
    default = needed("events", "EnableRule", Name="r")
    custom = needed("events", "PutTargets", Rule="r", EventBusName="signalbox", Targets=[])
    assert default[0].resource == f"arn:aws:events:{HERE}:rule/r"
    assert custom[0].resource == f"arn:aws:events:{HERE}:rule/signalbox/r"
    entries = [{"EventBusName": "signalbox"}, {"Detail": "{}"}, {"EventBusName": "signalbox"}]
    assert [permission.resource for permission in needed("events", "PutEvents", Entries=entries)] == [
        f"arn:aws:events:{HERE}:event-bus/signalbox",
        f"arn:aws:events:{HERE}:event-bus/default",
    ]


def test_queues_are_known_by_their_url() -> None:
    queue = f"http://127.0.0.1:4566/{ACCOUNT}/dead"
    assert pairs(needed("sqs", "DeleteMessageBatch", QueueUrl=queue)) == [
        ("sqs:DeleteMessage", f"arn:aws:sqs:{HERE}:dead")
    ]


def test_a_qualified_function_is_another_resource() -> None:
    function = f"arn:aws:lambda:{HERE}:function:f"
    assert pairs(needed("lambda", "Invoke", FunctionName="f")) == [("lambda:InvokeFunction", function)]
    assert needed("lambda", "Invoke", FunctionName="f", Qualifier="3")[0].resource == f"{function}:3"
    assert needed("lambda", "Invoke", FunctionName=f"{function}:live")[0].resource == f"{function}:live"


def test_roles_handed_to_a_service_must_be_passed() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/machine"
    created = needed("stepfunctions", "CreateStateMachine", name="m", roleArn=role, definition="{}")
    assert pairs(created)[1:] == [("iam:PassRole", role)]
    target = [{"Id": "1", "Arn": "arn:aws:states:x", "RoleArn": role}]
    assert pairs(needed("events", "PutTargets", Rule="r", Targets=target))[1:] == [("iam:PassRole", role)]
    item = {"role": {"S": role}}
    assert pairs(needed("dynamodb", "PutItem", TableName="t", Item=item))[1:] == []


def test_tags_at_creation_are_a_permission_of_their_own() -> None:
    alarm = f"arn:aws:cloudwatch:{HERE}:alarm:a"
    tagged = needed("cloudwatch", "PutMetricAlarm", AlarmName="a", Tags=[{"Key": "k", "Value": "v"}])
    assert pairs(tagged) == [("cloudwatch:PutMetricAlarm", alarm), ("cloudwatch:TagResource", alarm)]
    spec = [{"ResourceType": "launch-template", "Tags": []}]
    template = f"arn:aws:ec2:{HERE}:launch-template/*"
    created = needed("ec2", "CreateLaunchTemplate", LaunchTemplateName="l", TagSpecifications=spec)
    assert pairs(created) == [("ec2:CreateLaunchTemplate", template), ("ec2:CreateTags", template)]


def test_a_service_without_a_table_is_authorised_on_the_arns_that_it_names() -> None:
    stream = f"arn:aws:kinesis:{HERE}:stream/s"
    assert pairs(needed("kinesis", "DescribeStream", StreamARN=stream)) == [
        ("kinesis:DescribeStream", stream)
    ]
    assert pairs(needed("redshift", "PauseCluster", ClusterIdentifier="d")) == [
        ("redshift:PauseCluster", "*")
    ]


def test_what_a_fleet_starts_and_stops_is_named() -> None:
    database = pairs(needed("rds", "StopDBInstance", DBInstanceIdentifier="d"))
    assert database == [("rds:StopDBInstance", f"arn:aws:rds:{HERE}:db:d")]
    cluster = pairs(needed("rds", "StartDBCluster", DBClusterIdentifier="c"))
    assert cluster == [("rds:StartDBCluster", f"arn:aws:rds:{HERE}:cluster:c")]
    assert pairs(needed("rds", "DescribeDBInstances")) == [("rds:DescribeDBInstances", "*")]
    web = {"cluster": "shop", "service": "web", "desiredCount": 0}
    scaled = permissions_needed(Asked("ecs", "UpdateService", web, REGION, ACCOUNT))
    assert pairs(scaled) == [("ecs:UpdateService", f"arn:aws:ecs:{HERE}:service/shop/web")]
    desks = [{"WorkspaceId": "ws-1"}, {"WorkspaceId": "ws-2"}]
    assert pairs(needed("workspaces", "StopWorkspaces", StopWorkspaceRequests=desks)) == [
        ("workspaces:StopWorkspaces", f"arn:aws:workspaces:{HERE}:workspace/ws-1"),
        ("workspaces:StopWorkspaces", f"arn:aws:workspaces:{HERE}:workspace/ws-2"),
    ]


def test_a_snapshot_and_a_volume_of_it_are_made_and_tagged() -> None:
    spec = [{"ResourceType": "snapshot", "Tags": []}]
    assert pairs(needed("ec2", "CreateSnapshot", VolumeId="vol-1", TagSpecifications=spec)) == [
        ("ec2:CreateSnapshot", f"arn:aws:ec2:{HERE}:volume/vol-1"),
        ("ec2:CreateSnapshot", f"arn:aws:ec2:{REGION}::snapshot/*"),
        ("ec2:CreateTags", f"arn:aws:ec2:{REGION}::snapshot/*"),
    ]
    goes = [{"DeviceName": "/dev/xvda", "Ebs": {"DeleteOnTermination": True}}]
    assert pairs(needed("ec2", "ModifyInstanceAttribute", InstanceId="i-1", BlockDeviceMappings=goes)) == [
        ("ec2:ModifyInstanceAttribute", f"arn:aws:ec2:{HERE}:instance/i-1"),
        ("ec2:ModifyInstanceAttribute", f"arn:aws:ec2:{HERE}:volume/*"),
    ]
    assert pairs(needed("ec2", "CreateVolume", SnapshotId="snap-1")) == [
        ("ec2:CreateVolume", f"arn:aws:ec2:{REGION}::snapshot/snap-1"),
        ("ec2:CreateVolume", f"arn:aws:ec2:{HERE}:volume/*"),
    ]


def test_who_makes_an_encrypted_volume_uses_a_key_unless_it_is_that_of_aws() -> None:
    backend = ec2_backends["210987654321"][REGION]

    def keys(**named: str) -> list[tuple[str, str]]:
        asked = Asked("ec2", "CreateVolume", {"Encrypted": True, **named}, REGION, "210987654321")
        return [pair for pair in pairs(permissions_needed(asked)) if pair[0].startswith("kms:")]

    assert keys() == []
    backend.create_volume(size=1, zone_name=f"{REGION}a", encrypted=True)  # the key of AWS is made with it
    assert keys() == []
    own = f"arn:aws:kms:{REGION}:210987654321:key/own"
    backend.default_kms_key_id = own
    of_own = [(f"kms:{it}", own) for it in ("CreateGrant", "DescribeKey", "GenerateDataKeyWithoutPlaintext")]
    assert keys() == of_own
    assert keys(KmsKeyId="arn:aws:kms:other")[0] == ("kms:CreateGrant", "arn:aws:kms:other")
    backend.reset()
