"""One turn: how long it waits, where it goes when there is no way back, and what it has saved."""

from datetime import timedelta

import pytest

from signalbox.rollouts.ports import Latch
from signalbox.rollouts.progress import Progress, State, arrive
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.scene import wait
from signalbox.rollouts.signals import Signals
from signalbox.rollouts.steps.arrival import go_on, wait_for
from signalbox.rollouts.steps.turn import Turn, keep
from signalbox.rollouts.strategies.drafts import bake, numbered, provision, retire
from tests.unit.builders import NOW, rollout
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
