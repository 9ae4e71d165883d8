"""The latch: what every signal means for every kind of hold."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.kernel.clock import rfc3339
from signalbox.rollouts.model import HoldKind, StepKind, Stop, StopKind, Told
from signalbox.rollouts.progress import (
    Progress,
    State,
    approval,
    arrive,
    back,
    bake,
    look_again,
    pause,
    settle,
)
from signalbox.rollouts.scene import until_told, wait
from signalbox.rollouts.signals import (
    Signals,
    has_been_told,
    leave,
    pause_instead,
    resumed,
    stands_in_the_way,
)
from signalbox.rollouts.strategies import drafts
from tests.unit.builders import NOW, ROLLOUT
from tests.unit.experiments import conversion

STEPS = drafts.numbered(
    [
        drafts.provision(percent=100),
        drafts.shift(20),
        drafts.bake("10m"),
        drafts.pause(),
        drafts.shift(100),
        drafts.bake("10m"),
        drafts.retire(),
    ]
)
WITH_EXPERIMENT = drafts.numbered([drafts.shift(20), drafts.analyse(conversion()), drafts.shift(100)])
STOP = Stop(kind=StopKind.BREACH, at=rfc3339(NOW), actor="cloudwatch", reason="4 % errors")
BAKE = bake(STEPS, 2, NOW, 600)
BY_PLAN = pause(3, NOW, then=4, reason="the plan asks for a promotion")
AFTER_STEP = pause(1, NOW, then=2, reason="paused", attempt=3)
DRIFTED = pause(1, NOW, then=1, reason="somebody else changed weights", attempt=3)
SETTLING = settle(
    Progress(next=State.SHIFT_TRAFFIC, step=1, attempt=2), NOW, 60, until_told("r", Told.LAUNCHED, 2)
)
LOOKING = settle(Progress(next=State.SHIFT_TRAFFIC, step=1, attempt=2), NOW, 60, wait("for health"))
RESTORING = settle(
    Progress(next=State.RESTORE, step=1, attempt=2), NOW, 60, until_told("r", Told.TERMINATED, 1)
)
HOLDS = {
    "bake": BAKE,
    "pause of the plan": BY_PLAN,
    "pause after a step": AFTER_STEP,
    "pause after a foreign change": DRIFTED,
    "settling": SETTLING,
    "restore settling": RESTORING,
}
EVERY_HOLD = st.sampled_from(list(HOLDS.values()))


def latch(**fields: object) -> Signals:
    fresh = Signals(rollout_id=ROLLOUT, service="checkout", generation=1)
    return replace(fresh, **fields)  # type: ignore[arg-type]


LATCHES = st.builds(
    latch,
    stop=st.none() | st.just(STOP),
    pausing=st.booleans(),
    full=st.booleans(),
    told=st.dictionaries(st.sampled_from(Told), st.integers(0, 3)),
)


@given(EVERY_HOLD, LATCHES)
def test_a_stop_ends_everything_but_the_restore_itself(hold: Progress, signals: Signals) -> None:
    stopped = replace(signals, stop=STOP)
    if hold is RESTORING:
        assert leave(stopped, hold, STEPS, NOW) == hold.after
    else:
        assert stands_in_the_way(stopped, hold, NOW) == "4 % errors"
        assert leave(stopped, hold, STEPS, NOW) == back(hold.step)


@given(EVERY_HOLD, LATCHES)
def test_whatever_stands_in_the_way_leads_somewhere_else(hold: Progress, signals: Signals) -> None:
    if stands_in_the_way(signals, hold, NOW) is not None:
        assert leave(signals, hold, STEPS, NOW) != hold


@given(EVERY_HOLD)
def test_nothing_stands_in_the_way_of_a_hold_that_nobody_spoke_to(hold: Progress) -> None:
    assert stands_in_the_way(latch(), hold, NOW) is None


@given(EVERY_HOLD, LATCHES)
def test_what_follows_is_never_behind(hold: Progress, signals: Signals) -> None:
    """A later hold has a later key, or its token could not be stored."""
    for following in (leave(signals, hold, STEPS, NOW), resumed(hold, STEPS, NOW)):
        if following.next is not State.RESTORE:
            assert (following.step, following.attempt) > (hold.step, hold.attempt)


@pytest.mark.parametrize("name", ["bake", "pause of the plan", "pause after a step"])
def test_a_full_promotion_leaves_out_every_hold_between_steps(name: str) -> None:
    hold = HOLDS[name]
    promoted = latch(full=True)
    assert stands_in_the_way(promoted, hold, NOW) == "promoted to the end"
    following = leave(promoted, hold, STEPS, NOW)
    assert following.kind is None
    assert following.next is State.SHIFT_TRAFFIC
    assert following.step == 4


@pytest.mark.parametrize("name", ["pause after a foreign change", "settling", "restore settling"])
def test_a_full_promotion_does_not_end_what_a_step_waits_for(name: str) -> None:
    assert stands_in_the_way(latch(full=True), HOLDS[name], NOW) is None


def test_a_pause_replaces_a_bake() -> None:
    asked = latch(pausing=True)
    assert stands_in_the_way(asked, BAKE, NOW) == "a pause was asked for"
    instead = leave(asked, BAKE, STEPS, NOW + timedelta(minutes=4))
    assert (instead.next, instead.kind, instead.then, instead.owed) == (State.HOLD, HoldKind.PAUSE, 3, 360)
    assert instead.until == rfc3339(NOW + timedelta(days=365, minutes=4))


@pytest.mark.parametrize("name", ["pause of the plan", "pause after a step", "pause after a foreign change"])
def test_a_pause_that_was_asked_for_is_kept_by_a_pause(name: str) -> None:
    assert stands_in_the_way(latch(pausing=True), HOLDS[name], NOW) is None
    assert stands_in_the_way(latch(pausing=True, full=True), HOLDS[name], NOW) is None


@pytest.mark.parametrize("name", ["settling", "restore settling"])
def test_a_pause_does_not_end_settling(name: str) -> None:
    assert stands_in_the_way(latch(pausing=True), HOLDS[name], NOW) is None


@given(st.integers(0, 700))
def test_bake_and_rest_together_are_as_long_as_the_bake(seconds: int) -> None:
    now = NOW + timedelta(seconds=seconds)
    instead = pause_instead(BAKE, now)
    later = now + timedelta(hours=5)
    rest = resumed(instead, STEPS, later)
    if seconds < 600:
        assert rest.kind is HoldKind.BAKE
        assert rest.until == rfc3339(later + timedelta(seconds=600 - seconds))
        assert rest.attempt == BAKE.attempt + 2
    else:
        assert instead.owed is None
        assert rest == replace(rest, next=State.HOLD, kind=HoldKind.PAUSE, step=3)


def test_a_hold_without_a_deadline_owes_nothing() -> None:
    assert pause_instead(replace(BAKE, until=None), NOW).owed is None
    assert stands_in_the_way(latch(), replace(BAKE, until=None), NOW) is None


@pytest.mark.parametrize("seconds", [600, 601])
def test_a_deadline_that_has_passed_stands_in_the_way(seconds: int) -> None:
    now = NOW + timedelta(seconds=seconds)
    assert stands_in_the_way(latch(), BAKE, now) == "the deadline has passed"
    assert leave(latch(), BAKE, STEPS, now).step == 3


def test_a_resumed_pause_leads_to_what_it_held_up() -> None:
    following = resumed(AFTER_STEP, STEPS, NOW)
    assert (following.kind, following.step, following.attempt) == (HoldKind.BAKE, 2, 0)


@pytest.mark.parametrize("end", [resumed, lambda hold, steps, now: leave(latch(), hold, steps, now)])
def test_a_step_that_was_interrupted_goes_on_as_another_attempt(end: object) -> None:
    assert callable(end)
    following = end(DRIFTED, STEPS, NOW)
    assert (following.next, following.step, following.attempt) == (State.SHIFT_TRAFFIC, 1, 4)


@pytest.mark.parametrize(
    ("told", "enough"),
    [({}, False), ({Told.LAUNCHED: 1}, False), ({Told.LAUNCHED: 2}, True), ({Told.TERMINATED: 9}, False)],
)
def test_settling_ends_when_aws_has_told_all_that_is_awaited(told: dict[Told, int], *, enough: bool) -> None:
    assert has_been_told(latch(told=told), SETTLING) is enough
    assert (stands_in_the_way(latch(told=told), SETTLING, NOW) is not None) is enough
    assert not has_been_told(latch(told=told), LOOKING)


def test_settling_that_ends_asks_the_same_step_again() -> None:
    assert leave(latch(), SETTLING, STEPS, NOW) == SETTLING.after
    assert SETTLING.after == Progress(next=State.SHIFT_TRAFFIC, step=1, attempt=3)
    assert leave(latch(), replace(SETTLING, after=None), STEPS, NOW) == back(1)


def test_a_hold_without_a_way_out_leads_to_the_next_step() -> None:
    assert leave(latch(), replace(BY_PLAN, then=None), STEPS, NOW).step == 4


def test_past_the_last_step_is_the_end() -> None:
    last = bake(STEPS, 6, NOW, 60)
    assert leave(latch(), last, STEPS, NOW) == Progress(next=State.FINISH, step=7)


def test_every_kind_of_step_is_among_those_above() -> None:
    assert {step.kind for step in STEPS} == set(StepKind) - {StepKind.REPLACE, StepKind.ANALYSE}


LOOK = look_again(1, NOW, 72, "undecided", 3)


def test_a_pause_replaces_an_experiment_which_goes_on_afterwards() -> None:
    asked = latch(pausing=True)
    assert stands_in_the_way(asked, LOOK, NOW) == "a pause was asked for"
    instead = leave(asked, LOOK, WITH_EXPERIMENT, NOW)
    assert (instead.kind, instead.step, instead.attempt) == (HoldKind.PAUSE, 1, 4)
    assert resumed(instead, WITH_EXPERIMENT, NOW) == Progress(next=State.ANALYSE, step=1, attempt=5)
    assert leave(latch(), instead, WITH_EXPERIMENT, NOW) == Progress(next=State.SHIFT_TRAFFIC, step=2)


def test_whoever_ends_the_hold_of_an_experiment_ends_the_experiment() -> None:
    assert LOOK.after == Progress(next=State.ANALYSE, step=1, attempt=4)
    assert leave(latch(), LOOK, WITH_EXPERIMENT, NOW) == Progress(next=State.SHIFT_TRAFFIC, step=2)
    assert leave(latch(stop=STOP), LOOK, WITH_EXPERIMENT, NOW) == back(1)
    assert arrive(WITH_EXPERIMENT, 1, NOW, full=True).next is State.SHIFT_TRAFFIC


def test_a_question_is_kept_by_a_pause_and_answered_by_a_promotion() -> None:
    asked = approval(1, NOW, "promote or abort", 3)
    assert stands_in_the_way(latch(pausing=True), asked, NOW) is None
    assert leave(latch(), asked, WITH_EXPERIMENT, NOW) == Progress(next=State.SHIFT_TRAFFIC, step=2)
    assert asked.after == back(1, "nobody has decided")
