"""Least privilege: who may do what, and what nobody may."""

import re
from fnmatch import fnmatchcase

import pytest

from tests.contract.permissions import Statement, actions, statements, statements_of
from tests.contract.template import SOURCE, resources, template, translated

_ALL = [
    pytest.param(name, statement, id=f"{name}/{statement.get('Sid', number)}")
    for number, (name, statement) in enumerate(statements())
]
_each_statement = pytest.mark.parametrize(("name", "statement"), _ALL)
_FUNCTIONS = resources(template(), "AWS::Serverless::Function")
_READS = ("Describe", "Get", "List")
_OWNED_BY_USERS = (
    "autoscaling:",
    "appstream:",
    "ec2:",
    "ecs:",
    "elasticloadbalancing:",
    "rds:",
    "workspaces:",
)
# Settings that have no resource, and so no owner but who deployed the stack.
_OF_THE_ACCOUNT = {"ec2:EnableEbsEncryptionByDefault", "ec2:DisableEbsEncryptionByDefault"}
_MACHINE_TASKS = (
    "Begin",
    "Provision",
    "ShiftTraffic",
    "ReplaceBatch",
    "Analyse",
    "Retire",
    "Hold",
    "Restore",
    "Finish",
)


def _writes(statement: Statement) -> list[str]:
    """The actions of a statement that change what belongs to users."""
    owned = [action for action in actions(statement) if action.startswith(_OWNED_BY_USERS)]
    return [action for action in owned if not action.partition(":")[2].startswith(_READS)]


def _may(role: str, action: str) -> bool:
    return any(action in actions(statement) for statement in statements_of(role))


@_each_statement
def test_a_statement_names_its_actions_one_by_one(name: str, statement: Statement) -> None:
    assert not [action for action in actions(statement) if "*" in action], name


def test_every_resource_of_all_says_why() -> None:
    lines = SOURCE.read_text(encoding="utf-8").splitlines()
    silent = [
        number
        for number, (before, line) in enumerate(zip(["", *lines], lines, strict=False), 1)
        if re.fullmatch(r'\s+(- )?(Resource|Principal|Action): (sqs:\*|"\*")', line)
        and not before.strip().startswith("#")
        and "sqs:" not in line
    ]
    assert silent == []


@_each_statement
def test_writes_reach_only_what_its_owner_entrusted(name: str, statement: Statement) -> None:
    if _writes(statement) and not set(_writes(statement)) <= _OF_THE_ACCOUNT:
        tag = {"aws:ResourceTag/signalbox:managed", "aws:RequestTag/signalbox:managed"}
        at_birth = {"ec2:LaunchTemplate", "ec2:CreateAction", "elasticloadbalancing:CreateAction"}
        assert {key for test in statement["Condition"].values() for key in test} & (tag | at_birth), name


@_each_statement
def test_nobody_changes_or_deletes_an_entry_of_a_timeline_or_what_was_decided(
    name: str, statement: Statement
) -> None:
    if {"dynamodb:UpdateItem", "dynamodb:DeleteItem"} & set(actions(statement)):
        keys = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
        kept = ("TIMELINE#r-1", "EXCEPTIONS", "EXCEPTION#legacy", "BASELINES", "BASELINE#AWS::EC2::Volume")
        assert not [one for one in kept for pattern in keys if fnmatchcase(one, pattern)], name


