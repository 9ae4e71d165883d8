"""What a schema cannot say of a service: fields that exclude or need each other. Pure."""

from collections.abc import Iterator

from signalbox.kernel.errors import Violation
from signalbox.rollouts import experiments
from signalbox.rollouts.model import StepKind
from signalbox.rollouts.service import Platform, Replace, ServiceSpec, Strategy, Traffic
from signalbox.rollouts.strategies.drafts import numbered
from signalbox.rollouts.strategies.free import actions_of, free
from signalbox.rollouts.strategies.presets import PRESETS

WHOLE = 100  # percent
DNS_ONLY = ("hosted_zone_id", "record_name", "record_types", "set_identifier", "load_balancer")
PARAMETERS = frozenset().union(*(preset.parameters for preset in PRESETS.values()))


def violations(spec: ServiceSpec) -> list[Violation]:
    """Everything that is wrong, at once."""
    return [
        *_platform(spec.platform, spec.traffic),
        *_traffic(spec.platform, spec.traffic),
        *strategy_violations(spec.strategy, "strategy"),
    ]


def _platform(platform: Platform, traffic: Traffic) -> Iterator[Violation]:
    if (platform.group is None) == (platform.slots is None):
        yield Violation("platform", "give either group or slots")
    if platform.slots is not None and traffic.target_group_arn is not None:
        yield Violation("traffic.target_group_arn", "slots name their own target groups: leave it out")
    if platform.group is not None and traffic.target_group_arn is None:
        yield Violation("traffic.target_group_arn", "give the target group that the group serves")
    if platform.slots is not None and len({slot.group for slot in platform.slots}) < 2:  # noqa: PLR2004
        yield Violation("platform.slots", "the two slots must name different groups")
    if platform.slots is not None and len({slot.target_group_arn for slot in platform.slots}) < 2:  # noqa: PLR2004
        yield Violation("platform.slots", "the two slots must name different target groups")


def _traffic(platform: Platform, traffic: Traffic) -> Iterator[Violation]:
    if traffic.router == "route53":
        yield from _names(platform, traffic)
        return
    for field in DNS_ONLY:
        if getattr(traffic, field) is not None:
            yield Violation(f"traffic.{field}", "only router route53 takes it")
    for index, slot in enumerate(platform.slots or ()):
        if slot.set_identifier is not None:
            yield Violation(f"platform.slots.{index}.set_identifier", "only router route53 takes it")
    given = [traffic.listener_rule_arn, traffic.listener_arn, traffic.rules]
    if sum(one is not None for one in given) != 1:
        yield Violation("traffic", "give exactly one of listener_rule_arn, listener_arn and rules")
    if len(set(traffic.references)) != len(traffic.references):
        yield Violation("traffic.rules", "each rule may be named once")


def _names(platform: Platform, traffic: Traffic) -> Iterator[Violation]:
    """Weighted records lead to load balancers: each slot has one of its own."""
    for field in ("hosted_zone_id", "record_name"):
        if getattr(traffic, field) is None:
            yield Violation(f"traffic.{field}", "router route53 needs it")
    for field in ("listener_rule_arn", "listener_arn", "rules"):
        if getattr(traffic, field) is not None:
            yield Violation(f"traffic.{field}", "not with router route53: the name divides the traffic")
    if len(set(traffic.record_types or ())) != len(traffic.record_types or ()):
        yield Violation("traffic.record_types", "each type may be named once")
    if platform.slots is None:
        yield from _copied(platform, traffic)
        return
    for field in ("load_balancer", "set_identifier"):
        if getattr(traffic, field) is not None:
            yield Violation(f"traffic.{field}", "slots have a load balancer and a record each: leave it out")
    for index, slot in enumerate(platform.slots):
        if slot.set_identifier is None:
            yield Violation(
                f"platform.slots.{index}.set_identifier", "name the weighted record that leads to this slot"
            )
    if len({slot.set_identifier for slot in platform.slots}) == 1 and platform.slots[0].set_identifier:
        yield Violation("platform.slots", "the two slots must name different records")


def _copied(platform: Platform, traffic: Traffic) -> Iterator[Violation]:
    """One group behind a name: the candidate has a load balancer only if it may be copied."""
    if platform.group is None or traffic.load_balancer is None:
        yield Violation("platform.slots", "router route53 needs two slots, each behind its own load balancer")
        yield Violation(
            "traffic.load_balancer", "or one group, and here copy: the candidate gets a copy of it"
        )
    elif traffic.set_identifier is None:
        yield Violation(
            "traffic.set_identifier", "name the weighted record that leads to the load balancer of the group"
        )


