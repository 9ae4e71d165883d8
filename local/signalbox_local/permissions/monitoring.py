"""CloudWatch: alarms and dashboards have names, metrics do not."""

from collections.abc import Iterable

from signalbox_local.authorisation import Permission
from signalbox_local.permissions.asked import Asked


def permissions(asked: Asked) -> Iterable[Permission]:
    """Alarms are read on all of them at once; composite ones need a policy on `*` itself."""
    if asked.operation in {"DescribeAlarmsForMetric", "DescribeAlarmContributors"}:
        return asked.needs()
    if asked.operation == "DescribeAlarms":
        composite = "CompositeAlarm" in asked.texts("AlarmTypes")
        return asked.needs("*" if composite else asked.arn("alarm:*"))
    if alarms := asked.texts("AlarmName", "AlarmNames"):
        own = asked.needs(*(asked.arn(f"alarm:{name}") for name in alarms))
        return (*own, *_tagging(asked, alarms))
    if dashboards := asked.texts("DashboardName", "DashboardNames"):
        return asked.needs(*(f"arn:aws:cloudwatch::{asked.account}:dashboard/{name}" for name in dashboards))
    return asked.on_named_arns()


def _tagging(asked: Asked, alarms: list[str]) -> tuple[Permission, ...]:
    if not asked.structures("Tags"):
        return ()
    return asked.needs(*(asked.arn(f"alarm:{name}") for name in alarms), action="TagResource")
