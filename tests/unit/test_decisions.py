"""Single decisions, beside what plans and restores prove as a whole."""

from dataclasses import replace

import pytest

from signalbox.rollouts.decisions.provision import decide_provision, decide_size, wanted_size
from signalbox.rollouts.decisions.removal import made_here, remove_candidate, remove_version
from signalbox.rollouts.decisions.replace import decide_replace
from signalbox.rollouts.decisions.restore import (
    QUIET,
    compiled_writes,
    decide_restore,
    restoring_writes,
    serves_as_before,
    strangers,
    traffic_back,
)
from signalbox.rollouts.decisions.retire import decide_retire, too_few_healthy
from signalbox.rollouts.decisions.shift import decide_shift
from signalbox.rollouts.decisions.versions import missing_version
from signalbox.rollouts.estate import Estate, Group, Instance, Placement
from signalbox.rollouts.forwarding import weights
from signalbox.rollouts.model import Told
from signalbox.rollouts.predict import predicted
from signalbox.rollouts.scene import Decision, Scene
from signalbox.rollouts.strategies.drafts import provision, replace_batches, shift
from signalbox.rollouts.writes import copy_group, forward, set_group, terminate
from tests.unit.builders import (
    BLUE,
    FOREIGN,
    GREEN,
    ROLLOUT,
    alarm,
    forwarding_to,
    group,
    healthy,
    instances,
    rule,
    scene,
    survey,
    target_group,
)

ALL = provision(percent=100)


def at(before: Scene, **estate: object) -> Scene:
    """The same scene with other things to be seen."""
    return before.looking_at(replace(before.estate, **estate))  # type: ignore[arg-type]


def ready(placement: Placement = Placement.SLOT, *, size: int = 4) -> Scene:
    """Provisioned, and nothing shifted."""
    before = scene(placement, version="2")
    for _ in range(9):
        decision = decide_provision(before, provision(count=size))
        if decision.settled:
            return before
        before = before.looking_at(predicted(before.estate, decision.writes))
    raise AssertionError(decision.reason)


def candidate(of: Scene) -> Group:
    assert of.estate.candidate is not None
    return of.estate.candidate


def operations(decision: Decision | None) -> list[str]:
    return [] if decision is None else [write.operation for write in decision.writes]


@pytest.mark.parametrize(
    ("step", "size"), [(provision(count=3), 3), (provision(percent=50), 3), (provision(percent=1), 1)]
)
def test_a_size_is_a_number_or_a_part_of_stable(step: object, size: int) -> None:
    assert wanted_size(step, 6 if size != 3 or step != provision(percent=50) else 5) == size  # type: ignore[arg-type]


def test_the_candidate_is_as_large_as_stable_has_become() -> None:
    before = scene(Placement.SLOT, version="2")
    grown = at(before, stable=group(size=6))
    sized = predicted(grown.estate, decide_size(grown, 6).writes)
    decision = decide_provision(grown.looking_at(sized), ALL)
    assert operations(decision) == ["ModifyRule"]
    shrunk = at(before, stable=replace(group(size=2), min=4))
    rounds = shrunk
    for _ in range(5):
        rounds = rounds.looking_at(predicted(rounds.estate, decide_provision(rounds, ALL).writes))
    assert candidate(rounds).desired == 4


def test_health_is_checked_before_there_is_traffic() -> None:
    order: list[str] = []
    before = scene(Placement.COPY)
    while not (decision := decide_provision(before, ALL)).settled:
        order += operations(decision)
        before = before.looking_at(predicted(before.estate, decision.writes))
    assert order == [
        "UpdateAutoScalingGroup",
        "CreateLaunchTemplateVersion",
        "CreateTargetGroup",
        "ModifyTargetGroupAttributes",
        "ModifyRule",
        "PutMetricAlarm",
        "PutMetricAlarm",
        "CreateAutoScalingGroup",
    ]
    assert weights(before.estate.rules[0].actions)["{candidate.target_group}"] == 0


def test_another_version_in_the_slot_gives_way() -> None:
    warm = group("green", size=2, serves=GREEN)
    before = scene(Placement.SLOT, found=survey(groups={"blue": group(), "green": warm}), version="2")
    pinned = at(before, stable=replace(before.estate.stable, min=4))
    first = decide_size(pinned, 2)
    assert operations(first) == ["UpdateAutoScalingGroup"]
    second = decide_size(pinned.looking_at(predicted(pinned.estate, first.writes)), 2)
    assert second.writes == tuple(terminate("green", i.id, shrink=False) for i in warm.instances)


