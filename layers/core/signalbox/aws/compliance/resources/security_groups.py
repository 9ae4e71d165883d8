"""Security groups of EC2."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from signalbox.aws.clients import client
from signalbox.aws.compliance.resources.tags import tags_in
from signalbox.aws.errors import aws_errors, code_of
from signalbox.compliance.model import Observed, Resource

_GONE = frozenset({"InvalidGroup.NotFound", "InvalidGroupId.Malformed"})


def observe(resource: Resource) -> Observed | None:
    """What it lets in from address ranges, one by one, and its tags."""
    ec2 = client("ec2")
    with aws_errors():
        try:
            found = ec2.describe_security_groups(GroupIds=[resource.id])["SecurityGroups"]
        except ClientError as error:
            if code_of(error) in _GONE:
                return None
            raise
    group: Any = found[0]
    ingress = [each for permission in group.get("IpPermissions", []) for each in _openings(permission)]
    return Observed(
        configuration={"Ingress": ingress},
        name=group.get("GroupName", ""),
        tags=tags_in(group.get("Tags", [])),
    )


def _openings(permission: dict[str, Any]) -> Iterator[dict[str, object]]:
    """One for each address range; other groups and prefix lists are left out."""
    names = ("IpProtocol", "FromPort", "ToPort")
    of: dict[str, object] = {name: permission[name] for name in names if name in permission}
    for list_, name in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")):
        for each in permission.get(list_, []):
            said = {"Description": each["Description"]} if each.get("Description") else {}
            yield {**of, "Cidr": each[name], **said}
