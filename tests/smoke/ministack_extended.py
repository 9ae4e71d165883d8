"""Runs ministack 1.5.33 with what it lacks for us.

A group tells which target groups it serves, and an alarm of an expression (metric math) stands: on the first
of the metrics that it is made of. Run by the emulator's own Python, which has nothing else of ours.
"""

import sys
from collections.abc import Callable
from typing import Any

from ministack.app import main
from ministack.services import autoscaling
from ministack.services.cloudformation import provisioners

Answer = tuple[int, dict[str, str], bytes]
Action = Callable[[dict[str, object]], Answer]
Properties = dict[str, Any]
_create: Action = autoscaling._ACTION_MAP["CreateAutoScalingGroup"]
_describe: Action = autoscaling._ACTION_MAP["DescribeAutoScalingGroups"]
_alarm: Callable[[str, Properties], Properties] = provisioners._cw_metric_alarm_record


def _create_with_target_groups(parameters: dict[str, object]) -> Answer:
    answer = _create(parameters)
    group = autoscaling._asgs.get(autoscaling._p(parameters, "AutoScalingGroupName"))
    if group is not None:
        group.setdefault("TargetGroupARNs", autoscaling._parse_member_list(parameters, "TargetGroupARNs"))
    return answer


def _describe_with_target_groups(parameters: dict[str, object]) -> Answer:
    status, headers, body = _describe(parameters)
    text = body.decode()
    for name, group in autoscaling._asgs.items():
        arns = "".join(f"<member>{arn}</member>" for arn in group.get("TargetGroupARNs", []))
        named = f"<AutoScalingGroupName>{name}</AutoScalingGroupName>"
        text = text.replace(named, f"{named}<TargetGroupARNs>{arns}</TargetGroupARNs>")
    return status, headers, text.encode()


def _alarm_of_an_expression(name: str, properties: Properties) -> Properties:
    first = next((one["MetricStat"] for one in properties.get("Metrics", []) if "MetricStat" in one), None)
    if first is None:
        return _alarm(name, properties)
    plain = {key: value for key, value in properties.items() if key != "Metrics"}
    measured = {"Statistic": first["Stat"], "Period": first["Period"]}
    return _alarm(name, plain | first["Metric"] | measured)


if __name__ == "__main__":
    autoscaling._ACTION_MAP["CreateAutoScalingGroup"] = _create_with_target_groups
    autoscaling._ACTION_MAP["DescribeAutoScalingGroups"] = _describe_with_target_groups
    provisioners._cw_metric_alarm_record = _alarm_of_an_expression
    sys.exit(main())