def test_launches_are_awaited_and_health_is_looked_at() -> None:
    here = ready()
    green = candidate(here)
    launching = replace(
        green, instances=(*green.instances[:3], replace(green.instances[3], lifecycle="Pending"))
    )
    decision = decide_provision(healthy_but(at(here, candidate=launching), green.instances[3]), ALL)
    assert (decision.awaits, decision.times) == (Told.LAUNCHED, 1)
    decision = decide_provision(healthy_but(here, green.instances[3]), ALL)
    assert (decision.awaits, decision.look_again) == (None, 10)
    assert decision.reason == "3 of 4 candidate instances are healthy"


def healthy_but(here: Scene, *ill: Instance) -> Scene:
    states = healthy(here.estate).health
    health = {
        arn: {i: s for i, s in of.items() if i not in {x.id for x in ill}} for arn, of in states.items()
    }
    return at(here, health=health)


def test_a_candidate_without_a_target_group_to_be_seen_is_waited_for() -> None:
    here = at(ready(), candidate_target_group=None)
    assert not decide_size(here, 4).writes
    assert not decide_size(here, 4).settled


def test_a_shift_waits_for_the_capacity_that_it_needs() -> None:
    here = ready()
    ill = healthy_but(here, *candidate(here).instances[1:])
    assert decide_shift(ill, shift(20), ALL).writes
    decision = decide_shift(ill, shift(60), ALL)
    assert decision.reason == "1 of 3 instances that 60 % needs are healthy"
    assert decision.look_again == 10


def test_a_shift_to_nobody_waits() -> None:
    gone = at(ready(), candidate=None, candidate_target_group=None)
    assert decide_shift(gone, shift(20), ALL).reason == "0 of 1 instances that 20 % needs are healthy"


def test_a_shift_back_to_nothing_needs_no_capacity() -> None:
    shifted = at(ready(), rules=(rule(actions=forwarding_to(blue=50, green=50)),), health={})
    assert weights_of(decide_shift(shifted, shift(0), ALL)) == {BLUE: 100, GREEN: 0}


def weights_of(decision: Decision) -> dict[str, int]:
    actions = decision.writes[0].parameters["Actions"]
    assert isinstance(actions, list)
    return weights(actions)


def test_the_candidate_grows_before_it_gets_more() -> None:
    here = at(ready(), stable=replace(group(size=6), min=6))
    assert operations(decide_shift(here, shift(20), ALL)) == ["UpdateAutoScalingGroup"]
    assert not operations(decide_shift(here, shift(0), ALL))


def test_every_rule_is_shifted() -> None:
    rules = (
        rule(actions=forwarding_to(blue=9, green=0)),
        rule("other", forwarding_to(blue=9, green=1, foreign=5)),
    )
    decision = decide_shift(at(ready(), rules=rules), shift(10), ALL)
    assert [write.resource for write in decision.writes] == [rules[0].arn]


def replacing(size: int = 4, *, surge: int = 1, batch: int = 25, new: int = 0) -> tuple[Scene, Decision]:
    """A group that launches version 2, with some of it there already."""
    before = scene(version="2", found=survey(groups={"blue": group(size=size)}))
    blue = replace(
        before.estate.stable,
        template_version="2",
        resolved_version="2",
        min=size,
        instances=(*instances("2", new, "new"), *before.estate.stable.instances[new:]),
    )
    beside = copy_group(blue, name="c", target_group=BLUE, version="2", size=surge, rollout_id=ROLLOUT)
    estate = replace(before.estate, stable=blue, health={})
    here = before.looking_at(healthy(predicted(estate, [beside]) if surge else estate))
    return here, decide_replace(here, replace_batches(100, batch))


def leaving(decision: Decision) -> int:
    return sum("InstanceId" in write.parameters for write in decision.writes)


@pytest.mark.parametrize(
    ("size", "surge", "batch", "count"),
    [(4, 1, 25, 1), (8, 1, 25, 1), (8, 2, 25, 2), (8, 9, 25, 2), (3, 3, 100, 3)],
)
def test_a_batch_is_what_percent_and_floor_allow(size: int, surge: int, batch: int, count: int) -> None:
    _, decision = replacing(size, surge=surge, batch=batch)
    assert leaving(decision) == count


def test_the_last_batch_is_what_is_left() -> None:
    assert leaving(replacing(8, surge=8, batch=50, new=7)[1]) == 1


def test_without_room_above_the_floor_nothing_goes() -> None:
    decision = replacing(4, surge=0)[1]
    assert decision.reason == (
        "0 of 4 instances are replaced and healthy; 4 healthy leave no room above the floor of 4"
    )


def test_unhealthy_ones_go_first_and_cost_nothing() -> None:
    here, _ = replacing(4, surge=0)
    ill = here.estate.stable.instances[3]
    decision = decide_replace(healthy_but(here, ill), replace_batches(100, 50))
    assert [write.parameters["InstanceId"] for write in decision.writes] == [ill.id]


