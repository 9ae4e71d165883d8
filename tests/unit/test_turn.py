"""One turn: what it looks at, how long it waits, where it goes when there is no way back, what it saves."""

from datetime import timedelta

import pytest

from signalbox.rollouts.model import Hold, HoldKind, Split
from signalbox.rollouts.ports import Latch
from signalbox.rollouts.progress import Progress, State, arrive
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.scene import wait
from signalbox.rollouts.service import Guards
from signalbox.rollouts.signals import Signals
from signalbox.rollouts.steps.arrival import enter_step, go_on, wait_for
from signalbox.rollouts.steps.command import StepCommand
from signalbox.rollouts.steps.sight import look
from signalbox.rollouts.steps.turn import Turn, keep
from signalbox.rollouts.strategies.drafts import bake, numbered, provision, retire
from tests.unit.builders import NOW, rollout, scene, spec
from tests.unit.fakes import World
from tests.unit.stories import begun

STEPS = numbered([provision(count=1), bake("1m"), retire()])


def turn(of: Rollout, latch: Latch | None = None) -> Turn:
    signals = Signals(rollout_id=of.rollout_id, service=of.service, generation=1)
    return Turn(rollout=of, signals=signals, now=NOW, latch=latch or Latch())


def waiting() -> Turn:
    return turn(rollout(waits_for="two are missing", waits_since=NOW - timedelta(seconds=50)))


def test_who_waits_in_vain_looks_less_and_less_often() -> None:
    after, seconds = wait_for(waiting(), wait("two are missing", 5))
    assert seconds == 50
    assert after.rollout == waiting().rollout


def test_who_gets_on_looks_as_soon_as_at_first() -> None:
    after, seconds = wait_for(waiting(), wait("one is missing", 5))
    assert seconds == 5
    assert (after.rollout.waits_for, after.rollout.waits_since) == ("one is missing", NOW)


def entered(of: Rollout) -> Turn:
    at = StepCommand(service=of.service, rollout_id=of.rollout_id, generation=1, step=of.step)
    return enter_step(turn(of), at)


def test_what_serves_beside_stable_is_wanted_as_its_part_of_all_that_serve() -> None:
    half = numbered([provision(percent=50)])
    after = entered(rollout(steps=half, snapshot=scene().snapshot)).rollout
    assert after.wanted == Split(stable=67, candidate=33)


@pytest.mark.parametrize(("asked", "percent"), [(None, 100), (0, 0), (50, 50)])
def test_a_floor_that_nobody_has_set_is_all_of_stable(asked: int | None, percent: int) -> None:
    of = rollout(spec(guards=Guards(min_healthy_percent=asked)))
    assert look(of, NOW, World().ports).min_healthy_percent == percent


def test_a_step_leaves_the_hold_before_it_also_when_nobody_waited_yet() -> None:
    held = Hold(kind=HoldKind.BAKE, until="2026-11-22T08:01:00.000Z", reason="watching the guards for 60 s")
    after = entered(rollout(steps=STEPS, step=2, hold=held))
    assert after.rollout.hold is None
    assert after.latch.release


@pytest.mark.parametrize(
    ("step", "minutes", "failure", "goes"),
    [
        (2, 30, None, arrive(STEPS, 2, NOW)),
        (2, 30, "Lambda.Unknown: gone", arrive(STEPS, 2, NOW)),
        (1, 30, None, arrive(STEPS, 1, NOW)),
        (2, 31, None, Progress(next=State.FINISH, step=2)),
        (2, 1, "Rejected: you may not", Progress(next=State.FINISH, step=2)),
    ],
)
def test_without_a_way_back_it_goes_on_until_its_deadline_has_passed_or_aws_refuses(
    step: int, minutes: int, failure: str | None, goes: Progress
) -> None:
    here = rollout(steps=STEPS, step=step, step_began_at=NOW - timedelta(minutes=minutes))
    assert go_on(here, NOW, failure) == goes


def test_what_is_kept_is_not_kept_again() -> None:
    story = begun("canary")
    first = turn(story.rollout, Latch(release=True)).remember("Step Started")
    kept = keep(first, story.world.ports)
    assert (kept.events, kept.latch) == ((), Latch())
    assert kept.rollout.revision == first.rollout.revision + 1
