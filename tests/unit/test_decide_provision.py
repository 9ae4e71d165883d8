"""Provision and shift, one decision at a time."""

from dataclasses import replace

import pytest

from signalbox.rollouts.decisions.provision import decide_provision, decide_size, wanted_size
from signalbox.rollouts.decisions.shift import decide_shift
from signalbox.rollouts.decisions.versions import missing_version
from signalbox.rollouts.estate import Estate, Placement
from signalbox.rollouts.forwarding import weights
from signalbox.rollouts.model import Told
from signalbox.rollouts.predict import predicted
from signalbox.rollouts.strategies.drafts import provision, shift
from signalbox.rollouts.writes import set_group, terminate
from tests.unit.builders import (
    BLUE,
    GREEN,
    ROLLOUT,
    alarm,
    forwarding_to,
    group,
    rule,
    scene,
    survey,
    target_group,
)
from tests.unit.scenes import (
    ALL,
    at,
    candidate,
    healthy_but,
    operations,
    ready,
    weights_of,
)


@pytest.mark.parametrize(
    ("step", "size"),
    [
        (provision(count=3), 3),
        (provision(percent=50), 3),
        (provision(percent=1), 1),
        (provision(percent=0), 0),
    ],
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
    assert second.writes == tuple(terminate("green", i.id) for i in warm.instances)


def test_stable_is_kept_from_shrinking_before_it_is_copied() -> None:
    pin, creation = decide_size(scene(version="2"), 1).writes
    assert pin == set_group(group(), min_size=4)
    assert creation.operation == "CreateAutoScalingGroup"


@pytest.mark.parametrize(
    ("size", "slot", "stable", "before"), [(20, 5, 6, 7), (4, 20, 6, 7), (4, 5, 20, 7), (4, 5, 6, 20)]
)
def test_a_slot_may_grow_as_far_as_it_stable_or_the_step_would(
    size: int, slot: int, stable: int, before: int
) -> None:
    blue, green = replace(group(), max=stable), group("green", size=0, serves=GREEN)
    found = survey(groups={"blue": blue, "green": replace(green, max=before)})
    here = at(scene(Placement.SLOT, found=found, version="2"), candidate=replace(green, max=slot))
    assert decide_size(here, size).writes[-1].parameters["MaxSize"] == 20


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


def test_a_candidate_without_a_target_group_to_be_seen_is_waited_for() -> None:
    here = at(ready(), candidate_target_group=None)
    assert not decide_size(here, 4).writes
    assert not decide_size(here, 4).settled


def test_a_shift_waits_for_the_capacity_that_it_needs() -> None:
    here = at(ready(), candidate_target_group=target_group(GREEN, interval=25))
    ill = healthy_but(here, *candidate(here).instances[1:])
    first = decide_shift(ill, shift(20), ALL)
    assert first.writes
    assert first.reason == "20 % of the traffic to the candidate"
    decision = decide_shift(ill, shift(60), ALL)
    assert decision.reason == "1 of 3 instances that 60 % needs are healthy"
    assert decision.look_again == 25


def test_a_share_that_is_there_is_told_for_both_sides() -> None:
    shifted = at(ready(), rules=(rule(actions=forwarding_to(blue=80, green=20)),))
    decision = decide_shift(shifted, shift(20), ALL)
    assert decision.settled
    assert decision.reason == "the candidate gets 20 %"
    assert decision.facts == {"candidate": 20, "stable": 80}


def test_a_shift_to_nobody_waits() -> None:
    gone = at(ready(), candidate=None, candidate_target_group=None)
    decision = decide_shift(gone, shift(20), ALL)
    assert decision.reason == "0 of 1 instances that 20 % needs are healthy"
    assert decision.look_again == 10


def test_a_shift_back_to_nothing_needs_no_capacity() -> None:
    shifted = at(ready(), rules=(rule(actions=forwarding_to(blue=50, green=50)),), health={})
    assert weights_of(decide_shift(shifted, shift(0), ALL)) == {BLUE: 100, GREEN: 0}


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


def test_a_version_is_made_once() -> None:
    assert operations(missing_version(scene())) == ["UpdateAutoScalingGroup", "CreateLaunchTemplateVersion"]
    assert missing_version(at(scene(), candidate_version="2")) is None
    pinned = at(scene(), stable=replace(group(), min=4))
    assert operations(missing_version(pinned)) == ["CreateLaunchTemplateVersion"]


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