def test_the_next_batch_waits_for_the_last() -> None:
    here, _ = replacing(4, surge=1, new=1)
    fresh = here.estate.stable.instances[0]
    decision = decide_replace(healthy_but(here, fresh), replace_batches(100, 25))
    assert (decision.awaits, decision.look_again) == (None, 10)
    blue = here.estate.stable
    launching = at(here, stable=replace(blue, instances=blue.instances[1:]))
    decision = decide_replace(launching, replace_batches(100, 25))
    assert (decision.awaits, decision.times) == (Told.LAUNCHED, 1)


def test_a_part_of_the_group_is_enough_when_a_part_is_asked_for() -> None:
    here, _ = replacing(4, surge=1, new=2)
    assert decide_replace(here, replace_batches(50, 25)).settled
    assert not decide_replace(here, replace_batches(51, 25)).settled


def test_a_group_that_is_renewed_in_place_may_shrink_again() -> None:
    here, decision = replacing(4, surge=0, new=4)
    assert decision.writes == (set_group(here.estate.stable, min_size=1),)
    with_candidate, decision = replacing(4, surge=1, new=4)
    assert decision.settled
    assert with_candidate.estate.stable.min == 4


def test_a_slot_that_is_retired_empties_and_the_other_may_shrink() -> None:
    here = at(ready(), rules=(rule(actions=forwarding_to(blue=0, green=100)),))
    decision = decide_retire(here)
    assert decision.writes == (set_group(here.estate.stable, min_size=0, desired=0),)
    draining = at(here, stable=replace(here.estate.stable, min=0, desired=0))
    decision = decide_retire(draining)
    assert (decision.awaits, decision.times) == (Told.TERMINATED, 4)
    empty = at(draining, stable=replace(draining.estate.stable, instances=()))
    assert decide_retire(empty).writes == (set_group(candidate(here), min_size=1),)
    assert decide_retire(at(empty, candidate=None)).settled


def test_an_original_converges_while_the_copy_serves() -> None:
    here = at(ready(Placement.COPY), rules=(rule(actions=forwarding_to(blue=0, copy=100)),))
    blue = here.estate.stable
    assert decide_retire(here).writes == (set_group(blue, version="2"),)
    renamed = replace(blue, template_version="2", resolved_version="2")
    assert decide_retire(at(here, stable=renamed)).writes == (set_group(renamed, min_size=0, desired=0),)
    leaving_ = replace(renamed, min=0, desired=0)
    assert decide_retire(at(here, stable=leaving_)).awaits is Told.TERMINATED
    empty = replace(leaving_, instances=())
    assert decide_retire(at(here, stable=empty)).writes == (set_group(empty, min_size=1, desired=4),)
    grown = replace(empty, min=1, desired=4, instances=instances("2", 4, "new"))
    assert decide_retire(at(here, stable=grown)).look_again == 10
    back = decide_retire(here.looking_at(healthy(replace(here.estate, stable=grown))))
    assert weights_of(back) == {BLUE: 1}


@pytest.mark.parametrize(("grown", "most", "size"), [(4, 10, 4), (6, 10, 6), (6, 5, 5)])
def test_an_original_grows_to_what_its_copy_has_become(grown: int, most: int, size: int) -> None:
    here = ready(Placement.COPY, size=grown)
    empty = replace(
        here.estate.stable,
        template_version="2",
        resolved_version="2",
        max=most,
        min=0,
        desired=0,
        instances=(),
    )
    assert decide_retire(at(here, stable=empty)).writes == (set_group(empty, min_size=1, desired=size),)


def test_an_original_whose_maximum_was_lowered_grows_no_further() -> None:
    here = ready(Placement.COPY)
    low = replace(
        here.estate.stable,
        template_version="2",
        resolved_version="2",
        max=2,
        min=1,
        desired=2,
        instances=instances("2", 2, "new"),
    )
    assert not decide_retire(at(here, stable=low)).writes


def test_an_original_without_its_copy_still_grows_back() -> None:
    here = at(ready(Placement.COPY), candidate=None)
    empty = replace(
        here.estate.stable, template_version="2", resolved_version="2", min=0, desired=0, instances=()
    )
    assert decide_retire(at(here, stable=empty)).writes == (set_group(empty, min_size=1, desired=4),)


@pytest.mark.parametrize("placement", Placement)
def test_what_stays_must_carry_the_traffic(placement: Placement) -> None:
    here = ready(placement)
    assert too_few_healthy(here) is None
    staying = candidate(here) if placement is not Placement.BESIDE else here.estate.stable
    ill = healthy_but(here, *staying.instances[:1])
    assert too_few_healthy(ill) == "3 healthy instances would stay, the floor is 4"


