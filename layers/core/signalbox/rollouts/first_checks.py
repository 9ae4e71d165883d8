"""Whether a rollout is a service's first: nothing of it serves, and who else does is known. Pure."""

from collections.abc import Iterator, Mapping

from signalbox.kernel.errors import Violation
from signalbox.rollouts import forwarding
from signalbox.rollouts.estate import Rule
from signalbox.rollouts.layout import copies_begin
from signalbox.rollouts.service import ServiceSpec, Slot
from signalbox.rollouts.survey import Survey


def first_violations(spec: ServiceSpec, survey: Survey, side: Slot) -> Iterator[Violation]:
    """Why the group of that side, which has no instances, cannot be the first that serves, by rule."""
    for reference in spec.traffic.references:
        rule = survey.rules[reference]
        others = _others(rule, survey, side)
        copies = {arn: count for arn, count in others.items() if _name(arn).startswith(copies_begin(spec))}
        if copies:
            yield Violation("traffic", _served_by_copy(rule, copies, side))
        elif not others and not _reaches(rule, side):
            yield Violation("traffic", _unreached(rule, side))


def first_warnings(spec: ServiceSpec, survey: Survey, side: Slot) -> Iterator[str]:
    """Who else serves behind the same rules: their part stays theirs, also when that is all of it."""
    for reference in spec.traffic.references:
        rule = survey.rules[reference]
        others = _others(rule, survey, side)
        if others and _reaches(rule, side):
            yield f"{_serving(rule, others)}: that part of the traffic stays theirs"
        elif others:
            yield (
                f"{_serving(rule, others)}, and gives {side.target_group_arn} no weight: nobody reaches the"
                f" first instances of {side.group} until somebody gives it some"
            )


def _others(rule: Rule, survey: Survey, side: Slot) -> dict[str, int]:
    """Healthy targets by target group, of all others that the rule sends traffic to."""
    weights = forwarding.weights(rule.actions)
    sent = [arn for arn, weight in weights.items() if weight and arn != side.target_group_arn]
    return {arn: count for arn in sorted(sent) if (count := survey.healthy.get(arn, 0))}


def _name(arn: str) -> str:
    return arn.split("/")[1]


def _reaches(rule: Rule, side: Slot) -> bool:
    return bool(forwarding.weights(rule.actions).get(side.target_group_arn))


def _serving(rule: Rule, others: Mapping[str, int]) -> str:
    total = sum(others.values())
    targets = "1 healthy target serves" if total == 1 else f"{total} healthy targets serve"
    return f"{rule.arn} sends traffic to {', '.join(others)}, where {targets}"


def _served_by_copy(rule: Rule, copies: Mapping[str, int], side: Slot) -> str:
    """A rollout that could not give the original its instances back leaves this."""
    return (
        f"{_serving(rule, copies)}, while {side.group} has no instances: an earlier rollout has left its"
        f" copy, and this is no first rollout. Launch what serves in {side.group} by hand, give its target"
        " group all the weight, and start again"
    )


def _unreached(rule: Rule, side: Slot) -> str:
    return (
        f"{rule.arn} gives {side.target_group_arn} no weight: nobody would reach the first instances of"
        f" {side.group}. Give it weight first"
    )
