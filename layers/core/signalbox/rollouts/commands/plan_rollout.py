"""Say what a rollout would do. Makes no write."""

from dataclasses import dataclass, replace

from signalbox.kernel.errors import Invalid
from signalbox.rollouts.draft import Draft, draft, estimate_of, writes_of
from signalbox.rollouts.estate import Placement
from signalbox.rollouts.estimate import Estimate
from signalbox.rollouts.model import StepKind
from signalbox.rollouts.plan import PlannedWrite
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.preflight import passing_violations
from signalbox.rollouts.service import ServiceSpec, Strategy
from signalbox.rollouts.validation import strategy_violations

CREATING = (
    "CreateLaunchTemplateVersion",
    "CreateTargetGroup",
    "CreateLoadBalancer",
    "CreateListener",
    "CreateRule",
    "CreateAutoScalingGroup",
    "PutMetricAlarm",
)
REMOVING = (
    "DeleteAutoScalingGroup",
    "DeleteLoadBalancer",
    "DeleteTargetGroup",
    "TerminateInstanceInAutoScalingGroup",
    "DeleteAlarms",
    "DeleteWarmPool",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The draft, its writes in order, what they create, replace, switch and remove, and what that costs."""

    draft: Draft
    writes: tuple[PlannedWrite, ...]
    creates: tuple[str, ...]
    replaces: tuple[str, ...]
    switches: tuple[str, ...]
    removes: tuple[str, ...]
    estimate: Estimate
    warnings: tuple[str, ...]


def plan_rollout(
    service: str, version: str, strategy: Strategy | None, ports: Ports, *, size: int | None = None
) -> Plan:
    """Raises NotFound, Invalid, Unprocessable. What may be otherwise in a moment is a warning here; it
    would refuse the rollout."""
    spec = with_strategy(ports.services.get(service).spec, strategy)
    survey = ports.estates.survey(spec, version)
    drafted = draft(spec, survey, version, size=size)
    writes = writes_of(drafted, survey, version)
    now = [each.message for each in passing_violations(drafted.spec, survey) if drafted.steps]
    cost = estimate_of(drafted, survey, version)
    down = [f"strategy: {_preset(spec)} means downtime: at some moment nothing serves"]
    return Plan(
        draft=drafted,
        writes=writes,
        creates=_named(writes, CREATING),
        replaces=_replaced(drafted),
        switches=_switched(drafted),
        removes=(*_named(writes, REMOVING), *_emptied(drafted)),
        estimate=cost,
        warnings=(*drafted.warnings, *now, *(down if cost.is_downtime else [])),
    )


def _preset(spec: ServiceSpec) -> str:
    return spec.strategy.preset or "this list of steps"


def _replaced(drafted: Draft) -> tuple[str, ...]:
    """Group by group: in batches, or all of an original while its copy serves."""
    if _returns(drafted):
        return (f"{drafted.layout.stable_group}: 100 %, while the candidate serves",)
    steps = [step for step in drafted.steps if step.kind is StepKind.REPLACE and not step.count]
    group = drafted.layout.stable_group
    return tuple(f"{group}: {step.name.removeprefix('replace ')}" for step in steps)


def _switched(drafted: Draft) -> tuple[str, ...]:
    shares = [step.percent for step in drafted.steps if step.kind is StepKind.SHIFT]
    if not shares:
        return ()
    told = ", ".join(f"{share} %" for share in shares)
    if _returns(drafted):
        told += f", then {drafted.layout.stable_group} with the new version gets it back"
    return tuple(f"{arn}: the candidate gets {told}" for arn in drafted.layout.references)


def _returns(drafted: Draft) -> bool:
    """Whether what is a copy serves only until its original has the new version, too."""
    is_copy = drafted.layout.placement is Placement.COPY
    return is_copy and any(step.kind is StepKind.RETIRE for step in drafted.steps)


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
