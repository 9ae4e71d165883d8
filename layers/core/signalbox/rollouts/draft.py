"""A rollout before it is begun: layout, steps and the estate as surveyed. Pure; changes nothing anywhere."""

from dataclasses import dataclass
from datetime import timedelta

from signalbox.kernel.errors import Unprocessable, Violation
from signalbox.rollouts.balancers import copy_warnings
from signalbox.rollouts.contraindications import Suitability, suitability
from signalbox.rollouts.estate import Estate, Group, Layout, Placement
from signalbox.rollouts.estimate import Estimate, estimate
from signalbox.rollouts.first_checks import first_violations, first_warnings
from signalbox.rollouts.guards import names_of_copies, useless, warnings
from signalbox.rollouts.layout import lay_out, stable_side
from signalbox.rollouts.model import Step, StepKind
from signalbox.rollouts.name_checks import lag_warnings
from signalbox.rollouts.plan import PlannedWrite, compile_steps, is_there, never_settles, planned_writes
from signalbox.rollouts.predict import predicted
from signalbox.rollouts.preflight import (
    ownership_warnings,
    pairs,
    service_violations,
    version_violations,
)
from signalbox.rollouts.scene import Scene
from signalbox.rollouts.service import ServiceSpec
from signalbox.rollouts.size_checks import size_violations
from signalbox.rollouts.strategies.all_at_once import in_batches
from signalbox.rollouts.strategies.first import first_steps, is_first, told, unguarded
from signalbox.rollouts.strategies.presets import with_floor
from signalbox.rollouts.survey import Survey
from signalbox.rollouts.writes import delete_alarms, set_group

