"""Fields that exclude or need each other."""

from dataclasses import replace

import pytest

from signalbox.kernel.errors import Violation
from signalbox.rollouts.service import (
    Analyse,
    Bake,
    Pause,
    Platform,
    Provision,
    Replace,
    Retire,
    Shift,
    Slot,
    StepSpec,
    Strategy,
    Traffic,
)
from signalbox.rollouts.strategies.presets import PRESETS
from signalbox.rollouts.validation import strategy_violations, violations
from tests.unit.builders import BLUE, GREEN, LISTENER, RULE, spec
from tests.unit.experiments import ab_test, conversion, latency, metric

PROVISION = StepSpec(provision=Provision(percent=100))
HALF = StepSpec(shift=Shift(percent=50))
SHIFT = StepSpec(shift=Shift(percent=100))
REPLACE = StepSpec(replace=Replace())
BAKE = StepSpec(bake=Bake(for_="10m"))
PAUSE = StepSpec(pause=Pause())
RETIRE = StepSpec(retire=Retire())


def told(*wrong: Violation) -> list[tuple[str, str]]:
    return [(violation.field, violation.message) for violation in wrong]


def of(strategy: Strategy) -> list[tuple[str, str]]:
    return told(*strategy_violations(strategy, "strategy"))


def steps(*specs: StepSpec) -> list[tuple[str, str]]:
    return of(Strategy(steps=specs))


@pytest.mark.parametrize("slots", [False, True])
def test_a_whole_service_is_fine(*, slots: bool) -> None:
    assert violations(spec(slots=slots)) == []


def test_everything_that_contradicts_itself_is_told_at_once() -> None:
    same = Slot(group="blue", target_group_arn=BLUE)
    broken = replace(
        spec(Strategy()),
        platform=Platform(kind="autoscaling", group="blue", slots=(same, same)),
        traffic=Traffic(router="alb", rules=(RULE, RULE), listener_arn=LISTENER, target_group_arn=GREEN),
    )
    assert told(*violations(broken)) == [
        ("platform", "give either group or slots"),
        ("traffic.target_group_arn", "slots name their own target groups: leave it out"),
        ("platform.slots", "the two slots must name different groups"),
        ("platform.slots", "the two slots must name different target groups"),
        ("traffic", "give exactly one of listener_rule_arn, listener_arn and rules"),
        ("strategy", f"give either a preset ({', '.join(PRESETS)}) or steps"),
    ]


def test_nothing_at_all_is_too_little() -> None:
    empty = replace(spec(), platform=Platform(kind="autoscaling"), traffic=Traffic(router="alb"))
    assert [field for field, _ in told(*violations(empty))] == ["platform", "traffic"]


def test_a_group_needs_its_target_group() -> None:
    lacking = replace(spec(), traffic=Traffic(router="alb", listener_rule_arn=RULE))
    assert told(*violations(lacking)) == [
        ("traffic.target_group_arn", "give the target group that the group serves")
    ]


def test_a_rule_is_named_once() -> None:
    twice = replace(spec(), traffic=Traffic(router="alb", rules=(RULE, RULE), target_group_arn=BLUE))
    assert told(*violations(twice)) == [("traffic.rules", "each rule may be named once")]


def test_a_preset_or_steps_but_not_both() -> None:
    assert of(Strategy(preset="canary", steps=(REPLACE,)))[0][0] == "strategy"


@pytest.mark.parametrize(
    "strategy",
    [
        Strategy(preset="canary", canary=2, batch=10, bake="5m"),
        Strategy(preset="blue-green", bake="5m"),
        Strategy(preset="linear", share=10, every="5m", keep_old_for="1h"),
        Strategy(preset="all-at-once", bake="5m"),
        Strategy(preset="rolling", batch_count=2, bake="5m"),
        Strategy(preset="rolling-with-additional-batch", batch=10),
        Strategy(preset="immutable", first=2, check="2m", bake="5m", keep_old_for="2h"),
        Strategy(preset="traffic-splitting", shares=(5, 10, 50), every="5m", bake="10m"),
    ],
)
def test_a_preset_takes_its_own_parameters(strategy: Strategy) -> None:
    assert of(strategy) == []


def test_a_parameter_of_another_preset_is_refused_with_the_right_ones() -> None:
    assert of(Strategy(preset="linear", bake="5m")) == [
        ("strategy.bake", "preset linear does not take it; it takes: every, keep_old_for, share")
    ]
    assert of(Strategy(steps=(REPLACE,), canary=1)) == [
        ("strategy.canary", "steps does not take it; it takes: none")
    ]


def test_a_batch_is_percent_or_a_number_of_instances() -> None:
    message = "give either batch (percent) or batch_count (instances)"
    assert of(Strategy(preset="rolling", batch=10, batch_count=1)) == [("strategy.batch", message)]
    assert steps(StepSpec(replace=Replace(batch=10, batch_count=1))) == [
        ("strategy.steps.0.replace.batch", message)
    ]


@pytest.mark.parametrize("shares", [(10, 10), (50, 10), (10, 100), (100,)])
def test_shares_grow_and_leave_the_last_step_to_the_whole(shares: tuple[int, ...]) -> None:
    assert of(Strategy(preset="traffic-splitting", shares=shares)) == [
        ("strategy.shares", "each share must be greater than the one before and less than 100")
    ]


