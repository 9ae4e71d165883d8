"""One AWS request, seen by IAM: who is asked for what, in which account and region."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.core.utils import get_service_model

from signalbox_local.authorisation import Permission

ANYTHING = "*"
_PREFIXES = {
    "cloudwatch": "cloudwatch",
    "dynamodbstreams": "dynamodb",
    "logs": "logs",
    "resourcegroupstaggingapi": "tag",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """`service` and `operation` as botocore names them, `parameters` decoded."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    region: str
    account: str

    @property
    def prefix(self) -> str:
        """IAM's name of the service, the part of an action before the colon."""
        return _PREFIXES.get(self.service) or _signing_name(self.service)

    def arn(self, rest: str, service: str | None = None) -> str:
        """An ARN in the request's own region and account; a value that is an ARN already stays as it is."""
        if rest.startswith("arn:"):
            return rest
        return f"arn:aws:{service or self.prefix}:{self.region}:{self.account}:{rest}"

    def needs(self, *resources: str, action: str | None = None) -> tuple[Permission, ...]:
        """The operation (or `action`) on each of these; on `*` when there are none."""
        name = f"{self.prefix}:{action or self.operation}"
        return tuple(Permission(name, resource) for resource in dict.fromkeys(resources or (ANYTHING,)))

    def text(self, *names: str) -> str | None:
        """The first of these parameters that is given as text."""
        return next((v for name in names if isinstance(v := self.parameters.get(name), str) and v), None)

    def texts(self, *names: str) -> list[str]:
        """All texts in these parameters, each a text or a list of texts."""
        values = [self.parameters.get(name) for name in names]
        return [text for value in values for text in _texts(value)]

    def structures(self, name: str) -> list[Mapping[str, Any]]:
        """A parameter that is a list of structures."""
        value = self.parameters.get(name)
        return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []

    def on_named_arns(self, action: str | None = None) -> tuple[Permission, ...]:
        """The operation (or `action`) on every ARN of this service among the parameters."""
        given = (text for value in self.parameters.values() for text in _texts(value))
        own = (text for text in given if text.startswith(f"arn:aws:{self.prefix}:"))
        return self.needs(*own, action=action)


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _signing_name(service: str) -> str:
    try:
        return str(get_service_model(service).signing_name)
    except Exception:  # botocore knows no such service: its own name is the best that there is
        return service
