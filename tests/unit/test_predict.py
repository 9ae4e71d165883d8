"""What AWS would answer after a write."""

from collections import Counter
from dataclasses import replace

import pytest

from signalbox.aws.writer import ALLOWED
from signalbox.rollouts import writes
from signalbox.rollouts.balancer_writes import (
    add_certificates,
    copy_balancer,
    copy_listener,
    copy_rule,
    delete_balancer,
    set_balancer_attributes,
    set_listener_attributes,
)
from signalbox.rollouts.estate import Estate, Placement
from signalbox.rollouts.predict import TARGET_GROUP, VERSION, predicted
from signalbox.rollouts.routing import forward
from signalbox.rollouts.writes import (
    Write,
    copy_alarm,
    copy_group,
    copy_target_group,
    create_template_version,
    delete_alarms,
    delete_group,
    delete_target_group,
    delete_template_version,
    delete_warm_pool,
    deregister,
    put_scaling_policy,
    put_scheduled_actions,
    put_warm_pool,
    resume,
    set_group,
    set_target_group_attributes,
    suspend,
    terminate,
)
from tests.unit.builders import (
    BLUE,
    GREEN,
    IMAGE,
    LISTENER,
    OTHER_RULE,
    RULE,
    TEMPLATE,
    alarm,
    forwarding_to,
    group,
    name_rule,
    original,
    rule,
    scene,
    simple_forward,
    survey,
    target_group,
)


def with_copy(size: int = 2) -> Estate:
    """Blue, and a copy of it on a target group of its own."""
    estate = scene(Placement.COPY).estate
    made = copy_target_group(estate.stable_target_group, "copy", "r-1")
    grown = copy_group(
        estate.stable, name="copy", target_group=TARGET_GROUP, version=VERSION, size=size, rollout_id="r-1"
    )
    return predicted(estate, [made, grown])


def every_write_of_a_balancer() -> list[Write]:
    blue = original()
    secure = blue.listeners[0]
    return [
        copy_balancer(blue, "c", "r-1"),
        set_balancer_attributes("c", {"a": "b"}),
        copy_listener(secure, "c", secure.actions, "r-1"),
        set_listener_attributes("l", {"a": "b"}),
        add_certificates("l", ["arn:certificate/2"]),
        copy_rule(secure.rules[0], "l", secure.actions),
        delete_balancer("c"),
    ]


def versions(estate: Estate) -> Counter[str]:
    return Counter(i.version for i in estate.stable.instances)


def test_every_write_that_is_allowed_has_a_prediction() -> None:
    estate = with_copy()
    blue = estate.stable
    every = [
        create_template_version(TEMPLATE, "1", IMAGE, "r-1"),
        delete_template_version(TEMPLATE, "2"),
        copy_group(blue, name="c", target_group=BLUE, version="2", size=1, rollout_id="r-1"),
        set_group(blue, desired=3),
        suspend("blue", ["A"]),
        resume("blue", ["A"]),
        terminate("blue", "i-1"),
        delete_group("c"),
        put_warm_pool("blue", {"PoolState": "Stopped"}),
        put_warm_pool("gone", {}),
        delete_warm_pool("blue"),
        put_scaling_policy("copy", {"PolicyName": "cpu"}),
        put_scheduled_actions("copy", [{"ScheduledActionName": "night"}]),
        copy_target_group(target_group(), "c", "r-1"),
        set_target_group_attributes(GREEN, {}),
        forward(rule(), simple_forward()),
        forward(rule(LISTENER), simple_forward()),
        forward(name_rule(blue=1, green=0), forwarding_to(blue=1, green=0)),
        deregister(BLUE, ["i-1"]),
        *every_write_of_a_balancer(),
        delete_target_group(GREEN),
        copy_alarm(alarm(), "c", {}, "r-1"),
        delete_alarms(["c"]),
    ]
    assert {(write.service, write.operation) for write in every} == set(ALLOWED)
    assert all(isinstance(predicted(estate, [write]), Estate) for write in every)


def test_ids_that_are_born_later_are_placeholders() -> None:
    estate = predicted(with_copy(), [create_template_version(TEMPLATE, "1", IMAGE, "r-1")])
    assert estate.candidate_version == VERSION
    assert estate.candidate_target_group is not None
    assert estate.candidate_target_group.arn == TARGET_GROUP
    assert predicted(estate, [delete_template_version(TEMPLATE, VERSION)]).candidate_version is None


def test_a_copy_is_launched_and_healthy_at_once() -> None:
    estate = with_copy(3)
    assert estate.candidate is not None
    assert (estate.candidate.min, estate.candidate.max, estate.candidate.desired) == (3, 10, 3)
    assert len(estate.healthy_candidate) == 3
    assert {i.version for i in estate.healthy_candidate} == {VERSION}
    assert estate.candidate.tags["signalbox:created-by"] == "r-1"
    assert estate.candidate.suspended == ()


