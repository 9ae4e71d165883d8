"""What Systems Manager knows of EC2 instances."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from signalbox.aws.clients import client
from signalbox.aws.compliance.resources import instances
from signalbox.aws.errors import aws_errors, code_of
from signalbox.compliance.model import Observed, Resource

_UNKNOWN = frozenset({"InvalidInstanceId", "InvalidInstanceInformationFilterValue"})


def observe_ping(resource: Resource) -> Observed | None:
    """How its agent answers; nothing when it never has."""
    found = instances.observe(resource)
    if found is None:
        return None
    filters: Any = [{"Key": "InstanceIds", "Values": [resource.id]}]
    with aws_errors():
        try:
            known = client("ssm").describe_instance_information(Filters=filters)["InstanceInformationList"]
        except ClientError as error:
            if code_of(error) not in _UNKNOWN:
                raise
            known = []
    return replace(found, configuration={"Ping": known[0].get("PingStatus", "") if known else ""})


def observe_applications(resource: Resource) -> Observed | None:
    """Those of its inventory that are of CloudWatch, 50 applications a call."""
    found = instances.observe(resource)
    if found is None:
        return None
    names = sorted({name for name in _applications(resource.id) if "cloudwatch" in name.lower()})
    return replace(found, configuration={"Applications": names})


def _applications(instance: str) -> Iterator[str]:
    asked: dict[str, Any] = {"InstanceId": instance, "TypeName": "AWS:Application"}
    while True:
        with aws_errors():
            try:
                page = client("ssm").list_inventory_entries(**asked)
            except ClientError as error:
                if code_of(error) not in _UNKNOWN:
                    raise
                return
        yield from (entry.get("Name", "") for entry in page.get("Entries", []))
        if not page.get("NextToken"):
            return
        asked["NextToken"] = page["NextToken"]
