"""Reads CloudWatch metrics."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from signalbox.aws.clients import client
from signalbox.aws.errors import aws_errors
from signalbox.kernel.errors import Rejected, Transient
from signalbox.rollouts.experiments import Query, Series

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef, MetricDataResultTypeDef


class CloudWatchMetrics:
    """Port `Metrics`."""

    def read(
        self, queries: Sequence[Query], since: datetime, until: datetime, period: int
    ) -> tuple[Series, ...]:
        """All queries in one call; a page holds 100,800 values."""
        asked = [_asked(place, query, period) for place, query in enumerate(queries)]
        found: dict[str, dict[datetime, float]] = {query["Id"]: {} for query in asked}
        pages = client("cloudwatch").get_paginator("get_metric_data")
        with aws_errors():
            for page in pages.paginate(MetricDataQueries=asked, StartTime=since, EndTime=until):
                for result in page["MetricDataResults"]:
                    _refuse_what_is_incomplete(result)
                    found[result["Id"]] |= zip(result["Timestamps"], result["Values"], strict=True)
        return tuple(found.values())


def _asked(place: int, query: Query, period: int) -> "MetricDataQueryTypeDef":
    return {
        "Id": f"q{place}",
        "MetricStat": {
            "Metric": {
                "Namespace": query.namespace,
                "MetricName": query.name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in query.dimensions.items()],
            },
            "Period": period,
            "Stat": query.statistic,
        },
    }


def _refuse_what_is_incomplete(result: "MetricDataResultTypeDef") -> None:
    """`PartialData` has its rest on a further page; the other two say that values are missing, and why."""
    status, told = result.get("StatusCode"), result.get("Messages", [])
    if status == "InternalError":
        raise Transient(f"GetMetricData: {told}")
    if status == "Forbidden":
        raise Rejected(f"GetMetricData: {told}")
