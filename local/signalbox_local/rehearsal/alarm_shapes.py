"""The alarms of a replica, as PutMetricAlarm takes them. Pure."""

from typing import Any, assert_never

from signalbox_local.world import AlarmShape

NAMESPACE = "AWS/ApplicationELB"
REQUESTS, TIME = "RequestCount", "TargetResponseTime"
ERRORS, OWN_ERRORS = "HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count"


def alarm_parameters(
    name: str, shape: AlarmShape, balancer: str, target_group: str, *, apart: bool = False
) -> dict[str, Any]:
    """`balancer` and `target_group` are dimension values: `app/…` and `targetgroup/…`.

    An error rate looks at the whole load balancer, whose own errors are not counted by target group. Where
    each side stands `apart`, behind a load balancer of its own, it names the target group too: alarms that
    name one get a copy for the candidate.
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
        **_watched(shape, own, {"LoadBalancer": balancer}, own if apart else {"LoadBalancer": balancer}),
    }


def _watched(
    shape: AlarmShape, own: dict[str, str], whole: dict[str, str], answered: dict[str, str]
) -> dict[str, Any]:
    match shape.watches:
        case "errors":
            return _one(ERRORS, own, shape, Statistic="Sum")
        case "error-rate":
            return {"Metrics": _rate(shape, whole, answered)}
        case "average-latency":
            return _one(TIME, own, shape, Statistic="Average")
        case "p50" | "p90" | "p99":
            return _one(TIME, own, shape, ExtendedStatistic=shape.watches)
        case _:
            assert_never(shape.watches)


def _one(metric: str, dimensions: dict[str, str], shape: AlarmShape, **statistic: str) -> dict[str, Any]:
    watched = {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": _listed(dimensions)}
    return {**watched, "Period": shape.period_seconds, **statistic}


def _rate(shape: AlarmShape, whole: dict[str, str], answered: dict[str, str]) -> list[dict[str, Any]]:
    """Percent of the requests that ended with 5xx, by a target or by the load balancer itself; without
    requests there is no datapoint. `whole` is the load balancer, `answered` says how its targets are
    counted."""
    errors = "100 * (FILL(errors, 0) + FILL(own, 0)) / requests"
    return [
        {"Id": "rate", "Expression": errors, "Label": "errors in percent", "ReturnData": True},
        _sum("errors", ERRORS, answered, shape),
        _sum("own", OWN_ERRORS, whole, shape),
        _sum("requests", REQUESTS, answered, shape),
    ]


def _sum(name: str, metric: str, dimensions: dict[str, str], shape: AlarmShape) -> dict[str, Any]:
    watched = {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": _listed(dimensions)}
    stat = {"Metric": watched, "Period": shape.period_seconds, "Stat": "Sum"}
    return {"Id": name, "MetricStat": stat, "ReturnData": False}


def _listed(dimensions: dict[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]
