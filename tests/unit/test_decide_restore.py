"""Restore, one decision at a time."""

from dataclasses import replace

import pytest

from signalbox.rollouts.decisions.restore import (
    QUIET,
    compiled_writes,
    decide_restore,
    restoring_writes,
    serves_as_before,
    strangers,
    traffic_back,
)
from signalbox.rollouts.estate import Group, Instance, Placement
from signalbox.rollouts.forwarding import weights
from signalbox.rollouts.model import Told
from signalbox.rollouts.predict import predicted
from signalbox.rollouts.routing import forward
from signalbox.rollouts.scene import Decision, Scene
from signalbox.rollouts.writes import resume, set_group, suspend, terminate
from tests.unit.builders import (
    BLUE,
    FOREIGN,
    GREEN,
    ROLLOUT,
    forwarding_to,
    group,
    healthy,
    instances,
    rule,
    scene,
    survey,
)
from tests.unit.scenes import (
    at,
    candidate,
    healthy_but,
    operations,
    ready,
    replacing,
    weights_of,
)


def test_traffic_comes_back_first() -> None:
    here = at(ready(), rules=(rule(actions=forwarding_to(blue=40, green=60)),))
    decision = decide_restore(here)
    assert decision.reason == "traffic goes back to stable"
    assert weights_of(decision) == {BLUE: 1}
    assert not serves_as_before(here)


def test_what_the_guards_keep_ready_is_right_from_everywhere() -> None:
    here = ready()
    for blue_, green_ in ((100, 0), (40, 60), (0, 100)):
        shifted = at(here, rules=(rule(actions=forwarding_to(blue=blue_, green=green_)),))
        writes = compiled_writes(here.layout, here.snapshot, shifted.estate)
        assert writes == (forward(rule(), here.snapshot.rules[0].actions),)
        assert traffic_back(shifted.looking_at(predicted(shifted.estate, writes))) is None


def test_a_cookie_beats_a_weight_so_the_candidate_leaves_a_sticky_rule() -> None:
    sticky = rule(actions=forwarding_to(True, blue=100, green=0))
    found = survey(rules={sticky.arn: sticky}, references=(sticky,))
    here = scene(Placement.SLOT, found=found)
    shifted = at(here, rules=(rule(actions=forwarding_to(True, blue=0, green=100)),))
    for writes in (
        restoring_writes(here.layout, here.snapshot, shifted.estate),
        compiled_writes(here.layout, here.snapshot, shifted.estate),
    ):
        actions = writes[0].parameters["Actions"]
        assert isinstance(actions, list)
        assert weights(actions) == {BLUE: 100}
    safe = at(here, rules=(rule(actions=forwarding_to(True, blue=100)),))
    assert restoring_writes(here.layout, here.snapshot, safe.estate) == ()


def test_a_sticky_rule_stays_as_it_is_while_there_is_no_copy() -> None:
    sticky = rule(actions=forwarding_to(True, blue=100))
    here = scene(Placement.COPY, found=survey(rules={sticky.arn: sticky}, references=(sticky,)))
    assert compiled_writes(here.layout, here.snapshot, here.estate) == (forward(sticky, sticky.actions),)


def test_a_canary_is_deregistered_and_kept_quiet() -> None:
    here = ready(Placement.BESIDE, size=2)
    first, second = restoring_writes(here.layout, here.snapshot, here.estate)
    assert (first.operation, second.operation) == ("DeregisterTargets", "SuspendProcesses")
    assert second.parameters["ScalingProcesses"] == list(QUIET)
    assert [w.operation for w in compiled_writes(here.layout, here.snapshot, here.estate)] == [
        "DeregisterTargets"
    ]
    quiet = predicted(here.estate, [first, second])
    assert restoring_writes(here.layout, here.snapshot, quiet) == ()
    assert compiled_writes(here.layout, here.snapshot, quiet) == ()


@pytest.mark.parametrize("state", ["draining", "unused"])
def test_who_serves_no_more_is_not_deregistered_again_but_may_serve_when_a_guard_breaks(state: str) -> None:
    here = ready(Placement.BESIDE, size=2)
    states = dict(here.estate.health[BLUE]) | {i.id: state for i in candidate(here).instances}
    left = at(here, health={BLUE: states}).estate
    now, kept_ready = (
        [w.operation for w in writes(here.layout, here.snapshot, left)]
        for writes in (restoring_writes, compiled_writes)
    )
    assert now == ["SuspendProcesses"]
    assert kept_ready == ["DeregisterTargets"]


