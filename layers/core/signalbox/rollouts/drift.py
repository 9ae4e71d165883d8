"""Foreign changes: what is there is neither what was last written or seen, nor what is wanted. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from signalbox.kernel.events import JsonObject
from signalbox.rollouts import forwarding
from signalbox.rollouts.estate import Estate, Group
from signalbox.rollouts.predict import predicted
from signalbox.rollouts.writes import Write


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


def drifts(expected: Estate, found: Estate, writes: Sequence[Write]) -> tuple[Drift, ...]:
    """What changed behind our back. A value that `writes` would set is as good as the expected one: a step
    that was cut off after its write finds it there."""
    wanted = predicted(expected, writes)
    return (*_rules(expected, found, wanted), *_groups(expected, found, wanted))


def _rules(expected: Estate, found: Estate, wanted: Estate) -> list[Drift]:
    known = {rule.arn: rule.actions for rule in expected.rules}
    ahead = {rule.arn: rule.actions for rule in wanted.rules}
    return [
        Drift(
            resource=rule.arn,
            field="weights",
            expected=forwarding.weights(known[rule.arn]),
            found=forwarding.weights(rule.actions),
        )
        for rule in found.rules
        if rule.arn in known
        and not forwarding.same_forwarding(rule.actions, known[rule.arn])
        and not forwarding.same_forwarding(rule.actions, ahead[rule.arn])
    ]


def _groups(expected: Estate, found: Estate, wanted: Estate) -> list[Drift]:
    drifted: list[Drift] = []
    for known, now, ahead in (
        (expected.stable, found.stable, wanted.stable),
        (expected.candidate, found.candidate, wanted.candidate),
    ):
        if known is not None and now is not None:
            drifted += _group(known, now, ahead or known)
    return drifted


def _group(known: Group, now: Group, ahead: Group) -> list[Drift]:
    pairs = (
        ("template_version", known.template_version, now.template_version, ahead.template_version),
        ("min", known.min, now.min, ahead.min),
    )
    return [
        Drift(resource=now.name, field=field, expected=old, found=value)
        for field, old, value, new in pairs
        if value not in (old, new)
    ]
