"""Members of a resource group."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from signalbox.aws.errors import aws_errors, code_of
from signalbox.aws.places import client_in
from signalbox.fleets.model import Kind, Place
from signalbox.fleets.named import id_in

# As Resource Groups spells them.
_TYPES = {
    Kind.EC2: "AWS::EC2::Instance",
    Kind.AUTOSCALING: "AWS::AutoScaling::AutoScalingGroup",
    Kind.RDS: "AWS::RDS::DBInstance",
    Kind.CLUSTER: "AWS::RDS::DBCluster",
    Kind.ECS: "AWS::ECS::Service",
    Kind.BEANSTALK: "AWS::ElasticBeanstalk::Environment",
    Kind.WORKSPACES: "AWS::WorkSpaces::Workspace",
    Kind.APPSTREAM: "AWS::AppStream::Fleet",
}
_PAGE = 50


class ResourceGroups:
    """Port `Groups`: ListGroupResources takes 50 a page."""

    def members(self, group: str, kind: Kind, place: Place) -> Iterator[str]:
        """Page by page: whoever has seen enough asks for no more."""
        paginator = client_in(place, "resource-groups").get_paginator("list_group_resources")
        filters: Any = [{"Name": "resource-type", "Values": [_TYPES[kind]]}]
        pages = paginator.paginate(Group=group, Filters=filters, PaginationConfig={"PageSize": _PAGE})
        with aws_errors():
            try:
                for page in pages:
                    identifiers = (each.get("Identifier", {}) for each in page.get("Resources", []))
                    ids = (id_in(each.get("ResourceArn", ""), kind) for each in identifiers)
                    yield from (each for each in ids if each)
            except ClientError as error:
                # A group whose query names other types refuses ours: it has no members of the kind.
                if code_of(error) != "BadRequestException":
                    raise
