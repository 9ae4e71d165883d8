"""Whether a strategy's numbers of instances fit the group as it is now. Pure."""

from collections.abc import Iterator, Sequence

from signalbox.kernel.errors import Violation
from signalbox.rollouts.estate import Group
from signalbox.rollouts.model import Step, StepKind
from signalbox.rollouts.service import Strategy


def size_violations(strategy: Strategy, steps: Sequence[Step], stable: Group) -> Iterator[Violation]:
    """Counts that are larger than a group beside this one may be, which is never larger than its owner lets
    this one be; the first ones of `immutable` are a part of all that follow."""
    part_of_all = strategy.preset == "immutable"
    most = max(1, stable.desired) if part_of_all else stable.max
    named = {"canary": "strategy.canary", "immutable": "strategy.first"}
    for step in steps:
        if step.kind is StepKind.PROVISION and step.count is not None and step.count > most:
            field = named.get(strategy.preset or "", f"strategy.steps.{step.index}.provision.count")
            has = "has" if part_of_all else "may have"
            yield Violation(
                field, f"{step.count} instances are more than {stable.name} {has}: give at most {most}"
            )