def strategy_violations(strategy: Strategy, field: str) -> Iterator[Violation]:
    """What is wrong with a strategy, below the given field name."""
    if (strategy.preset is None) == (strategy.steps is None):
        yield Violation(field, f"give either a preset ({', '.join(PRESETS)}) or steps")
    elif strategy.steps is not None:
        yield from _parameters(strategy, frozenset(), "steps", field)
        yield from _steps(strategy, field)
    else:
        takes = PRESETS[strategy.preset or ""].parameters
        yield from _parameters(strategy, takes, f"preset {strategy.preset}", field)
    yield from _batch(strategy, field)
    yield from _experiment(strategy, field)
    shares = strategy.shares or ()
    if list(shares) != sorted(set(shares)) or WHOLE in shares:
        yield Violation(f"{field}.shares", "each share must be greater than the one before and less than 100")


def _parameters(strategy: Strategy, allowed: frozenset[str], owner: str, field: str) -> Iterator[Violation]:
    for name in sorted(PARAMETERS - allowed):
        if getattr(strategy, name) is not None:
            right = ", ".join(sorted(allowed)) or "none"
            yield Violation(f"{field}.{name}", f"{owner} does not take it; it takes: {right}")


def _experiment(strategy: Strategy, field: str) -> Iterator[Violation]:
    if strategy.preset != "ab-test":
        return
    if strategy.experiment is None:
        yield Violation(
            f"{field}.experiment", "preset ab-test needs it: what the candidate has to be better at"
        )
    else:
        yield from experiments.violations(strategy.experiment, f"{field}.experiment")
    if strategy.share == WHOLE:
        yield Violation(f"{field}.share", "with 100 percent nothing is left to compare with: give less")


def _batch(one: Strategy | Replace, field: str) -> Iterator[Violation]:
    if one.batch is not None and one.batch_count is not None:
        yield Violation(f"{field}.batch", "give either batch (percent) or batch_count (instances)")


def _steps(strategy: Strategy, field: str) -> Iterator[Violation]:
    specs = strategy.steps or ()
    wrong = [index for index, spec in enumerate(specs) if len(actions_of(spec)) != 1]
    for index in wrong:
        yield Violation(
            f"{field}.steps.{index}",
            "give exactly one of provision, shift, replace, bake, analyse, pause, retire",
        )
    for index, spec in enumerate(specs):
        if spec.provision is not None and (spec.provision.percent is None) == (spec.provision.count is None):
            yield Violation(f"{field}.steps.{index}.provision", "give either percent or count")
        if spec.replace is not None:
            yield from _batch(spec.replace, f"{field}.steps.{index}.replace")
        if spec.analyse is not None:
            yield from experiments.violations(
                spec.analyse.experiment, f"{field}.steps.{index}.analyse.experiment"
            )
    if not wrong:
        yield from _order(strategy, field)


def _order(strategy: Strategy, field: str) -> Iterator[Violation]:
    steps = numbered(free(strategy.steps or ()))
    kinds = [step.kind for step in steps]
    where = f"{field}.steps"
    shifts = [step for step in steps if step.kind is StepKind.SHIFT]
    if shifts and StepKind.REPLACE in kinds:
        yield Violation(
            where, "shift moves traffic to a second group, replace renews the first: use one of them"
        )
    if not shifts and StepKind.REPLACE not in kinds:
        yield Violation(where, "nothing brings the new version into service: add shift or replace")
    if shifts and shifts[-1].percent != WHOLE:
        yield Violation(where, "the last shift must be to 100 percent")
    replacing = [step for step in steps if step.kind is StepKind.REPLACE]
    if replacing and replacing[-1].percent != WHOLE:
        yield Violation(where, "the last replace must be to 100 percent")
    for step in steps:
        before = [one for one in steps[: step.index] if one.kind is StepKind.SHIFT]
        compares = bool(before) and before[-1].percent not in (0, WHOLE)
        if step.kind is StepKind.ANALYSE and not compares:
            yield Violation(
                f"{where}.{step.index}",
                "both versions must have traffic: analyse after a shift to 1 to 99 percent",
            )
    yield from _ends(kinds, bool(shifts), where)


def _ends(kinds: list[StepKind], shifts: bool, where: str) -> Iterator[Violation]:
    if shifts and StepKind.PROVISION not in kinds[: kinds.index(StepKind.SHIFT)]:
        yield Violation(where, "provision must come before the first shift")
    if StepKind.PROVISION in kinds and kinds[-1] is not StepKind.RETIRE:
        yield Violation(where, "what is provisioned must be retired: end with retire")
    if kinds.count(StepKind.RETIRE) > 1 or StepKind.RETIRE in kinds[:-1]:
        yield Violation(where, "retire comes once, as the last step")
    if StepKind.RETIRE in kinds and StepKind.PROVISION not in kinds:
        yield Violation(where, "nothing was provisioned that could be retired")
