"""Shares of traffic in the actions of a rule: read, set, taken out. Pure; everything else stays as it is."""

from collections.abc import Mapping, Sequence
from math import ceil

from signalbox.kernel.events import JsonObject

WHOLE = 100
MOST = 999  # the largest weight that a load balancer takes


def weights(actions: Sequence[JsonObject]) -> dict[str, int]:
    """Target group ARN -> weight of the forward action; empty when there is none."""
    for action in actions:
        if action.get("Type") == "forward":
            return _weights_of(action)
    return {}


def _weights_of(action: JsonObject) -> dict[str, int]:
    config = action.get("ForwardConfig")
    listed = config.get("TargetGroups") if isinstance(config, dict) else None
    if not isinstance(listed, list) or not listed:
        return {str(action["TargetGroupArn"]): 1} if "TargetGroupArn" in action else {}
    return {str(entry["TargetGroupArn"]): int(entry.get("Weight", 1)) for entry in listed}


def is_sticky(actions: Sequence[JsonObject]) -> bool:
    """Whether a cookie of the rule keeps clients on a target group: then it beats the weights."""
    for action in actions:
        config = action.get("ForwardConfig")
        sticky = config.get("TargetGroupStickinessConfig") if isinstance(config, dict) else None
        if isinstance(sticky, dict) and sticky.get("Enabled"):
            return True
    return False


def candidate_share(actions: Sequence[JsonObject], stable: str, candidate: str | None) -> float:
    """The candidate's part of what the pair gets, in percent; 0 when neither gets anything."""
    both = weights(actions)
    ours = both.get(candidate, 0) if candidate else 0
    total = ours + both.get(stable, 0)
    return WHOLE * ours / total if total else 0.0


def may_get(actions: Sequence[JsonObject], target_group: str) -> bool:
    """Whether clients may be sent there: it has weight, or nothing that is forwarded to has any."""
    present = weights(actions)
    return bool(present) and (bool(present.get(target_group)) or not any(present.values()))


def with_share(
    actions: Sequence[JsonObject], stable: str, candidate: str, percent: int
) -> tuple[JsonObject, ...]:
    """The same actions with `percent` of the pair's traffic on the candidate.

    The pair's part beside foreign target groups that get traffic stays what it was, also when that is
    nothing: all weights grow by the same factor until the pair's sum can be split by percent, or as far as a
    load balancer takes them. Where nobody else gets any, the pair gets all. Doing it twice changes nothing.
    """
    present = weights(actions)
    pair = present.get(stable, 0) + present.get(candidate, 0)
    foreign = {arn: weight for arn, weight in present.items() if arn not in (stable, candidate)}
    if not any(foreign.values()):
        return _with_weights(actions, {**foreign, stable: WHOLE - percent, candidate: percent})
    factor = _growth(pair, max(foreign.values(), default=0))
    total = round(pair * factor)
    ours = round(total * percent / WHOLE)
    scaled = {arn: round(weight * factor) for arn, weight in foreign.items()}
    return _with_weights(actions, {**scaled, stable: total - ours, candidate: ours})


def _growth(pair: int, largest: int) -> float:
    most = MOST / max(pair, largest, 1)
    return most if most < 1 else min(ceil(WHOLE / pair) if pair else 1, int(most))


def attached(actions: Sequence[JsonObject], candidate: str) -> tuple[JsonObject, ...]:
    """The same actions with the candidate at weight 0, so that its health is checked."""
    present = weights(actions)
    alone = len(present) == 1 and any(present.values())
    return _with_weights(actions, {**(dict.fromkeys(present, WHOLE) if alone else present), candidate: 0})


def without(actions: Sequence[JsonObject], target_group: str) -> tuple[JsonObject, ...]:
    """The same actions without the target group, which then gets nothing, cookie or not."""
    return _with_weights(actions, {arn: w for arn, w in weights(actions).items() if arn != target_group})


def beside(actions: Sequence[JsonObject], candidate: str) -> tuple[JsonObject, ...]:
    """The same actions with the candidate at weight 0, all others as they are."""
    return _with_weights(actions, {**weights(actions), candidate: 0})


def led_to(actions: Sequence[JsonObject], candidate: str) -> tuple[JsonObject, ...]:
    """The same actions on another load balancer, where all that is forwarded goes to the candidate."""
    return _with_weights(actions, {candidate: WHOLE})


def _with_weights(actions: Sequence[JsonObject], wanted: Mapping[str, int]) -> tuple[JsonObject, ...]:
    return tuple(
        _reweighted(action, wanted) if action.get("Type") == "forward" else action for action in actions
    )


def _reweighted(action: JsonObject, wanted: Mapping[str, int]) -> JsonObject:
    config = action.get("ForwardConfig")
    kept = dict(config) if isinstance(config, dict) else {}
    kept["TargetGroups"] = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in wanted.items()]
    return {**{k: v for k, v in action.items() if k != "TargetGroupArn"}, "ForwardConfig": kept}


def same_forwarding(one: Sequence[JsonObject], other: Sequence[JsonObject]) -> bool:
    """Whether both send the same shares to the same target groups, however they are written."""
    return _shares(one) == _shares(other) and is_sticky(one) == is_sticky(other)


def _shares(actions: Sequence[JsonObject]) -> dict[str, float]:
    present = weights(actions)
    total = sum(present.values()) or 1
    return {arn: round(weight / total, 6) for arn, weight in present.items()}
