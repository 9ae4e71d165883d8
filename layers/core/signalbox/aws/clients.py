"""One session, and clients made on first use: a cold start pays only for what it needs."""

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

# Three attempts inside a call; after that the machine's own retrier waits longer than a function should.
_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=3, read_timeout=10)


@overload
def client(service: Literal["autoscaling"]) -> "AutoScalingClient": ...
@overload
def client(service: Literal["cloudwatch"]) -> "CloudWatchClient": ...
@overload
def client(service: Literal["dynamodb"]) -> "DynamoDBClient": ...
@overload
def client(service: Literal["ec2"]) -> "EC2Client": ...
@overload
def client(service: Literal["elbv2"]) -> "ElasticLoadBalancingv2Client": ...
@overload
def client(service: Literal["events"]) -> "EventBridgeClient": ...
@overload
def client(service: Literal["lambda"]) -> "LambdaClient": ...
@overload
def client(service: Literal["sqs"]) -> "SQSClient": ...
@overload
def client(service: Literal["stepfunctions"]) -> "SFNClient": ...


def client(service: str) -> Any:  # noqa: ANN401 - the overloads say which
    """The client of a service."""
    return _made(service)


@cache
def _made(service: str) -> Any:  # noqa: ANN401
    return boto3.client(service, config=_CONFIG)  # type: ignore[call-overload]
