"""What adapters call is granted to somebody, and nothing is granted that no adapter calls."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping

from botocore import xform_name
from botocore.session import get_session

from signalbox.aws.compliance.writes import ALLOWED as FIXES
from signalbox.aws.writer import ALLOWED
from tests.contract.permissions import actions, statements_of
from tests.contract.template import ROOT, resources, template

_IAM_NAMES = {"elbv2": "elasticloadbalancing", "resourcegroupstaggingapi": "tag", "stepfunctions": "states"}
# What AWS looks for behind a call, besides the permission that is called like it.
_BEHIND = {
    "lambda:Invoke": {"lambda:InvokeFunction"},
    "dynamodb:TransactWriteItems": {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"},
    "autoscaling:CreateAutoScalingGroup": {"ec2:RunInstances", "ec2:CreateTags", "iam:PassRole"},
    "elasticloadbalancing:CreateListener": {"elasticloadbalancing:AddTags"},
    "elasticloadbalancing:CreateTargetGroup": {
        "elasticloadbalancing:AddTags",
        "ec2:DescribeInternetGateways",
        "ec2:DescribeVpcs",
    },
    "elasticloadbalancing:CreateLoadBalancer": {
        "elasticloadbalancing:AddTags",
        "ec2:DescribeAccountAttributes",
        "ec2:DescribeAddresses",
        "ec2:DescribeInternetGateways",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
    },
    "cloudwatch:PutMetricAlarm": {"cloudwatch:TagResource"},
    "resource-groups:ListGroupResources": {"tag:GetResources"},
    "ec2:StartInstances": {"kms:CreateGrant"},
    "ec2:CreateVolume": {"kms:CreateGrant", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"},
    "scheduler:CreateSchedule": {"iam:PassRole"},
}
# S3 calls some permissions otherwise than its operations.
_BEHIND |= {
    "s3:GetPublicAccessBlock": {"s3:GetBucketPublicAccessBlock"},
    "s3:PutPublicAccessBlock": {"s3:PutBucketPublicAccessBlock"},
    "s3:DeletePublicAccessBlock": {"s3:PutBucketPublicAccessBlock"},
}
_INSTEAD = {
    "lambda:Invoke",
    "dynamodb:TransactWriteItems",
    *(call for call in _BEHIND if call.startswith("s3:")),
}
_OF_LAMBDA_ITSELF = {"sqs:SendMessage"}  # the function's role delivers what it could not handle


def _calls() -> Iterator[tuple[str, str]]:
    """Service and operation of each call in a module: on a client as it is made, on one that has a name, by
    the paginator's argument, or by a name in quotes where the module chooses between several."""
    for path in (ROOT / "layers/core/signalbox/aws").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for service, methods in _used_in(tree).items():
            known = {
                xform_name(name): name for name in get_session().get_service_model(service).operation_names
            }
            yield from ((service, known[method]) for method in methods & known.keys())


def _used_in(tree: ast.Module) -> dict[str, set[str]]:
    """The methods, and more, that a module names beside each service."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    named: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=made) if service := _service_of(made):
                named[name] = service
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=made, attr="get_paginator"), args=[ast.Constant(value=method)]
            ):
                found[_client_of(made, named)].add(str(method))
            case ast.Call(func=ast.Name(id="getattr"), args=[made, *_]) if service := _service_of(made):
                found[service] |= {str(n.value) for n in ast.walk(tree) if isinstance(n, ast.Constant)}
            case ast.Attribute(value=made, attr=attribute):
                found[_client_of(made, named)].add(attribute)
    found.pop("", None)
    return found


def _client_of(node: ast.expr, named: Mapping[str, str]) -> str:
    """The service of a client, made here or called by its name; empty when it is none."""
    return named.get(node.id, "") if isinstance(node, ast.Name) else _service_of(node)


def _service_of(node: ast.expr) -> str:
    """`client("ec2")`, `client_in(place, "ec2", once=True)` or `session.client("sts")`."""
    match node:
        case ast.Call(func=ast.Name(id="client" | "client_in"), args=arguments):
            pass
        case ast.Call(func=ast.Attribute(attr="client"), args=arguments):
            pass
        case _:
            return ""
    return next((str(one.value) for one in arguments if isinstance(one, ast.Constant)), "")


def _called() -> set[str]:
    named = {
        f"{_IAM_NAMES.get(service, service)}:{operation}"
        for service, operation in {*_calls(), *ALLOWED, *FIXES}
    }
    behind = {action for call in named for action in _BEHIND.get(call, set())}
    return (named - _INSTEAD) | behind


def _granted() -> set[str]:
    functions = resources(template(), "AWS::Serverless::Function")
    listed = [item for name in functions for item in statements_of(f"{name}Role")]
    return {action for statement in listed for action in actions(statement)} - _OF_LAMBDA_ITSELF


def test_what_adapters_call_is_granted_to_somebody() -> None:
    assert _called() - _granted() == set()


def test_nothing_is_granted_that_no_adapter_calls() -> None:
    assert _granted() - _called() == set()
