"""`python -m tests.simulation.sabotage`: does whoever looks see what is wrong?

A rollout ends well; then something is changed as no rollout may leave it, each time in a child of its own. A
line each: what was done, and the invariants that are said not to hold.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from signalbox_local.owner import forwarding
from tests.simulation.cases import CASES, Ending
from tests.simulation.child import Child, verdict_of
from tests.simulation.fibers import hub
from tests.simulation.part import Part, Role
from tests.simulation.play import Play
from tests.simulation.universe import Universe

CASE = CASES["blue-green/slots"]
SEEN_WITHIN = 5.0  # seconds
OLD, NEW = 0, 1  # the slots, once it has ended


def _size(slot: int, **sizes: int) -> Callable[[Part], None]:
    return lambda part: part.universe.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=part.target.groups[slot], **sizes
    )


def _suspend(part: Part) -> None:
    part.universe.client("autoscaling").suspend_processes(
        AutoScalingGroupName=part.target.groups[NEW], ScalingProcesses=["AlarmNotification"]
    )


def _old_version(part: Part) -> None:
    part.universe.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=part.target.groups[NEW],
        LaunchTemplate={"LaunchTemplateId": part.target.template, "Version": "1"},
    )


def _no_policy(part: Part) -> None:
    part.universe.client("autoscaling").delete_policy(
        AutoScalingGroupName=part.target.groups[NEW], PolicyName="more"
    )


def _no_pool(part: Part) -> None:
    part.universe.client("autoscaling").delete_warm_pool(AutoScalingGroupName=part.target.groups[NEW])


def _weights(*weights: int, sticky: bool = False) -> Callable[[Part], None]:
    def forward(part: Part) -> None:
        arns = part.target.target_groups
        targets = [{"TargetGroupArn": a, "Weight": w} for a, w in zip(arns, weights, strict=True)]
        config: dict[str, Any] = {"TargetGroups": targets}
        if sticky:
            config["TargetGroupStickinessConfig"] = {"Enabled": True, "DurationSeconds": 300}
        part.universe.client("elbv2").modify_rule(
            RuleArn=part.target.references[0], Actions=[{"Type": "forward", "ForwardConfig": config}]
        )

    return forward


def _rule(part: Part) -> None:
    part.universe.client("elbv2").create_rule(
        ListenerArn=part.target.listener,
        Priority=77,
        Conditions=[{"Field": "path-pattern", "Values": ["/left/*"]}],
        Actions=[forwarding([part.target.target_groups[NEW]])],
    )


def _version(part: Part) -> None:
    part.universe.client("ec2").create_launch_template_version(
        LaunchTemplateId=part.target.template,
        SourceVersion="1",
        LaunchTemplateData={"ImageId": part.target.images["v3"]},
    )


def _lock(part: Part) -> None:
    key = {"pk": {"S": "LOCK#somewhere/checkout"}, "sk": {"S": "LOCK"}, "rollout_id": {"S": "nobody"}}
    part.universe.client("dynamodb").put_item(TableName=part.universe.stack.ref("Table"), Item=key)


def _forgets(part: Part) -> None:
    """One entry of the timeline."""
    entry = list(part.universe.items("TIMELINE#"))[1]
    key = {name: {"S": entry[name]} for name in ("pk", "sk")}
    part.universe.client("dynamodb").delete_item(TableName=part.universe.stack.ref("Table"), Key=key)


def _no_alarm(part: Part) -> None:
    part.universe.client("cloudwatch").delete_alarms(AlarmNames=[part.target.alarm])


def _half_die(part: Part) -> None:
    group = part.universe.backend.groups()[part.target.groups[NEW]]
    instances = [state.instance.id for state in group.instance_states]
    part.universe.client("ec2").terminate_instances(InstanceIds=instances[: len(instances) // 2])


def _was_aborted(part: Part) -> None:
    part.thrown_back.update(rollout.rollout_id for rollout in part.rollouts())


SABOTAGE: Mapping[str, Callable[[Part], None]] = {
    "nothing": lambda part: None,
    "minimum": _size(NEW, MinSize=3),
    "maximum": _size(NEW, MaxSize=9),
    "too few": _size(NEW, MinSize=1, DesiredCapacity=3),
    "old slot": _size(OLD, DesiredCapacity=1),
    "suspended": _suspend,
    "launches the old": _old_version,
    "policy": _no_policy,
    "warm pool": _no_pool,
    "weights": _weights(10, 90),
    "weights of 90": _weights(0, 90),
    "sticks": _weights(0, 100, sticky=True),
    "rule": _rule,
    "template version": _version,
    "lock": _lock,
    "timeline": _forgets,
    "alarm": _no_alarm,
    "half die": _half_die,
    "aborted": _was_aborted,
}


def lines() -> Iterator[str]:
    """What was done, and which invariants that broke, by their numbers."""
    play = Play(Universe(), [Role(case=CASE, ending=Ending.SUCCEEDS)])
    assert not play.run().violations
    for name, do in SABOTAGE.items():
        child = Child()
        if child.is_me:
            do(play.lead)
            hub.sleep(SEEN_WITHIN)
            child.tell(verdict_of(lambda: play.judge(0.0)))
        seen = {text.partition(" ")[0] for text in child.told().violations}
        yield f"{name}: {', '.join(sorted(seen)) or 'all is well'}"


if __name__ == "__main__":
    for line in lines():
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