def test_a_canary_that_is_no_target_yet_is_only_kept_quiet() -> None:
    here = at(ready(Placement.BESIDE, size=2), health={})
    assert [w.operation for w in restoring_writes(here.layout, here.snapshot, here.estate)] == [
        "SuspendProcesses"
    ]


def test_nothing_beside_stable_needs_no_write() -> None:
    here = scene()
    assert restoring_writes(here.layout, here.snapshot, here.estate) == ()


def rebuilding(new: int = 2) -> Scene:
    """Some of stable is new already, one candidate serves beside it."""
    here, _ = replacing(4, surge=1, new=new)
    return replace(here, rebuilding=True)


def test_the_old_version_is_launched_again_before_the_new_one_leaves() -> None:
    here = rebuilding()
    assert strangers(here, here.estate.stable, here.snapshot.stable) == here.estate.stable.instances[:2]
    order: list[str] = []
    for _ in range(12):
        decision = decide_restore(here)
        if not decision.writes:
            break
        order.append(decision.reason)
        here = here.looking_at(predicted(here.estate, decision.writes))
    assert order == [
        "traffic goes back to stable",
        "the old version launches again",
        "the new version leaves",
        "sizes and version of the stable group",
        "suspended processes",
        "the candidate group empties",
        "the candidate group goes",
    ]
    assert decision.settled


def test_what_serves_beside_a_group_below_the_floor_stays_until_it_is_not_needed() -> None:
    here = rebuilding()
    short = healthy_but(here, here.estate.stable.instances[0])
    assert traffic_back(short) is None
    assert traffic_back(here) is not None
    assert not serves_as_before(short)


def test_what_serves_beside_stays_also_before_the_first_successor_is_launched() -> None:
    here = rebuilding(new=0)
    stable = here.estate.stable
    gone = replace(stable, instances=stable.instances[2:])
    bare = here.looking_at(replace(here.estate, stable=gone))
    assert traffic_back(bare) is None
    lost_by_itself = replace(bare, rebuilding=False)
    assert traffic_back(lost_by_itself) is not None


def test_nothing_that_serves_goes_before_stable_can_carry_the_traffic_again() -> None:
    here = rebuilding(new=0)
    before = here.snapshot.stable
    short = replace(before, instances=here.estate.stable.instances[2:])  # two are still to be launched
    bare = here.looking_at(replace(here.estate, stable=short))
    decision = decide_restore(bare)
    assert not decision.writes
    assert not decision.settled
    assert (decision.awaits, decision.times) == (Told.LAUNCHED, 2)
    assert decision.reason == "2 of the 4 instances that must serve are healthy again"
    assert decide_restore(replace(bare, rebuilding=False)).writes
    launched = at(bare, stable=replace(before, instances=here.estate.stable.instances))
    assert decide_restore(healthy_but(launched, launched.estate.stable.instances[0])).look_again == 10


@pytest.mark.parametrize(("version", "desired"), [("1", 4), ("2", 6)])
def test_as_many_of_the_old_version_are_launched_as_there_were_beside_the_new_ones(
    version: str, desired: int
) -> None:
    here = rebuilding()
    quiet = here.looking_at(predicted(here.estate, decide_restore(here).writes))
    half = replace(quiet.estate.stable, template_version=version, desired=desired, max=5)
    decision = decide_restore(at(quiet, stable=half))
    assert decision.writes == (set_group(half, version="1", max_size=6, desired=6),)


def test_the_new_version_stays_until_the_old_one_is_healthy_again() -> None:
    here = rebuilding()
    quiet = here.looking_at(predicted(here.estate, decide_restore(here).writes))
    relaunched = quiet.looking_at(predicted(quiet.estate, decide_restore(quiet).writes))
    assert len(relaunched.estate.stable.instances) == 6
    ill = healthy_but(relaunched, *relaunched.estate.stable.instances[4:], *candidate(relaunched).instances)
    decision = decide_restore(ill)
    assert decision.reason == "2 of 4 instances of the old version are healthy again"
    assert decision.look_again == 10
    launching = at(ill, stable=replace(ill.estate.stable, instances=ill.estate.stable.instances[:4]))
    assert decide_restore(launching).awaits is Told.LAUNCHED


def test_the_third_clock_stops_when_only_the_old_version_serves() -> None:
    here = rebuilding()
    gone = at(here, candidate=None)
    assert not serves_as_before(gone)
    old = at(gone, stable=group())
    assert serves_as_before(old.looking_at(healthy(old.estate)))
    assert not serves_as_before(healthy_but(old, *old.estate.stable.instances[:1]))


