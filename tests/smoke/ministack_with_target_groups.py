"""Runs ministack 1.5.33 with what it lacks for us: a group tells which target groups it serves.

Run by the emulator's own Python, which has nothing else of ours.
"""

import sys
from collections.abc import Callable

from ministack.app import main
from ministack.services import autoscaling

Answer = tuple[int, dict[str, str], bytes]
Action = Callable[[dict[str, object]], Answer]
_create: Action = autoscaling._ACTION_MAP["CreateAutoScalingGroup"]
_describe: Action = autoscaling._ACTION_MAP["DescribeAutoScalingGroups"]


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


if __name__ == "__main__":
    autoscaling._ACTION_MAP["CreateAutoScalingGroup"] = _create_with_target_groups
    autoscaling._ACTION_MAP["DescribeAutoScalingGroups"] = _describe_with_target_groups
    sys.exit(main())