@pytest.mark.parametrize(
    ("tags", "placement", "ours"),
    [
        ({"signalbox:created-by": ROLLOUT}, Placement.COPY, True),
        ({"signalbox:created-by": "r-other"}, Placement.COPY, False),
        ({}, Placement.BESIDE, False),
        ({"signalbox:created-by": ROLLOUT}, Placement.SLOT, False),
    ],
)
def test_only_what_this_rollout_made_is_removed(
    tags: dict[str, str], placement: Placement, *, ours: bool
) -> None:
    here = scene(placement)
    standing = at(here, candidate=group("copy", size=1, tags=tags))
    assert (made_here(standing) is not None) is ours
    assert bool(operations(remove_candidate(standing))) is ours


def test_a_target_group_that_somebody_else_made_stays() -> None:
    here = at(scene(Placement.COPY), candidate_target_group=target_group(GREEN))
    assert remove_candidate(here) is None
    assert remove_candidate(scene(Placement.COPY)) is None


def test_what_was_made_is_emptied_before_it_goes() -> None:
    here = ready(Placement.COPY)
    assert operations(remove_candidate(here)) == ["UpdateAutoScalingGroup"]
    draining = at(here, candidate=replace(candidate(here), min=0, desired=0))
    waiting = remove_candidate(draining)
    assert waiting is not None
    assert (waiting.awaits, waiting.times) == (Told.TERMINATED, 4)
    empty = at(draining, candidate=replace(candidate(draining), instances=()))
    assert operations(remove_candidate(empty)) == ["DeleteAutoScalingGroup"]
    assert operations(remove_candidate(at(empty, candidate=None))) == ["DeleteTargetGroup"]


@pytest.mark.parametrize("user", ["template", "instance"])
def test_a_version_that_something_uses_stays(user: str) -> None:
    here = at(scene(version="ami-00000000000000001"), candidate_version="2")
    blue = here.estate.stable
    using = (
        replace(blue, template_version="2")
        if user == "template"
        else replace(blue, instances=instances("2", 1))
    )
    assert remove_version(at(here, stable=using)) is None
    assert operations(remove_version(here)) == ["DeleteLaunchTemplateVersions"]


def test_a_version_that_was_asked_for_by_number_is_not_ours_to_delete() -> None:
    assert remove_version(at(scene(version="2"), candidate_version="2")) is None
    assert remove_version(scene()) is None


def test_a_version_is_made_once() -> None:
    assert operations(missing_version(scene())) == ["UpdateAutoScalingGroup", "CreateLaunchTemplateVersion"]
    assert missing_version(at(scene(), candidate_version="2")) is None
    pinned = at(scene(), stable=replace(group(), min=4))
    assert operations(missing_version(pinned)) == ["CreateLaunchTemplateVersion"]


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


def test_who_drains_already_is_not_deregistered_again() -> None:
    here = ready(Placement.BESIDE, size=2)
    states = dict(here.estate.health[BLUE]) | {i.id: "draining" for i in candidate(here).instances}
    draining = at(here, health={BLUE: states})
    operations_ = [w.operation for w in restoring_writes(here.layout, here.snapshot, draining.estate)]
    assert operations_ == ["SuspendProcesses"]


def test_nothing_beside_stable_needs_no_write() -> None:
    here = scene()
    assert restoring_writes(here.layout, here.snapshot, here.estate) == ()


def rebuilding(new: int = 2) -> Scene:
    """Some of stable is new already, one candidate serves beside it."""
    here, _ = replacing(4, surge=1, new=new)
    return here


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
    assert operations(decide_restore(running)) == ["ResumeProcesses", "SuspendProcesses"]


def test_who_is_leaving_is_waited_for() -> None:
    leaving_ = replace(
        group(),
        desired=3,
        instances=(*group().instances, Instance(id="i-9", lifecycle="Terminating", version="1")),
    )
    decision = restoring(leaving_)
    assert (decision.awaits, decision.times) == (Told.TERMINATED, 1)


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
    assert slot_after(new, before).writes == (terminate("green", "new-2-0", shrink=False),)
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
    made = group("copy", size=0, tags={"signalbox:created-by": ROLLOUT})
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


def test_alarms_on_stable_are_copied_for_a_candidate_elsewhere() -> None:
    here = scene(Placement.SLOT, found=survey(alarms={"a": alarm("a"), "b": alarm("b", dimensions={})}))
    attached: Estate = replace(
        here.estate, rules=(rule(actions=forwarding_to(blue=1, green=0)),), candidate_version="2"
    )
    decision = decide_provision(here.looking_at(attached), ALL)
    assert [write.resource for write in decision.writes] == [
        f"signalbox-{ROLLOUT}-a",
        f"signalbox-{ROLLOUT}-unhealthy-hosts",
    ]