@pytest.mark.parametrize(
    "plan",
    [
        (PROVISION, SHIFT, BAKE, RETIRE),
        (PROVISION, HALF, PAUSE, SHIFT, RETIRE),
        (REPLACE,),
        (StepSpec(replace=Replace(percent=10)), BAKE, REPLACE, BAKE),
        (PROVISION, BAKE, REPLACE, RETIRE),
        (BAKE, PROVISION, HALF, PROVISION, SHIFT, RETIRE),
    ],
)
def test_steps_that_lead_to_the_new_version_are_fine(plan: tuple[StepSpec, ...]) -> None:
    assert steps(*plan) == []


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ((BAKE,), "nothing brings the new version into service: add shift or replace"),
        ((PROVISION, RETIRE), "nothing brings the new version into service: add shift or replace"),
        ((PROVISION, HALF, RETIRE), "the last shift must be to 100 percent"),
        ((StepSpec(replace=Replace(percent=50)),), "the last replace must be to 100 percent"),
        ((SHIFT, PROVISION, RETIRE), "provision must come before the first shift"),
        ((PROVISION, SHIFT), "what is provisioned must be retired: end with retire"),
        ((PROVISION, SHIFT, RETIRE, BAKE), "what is provisioned must be retired: end with retire"),
        ((PROVISION, RETIRE, SHIFT, RETIRE), "retire comes once, as the last step"),
        ((REPLACE, RETIRE), "nothing was provisioned that could be retired"),
        (
            (PROVISION, SHIFT, REPLACE, RETIRE),
            "shift moves traffic to a second group, replace renews the first: use one of them",
        ),
    ],
)
def test_steps_that_lead_nowhere_are_refused(plan: tuple[StepSpec, ...], message: str) -> None:
    assert ("strategy.steps", message) in steps(*plan)


@pytest.mark.parametrize("step", [StepSpec(), StepSpec(shift=Shift(percent=1), retire=Retire())])
def test_a_step_is_exactly_one_thing(step: StepSpec) -> None:
    assert steps(PROVISION, step) == [
        ("strategy.steps.1", "give exactly one of provision, shift, replace, bake, analyse, pause, retire")
    ]


ANALYSE = StepSpec(analyse=Analyse(experiment=conversion()))
TENTH = StepSpec(shift=Shift(percent=10))


@pytest.mark.parametrize(
    "plan",
    [
        (PROVISION, ANALYSE, SHIFT, RETIRE),
        (PROVISION, StepSpec(shift=Shift(percent=0)), ANALYSE, SHIFT, RETIRE),
        (PROVISION, SHIFT, ANALYSE, RETIRE),
        (REPLACE, ANALYSE, REPLACE),
    ],
)
def test_only_versions_that_have_traffic_both_can_be_compared(plan: tuple[StepSpec, ...]) -> None:
    place = plan.index(ANALYSE)
    message = "both versions must have traffic: analyse after a shift to 1 to 99 percent"
    assert (f"strategy.steps.{place}", message) in steps(*plan)
    assert steps(PROVISION, TENTH, ANALYSE, SHIFT, RETIRE) == []


def test_an_ab_test_needs_an_experiment_and_something_to_compare_with() -> None:
    assert of(ab_test()) == []
    assert of(Strategy(preset="ab-test", share=100)) == [
        ("strategy.experiment", "preset ab-test needs it: what the candidate has to be better at"),
        ("strategy.share", "with 100 percent nothing is left to compare with: give less"),
    ]
    assert of(Strategy(preset="canary", experiment=conversion())) == [
        (
            "strategy.experiment",
            "preset canary does not take it; it takes: bake, batch, batch_count, canary",
        )
    ]


def test_what_is_wrong_with_an_experiment_is_told_where_it_stands() -> None:
    neither = [("", "give either rate (trials and successes) or mean (one metric)")]
    for experiment, wrong in (
        (conversion(rate=None), neither),
        (conversion(mean=metric("Latency")), neither),
        (conversion(duration="59s"), [(".duration", "metrics have one value a minute: give at least 1m")]),
        (
            latency(duration="30m"),
            [(".duration", "a mean needs 30 minutes with samples: give at least 31m")],
        ),
        (
            latency(mean=metric("Latency", Group="{group}", Balancer="{load_balancer}")),
            [
                (
                    ".mean.dimensions",
                    "{group} stands for nothing; these do: {target_group}, {auto_scaling_group}, {variant},"
                    " {load_balancer}",
                ),
                (
                    ".mean.dimensions",
                    "both sides would be the same metric: let a value contain one of {target_group},"
                    " {auto_scaling_group}, {variant}",
                ),
            ],
        ),
    ):
        found = of(ab_test(experiment))
        assert [one for one in found if one[0].startswith("strategy.experiment")] == [
            (f"strategy.experiment{field}", message) for field, message in wrong
        ], experiment
        by_step = steps(PROVISION, TENTH, StepSpec(analyse=Analyse(experiment=experiment)), SHIFT, RETIRE)
        assert by_step == [
            (f"strategy.steps.2.analyse.experiment{field}", message) for field, message in wrong
        ]


@pytest.mark.parametrize("provision", [Provision(), Provision(percent=1, count=1)])
def test_capacity_is_a_share_or_a_number(provision: Provision) -> None:
    wrong = steps(StepSpec(provision=provision), SHIFT, RETIRE)
    assert wrong == [("strategy.steps.0.provision", "give either percent or count")]


def test_a_strategy_for_this_once_is_told_under_its_own_name() -> None:
    assert [v.field for v in strategy_violations(Strategy(), "rollout.strategy")] == ["rollout.strategy"]
