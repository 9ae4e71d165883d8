"""Whose scaling counts, warm pools, protection: one decision at a time."""

from dataclasses import replace

import pytest

from signalbox.kernel.events import JsonObject
from signalbox.rollouts.decisions.pools import launching, refilled
from signalbox.rollouts.decisions.provision import decide_provision, decide_size
from signalbox.rollouts.decisions.removal import emptied, remove_candidate
from signalbox.rollouts.decisions.replace import decide_replace
from signalbox.rollouts.decisions.restore import decide_restore
from signalbox.rollouts.decisions.retire import decide_retire
from signalbox.rollouts.decisions.scaling import handed_back, handed_over
from signalbox.rollouts.decisions.shift import decide_shift
from signalbox.rollouts.estate import Carried, Group, Placement
from signalbox.rollouts.predict import predicted
from signalbox.rollouts.scene import Scene
from signalbox.rollouts.strategies.drafts import provision, replace_batches, shift
from signalbox.rollouts.writes import (
    Write,
    delete_warm_pool,
    put_scaling_policy,
    put_scheduled_actions,
    put_warm_pool,
    resume,
    set_group,
    suspend,
    terminate,
)
from tests.unit.builders import GREEN, forwarding_to, group, healthy, instances, rule, scene, survey
from tests.unit.scenes import ALL, at, candidate, operations, ready, replacing

COPY_NAME = "blue-sb-abcdefgh"
POOL: JsonObject = {"PoolState": "Stopped", "MinSize": 2}
HOOK: JsonObject = {"LifecycleHookName": "boot", "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING"}
CPU: JsonObject = {
    "PolicyName": "blue",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingConfiguration": {
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "ALBRequestCountPerTarget",
            "ResourceLabel": "app/shop/50dc6c495c0c9188/targetgroup/blue/943f017f100becff",
        },
        "CustomizedMetricSpecification": {
            "MetricName": "CPUUtilization",
            "Dimensions": [{"Name": "AutoScalingGroupName", "Value": "blue"}],
        },
        "TargetValue": 50.0,
    },
}
NIGHT: JsonObject = {"ScheduledActionName": "night", "Recurrence": "0 20 * * *", "DesiredCapacity": 1}
SCALED = Carried(hooks=(HOOK,), policies=(CPU,), actions=(NIGHT,))
BOTH = ["AlarmNotification", "ScheduledActions"]


def carrying(here: Scene, carried: Carried = SCALED) -> Scene:
    return replace(here, snapshot=here.snapshot.carrying(carried))


def shifted(placement: Placement, **to: int) -> Scene:
    """Scaling has gone with the traffic."""
    here = at(carrying(ready(placement)), rules=(rule(actions=forwarding_to(**to)),))
    return at(here, stable=replace(here.estate.stable, suspended=tuple(BOTH)))


def pooled(one: Group, **more: object) -> Group:
    return replace(one, warm_pool=POOL, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("placement", [Placement.COPY, Placement.BESIDE])
def test_no_instance_of_a_group_that_is_made_launches_before_its_hooks(placement: Placement) -> None:
    here = carrying(scene(placement))
    made: list[Write] = []
    while not (decision := decide_provision(here, provision(count=1))).settled:
        made += [write for write in decision.writes if write.operation == "CreateAutoScalingGroup"]
        here = here.looking_at(predicted(here.estate, decision.writes))
    assert [write.parameters["LifecycleHookSpecificationList"] for write in made] == [[HOOK]]


def test_all_of_the_traffic_takes_the_scaling_with_it() -> None:
    here = carrying(ready(Placement.COPY))
    decision = decide_shift(here, shift(100), ALL)
    policy, actions, still = decision.writes
    assert still == suspend("blue", BOTH)
    assert actions == put_scheduled_actions(COPY_NAME, (NIGHT,))
    looks = policy.parameters["TargetTrackingConfiguration"]
    label = f"app/shop/50dc6c495c0c9188/{here.candidate_target_group}"
    assert looks == {
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "ALBRequestCountPerTarget",
            "ResourceLabel": label,
        },
        "CustomizedMetricSpecification": {
            "MetricName": "CPUUtilization",
            "Dimensions": [{"Name": "AutoScalingGroupName", "Value": COPY_NAME}],
        },
        "TargetValue": 50.0,
    }
    assert policy.parameters["PolicyName"] == "blue"
    after = here.looking_at(predicted(here.estate, decision.writes))
    assert operations(decide_shift(after, shift(100), ALL)) == ["ModifyRule"]


