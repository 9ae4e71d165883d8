"""One session, and clients made on first use: a cold start pays only for what it needs."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from botocore.config import Config

from signalbox.aws.sessions import new_session

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_stepfunctions import SFNClient

# Attempts inside a call; after that the machine's own retrier waits longer than a function should.
_ATTEMPTS = 3
# Seconds, but for functions that template.yaml gives one of their own: all attempts fit into thirty, so that
# whoever is kept waiting can still write down what he knows.
READ_TIMEOUT = 8


@overload
def client(service: Literal["autoscaling"], *, once: bool = ...) -> "AutoScalingClient": ...
@overload
def client(service: Literal["cloudwatch"], *, once: bool = ...) -> "CloudWatchClient": ...
@overload
def client(service: Literal["dynamodb"], *, once: bool = ...) -> "DynamoDBClient": ...
@overload
def client(service: Literal["ec2"], *, once: bool = ...) -> "EC2Client": ...
@overload
def client(service: Literal["elbv2"], *, once: bool = ...) -> "ElasticLoadBalancingv2Client": ...
@overload
def client(service: Literal["events"], *, once: bool = ...) -> "EventBridgeClient": ...
@overload
def client(service: Literal["lambda"], *, once: bool = ...) -> "LambdaClient": ...
@overload
def client(service: Literal["route53"], *, once: bool = ...) -> "Route53Client": ...
@overload
def client(service: Literal["scheduler"], *, once: bool = ...) -> "EventBridgeSchedulerClient": ...
@overload
def client(service: Literal["sqs"], *, once: bool = ...) -> "SQSClient": ...
@overload
def client(service: Literal["ssm"], *, once: bool = ...) -> "SSMClient": ...
@overload
def client(service: Literal["stepfunctions"], *, once: bool = ...) -> "SFNClient": ...
@overload
def client(service: Literal["cloudtrail", "config", "rds", "s3", "wafv2"], *, once: bool = ...) -> Any: ...  # noqa: ANN401 - a few calls each


def client(service: str, *, once: bool = False) -> Any:  # noqa: ANN401 - the overloads say which
    """The client of a service; one that sends a request `once` leaves it to the caller to try again."""
    return _made(service, 1 if once else _ATTEMPTS)


@cache
def _made(service: str, attempts: int) -> Any:  # noqa: ANN401
    if boto3.DEFAULT_SESSION is None:
        boto3.setup_default_session(botocore_session=new_session())
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    timeout = float(os.environ.get("READ_TIMEOUT_SECONDS", READ_TIMEOUT))
    config = Config(retries=retries, connect_timeout=3, read_timeout=timeout)
    return boto3.client(service, config=config)  # type: ignore[call-overload]