@_each_statement
def test_nobody_writes_many_records_past_the_conditions(name: str, statement: Statement) -> None:
    past_them = {"dynamodb:BatchWriteItem", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete"}
    assert not past_them & set(actions(statement)), name


@_each_statement
def test_a_role_is_passed_only_to_whom_its_parameter_says(name: str, statement: Statement) -> None:
    if "iam:PassRole" in actions(statement):
        services = {
            "InstanceRoleArns": "ec2.amazonaws.com",
            "HookRoleArns": "autoscaling.amazonaws.com",
            "FleetSchedulerRole": "scheduler.amazonaws.com",
        }
        resource = statement["Resource"]
        service = services[resource.get("Ref") or resource["Fn::GetAtt"][0]]
        assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": service}}, name


def test_a_service_acts_for_this_account_only() -> None:
    # Lambda's own trust is left out: it assumes a role only for functions of the role's account.
    trusted = [
        statement
        for role in resources(translated(), "AWS::IAM::Role").values()
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        if "lambda.amazonaws.com" not in statement["Principal"]["Service"]
    ]
    allowed = [
        statement
        for policy in resources(translated(), "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    for statement in [*trusted, *allowed]:
        keys = {key for test in statement["Condition"].values() for key in test}
        assert keys == {"aws:SourceArn", "aws:SourceAccount"}


def test_every_call_into_a_function_names_where_it_comes_from() -> None:
    """AWS Config makes no rule whose function it may not invoke: of its rule only the account is known."""
    for permission in resources(translated(), "AWS::Lambda::Permission").values():
        given = permission["Properties"]
        if given["Principal"] == "config.amazonaws.com":
            assert given["SourceAccount"] == {"Ref": "AWS::AccountId"}
        else:
            assert "SourceArn" in given


def test_only_what_must_launch_may_launch() -> None:
    able = {name for name in _FUNCTIONS if _may(f"{name}Role", "ec2:RunInstances")}
    assert able == {
        f"{task}Function" for task in ("Provision", "ShiftTraffic", "ReplaceBatch", "Retire", "Restore")
    }


@_each_statement
def test_only_what_a_rollout_made_may_be_deleted(name: str, statement: Statement) -> None:
    removals = {
        "autoscaling:DeleteAutoScalingGroup",
        "elasticloadbalancing:DeleteLoadBalancer",
        "elasticloadbalancing:DeleteTargetGroup",
    }
    if removals & set(actions(statement)):
        assert statement["Condition"]["Null"] == {"aws:ResourceTag/signalbox:created-by": "false"}, name


def _starts(machine: str) -> set[str]:
    """The functions that may start executions of it."""
    return {
        name
        for name in _FUNCTIONS
        for statement in statements_of(f"{name}Role")
        if "states:StartExecution" in actions(statement) and statement["Resource"] == {"Ref": machine}
    }


def test_only_the_api_and_the_sweep_start_executions() -> None:
    able = {name for name in _FUNCTIONS if _may(f"{name}Role", "states:StartExecution")}
    assert _starts("RolloutMachine") == {"ApiFunction", "SweepFunction"}
    assert able == _starts("RolloutMachine") | _starts("PowerMachine") | _starts("RemediationMachine")


def test_only_the_api_and_what_hears_of_findings_begin_remediations() -> None:
    assert _starts("RemediationMachine") == {"ApiFunction", "OnFindingFunction", "SweepFindingsFunction"}


def test_only_a_fix_and_its_undo_change_what_is_found() -> None:
    fixes = ("s3:PutBucketPublicAccessBlock", "rds:ModifyDBInstance", "ec2:ModifyInstanceMetadataOptions")
    able = {name for name in _FUNCTIONS for fix in fixes if _may(f"{name}Role", fix)}
    assert able == {"ApplyFixFunction", "UndoFixFunction"}
    closing = {name for name in _FUNCTIONS if _may(f"{name}Role", "ec2:RevokeSecurityGroupIngress")}
    opening = {name for name in _FUNCTIONS if _may(f"{name}Role", "ec2:AuthorizeSecurityGroupIngress")}
    assert (closing, opening) == ({"ApplyFixFunction"}, {"UndoFixFunction"})


def test_only_the_api_and_what_wakes_fleets_begin_their_runs() -> None:
    wakers = {"OnTransitionFunction", "OnPowerEventFunction", "SweepFleetsFunction"}
    assert _starts("PowerMachine") == {"ApiFunction", *wakers}


_DELETIONS = ("ec2:DeleteSnapshot", "ec2:DeleteVolume", "rds:DeleteDBInstance", "rds:DeleteDBSnapshot")


def _able(*powers: str) -> set[str]:
    return {name for name in _FUNCTIONS for power in powers if _may(f"{name}Role", power)}


def test_who_asks_whether_something_is_in_the_group_of_a_fleet_may_look_into_groups() -> None:
    asking = {"ResolveFleetFunction", "OnPowerEventFunction", "SweepFleetsFunction"}
    assert asking <= _able("resource-groups:ListGroupResources") & _able("tag:GetResources")


def test_the_sweep_may_see_what_rds_has_started_by_itself() -> None:
    assert "SweepFleetsFunction" in _able("rds:DescribeEvents")


def test_only_one_function_starts_and_stops_what_belongs_to_users() -> None:
    assert _able("rds:StopDBInstance", "ecs:UpdateService") == {"SwitchPowerFunction"}


def test_instances_stop_for_a_fleet_or_for_a_fix_that_was_approved() -> None:
    powers = ("ec2:StopInstances", "ec2:StartInstances", "ec2:ModifyInstanceAttribute")
    assert _able(*powers) == {"SwitchPowerFunction", "ApplyFixFunction", "UndoFixFunction"}


def test_copies_are_made_by_a_fix_and_deleted_by_its_undo() -> None:
    assert _able("ec2:CreateSnapshot", "ec2:CreateVolume") == {"ApplyFixFunction"}
    assert _able("rds:CreateDBSnapshot", "rds:RestoreDBInstanceFromDBSnapshot") == {"ApplyFixFunction"}
    assert _able(*_DELETIONS) == {"UndoFixFunction"}


@_each_statement
def test_only_what_a_fix_has_made_may_be_deleted_of_volumes_and_databases(
    name: str, statement: Statement
) -> None:
    if set(_DELETIONS) & set(actions(statement)):
        assert statement["Condition"]["Null"] == {"aws:ResourceTag/signalbox:finding": "false"}, name


def test_of_an_instance_nothing_but_its_type_may_be_changed_or_what_goes_with_it() -> None:
    """What has several fields has no condition key: all that could be named beside it is shut out."""
    shut = {"ec2:Attribute/UserData", "ec2:Attribute/InstanceType"}
    for name, statement in statements():
        if "ec2:ModifyInstanceAttribute" in actions(statement):
            assert actions(statement) == ["ec2:ModifyInstanceAttribute"], name
            given = statement["Condition"]["Null"]
            if given != {"ec2:Attribute/InstanceType": "false"}:
                assert given.keys() >= shut, name
                assert set(given.values()) == {"true"}, name
                named = statement["Condition"]["ForAllValues:StringNotEqualsIgnoreCase"]["ec2:Attribute"]
                assert {"userData", "instanceType", "groupSet"} <= set(named), name


def test_the_api_writes_nothing_in_the_estate() -> None:
    assert [action for statement in statements_of("ApiFunctionRole") for action in _writes(statement)] == []


@pytest.mark.parametrize("name", _MACHINE_TASKS)
def test_the_machine_may_call_every_version_of_a_step(name: str) -> None:
    able = [item for item in statements_of("RolloutMachineRole") if "lambda:InvokeFunction" in actions(item)]
    assert [name for item in able if {"Fn::Sub": f"${{{name}Function.Arn}}:*"} in item["Resource"]]


@pytest.mark.parametrize("name", ["ResolveFleet", "SwitchPower", "VerifyPower", "ReportFleet"])
def test_the_power_machine_may_call_every_version_of_a_step(name: str) -> None:
    able = [item for item in statements_of("PowerMachineRole") if "lambda:InvokeFunction" in actions(item)]
    assert [name for item in able if {"Fn::Sub": f"${{{name}Function.Arn}}:*"} in item["Resource"]]


@pytest.mark.parametrize("name", ["AssessFinding", "AwaitApproval", "ApplyFix", "ProveFix", "UndoFix"])
def test_the_remediation_machine_may_call_every_version_of_a_step(name: str) -> None:
    able = [
        item for item in statements_of("RemediationMachineRole") if "lambda:InvokeFunction" in actions(item)
    ]
    assert [name for item in able if {"Fn::Sub": f"${{{name}Function.Arn}}:*"} in item["Resource"]]


_ROLLOUT = "POST/services/checkout/rollouts/r-1"
_CALLERS = {
    "ViewerPolicy": {
        "GET/services",
        f"{_ROLLOUT.replace('POST', 'GET')}/timeline",
        "POST/services/checkout/plan",
        "GET/fleets/dev/why",
        "GET/fleets/dev/savings",
        "GET/findings/c-1",
        "GET/exceptions",
        "GET/exceptions/legacy",
        "GET/baselines",
        "GET/posture",
        "GET/rules/ssh-closed/dry-run",
        "POST/fleets/dev/forecast",
    },
    "DeployerPolicy": {"POST/services/checkout/rollouts", "POST/services/checkout/undo"}
    | {"POST/fleets/dev/start", "POST/fleets/dev/stop"}
    | {"POST/fleets/dev/override", "DELETE/fleets/dev/override"}
    | {"POST/findings/c-1/remediate", "POST/findings/c-1/undo"}
    | {f"{_ROLLOUT}/{verb}" for verb in ("promote", "pause", "resume", "abort", "retry", "skip")},
    "ApproverPolicy": {f"{_ROLLOUT}/approve", f"{_ROLLOUT}/reject"}
    | {"POST/findings/c-1/approve", "POST/findings/c-1/reject"},
    "OperatorPolicy": {
        "PUT/services/checkout",
        "DELETE/services/checkout",
        "PUT/fleets/dev",
        "DELETE/fleets/dev",
        "PUT/exceptions/legacy",
        "DELETE/exceptions/legacy",
        "PUT/baselines/AWS::EC2::Volume",
        "DELETE/baselines/AWS::EC2::Volume",
    },
}
_INHERITED = {
    "ViewerPolicy": ("ViewerPolicy",),
    "DeployerPolicy": ("ViewerPolicy", "DeployerPolicy"),
    "ApproverPolicy": ("ViewerPolicy", "ApproverPolicy"),
    "OperatorPolicy": tuple(_CALLERS),
}
_CELLS = [(policy, call) for policy in _CALLERS for calls in _CALLERS.values() for call in sorted(calls)]


def _granted(policy: str, call: str) -> bool:
    listed = [statement["Resource"] for name, statement in statements() if name == policy]
    patterns = [item for entry in listed for item in (entry if isinstance(entry, list) else [entry])]
    return any(fnmatchcase(f"api/v1/{call}", _path(pattern["Fn::Sub"])) for pattern in patterns)


def _path(arn: str) -> str:
    """`...:${Api}/${its stage}/GET/*` as a pattern for `api/v1/GET/services`."""
    return re.sub(r".*:\$\{Api\}/\$\{\w+\}/", "api/v1/", arn)


@pytest.mark.parametrize(("policy", "call"), _CELLS)
def test_a_caller_may_do_what_the_policy_is_called_and_nothing_more(policy: str, call: str) -> None:
    assert _granted(policy, call) == any(call in _CALLERS[name] for name in _INHERITED[policy])