def test_a_policy_that_looks_at_nothing_of_the_group_is_the_same() -> None:
    step: JsonObject = {"PolicyName": "up", "PolicyType": "StepScaling", "AdjustmentType": "ChangeInCapacity"}
    decision = handed_over(carrying(ready(Placement.COPY), Carried(policies=(step,))))
    assert decision is not None
    assert decision.writes == (put_scaling_policy(COPY_NAME, step), suspend("blue", BOTH))


def test_a_part_of_the_traffic_leaves_the_scaling_where_it_is() -> None:
    assert operations(decide_shift(carrying(ready(Placement.COPY)), shift(50), ALL)) == ["ModifyRule"]


def test_a_slot_scales_by_its_own_and_the_other_one_stands_still() -> None:
    decision = decide_shift(carrying(ready()), shift(100), ALL)
    assert decision.writes == (suspend("blue", BOTH),)


def test_nothing_is_suspended_where_nothing_scales() -> None:
    assert handed_over(carrying(ready(Placement.COPY), Carried(hooks=(HOOK,)))) is None


def test_what_was_suspended_before_is_on_the_copy_and_stays_so() -> None:
    here = carrying(ready(Placement.COPY))
    quiet = replace(here.estate.stable, suspended=("AZRebalance", "ScheduledActions"))
    before = replace(here.snapshot, stable=replace(here.snapshot.stable, suspended=quiet.suspended))
    here = replace(at(here, stable=quiet), snapshot=before)
    decision = handed_over(here)
    assert decision is not None
    assert decision.writes[0] == suspend(COPY_NAME, ["ScheduledActions"])
    assert decision.writes[-1] == suspend("blue", ["AlarmNotification"])
    after = here.looking_at(predicted(here.estate, decision.writes))
    back = handed_back(after)
    assert back is not None
    assert back.writes == (resume("blue", ["AlarmNotification"]),)


def test_scaling_returns_with_a_part_of_the_traffic() -> None:
    here = shifted(Placement.SLOT, blue=0, green=100)
    assert decide_shift(here, shift(50), ALL).writes == (resume("blue", BOTH),)


def test_an_original_scales_again_once_it_has_its_traffic_back() -> None:
    here = shifted(Placement.COPY, blue=1)
    renewed = replace(
        here.estate.stable, template_version="2", resolved_version="2", instances=instances("2", 4, "new")
    )
    back = here.looking_at(healthy(replace(here.estate, stable=renewed)))
    assert decide_retire(back).writes == (resume("blue", BOTH),)
    again = at(back, stable=replace(renewed, suspended=()))
    copy = candidate(here)
    assert decide_retire(again).writes == (set_group(copy, min_size=0, max_size=0, desired=0),)


def test_an_emptied_slot_scales_again() -> None:
    here = shifted(Placement.SLOT, blue=0, green=100)
    empty = replace(here.estate.stable, min=0, desired=0, instances=())
    assert decide_retire(at(here, stable=empty)).writes == (resume("blue", BOTH),)


def test_restore_lets_stable_scale_as_before() -> None:
    here = shifted(Placement.SLOT, blue=1)
    stable = replace(here.estate.stable, min=here.snapshot.stable.min)
    assert decide_restore(at(here, stable=stable)).writes == (resume("blue", BOTH),)


def test_a_pool_of_another_version_goes_before_the_group_launches_a_new_one() -> None:
    blue = pooled(group())
    assert launching(blue, "2", min_size=4) == (
        delete_warm_pool("blue"),
        set_group(blue, version="2", min_size=4),
    )
    assert launching(blue, "$Latest", means="1") == (set_group(blue, version="$Latest"),)
    assert launching(group(), "2") == (set_group(group(), version="2"),)


def test_a_pool_fills_again_when_the_old_one_has_gone() -> None:
    before = pooled(group())
    assert refilled(before, before) is None
    assert refilled(group(), group()) is None
    going = refilled(replace(group(), warm_pool_going=True), before)
    assert going is not None
    assert (going.writes, going.look_again) == ((), 10)
    gone = refilled(group(), before)
    assert gone is not None
    assert gone.writes == (put_warm_pool("blue", POOL),)


def with_pool_before(here: Scene) -> Scene:
    return replace(here, snapshot=replace(here.snapshot, stable=pooled(here.snapshot.stable)))


