"""What adapters call is granted to somebody, and nothing is granted that no adapter calls."""

import ast
from collections.abc import Iterator

from botocore import xform_name
from botocore.session import get_session

from signalbox.aws.writer import ALLOWED
from tests.contract.permissions import actions, statements_of
from tests.contract.template import ROOT, resources, template

_IAM_NAMES = {"elbv2": "elasticloadbalancing", "stepfunctions": "states"}
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
}
_INSTEAD = {"lambda:Invoke", "dynamodb:TransactWriteItems"}
_OF_LAMBDA_ITSELF = {"sqs:SendMessage"}  # the function's role delivers what it could not handle


def _calls() -> Iterator[tuple[str, str]]:
    """Service and method of each `client("...").method(` and `client("...").get_paginator("method")`."""
    for path in (ROOT / "layers/core/signalbox/aws").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(
                        value=ast.Call(
                            func=ast.Name(id="client"), args=[ast.Constant(value=str() as service)]
                        ),
                        attr=method,
                    ),
                    args=arguments,
                ):
                    named = arguments[0] if method == "get_paginator" else ast.Constant(value=method)
                    assert isinstance(named, ast.Constant)
                    yield service, str(named.value)


def _operation(service: str, method: str) -> str:
    names = get_session().get_service_model(service).operation_names
    return next(name for name in names if xform_name(name) == method)


def _called() -> set[str]:
    read = {(service, _operation(service, method)) for service, method in _calls()}
    named = {f"{_IAM_NAMES.get(service, service)}:{operation}" for service, operation in {*read, *ALLOWED}}
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
