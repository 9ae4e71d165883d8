"""The alarms of a replica, as PutMetricAlarm takes them. Pure."""

from typing import Any, assert_never

from signalbox_local.world import AlarmShape

NAMESPACE = "AWS/ApplicationELB"
REQUESTS, TIME = "RequestCount", "TargetResponseTime"
ERRORS, OWN_ERRORS = "HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count"


def alarm_parameters(name: str, shape: AlarmShape, balancer: str, target_group: str) -> dict[str, Any]:
    """`balancer` and `target_group` are dimension values: `app/…` and `targetgroup/…`.

    An error rate looks at the whole load balancer, whose own errors are not counted by target group.
    """
    own = {"LoadBalancer": balancer, "TargetGroup": target_group}
    return {
        "AlarmName": name,
        "AlarmDescription": f"rehearsal: {shape.watches} above {shape.above:g}",
        "EvaluationPeriods": shape.of,
        "DatapointsToAlarm": shape.datapoints,
        "Threshold": shape.above,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        **_watched(shape, own, {"LoadBalancer": balancer}),
    }


def _watched(shape: AlarmShape, own: dict[str, str], whole: dict[str, str]) -> dict[str, Any]:
    match shape.watches:
        case "errors":
            return _one(ERRORS, own, shape, Statistic="Sum")
        case "error-rate":
            return {"Metrics": _rate(shape, whole)}
        case "average-latency":
            return _one(TIME, own, shape, Statistic="Average")
        case "p50" | "p90" | "p99":
            return _one(TIME, own, shape, ExtendedStatistic=shape.watches)
        case _:
            assert_never(shape.watches)


def _one(metric: str, dimensions: dict[str, str], shape: AlarmShape, **statistic: str) -> dict[str, Any]:
    watched = {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": _listed(dimensions)}
    return {**watched, "Period": shape.period_seconds, **statistic}


def _rate(shape: AlarmShape, dimensions: dict[str, str]) -> list[dict[str, Any]]:
    """Percent of the requests that ended with 5xx, by a target or by the load balancer itself; without
    requests there is no datapoint."""
    errors = "100 * (FILL(errors, 0) + FILL(own, 0)) / requests"
    return [
        {"Id": "rate", "Expression": errors, "Label": "errors in percent", "ReturnData": True},
        _sum("errors", ERRORS, dimensions, shape),
        _sum("own", OWN_ERRORS, dimensions, shape),
        _sum("requests", REQUESTS, dimensions, shape),
    ]


def _sum(name: str, metric: str, dimensions: dict[str, str], shape: AlarmShape) -> dict[str, Any]:
    watched = {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": _listed(dimensions)}
    stat = {"Metric": watched, "Period": shape.period_seconds, "Stat": "Sum"}
    return {"Id": name, "MetricStat": stat, "ReturnData": False}


def _listed(dimensions: dict[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]
