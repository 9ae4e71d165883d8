"""What a caller must be allowed for a request: IAM's action names, on the ARNs that the request names."""

from collections.abc import Callable, Iterable

from signalbox_local.authorisation import Permission
from signalbox_local.permissions import (
    autoscaling,
    dynamodb,
    ec2,
    events,
    fleets,
    load_balancers,
    messages,
    monitoring,
    named,
    people,
    states,
)
from signalbox_local.permissions.asked import Asked
from signalbox_local.permissions.passed_roles import passed_roles

_BY_SERVICE: dict[str, Callable[[Asked], Iterable[Permission]]] = {
    "appstream": fleets.streaming_fleets,
    "autoscaling": autoscaling.permissions,
    "cloudwatch": monitoring.permissions,
    "config": named.config_rules,
    "dynamodb": dynamodb.permissions,
    "ec2": ec2.permissions,
    "ecs": fleets.services,
    "elbv2": load_balancers.permissions,
    "events": events.permissions,
    "iam": people.permissions,
    "lambda": named.functions,
    "logs": named.log_groups,
    "rds": fleets.databases,
    "route53": named.hosted_zones,
    "s3": named.buckets,
    "scheduler": named.schedules,
    "sns": messages.topics,
    "sqs": messages.queues,
    "ssm": named.parameters,
    "stepfunctions": states.permissions,
    "sts": people.sessions,
    "wafv2": named.firewalls,
    "workspaces": fleets.desktops,
}


def permissions_needed(asked: Asked) -> tuple[Permission, ...]:
    """Every permission that AWS would look for, the request's own first, then the roles that it passes on.

    A service without a table of its own needs its operation on the ARNs among its parameters, or on `*`.
    """
    own = _BY_SERVICE.get(asked.service, Asked.on_named_arns)(asked)
    return (*own, *passed_roles(asked))