def test_a_group_that_is_asked_for_its_own_version_has_no_strangers() -> None:
    here = scene(version="1")
    assert strangers(here, here.estate.stable, here.snapshot.stable) == ()


def restoring(stable: Group, placement: Placement = Placement.BESIDE, **estate: object) -> Decision:
    return decide_restore(at(scene(placement), stable=stable, **estate))


def test_sizes_processes_and_version_come_back_exactly() -> None:
    blue = group()
    changed = replace(blue, min=4, max=12, desired=3, template_version="7")
    assert restoring(changed).writes == (set_group(changed, version="1", min_size=1, max_size=10, desired=4),)
    assert operations(restoring(replace(blue, suspended=("HealthCheck",)))) == ["ResumeProcesses"]


def test_what_has_grown_meanwhile_stays_grown_as_far_as_it_may() -> None:
    for now, size in ((7, 7), (20, 10)):
        grown = replace(group(), min=4, desired=now)
        assert restoring(grown).writes[0].parameters["DesiredCapacity"] == size


def test_processes_that_stood_still_before_stand_still_again() -> None:
    found = survey(groups={"blue": group(suspended=("AZRebalance",))})
    before = scene(found=found)
    running = at(before, stable=replace(before.estate.stable, suspended=("HealthCheck",)))
    assert decide_restore(running).writes == (
        resume("blue", ["HealthCheck"]),
        suspend("blue", ["AZRebalance"]),
    )


def test_who_is_leaving_is_waited_for() -> None:
    leaving_ = replace(
        group(),
        desired=3,
        instances=(*group().instances, Instance(id="i-9", lifecycle="Terminating", version="1")),
    )
    decision = restoring(leaving_)
    assert (decision.awaits, decision.times) == (Told.TERMINATED, 1)
    assert decision.reason == "1 instances terminate"
    assert restoring(replace(leaving_, desired=4, min=4)).writes


def slot_after(slot: Group, before: Group) -> Decision:
    found = survey(groups={"blue": group(), "green": before})
    return decide_restore(at(scene(Placement.SLOT, found=found, version="2"), candidate=slot))


def test_a_slot_comes_back_as_it_was() -> None:
    before = group("green", size=1, serves=GREEN, suspended=("AZRebalance",))
    changed = replace(before, min=4, max=12, desired=4)
    assert operations(slot_after(changed, before)) == ["UpdateAutoScalingGroup"]
    crowded = replace(before, instances=instances("1", 3))
    assert slot_after(crowded, before).awaits is Told.TERMINATED
    new = replace(before, instances=instances("2", 1, "new"))
    assert slot_after(new, before).writes == (terminate("green", "new-2-0"),)
    awake = replace(before, suspended=())
    assert operations(slot_after(awake, before)) == ["SuspendProcesses"]
    assert slot_after(before, before).settled


def test_a_slot_that_is_gone_cannot_come_back() -> None:
    here = at(scene(Placement.SLOT), candidate=None)
    assert decide_restore(here).settled


def test_weights_come_back_exactly_at_last() -> None:
    found_rule = rule(actions=forwarding_to(blue=100, foreign=50))
    here = scene(Placement.SLOT, found=survey(rules={found_rule.arn: found_rule}, references=(found_rule,)))
    doubled = at(here, rules=(rule(actions=forwarding_to(blue=200, foreign=100)),))
    decision = decide_restore(doubled)
    assert decision.reason == "the rules exactly as before"
    assert weights_of(decision) == {BLUE: 100, FOREIGN: 50}


def test_weights_wait_for_what_was_made() -> None:
    here = scene(Placement.COPY, version="2")
    made = replace(group("copy", size=0, tags={"signalbox:created-by": ROLLOUT}), max=0)
    doubled = at(here, rules=(rule(actions=forwarding_to(blue=200)),), candidate=made)
    assert operations(decide_restore(doubled)) == ["DeleteAutoScalingGroup"]


def test_the_latest_version_is_followed_again_once_the_candidates_is_gone() -> None:
    found = survey(groups={"blue": group(template_version="$Latest")})
    before = scene(found=found)
    pinned = at(before, stable=replace(group(), min=1), candidate_version="2")
    assert operations(decide_restore(pinned)) == ["DeleteLaunchTemplateVersions"]
    gone = at(pinned, candidate_version=None)
    assert decide_restore(gone).writes[0].parameters["LaunchTemplate"] == {
        "LaunchTemplateId": "lt-0a1b2c3d4e5f60718",
        "Version": "$Latest",
    }
