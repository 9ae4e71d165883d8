"""Say what a rollout would do. Makes no write."""

from dataclasses import dataclass, replace

from signalbox.kernel.errors import Invalid
from signalbox.rollouts.draft import Draft, draft, writes_of
from signalbox.rollouts.estate import Placement
from signalbox.rollouts.plan import PlannedWrite
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.preflight import red_alarms
from signalbox.rollouts.service import ServiceSpec, Strategy
from signalbox.rollouts.validation import strategy_violations

CREATING = ("CreateLaunchTemplateVersion", "CreateTargetGroup", "CreateAutoScalingGroup", "PutMetricAlarm")
REMOVING = ("DeleteAutoScalingGroup", "DeleteTargetGroup", "TerminateInstanceInAutoScalingGroup")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The draft, its writes in order, and what they create and remove."""

    draft: Draft
    writes: tuple[PlannedWrite, ...]
    creates: tuple[str, ...]
    removes: tuple[str, ...]
    warnings: tuple[str, ...]


def plan_rollout(service: str, version: str, strategy: Strategy | None, ports: Ports) -> Plan:
    """Raises NotFound, Invalid, Unprocessable. A red alarm is a warning here; it would refuse the rollout."""
    spec = with_strategy(ports.services.get(service).spec, strategy)
    survey = ports.estates.survey(spec, version)
    drafted = draft(spec, survey, version)
    writes = writes_of(drafted, survey, version)
    red = [violation.message for violation in red_alarms(spec, survey)]
    return Plan(
        draft=drafted,
        writes=writes,
        creates=_named(writes, CREATING),
        removes=(*_named(writes, REMOVING), *_emptied(drafted)),
        warnings=(*drafted.warnings, *red),
    )


def with_strategy(spec: ServiceSpec, strategy: Strategy | None) -> ServiceSpec:
    """The service with another strategy for this once; raises Invalid when that is wrong."""
    if strategy is None:
        return spec
    wrong = list(strategy_violations(strategy, "strategy"))
    if wrong:
        raise Invalid(*wrong)
    return replace(spec, strategy=strategy)


def _named(writes: tuple[PlannedWrite, ...], operations: tuple[str, ...]) -> tuple[str, ...]:
    named = [f"{w.write.operation}: {_what(w)}" for w in writes if w.write.operation in operations]
    return tuple(dict.fromkeys(named))


def _what(planned: PlannedWrite) -> str:
    return str(planned.write.parameters.get("InstanceId", planned.write.resource))


def _emptied(drafted: Draft) -> tuple[str, ...]:
    if drafted.layout.placement is not Placement.SLOT or not drafted.steps:
        return ()
    return (f"all instances of {drafted.layout.stable_group}",)
