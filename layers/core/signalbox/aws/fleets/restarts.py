"""Sees which databases RDS has started by itself, because they had stood still for seven days."""

from collections.abc import Sequence
from datetime import datetime

from signalbox.aws.errors import aws_errors
from signalbox.aws.places import client_in
from signalbox.fleets.model import Kind, Place

_PAGE = 100
_KINDS = {"db-instance": Kind.RDS, "db-cluster": Kind.CLUSTER}
# Of RDS-EVENT-0154 and 0153, and of 0087 and 0150: DescribeEvents tells messages, and no ids of events.
_BY_AWS = "exceeding the maximum allowed time being stopped"
_STOPPED = ("DB instance stopped", "DB cluster stopped")


class RdsRestarts:
    """Port `Restarts`: DescribeEvents gives everything that happened to databases in the Region, 100 a page,
    oldest first; RDS keeps it for 14 days."""

    def by_aws(self, place: Place, since: datetime) -> Sequence[tuple[Kind, str]]:
        paginator = client_in(place, "rds").get_paginator("describe_events")
        last: dict[tuple[Kind, str], tuple[datetime, bool]] = {}
        with aws_errors():
            for page in paginator.paginate(StartTime=since, PaginationConfig={"PageSize": _PAGE}):
                for each in page["Events"]:
                    kind, message = _KINDS.get(each.get("SourceType", "")), each.get("Message", "")
                    is_by_aws = _BY_AWS in message
                    if kind is not None and (is_by_aws or message.startswith(_STOPPED)):
                        told = (each["Date"], is_by_aws)
                        key = (kind, each.get("SourceIdentifier", ""))
                        last[key] = max(told, last.get(key, told))
        return [key for key, (_, is_by_aws) in last.items() if is_by_aws]
