"""EC2 instances."""

from typing import Any

from botocore.exceptions import ClientError

from signalbox.aws.clients import client
from signalbox.aws.compliance.resources.tags import tags_in
from signalbox.aws.errors import aws_errors, code_of
from signalbox.compliance.model import Observed, Resource
from signalbox.compliance.rules.instance_metadata import OPTIONS

_GONE = frozenset({"InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed"})
_GOING = frozenset({"shutting-down", "terminated"})


def observe(resource: Resource) -> Observed | None:
    """The options of its metadata service, and its tags."""
    ec2 = client("ec2")
    with aws_errors():
        try:
            answer = ec2.describe_instances(InstanceIds=[resource.id])
        except ClientError as error:
            if code_of(error) in _GONE:
                return None
            raise
    found: list[Any] = [each for group in answer["Reservations"] for each in group.get("Instances", [])]
    if not found or found[0]["State"]["Name"] in _GOING:
        return None
    options = found[0].get("MetadataOptions", {})
    tags = tags_in(found[0].get("Tags", []))
    return Observed(
        configuration={name: options.get(name) for name in OPTIONS},
        name=tags.get("Name", ""),
        tags=tags,
    )
