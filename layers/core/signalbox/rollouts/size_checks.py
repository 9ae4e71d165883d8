"""Whether a strategy's numbers of instances fit the group as it is now. Pure."""

from collections.abc import Iterator, Sequence

from signalbox.kernel.errors import Violation
from signalbox.rollouts.estate import Group
from signalbox.rollouts.model import Step, StepKind
from signalbox.rollouts.service import Strategy


def size_violations(strategy: Strategy, steps: Sequence[Step], stable: Group) -> Iterator[Violation]:
    """Counts that are larger than a group beside this one may be, which is never larger than its owner lets
    this one be."""
    if not stable.instances:
        return  # that nothing serves says more
    canary = "strategy.canary" if strategy.preset == "canary" else ""
    for step in steps:
        if step.kind is StepKind.PROVISION and step.count is not None and step.count > stable.max:
            field = canary or f"strategy.steps.{step.index}.provision.count"
            told = f"{step.count} instances are more than {stable.name} may have: give at most {stable.max}"
            yield Violation(field, told)
