"""`iam:PassRole`: whoever hands a role to a service must be allowed to pass it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from signalbox_local.authorisation import Permission
from signalbox_local.permissions.asked import Asked

_TAKE_ROLES = {
    "autoscaling",
    "cloudformation",
    "config",
    "ecs",
    "events",
    "lambda",
    "scheduler",
    "ssm",
    "stepfunctions",
}


def passed_roles(asked: Asked) -> Iterable[Permission]:
    """A permission for each role ARN given under a name that ends in `Role` or `RoleArn`, at any depth."""
    if asked.service not in _TAKE_ROLES:
        return ()
    return [Permission("iam:PassRole", arn) for arn in dict.fromkeys(_roles(asked.parameters))]


def _roles(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _roles(inner, str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _roles(inner, name)
    elif isinstance(value, str) and name.lower().endswith(("role", "rolearn")) and ":role/" in value:
        yield value