def test_a_copy_has_its_pool_before_it_has_traffic() -> None:
    here = with_pool_before(ready(Placement.COPY))
    decision = decide_shift(here, shift(20), ALL)
    assert decision.writes == (put_warm_pool(COPY_NAME, POOL),)
    after = here.looking_at(predicted(here.estate, decision.writes))
    assert operations(decide_shift(after, shift(20), ALL)) == ["ModifyRule"]
    assert "PutWarmPool" not in operations(decide_shift(here, shift(0), ALL))


def test_a_slot_with_a_pool_of_the_last_version_renews_it() -> None:
    idle = pooled(group("green", size=0, serves=GREEN))
    here = scene(Placement.SLOT, version="2", found=survey(groups={"blue": group(), "green": idle}))
    pinned = at(here, stable=replace(here.estate.stable, min=4))
    decision = decide_size(pinned, 4)
    assert operations(decision) == ["DeleteWarmPool", "UpdateAutoScalingGroup"]
    sized = pinned.looking_at(predicted(pinned.estate, decision.writes))
    assert decide_shift(sized, shift(100), ALL).writes == (put_warm_pool("green", POOL),)


def test_a_group_that_is_replaced_gets_its_pool_back() -> None:
    here = with_pool_before(scene(version="2"))
    here = at(here, stable=pooled(here.estate.stable))
    decision = decide_replace(here, replace_batches(100))
    assert operations(decision) == ["DeleteWarmPool", "UpdateAutoScalingGroup"]
    renewed, _ = replacing(surge=0, new=4)
    done = at(with_pool_before(renewed), stable=replace(renewed.estate.stable, min=1))
    assert decide_replace(done, replace_batches(100)).writes == (put_warm_pool("blue", POOL),)


def test_an_original_gets_its_pool_back_when_its_copy_has_gone() -> None:
    here = with_pool_before(ready(Placement.BESIDE))
    stable = replace(here.estate.stable, min=1)
    assert decide_retire(at(here, stable=stable, candidate=None)).writes == (put_warm_pool("blue", POOL),)


def test_restore_brings_a_pool_back_too() -> None:
    here = with_pool_before(scene(version="2"))
    assert decide_restore(here).writes == (put_warm_pool("blue", POOL),)
    idle = pooled(group("green", size=0, serves=GREEN))
    slots = scene(Placement.SLOT, version="2", found=survey(groups={"blue": group(), "green": idle}))
    emptied_ = at(slots, candidate=replace(idle, warm_pool={}))
    assert decide_restore(emptied_).writes == (put_warm_pool("green", POOL),)
    new = replace(pooled(group()), template_version="2", resolved_version="2")
    assert operations(decide_restore(at(here, stable=new))) == ["DeleteWarmPool", "UpdateAutoScalingGroup"]


def test_a_copy_goes_after_its_pool() -> None:
    here = ready(Placement.COPY)
    copy = pooled(candidate(here))
    assert operations(remove_candidate(at(here, candidate=copy))) == ["DeleteWarmPool"]
    going = remove_candidate(at(here, candidate=replace(copy, warm_pool={}, warm_pool_going=True)))
    assert going is not None
    assert going.reason == "its warm pool terminates"
    assert operations(remove_candidate(at(here, candidate=replace(copy, warm_pool={})))) == [
        "UpdateAutoScalingGroup"
    ]


def test_what_is_protected_from_scale_in_leaves_all_the_same() -> None:
    kept = tuple(replace(i, protected=n == 0) for n, i in enumerate(instances("1", 2)))
    shrinking = replace(group(size=0), instances=kept)
    decision = emptied(shrinking, "it empties", "old instances")
    assert decision is not None
    assert decision.writes == (terminate("blue", kept[0].id),)
    leaving = replace(shrinking, instances=(replace(kept[0], lifecycle="Terminating"), kept[1]))
    waiting = emptied(leaving, "it empties", "old instances")
    assert waiting is not None
    assert not waiting.writes


@pytest.mark.parametrize(("version", "strangers"), [("2", 1), ("1", 1)])
def test_a_slot_that_is_restored_loses_what_is_protected(version: str, strangers: int) -> None:
    here = scene(Placement.SLOT, version=version)
    idle = here.estate.candidate
    assert idle is not None
    new = tuple(replace(i, protected=True) for i in instances(version, strangers, "new"))
    back = at(here, candidate=replace(idle, instances=new))
    assert decide_restore(back).writes == (terminate("green", new[0].id),)
    going = at(here, candidate=replace(idle, instances=(replace(new[0], lifecycle="Terminating"),)))
    assert not decide_restore(going).writes
