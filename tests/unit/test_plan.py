"""Plans: every preset on every placement, folded over predicted observations."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.rollouts import forwarding
from signalbox.rollouts.decisions.restore import decide_restore
from signalbox.rollouts.estate import Estate, Group, Placement
from signalbox.rollouts.model import Step, StepKind
from signalbox.rollouts.plan import compile_steps, decide_step, planned_writes, provisioned_by, rounds
from signalbox.rollouts.predict import predicted
from signalbox.rollouts.scene import Decision, Scene, part
from signalbox.rollouts.service import (
    Bake,
    Guards,
    Pause,
    Provision,
    Replace,
    Retire,
    Shift,
    StepSpec,
    Strategy,
)
from signalbox.rollouts.steps.sight import split_of
from signalbox.rollouts.strategies.drafts import (
    bake,
    numbered,
    pause,
    provision,
    replace_batches,
    retire,
    shift,
)
from signalbox.rollouts.writes import Write
from tests.unit.builders import (
    BLUE,
    FOREIGN,
    GREEN,
    IMAGE,
    OTHER_RULE,
    RULE,
    forward_action,
    group,
    rule,
    scene,
    survey,
    target_group,
)

MOST_ROUNDS = 500
WEIGHTS = [{BLUE: 1}, {BLUE: 100, FOREIGN: 50}, {BLUE: 7, FOREIGN: 13}, {BLUE: 1, GREEN: 0}]


@dataclass(frozen=True)
class Case:
    """A plan and where it begins."""

    steps: tuple[Step, ...]
    begin: Scene


@st.composite
def scenes(draw: st.DrawFn, placement: Placement) -> Scene:
    """A fleet of any size, following its template or not, some processes suspended, weights shared or not."""
    size = draw(st.integers(1, 9))
    weights = draw(st.sampled_from(WEIGHTS))
    sticky = draw(st.booleans())
    blue = replace(
        group(size=size, template_version=draw(st.sampled_from(["1", "$Latest", "$Default"]))),
        min=draw(st.integers(0, size)),
        max=draw(st.integers(size, 2 * size)),
        suspended=tuple(sorted(draw(st.sets(st.sampled_from(["AZRebalance", "ScheduledActions"]))))),
    )
    green = group("green", size=draw(st.integers(0, 3)), serves=GREEN)
    rules = (rule(RULE, forward_action(weights, sticky=sticky)), rule(OTHER_RULE))
    found = survey(
        groups={"blue": blue, "green": green},
        target_groups={BLUE: target_group(), GREEN: target_group(GREEN)},
        rules={r.arn: r for r in rules},
        references=rules,
    )
    begin = scene(placement, found=found, version=draw(st.sampled_from([IMAGE, "7"])))
    begin = replace(begin, min_healthy_percent=draw(st.sampled_from([100, 100, 75, 50, 0])))
    everything = replace(begin.estate, rules=rules)
    return replace(begin, estate=everything, snapshot=everything.settings())


@st.composite
def cases(draw: st.DrawFn, *placements: Placement) -> Case:
    placement = draw(st.sampled_from(placements or tuple(Placement)))
    begin = draw(scenes(placement))
    stable = begin.estate.stable
    percent = st.integers(1, 100)
    if placement is Placement.BESIDE:
        strategy = Strategy(
            preset="canary",
            canary=draw(st.integers(1, 5)),
            batch=draw(st.none() | percent),
        )
    else:
        strategy = draw(
            st.just(Strategy(preset="blue-green"))
            | st.builds(Strategy, preset=st.just("linear"), share=st.none() | percent)
            | st.just(BY_HAND)
        )
    guards = Guards(min_healthy_percent=begin.min_healthy_percent)
    return Case(steps=compile_steps(strategy, guards, stable), begin=begin)


BY_HAND = Strategy(
    steps=(
        StepSpec(provision=Provision(percent=40)),
        StepSpec(shift=Shift(percent=30)),
        StepSpec(provision=Provision(percent=100)),
        StepSpec(shift=Shift(percent=0)),
        StepSpec(pause=Pause()),
        StepSpec(shift=Shift(percent=100)),
        StepSpec(retire=Retire()),
    )
)


def folded(case: Case) -> Iterator[tuple[Step, Decision, Scene, Scene]]:
    """(step, decision, before, after) of every decision that writes."""
    before = case.begin
    for step in case.steps:
        count = 0
        for decision, after in rounds(before, case.steps, step.index):
            yield step, decision, before, after
            before, count = after, count + 1
            assert count < MOST_ROUNDS, "the step does not end"
        ending = decide_step(before, case.steps, step.index)
        assert ending.settled, f"{step.name}: {ending.reason}"


def last(case: Case) -> Scene:
    after = case.begin
    for _, _, _, after in folded(case):  # noqa: B007
        pass
    return after


@given(cases())
def test_every_plan_settles_step_by_step(case: Case) -> None:
    assert list(folded(case))


@given(cases())
def test_after_the_plan_the_new_version_serves_everything_and_what_was_made_is_gone(case: Case) -> None:
    after = last(case)
    assert split_of(after).candidate == 100
    serving = _serving_group(after)
    before = case.begin.estate
    assert {i.version for i in serving.present} == {after.candidate_version}
    assert len(serving.present) >= before.stable.desired
    slot = before.candidate.min if before.candidate else 0
    assert serving.min == max(before.stable.min, slot)
    assert after.estate.stable_target_group == before.stable_target_group
    if case.begin.layout.placement is not Placement.SLOT:
        assert after.estate.candidate is None
        assert (after.estate.candidate_target_group is None) == (before.candidate_target_group is None)
        assert [_shares(r.actions) for r in after.estate.rules] == [_shares(r.actions) for r in before.rules]
    else:
        assert after.estate.stable.instances == ()


def _serving_group(after: Scene) -> Group:
    slot = after.layout.placement is Placement.SLOT
    serving = after.estate.candidate if slot else after.estate.stable
    assert serving is not None
    return serving


def _shares(actions: tuple[dict[str, object], ...]) -> dict[str, float]:
    present = forwarding.weights(actions)
    whole = sum(present.values())
    return {arn: round(weight / whole, 6) for arn, weight in present.items() if weight}


@given(cases())
def test_shares_always_sum_to_a_hundred(case: Case) -> None:
    for _, _, _, after in folded(case):
        split = split_of(after)
        assert split.stable + split.candidate == 100
        assert 0 <= split.candidate <= 100


@given(cases())
def test_foreign_target_groups_keep_their_part_all_the_way(case: Case) -> None:
    wanted = [_foreign(r.actions) for r in case.begin.estate.rules]
    for _, _, _, after in folded(case):
        assert [_foreign(r.actions) for r in after.estate.rules] == wanted


def _foreign(actions: tuple[dict[str, object], ...]) -> float:
    return _shares(actions).get(FOREIGN, 0)


@given(cases(Placement.BESIDE))
def test_a_batch_never_takes_more_than_the_floor_leaves(case: Case) -> None:
    for step, decision, before, _ in folded(case):
        if step.kind is not StepKind.REPLACE:
            continue
        serving = {i.id for i in (*before.estate.healthy_stable, *before.estate.healthy_candidate)}
        leaving = {str(w.parameters["InstanceId"]) for w in decision.writes if "InstanceId" in w.parameters}
        assert len(serving - leaving) >= before.floor
        assert len(leaving) <= part(step.batch or 100, before.estate.stable.desired)


@given(cases(Placement.BESIDE))
def test_the_batches_of_a_canary_are_as_many_as_percent_ask_for(case: Case) -> None:
    batches = [d for step, d, _, _ in folded(case) if step.kind is StepKind.REPLACE and _terminates(d)]
    step = next(s for s in case.steps if s.kind is StepKind.REPLACE)
    size = case.begin.estate.stable.desired
    assert len(batches) == -(-size // part(step.batch or 25, size))


def _terminates(decision: Decision) -> bool:
    return any("InstanceId" in write.parameters for write in decision.writes)


@given(cases())
def test_a_group_that_follows_its_template_is_pinned_before_there_is_another_version(case: Case) -> None:
    for _, decision, before, _ in folded(case):
        for place, write in enumerate(decision.writes):
            if write.operation == "CreateLaunchTemplateVersion":
                stable = predicted(before.estate, decision.writes[:place]).stable
                assert stable.template_version == "1"


@given(cases(), st.data())
def test_a_decision_on_what_it_has_written_writes_nothing(case: Case, data: st.DataObject) -> None:
    moments = [(step, after) for step, _, _, after in folded(case)]
    step, after = data.draw(st.sampled_from(moments))
    decision = decide_step(after, case.steps, step.index)
    again = decide_step(after, case.steps, step.index)
    assert decision == again
    settled = [scene_ for s, scene_ in moments if s == step][-1]
    assert decide_step(settled, case.steps, step.index).writes == ()


@given(cases(), st.data())
def test_from_any_write_of_a_plan_the_restore_leads_back_to_the_snapshot(
    case: Case, data: st.DataObject
) -> None:
    reversible = [w.write for w in planned_writes(case.begin, case.steps) if _can_be_undone(case, w.step)]
    done = data.draw(st.integers(0, len(reversible)))
    reached = case.begin.looking_at(predicted(case.begin.estate, reversible[:done]))
    end = restored(reached)
    assert_as_before(case.begin, end)


def _can_be_undone(case: Case, step: int) -> bool:
    return case.steps[step].kind is not StepKind.RETIRE


def restored(scene_: Scene) -> Scene:
    for _ in range(MOST_ROUNDS):
        decision = decide_restore(scene_)
        if not decision.writes:
            assert decision.settled, decision.reason
            return scene_
        scene_ = scene_.looking_at(predicted(scene_.estate, decision.writes))
    raise AssertionError("the restore does not end")


def assert_as_before(begin: Scene, end: Scene) -> None:
    was, now = begin.estate, end.estate
    assert _settings(now.stable) == _settings(was.stable)
    assert now.stable.desired >= was.stable.desired
    assert {i.version for i in now.stable.present} == {i.version for i in was.stable.present}
    assert [forwarding.weights(r.actions) for r in now.rules] == [
        forwarding.weights(r.actions) for r in was.rules
    ]
    assert now.candidate_version is None
    assert now.candidate_target_group == was.candidate_target_group
    if was.candidate is None:
        assert now.candidate is None
    else:
        assert now.candidate is not None
        assert _settings(now.candidate) == _settings(was.candidate)
        assert now.candidate.desired == was.candidate.desired
        assert {i.version for i in now.candidate.present} == {i.version for i in was.candidate.present}


def _settings(one: Group) -> tuple[object, ...]:
    return (one.min, one.max, one.template_version, one.suspended, one.target_groups)


@pytest.mark.parametrize(
    ("strategy", "names"),
    [
        (
            Strategy(preset="canary", bake="5m"),
            ["provision 1", "bake 5m", "replace 100 % in batches of 25 %", "retire"],
        ),
        (
            Strategy(preset="canary", batch=50),
            ["provision 1", "bake 10m", "provision 2", "replace 100 % in batches of 50 %", "retire"],
        ),
        (Strategy(preset="blue-green"), ["provision 100 %", "shift 100 %", "bake 10m", "retire"]),
        (
            Strategy(preset="linear", share=40, every="90s"),
            [
                "provision 100 %",
                "shift 40 %",
                "bake 90s",
                "shift 80 %",
                "bake 90s",
                "shift 100 %",
                "bake 90s",
                "retire",
            ],
        ),
    ],
)
def test_presets_are_nothing_but_steps(strategy: Strategy, names: list[str]) -> None:
    steps = compile_steps(strategy, Guards(), group())
    assert [step.name for step in steps] == names
    assert [step.index for step in steps] == list(range(len(names)))


def test_free_steps_are_taken_as_they_are() -> None:
    specs = (
        StepSpec(provision=Provision(count=2)),
        StepSpec(replace=Replace(percent=50)),
        StepSpec(bake=Bake(for_="90s")),
        StepSpec(pause=Pause()),
        StepSpec(shift=Shift(percent=10)),
        StepSpec(retire=Retire()),
    )
    assert compile_steps(Strategy(steps=specs), Guards(), group()) == numbered(
        [provision(count=2), replace_batches(50, 25), bake("90s"), pause(), shift(10), retire()]
    )


def test_the_last_provision_sized_the_candidate() -> None:
    steps = numbered([provision(count=1), bake("1m"), provision(percent=100), shift(100)])
    assert provisioned_by(steps, 0).count == 1
    assert provisioned_by(steps, 1).count == 1
    assert provisioned_by(steps, 3).percent == 100
    assert provisioned_by(steps[1:2], 0).count == 0


def test_holds_decide_nothing() -> None:
    steps = numbered([bake("1m"), pause()])
    assert all(decide_step(scene(), steps, index).settled for index in (0, 1))


def test_a_plan_names_the_step_of_each_write() -> None:
    steps = numbered([provision(percent=100), shift(100)])
    planned = planned_writes(scene(Placement.SLOT), steps)
    assert [(w.step, w.write.operation) for w in planned] == [
        (0, "UpdateAutoScalingGroup"),
        (0, "CreateLaunchTemplateVersion"),
        (0, "ModifyRule"),
        (0, "PutMetricAlarm"),
        (0, "PutMetricAlarm"),
        (0, "UpdateAutoScalingGroup"),
        (1, "ModifyRule"),
    ]


def test_a_plan_that_would_wait_for_ever_ends() -> None:
    """Nothing leaves room above the floor: the plan shows what happens before that."""
    planned = planned_writes(scene(floor=100), numbered([replace_batches(100, 25)]))
    assert [w.write.operation for w in planned] == [
        "UpdateAutoScalingGroup",
        "CreateLaunchTemplateVersion",
        "UpdateAutoScalingGroup",
    ]


def test_what_a_plan_writes_is_what_its_decisions_write() -> None:
    steps = numbered([provision(percent=100), shift(100), retire()])
    begin = scene(Placement.COPY)
    written: list[Write] = []
    estate: Estate = begin.estate
    for step in steps:
        for decision, after in rounds(begin.looking_at(estate), steps, step.index):
            written += decision.writes
            estate = after.estate
    assert written == [w.write for w in planned_writes(begin, steps)]
