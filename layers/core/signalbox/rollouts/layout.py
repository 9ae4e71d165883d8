"""Who is stable and who is candidate, from the survey of a service. Pure."""

from signalbox.kernel.errors import Unprocessable, Violation
from signalbox.kernel.ids import short_suffix
from signalbox.rollouts import forwarding
from signalbox.rollouts.estate import Layout, Placement, Rule
from signalbox.rollouts.model import Step, StepKind
from signalbox.rollouts.service import ServiceSpec, Slot
from signalbox.rollouts.survey import Survey


def lay_out(spec: ServiceSpec, steps: tuple[Step, ...], survey: Survey, rollout_id: str) -> Layout:
    """The layout of a surveyed service; raises Unprocessable when no slot, or both, serve."""
    shifts = any(step.kind is StepKind.SHIFT for step in steps)
    if spec.platform.slots is not None:
        return _slots(spec, survey, spec.platform.slots, rollout_id, shifts=shifts)
    return _one_group(spec, survey, stable_side(spec, survey), rollout_id, shifts=shifts)


def serving_slot(slots: tuple[Slot, ...], rules: tuple[Rule, ...]) -> tuple[Slot, Slot]:
    """(serving, idle). Raises Unprocessable unless exactly one has all the weight in every rule."""
    both = {slot.target_group_arn for slot in slots}
    shares = {rule.arn: forwarding.weights(rule.actions) for rule in rules}
    carrying = {arn for present in shares.values() for arn in both if present.get(arn)}
    silent = [arn for arn, of in shares.items() if both & set(of) and not any(map(of.get, both))]
    if silent or len(carrying) != 1:
        named = ", ".join(silent) or "the named rules or records"
        found = "both slots get" if carrying and not silent else "neither slot gets"
        message = f"{found} traffic from {named}: give one of them all the weight first"
        raise Unprocessable(Violation("platform.slots", message))
    first, second = slots
    return (first, second) if first.target_group_arn in carrying else (second, first)


def stable_side(spec: ServiceSpec, survey: Survey) -> Slot:
    """The group and target group that serve now; raises Unprocessable as `serving_slot` does."""
    if spec.platform.slots is not None:
        return serving_slot(spec.platform.slots, _named_rules(spec, survey))[0]
    return Slot(group=spec.platform.group or "", target_group_arn=spec.traffic.target_group_arn or "")


def _slots(
    spec: ServiceSpec, survey: Survey, slots: tuple[Slot, ...], rollout_id: str, *, shifts: bool
) -> Layout:
    stable, idle = serving_slot(slots, _named_rules(spec, survey))
    if not shifts:
        return _one_group(spec, survey, stable, rollout_id, shifts=False)
    candidate = survey.groups[idle.group]
    same = candidate.template_id == survey.groups[stable.group].template_id
    source = survey.groups[stable.group] if same else candidate
    return Layout(
        placement=Placement.SLOT,
        stable_group=stable.group,
        stable_target_group=stable.target_group_arn,
        candidate_group=idle.group,
        candidate_target_group=idle.target_group_arn,
        template_id=candidate.template_id,
        source_version=source.resolved_version,
        references=spec.traffic.references,
        sides=sides(spec),
    )


def _one_group(spec: ServiceSpec, survey: Survey, side: Slot, rollout_id: str, *, shifts: bool) -> Layout:
    stable = survey.groups[side.group]
    suffix = short_suffix(rollout_id)
    copies = shifts and spec.traffic.load_balancer == "copy"
    return Layout(
        placement=Placement.COPY if shifts else Placement.BESIDE,
        stable_group=side.group,
        stable_target_group=side.target_group_arn,
        candidate_group=f"{side.group[:240]}-sb-{suffix}",
        candidate_target_group=_copy_name(spec, suffix) if shifts else side.target_group_arn,
        template_id=stable.template_id,
        source_version=stable.resolved_version,
        references=spec.traffic.references,
        sides=sides(spec),
        candidate_balancer=_balancer_name(spec, suffix) if copies else "",
    )


def sides(spec: ServiceSpec) -> dict[str, str]:
    """Set identifier -> target group of what DNS records lead to: both slots, or the group."""
    traffic = spec.traffic
    if traffic.set_identifier and traffic.target_group_arn:
        return {traffic.set_identifier: traffic.target_group_arn}
    named = (slot for slot in spec.platform.slots or () if slot.set_identifier)
    return {str(slot.set_identifier): slot.target_group_arn for slot in named}


def copies_begin(spec: ServiceSpec) -> str:
    """How the names of target groups and records begin that rollouts make beside the service's own."""
    return f"{spec.name[:19]}-sb-".replace("_", "-")


def _copy_name(spec: ServiceSpec, suffix: str) -> str:
    return f"{copies_begin(spec)}{suffix}"


def _balancer_name(spec: ServiceSpec, suffix: str) -> str:
    """At most 32 characters, and AWS keeps `internal-` for itself."""
    return _copy_name(spec, suffix).removeprefix("internal-").lstrip("-")


def _named_rules(spec: ServiceSpec, survey: Survey) -> tuple[Rule, ...]:
    return tuple(survey.rules[arn] for arn in spec.traffic.references)


def locked_resources(layout: Layout, region: str, account: str) -> tuple[str, ...]:
    """The ARNs that a rollout holds while it is open: groups, target groups, rules, the launch template."""
    target_groups = [layout.stable_target_group]
    if layout.placement is Placement.SLOT:
        target_groups.append(layout.candidate_target_group)
    return (
        group_arn(layout.stable_group, region, account),
        group_arn(layout.candidate_group, region, account),
        *target_groups,
        *layout.references,
        f"arn:aws:ec2:{region}:{account}:launch-template/{layout.template_id}",
    )


def group_arn(name: str, region: str, account: str) -> str:
    """An Auto Scaling group's ARN as IAM writes it: the name is unique, the id not known beforehand."""
    return f"arn:aws:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/{name}"