def test_attributes_follow() -> None:
    estate = predicted(with_copy(), [set_target_group_attributes(TARGET_GROUP, {"a": "1"})])
    assert estate.candidate_target_group is not None
    assert estate.candidate_target_group.attributes == {"a": "1"}
    nowhere = scene(Placement.COPY).estate
    assert predicted(nowhere, [set_target_group_attributes(TARGET_GROUP, {"a": "1"})]) == nowhere


@pytest.mark.parametrize("arn", [RULE, LISTENER])
def test_one_rule_forwards_elsewhere_and_the_others_stay(arn: str) -> None:
    both = replace(scene().estate, rules=(rule(arn), rule(OTHER_RULE)))
    after = predicted(both, [forward(rule(arn), forwarding_to(blue=1, green=9))])
    assert after.rules == (rule(arn, forwarding_to(blue=1, green=9)), rule(OTHER_RULE))


def test_a_member_that_goes_is_replaced_at_the_version_of_the_group() -> None:
    estate = scene().estate
    after = predicted(
        estate,
        [
            set_group(estate.stable, version="2"),
            terminate("blue", "i-blue-1-0"),
            terminate("blue", "i-blue-1-1"),
        ],
    )
    assert versions(after) == {"1": 2, "2": 2}
    assert len(after.healthy_stable) == 4
    assert len({i.id for i in after.stable.instances}) == 4


def test_nobody_takes_the_place_of_a_member_while_launching_rests() -> None:
    gone = [suspend("blue", ["Launch"]), terminate("blue", "i-blue-1-0")]
    after = predicted(scene().estate, gone)
    assert (after.stable.desired, len(after.stable.instances)) == (4, 3)
    assert predicted(after, gone) == after
    assert len(predicted(after, [resume("blue", ["Launch"])]).stable.instances) == 4


def test_a_group_that_follows_its_template_launches_what_that_meant_before() -> None:
    estate = scene(found=survey(groups={"blue": group(template_version="3", version="3")})).estate
    after = predicted(estate, [set_group(estate.stable, version="$Latest", desired=5)])
    assert after.stable.template_version == "$Latest"
    assert versions(after) == {"3": 5}


def test_a_group_grows_and_shrinks() -> None:
    estate = scene().estate
    grown = predicted(estate, [set_group(estate.stable, min_size=6, max_size=12, desired=6)])
    assert (grown.stable.min, grown.stable.max, len(grown.healthy_stable)) == (6, 12, 6)
    emptied = predicted(grown, [set_group(grown.stable, min_size=0, desired=0)])
    assert emptied.stable.instances == ()
    assert emptied.health[BLUE] == {}


@pytest.mark.parametrize(("low", "most", "desired"), [(6, None, 6), (None, 3, 3)])
def test_a_group_is_kept_within_its_sizes(low: int | None, most: int | None, desired: int) -> None:
    before = scene().estate
    after = predicted(before, [set_group(before.stable, min_size=low, max_size=most)]).stable
    assert (after.desired, len(after.instances)) == (desired, desired)


def test_what_was_deregistered_stays_so_and_a_quiet_group_registers_nobody() -> None:
    estate = with_copy(2)
    assert estate.candidate is not None
    gone = predicted(estate, [deregister(TARGET_GROUP, [estate.candidate.instances[0].id])])
    assert len(gone.healthy_candidate) == 1
    quiet = predicted(gone, [suspend("copy", ["AddToLoadBalancer"]), set_group(estate.candidate, desired=4)])
    assert quiet.candidate is not None
    assert len(quiet.candidate.instances) == 4
    assert len(quiet.healthy_candidate) == 1


def test_who_is_ill_stays_ill() -> None:
    estate = scene().estate
    ill = replace(estate, health={BLUE: {**estate.health[BLUE], "i-blue-1-0": "unhealthy"}})
    after = predicted(ill, [set_group(ill.stable, desired=5)])
    assert len(after.healthy_stable) == 4


def test_processes_stand_still_until_they_are_resumed() -> None:
    estate = predicted(scene().estate, [suspend("blue", ["B", "A"])])
    assert estate.stable.suspended == ("A", "B")
    assert predicted(estate, [resume("blue", ["A"])]).stable.suspended == ("B",)


def test_what_is_deleted_is_gone() -> None:
    gone = predicted(with_copy(), [delete_group("copy"), delete_target_group(TARGET_GROUP)])
    assert gone.candidate is None
    assert gone.candidate_target_group is None
    assert set(gone.health) == {BLUE}


def test_alarm_copies_come_and_go() -> None:
    with_one = predicted(scene().estate, [copy_alarm(alarm(), "one", {}, "r-1")])
    assert with_one.alarm_copies == ("one",)
    assert predicted(with_one, [delete_alarms(["one"])]).alarm_copies == ()


@pytest.mark.parametrize(
    "write",
    [
        terminate("gone", "i-1"),
        set_group(group("gone"), desired=9),
        suspend("gone", ["A"]),
    ],
    ids=lambda write: write.operation,
)
def test_a_write_to_a_group_that_is_gone_changes_nothing(write: writes.Write) -> None:
    estate = scene().estate
    assert predicted(estate, [write]) == estate