ANY_IMAGE = "ami-of-a-rollout-to-come"
NOBODY = "r-00000000000000000"  # for drafts that no rollout follows


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a rollout would be. `spec` is the service with the floor that its strategy implies;
    `previous_version` is what serves now, in terms of the version asked for; `first`: the instances that a
    first rollout launches, 0 when something serves."""

    rollout_id: str
    spec: ServiceSpec
    layout: Layout
    steps: tuple[Step, ...]
    estate: Estate
    previous_version: str
    warnings: tuple[str, ...]
    suitability: Suitability
    useless_guards: tuple[str, ...]  # those of the warnings that `guards.strict` refuses
    first: int = 0


def draft(  # noqa: PLR0913 - what a caller may say of a rollout
    spec: ServiceSpec,
    survey: Survey,
    version: str | None,
    rollout_id: str = NOBODY,
    *,
    fast: bool = False,
    undo: bool = False,
    size: int | None = None,
) -> Draft:
    """Raises Unprocessable with everything that AWS or preflight says against it; without a version, the
    service alone is looked at. `fast` leaves out what watches; an `undo` leads to an older version; `size`
    is that of a first rollout."""
    refused = service_violations(spec, survey)
    refused += version_violations(version, survey) if version is not None else []
    if refused:
        raise Unprocessable(*refused)
    stable = survey.groups[stable_side(spec, survey).group]
    first = _first(spec, survey, stable, size) if version is not None else 0
    registered, spec = spec, with_floor(unguarded(spec) if first else spec, stable.desired)
    steps = first_steps(first) if first else compile_steps(spec.strategy, spec.guards, stable, fast=fast)
    unfit = list(size_violations(spec.strategy, steps, stable)) if version is not None and not undo else []
    if unfit:
        raise Unprocessable(*unfit)
    layout = lay_out(spec, steps, survey, rollout_id)
    estate = estate_of(layout, survey)
    previous = _serving_version(estate, survey, version)
    alarms = [survey.alarms[name] for name in spec.guards.alarms]
    fit = Suitability() if first else suitability(registered, survey, stable, steps, undo=undo)
    told_of = [f"strategy: {fit.told}"] if fit.told else []
    if first:
        told_of = [told(first), *first_warnings(spec, survey, stable_side(spec, survey))]
    drafted = Draft(
        rollout_id=rollout_id,
        spec=spec,
        layout=layout,
        steps=() if version is not None and is_there(version, previous, estate.stable) else steps,
        estate=estate,
        previous_version=previous,
        warnings=(*_warnings(spec, survey, layout, estate, steps), *told_of),
        suitability=fit,
        useless_guards=tuple(useless(alarms, layout, estate)),
        first=first,
    )
    _refuse_if_endless(drafted, survey, version or ANY_IMAGE)
    return drafted


def _warnings(
    spec: ServiceSpec, survey: Survey, layout: Layout, estate: Estate, steps: tuple[Step, ...]
) -> list[str]:
    """What AWS lets pass, and people should know."""
    bakes = [timedelta(seconds=step.seconds or 0) for step in steps if step.kind is StepKind.BAKE]
    alarms = [survey.alarms[name] for name in spec.guards.alarms]
    return [
        *warnings(alarms, layout, estate, bakes),
        *ownership_warnings(spec, survey),
        *lag_warnings(estate.rules),
        *copy_warnings(spec, layout),
        *in_batches(spec, estate.stable.desired),
    ]


def _first(spec: ServiceSpec, survey: Survey, stable: Group, size: int | None) -> int:
    """The instances to launch where nothing serves: as many as asked, or the fewest that serve at all."""
    first = is_first(survey.groups[name] for _, name, _ in pairs(spec))
    wanted = size or max(1, stable.min)
    if size is not None and not first:
        raise Unprocessable(Violation("size", f"{stable.name} serves: scale it, or leave the size out"))
    unfit = list(first_violations(spec, survey, stable_side(spec, survey))) if first else []
    if unfit:
        raise Unprocessable(*unfit)
    if first and wanted > stable.max:
        raise Unprocessable(Violation("size", f"{stable.name} takes at most {stable.max} instances"))
    return wanted if first else 0


def _refuse_if_endless(drafted: Draft, survey: Survey, version: str) -> None:
    """Capacity that a step needs and no step provides, a floor that leaves no room."""
    stable = drafted.estate.stable
    launched = predicted(drafted.estate, [set_group(stable, desired=stable.desired)])
    scene = _scene(drafted, survey, version).looking_at(launched)
    endless = never_settles(scene, drafted.steps)
    if endless is not None:
        remedy = "provision more before it, or lower guards.min_healthy_percent"
        raise Unprocessable(Violation("strategy", f"{endless}; {remedy}"))


def _serving_version(estate: Estate, survey: Survey, version: str | None) -> str:
    number = estate.stable.resolved_version
    if version is not None and version.isdecimal():
        return number
    return survey.images.get(estate.stable.template_id, {}).get(number, number)


def estate_of(layout: Layout, survey: Survey) -> Estate:
    """The estate as surveyed; present instances count as healthy."""
    candidate = survey.groups[layout.candidate_group] if layout.placement is Placement.SLOT else None
    stable = survey.groups[layout.stable_group]
    target_group = survey.target_groups[layout.stable_target_group]
    own = (
        survey.target_groups.get(layout.candidate_target_group)
        if layout.placement is not Placement.COPY
        else None
    )
    groups = [group for group in (stable, candidate) if group is not None]
    health = {
        arn: {i.id: "healthy" for group in groups if arn in group.target_groups for i in group.present}
        for arn in {layout.stable_target_group, layout.candidate_target_group}
    }
    return Estate(
        stable=stable,
        candidate=candidate,
        stable_target_group=target_group,
        candidate_target_group=own,
        rules=tuple(survey.rules[arn] for arn in layout.references),
        health=health,
        balancer=survey.original if layout.candidate_balancer else None,
    )


def writes_of(plan: Draft, survey: Survey, version: str) -> tuple[PlannedWrite, ...]:
    """Every write that the rollout would make, in order."""
    scene = _scene(plan, survey, version)
    return (*planned_writes(scene, plan.steps), *_farewell(plan, scene))


def estimate_of(plan: Draft, survey: Survey, version: str) -> Estimate:
    """What it costs."""
    return estimate(_scene(plan, survey, version), plan.steps)


def _scene(plan: Draft, survey: Survey, version: str) -> Scene:
    return Scene(
        rollout_id=plan.rollout_id,
        version=version,
        layout=plan.layout,
        snapshot=plan.estate,
        estate=plan.estate,
        min_healthy_percent=plan.spec.guards.min_healthy_percent or 0,
        alarms=tuple(survey.alarms[name] for name in plan.spec.guards.alarms),
    )


def _farewell(plan: Draft, scene: Scene) -> tuple[PlannedWrite, ...]:
    """What Finish writes after the last step: the copies of alarms go."""
    copies = names_of_copies(scene.rollout_id, scene.alarms, scene.layout) if plan.steps else ()
    return (PlannedWrite(step=plan.steps[-1].index, write=delete_alarms(copies)),) if copies else ()
