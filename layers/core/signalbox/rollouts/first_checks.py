"""Whether a rollout is a service's first: nothing serves, and its first instances would be reached. Pure."""

from collections.abc import Iterator

from signalbox.kernel.errors import Violation
from signalbox.rollouts import forwarding
from signalbox.rollouts.estate import Rule
from signalbox.rollouts.service import ServiceSpec, Slot
from signalbox.rollouts.survey import Survey


def first_violations(spec: ServiceSpec, survey: Survey, side: Slot) -> Iterator[Violation]:
    """Why the group of that side, which has no instances, cannot be the first that serves, by rule."""
    for reference in spec.traffic.references:
        rule = survey.rules[reference]
        refusal = _served_elsewhere(rule, survey, side) or _unreached(rule, side)
        if refusal is not None:
            yield Violation("traffic", refusal)


def _served_elsewhere(rule: Rule, survey: Survey, side: Slot) -> str | None:
    """A rollout that could not give the original its instances back leaves this, for one."""
    healthy = {
        arn: count
        for arn, weight in forwarding.weights(rule.actions).items()
        if weight and arn != side.target_group_arn and (count := survey.healthy.get(arn, 0))
    }
    if not healthy:
        return None
    total = sum(healthy.values())
    targets = "1 healthy target serves" if total == 1 else f"{total} healthy targets serve"
    return (
        f"{rule.arn} sends traffic to {', '.join(sorted(healthy))}, where {targets}, while"
        f" {side.group} has no instances: this is no first rollout. Launch what serves in {side.group} by"
        " hand, give its target group all the weight, and start again"
    )


def _unreached(rule: Rule, side: Slot) -> str | None:
    if forwarding.weights(rule.actions).get(side.target_group_arn):
        return None
    return (
        f"{rule.arn} gives {side.target_group_arn} no weight: nobody would reach the first instances of"
        f" {side.group}. Give it weight first"
    )
