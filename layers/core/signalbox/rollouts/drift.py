"""Foreign changes: what is there is neither what was last written or seen, nor what is wanted. Pure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from signalbox.kernel.events import JsonObject
from signalbox.rollouts import forwarding
from signalbox.rollouts.estate import Estate, Group, Rule
from signalbox.rollouts.model import Step
from signalbox.rollouts.plan import rounds
from signalbox.rollouts.predict import predicted
from signalbox.rollouts.scene import Scene
from signalbox.rollouts.writes import set_group

MOST_ROUNDS = 12  # of writes that one turn of a step may have made before it was cut off


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One value that somebody else changed."""

    resource: str
    field: str
    expected: object
    found: object

    def facts(self) -> JsonObject:
        """For the timeline."""
        return {
            "resource": self.resource,
            "field": self.field,
            "expected": self.expected,
            "found": self.found,
        }


def unnamed(rules: Sequence[Rule]) -> tuple[Drift, ...]:
    """Somebody sends traffic to the service by rules that the service does not name: what they lead to must
    not be emptied."""
    return tuple(
        Drift(resource=rule.arn, field="traffic", expected={}, found=forwarding.weights(rule.actions))
        for rule in rules
    )


def drifts(expected: Estate, scene: Scene, steps: tuple[Step, ...], index: int) -> tuple[Drift, ...]:
    """What changed behind our back. A value that the step writes on its way from what we expect is as good: a
    turn that was cut off after its write left it there. So is a minimum that a scheduled action sets."""
    found = scene.estate
    planned = {action.get("MinSize") for action in scene.snapshot.stable.carried.actions}
    if not _differences((expected,), found, planned):
        return ()
    return _differences(own(expected, scene, steps, index), found, planned)


def own(expected: Estate, scene: Scene, steps: tuple[Step, ...], index: int) -> tuple[Estate, ...]:
    """What we last wrote or saw, and all that step `index` makes of it, write by write."""
    if index >= len(steps):
        return (expected,)
    before = replace(scene, lag=0).looking_at(_as_expected(expected, scene.estate))  # it may have waited
    ahead = islice(rounds(before, steps, index), MOST_ROUNDS)
    return (expected, *(after.estate for _, after in ahead))


def _as_expected(expected: Estate, found: Estate) -> Estate:
    """What is there, with the settings that we last wrote or saw, and all that they ask for launched; stable
    may have grown meanwhile."""
    size = max(expected.stable.desired, found.stable.desired)
    candidate = expected.candidate or found.candidate
    settings = replace(found, stable=expected.stable, candidate=candidate, rules=expected.rules)
    launched = [set_group(expected.stable, desired=size)]
    if expected.candidate is not None:
        launched.append(set_group(expected.candidate, desired=expected.candidate.desired))
    return predicted(settings, launched)


def _differences(good: Sequence[Estate], found: Estate, planned: Collection[object]) -> tuple[Drift, ...]:
    return (
        *(drift for rule in found.rules for drift in _rule(rule, [e.rules for e in good])),
        *_gone(good[0].rules, found.rules),
        *_group(found.stable, [e.stable for e in good], planned),
        *_group(found.candidate, [e.candidate for e in good], planned),
    )


def _gone(expected: Sequence[Rule], found: Sequence[Rule]) -> list[Drift]:
    """A rule or name that somebody has removed: no share could be set or seen there."""
    left = {rule.arn for rule in found}
    return [
        Drift(resource=rule.arn, field="weights", expected=forwarding.weights(rule.actions), found={})
        for rule in expected
        if rule.arn not in left
    ]


def _rule(now: Rule, good: Sequence[Sequence[Rule]]) -> list[Drift]:
    known = [rule for rules in good for rule in rules if rule.arn == now.arn]
    if not known:
        return []
    elsewhere = list(_records(now, known[0]))
    if any(forwarding.same_forwarding(now.actions, rule.actions) for rule in known):
        return elsewhere
    before, after = forwarding.weights(known[0].actions), forwarding.weights(now.actions)
    return [Drift(resource=now.arn, field="weights", expected=before, found=after), *elsewhere]


def _records(now: Rule, expected: Rule) -> Iterator[Drift]:
    """All of a record but its weight, which no step writes: where it leads, TTL, health check."""
    for side, record in now.records.items():
        before = expected.records.get(side, record)
        for key in sorted({*before, *record} - {"Weight"}):
            if before.get(key) != record.get(key):
                field = f"{key} of record {record['SetIdentifier']}"
                yield Drift(resource=now.arn, field=field, expected=before.get(key), found=record.get(key))


def _group(now: Group | None, good: Sequence[Group | None], planned: Collection[object]) -> list[Drift]:
    known = [group for group in good if group is not None]
    if now is None or good[0] is None:
        return []
    pairs = (
        ("template_version", now.template_version, [group.template_version for group in known]),
        ("min", now.min, [*(group.min for group in known), *planned]),
    )
    return [
        Drift(resource=now.name, field=field, expected=values[0], found=value)
        for field, value, values in pairs
        if value not in values
    ]
